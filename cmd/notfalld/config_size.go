package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written 25MiB, 256KiB, 1GB or plain.
type Size int64

var sizeUnits = []struct {
	unit  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"kB", 1000}, {"KB", 1000}, {"MB", 1000_000}, {"GB", 1000_000_000},
	{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {"B", 1}, {"", 1}}

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(text []byte) error {
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(string(text), u.unit)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || n <= 0 || n > math.MaxInt64/u.bytes {
			return errors.New("no size")
		}
		*s = Size(n * u.bytes)
		return nil
	}
	return errors.New("no size")
}

// Expected says what a size looks like.
func (*Size) Expected() string { return "a size such as 25MiB" }
