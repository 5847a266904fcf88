package pattern

import (
	"os"
	"strings"
	"testing"
)

// readTable reads a data file: one case a line, columns parted by sep, ⏎ for a line end.
func readTable(t *testing.T, file, sep string, columns, least int) [][]string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for l := range strings.Lines(string(b)) {
		if l = strings.TrimRight(l, "\n"); l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		f := strings.SplitN(l, sep, columns)
		for len(f) < columns {
			f = append(f, "")
		}
		for i := range f {
			f[i] = strings.ReplaceAll(strings.Trim(f[i], " "), "⏎", "\n")
		}
		out = append(out, f)
	}
	if len(out) < least {
		t.Fatalf("%s: %d cases, wanted %d at least", file, len(out), least)
	}
	return out
}
