package strictyaml

import (
	"strings"
	"testing"
	"time"
)

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "0s": 0, "30m": 30 * time.Minute, "90d": 90 * 24 * time.Hour, "1.5h": 90 * time.Minute, "2w": 14 * 24 * time.Hour,
		"1h30m": 90 * time.Minute, "0.5d": 12 * time.Hour, " 5s ": 5 * time.Second,
		"": -1, "5": -1, "-5s": -1, "soon": -1, "d": -1, "1d12h": -1, "NaNd": -1, "Infd": -1, "999999999999d": -1, "9999999999999h": -1, "5 Minuten": -1, "1e3d": 1000 * 24 * time.Hour,
	} {
		got, err := parseDuration(text)
		if want < 0 != (err != nil) || err == nil && got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"port", "port", 0}, {"prot", "port", 1}, {"por", "port", 1}, {"ports", "port", 1}, {"pert", "port", 1},
		{"host", "port", 2}, {"", "abc", 3}, {"größe", "grösse", 2}, {strings.Repeat("x", 100), "y", 100},
	} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("%q, %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
