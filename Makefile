# make test is all that is needed; see the README.
.PHONY: test bench build fuzz

test:
	@.ci/test

build:
	go build -o notfalld ./cmd/notfalld

# The figures of docs/operating.md: notfalld beside mbsync over the same 10,000 mails. Minutes.
bench:
	@.ci/bench

# Every fuzz target for a while: make fuzz FOR=1m
FOR ?= 20s
fuzz:
	@.ci/fuzz $(FOR)
