package rules

import (
	"os"
	"strings"
	"testing"
)

// TestReadPhone: testdata/forms/phones.txt holds what people type, and what it is.
func TestReadPhone(t *testing.T) {
	b, err := os.ReadFile("testdata/forms/phones.txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, line := range strings.Split(string(b), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		part := strings.Split(line, "|")
		if len(part) != 3 {
			t.Fatalf("line %d: %q", i+1, line)
		}
		n++
		region, typed, want := strings.TrimSpace(part[0]), strings.TrimPrefix(part[1], " "), strings.TrimSpace(part[2])
		got, fault := ReadPhone(typed, region)
		if (got == "") == (fault == "") {
			t.Errorf("line %d: %q: number %q and fault %q", i+1, typed, got, fault)
		}
		if got+string(fault) != want {
			t.Errorf("line %d: %s %q is %s%s, wanted %s", i+1, region, typed, got, fault, want)
		}
	}
	if n < 130 {
		t.Errorf("%d numbers, wanted 130 at least", n)
	}
}

// FuzzReadPhone: whatever is typed is a number or a fault, and a number read again is itself.
func FuzzReadPhone(f *testing.F) {
	f.Add("+43 (0)664 / 123 45 67 DW 12", "AT")
	f.Add("O66４ 1234567 oder 0900", "de")
	f.Fuzz(func(t *testing.T, typed, region string) {
		n, fault := ReadPhone(typed, region)
		if (n == "") == (fault == "") {
			t.Fatalf("%q: number %q and fault %q", typed, n, fault)
		}
		if again, fault := ReadPhone(n, region); n != "" && again != n {
			t.Fatalf("%q is %s, and read again %s%s", typed, n, again, fault)
		}
	})
}
