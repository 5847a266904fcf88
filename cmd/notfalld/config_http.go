package main

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

func (c *Config) checkHTTP() {
	if c.HTTP.Listen == "" {
		return
	}
	host, port, err := net.SplitHostPort(c.HTTP.Listen)
	if err != nil || !goodPort(port) || host != "" && !goodHost(host) {
		c.doc.ProblemAt("http.listen", fmt.Sprintf("%q is no address to listen on", c.HTTP.Listen), `write it as "127.0.0.1:8080"`)
		return
	}
	c.checkTokens(loopback(host))
}

// shortToken is the length below which a token can be guessed.
const shortToken = 16

func (c *Config) checkTokens(local bool) {
	keep := c.HTTP.Tokens[:0:0]
	for i, t := range c.HTTP.Tokens {
		key := fmt.Sprintf("http.tokens[%d]", i)
		switch {
		case t == "" || t == "…" || t == "...":
			c.doc.WarnAt(key, "the placeholder of the example is no token and opens nothing", "make one: openssl rand -hex 32")
			continue
		case strings.ContainsAny(t, " \t\r\n"):
			c.doc.ProblemAt(key, "a token holds no blanks", "make one: openssl rand -hex 32")
		case len(t) < shortToken && !local:
			c.doc.ProblemAt(key, "is too short for an address that the network can reach", "make one: openssl rand -hex 32")
		case len(t) < shortToken:
			c.doc.WarnAt(key, "is short enough to be guessed", "make one: openssl rand -hex 32")
		}
		keep = append(keep, t)
	}
	c.HTTP.Tokens = keep
}

func goodPort(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0 && n <= 65535
}
