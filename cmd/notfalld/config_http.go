package main

import (
	"fmt"
	"net"
	"net/netip"
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
	for i, p := range c.HTTP.Proxies {
		if _, err := network(p); err != nil {
			c.doc.ProblemAt(fmt.Sprintf("http.proxies[%d]", i), fmt.Sprintf("%q is no address and no network", p), "write 192.0.2.7 or 10.0.0.0/8")
		}
	}
}

// network reads "10.0.0.0/8", or a single address.
func network(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Prefix(a.BitLen())
	}
	return netip.ParsePrefix(s)
}

// proxies are the networks of http.proxies; never nil.
func (c *Config) proxies() []netip.Prefix {
	list := []netip.Prefix{}
	for _, p := range c.HTTP.Proxies {
		if n, err := network(p); err == nil { // checked with the configuration
			list = append(list, n.Masked())
		}
	}
	return list
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
