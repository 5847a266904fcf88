package rules

import "testing"

// TestReadPhone: testdata/forms/phones.txt holds what people type, and what it is.
func TestReadPhone(t *testing.T) {
	for _, c := range readTable(t, "testdata/forms/phones.txt", "|", 3, 130) {
		region, typed, want := c[0], c[1], c[2]
		got, fault := ReadPhone(typed, region)
		if (got == "") == (fault == "") {
			t.Errorf("%q: number %q and fault %q", typed, got, fault)
		}
		if got+string(fault) != want {
			t.Errorf("%s %q is %s%s, wanted %s", region, typed, got, fault, want)
		}
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
