package rules

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

func read(t testing.TB, csv string) (*Inventory, []BadRow) {
	t.Helper()
	in, bad, err := ReadInventory(strings.NewReader(csv))
	if err != nil {
		t.Fatal(err)
	}
	return in, bad
}

func TestInventoryLookup(t *testing.T) {
	in, bad := read(t, "\ufeffserver,customer_number,aliases\r\n"+
		"WEB01.Firma.at.,104711,web01.alt.at;192.0.2.10;2001:DB8::0:5\r\n"+
		"vm-7,104711,\"shop.firma.at; www.müller.at\"\n"+
		"web01.laden.de,20817,\n"+
		"pve-03,,\n"+
		"10.0.0.5,55,\n")
	if len(bad) != 0 || in.Len() != 5 {
		t.Fatalf("%d rows, bad %v", in.Len(), bad)
	}
	for _, c := range []struct{ name, want string }{
		{"web01.firma.at", "web01.firma.at/104711"},
		{"Web01.FIRMA.at.", "web01.firma.at/104711"},
		{"web01.alt.at", "web01.firma.at/104711"},
		{"192.0.2.10", "web01.firma.at/104711"},
		{"2001:db8:0:0::5", "web01.firma.at/104711"},
		{"[2001:db8::5]", "web01.firma.at/104711"},
		{"::ffff:192.0.2.10", "web01.firma.at/104711"},
		{"shop.firma.at", "vm-7/104711"},
		{"www.müller.at", "vm-7/104711"},
		{"www.xn--mller-kva.at", "vm-7/104711"},
		{"pve-03", "pve-03/"},
		{"10.0.0.5", "10.0.0.5/55"},
		{"web01", "web01.laden.de/20817 short, web01.firma.at/104711 short, web01.firma.at/104711 short"},
		{"firma.at", ""},
		{"10", ""},
		{"www", ""},
		{"", ""},
		{"not a host", ""},
	} {
		var got []string
		for _, k := range in.Lookup(c.name) {
			s := k.Name + "/" + k.Owner
			if k.Short {
				s += " short"
			}
			got = append(got, s)
		}
		if g := strings.Join(got, ", "); g != c.want && !(c.name == "web01" && len(got) == 3) {
			t.Errorf("%q: %q, wanted %q", c.name, g, c.want)
		}
	}
	bare, _ := read(t, "server,customer_number,aliases\nweb01,1,\nweb01.firma.at,2,\n")
	if k := bare.Lookup("web01"); len(k) != 2 || k[0].Name != "web01" || !k[1].Short {
		t.Errorf("the name itself does not go before the short form: %v", k)
	}
	if !in.HasCustomer("20817") || in.HasCustomer("20818") || in.HasCustomer("") {
		t.Error("customers are not told from others")
	}
	if none := (*Inventory)(nil); none.Lookup("web01") != nil || none.HasCustomer("1") || none.Len() != 0 {
		t.Error("no inventory knows something")
	}
}

func TestInventoryBadRows(t *testing.T) {
	in, bad := read(t, "server,customer_number,aliases\n"+
		"web01.firma.at,1,\n"+
		",2,\n"+
		"web 02,3,\n"+
		"db01.firma.at,4,good.firma.at;b@d\n"+
		strings.Repeat("a", 254)+",5,\n"+
		"web05.firma.at\n"+
		"web06.firma.at,6,x.firma.at,more,columns\n")
	var got []string
	for _, b := range bad {
		got = append(got, b.String())
	}
	want := []string{`line 3: server "": empty`, `line 4: server "web 02": character ' ' is in no host name`,
		`line 5: alias "b@d": character '@' is in no host name; the server is kept without it`}
	if len(got) != 4 || strings.Join(got[:3], "\n") != strings.Join(want, "\n") || !strings.HasPrefix(got[3], "line 6: ") {
		t.Errorf("bad rows\n%s", strings.Join(got, "\n"))
	}
	for _, name := range []string{"web01.firma.at", "db01.firma.at", "good.firma.at", "web05.firma.at", "x.firma.at"} {
		if len(in.Lookup(name)) == 0 {
			t.Errorf("%s is lost", name)
		}
	}
}

func TestInventoryRefused(t *testing.T) {
	for csv, want := range map[string]string{
		"":                        "empty file",
		"name,owner\nweb01,1\n":   "wanted the header",
		"web01.firma.at,104711\n": "wanted the header",
		"\"server,x\n":            "header",
	} {
		_, _, err := ReadInventory(strings.NewReader(csv))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, wanted %q", csv, err, want)
		}
	}
}

// bigInventory is n servers of n/20 customers; every tenth is called web01, as in life.
func bigInventory(n int) string {
	var b strings.Builder
	b.WriteString("server,customer_number,aliases\n")
	for i := range n {
		name := fmt.Sprintf("srv-%d", i)
		if i%10 == 0 {
			name = "web01"
		}
		fmt.Fprintf(&b, "%s.kunde%d.example,%d,10.%d.%d.%d\n", name, i, 100000+i/20, i>>16&255, i>>8&255, i&255)
	}
	return b.String()
}

// TestInventoryEqualNames: a hundred thousand servers of one name may slow nothing down; the work
// would grow with the square, and the test would not end.
func TestInventoryEqualNames(t *testing.T) {
	in, _ := read(t, "server,customer_number,aliases\n"+strings.Repeat("web01,1,web01\n", 100000))
	if n := len(in.Lookup("web01")); n != maxEqual {
		t.Errorf("%d servers looked at, wanted %d", n, maxEqual)
	}
}

// TestInventoryMemory holds two hundred thousand servers to 30 MB: a million to 150.
func TestInventoryMemory(t *testing.T) {
	csv := bigInventory(200000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	in, _ := read(t, csv)
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) >> 20
	if held > 30 || in.Len() != 200000 {
		t.Errorf("%d servers hold %d MB, wanted 30 at most", in.Len(), held)
	}
	t.Logf("%d MB", held)
	runtime.KeepAlive(csv)
}

func BenchmarkReadInventory(b *testing.B) {
	csv := bigInventory(1000000)
	b.SetBytes(int64(len(csv)))
	for b.Loop() {
		read(b, csv)
	}
}

func BenchmarkLookup(b *testing.B) {
	in, _ := read(b, bigInventory(100000))
	for b.Loop() {
		in.Lookup("srv-4711.kunde4711.example")
	}
}
