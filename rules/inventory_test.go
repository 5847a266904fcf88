package rules

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
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
		"10.0.0.5,55,\n"+
		"x.laden.de,20817,\n")
	if len(bad) != 0 || in.Len() != 6 {
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
		{"web01", "web01.firma.at/104711 short, web01.firma.at/104711 short, web01.laden.de/20817 short"},
		{"firma.at", ""},
		{"10", ""},
		{"x.laden.de", "x.laden.de/20817"},
		{"x", ""},
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
		if g := strings.Join(got, ", "); g != c.want {
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
		"\ufeff":                  "empty file",
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

// TestInventoryForms reads the same two servers from files as other programs write them.
func TestInventoryForms(t *testing.T) {
	for name, csv := range map[string]string{
		"plain":            "server,customer_number,aliases\nweb01.firma.at,104711,shop.firma.at;10.0.0.1\ndb01.firma.at,20817,\n",
		"no last line end": "server,customer_number,aliases\nweb01.firma.at,104711,shop.firma.at;10.0.0.1\ndb01.firma.at,20817,",
		"windows":          "\ufeffserver,customer_number,aliases\r\nweb01.firma.at,104711,shop.firma.at;10.0.0.1\r\ndb01.firma.at,20817,\r\n",
		"powershell":       "\ufeff\"server\",\"customer_number\",\"aliases\"\r\n\"web01.firma.at\",\"104711\",\"shop.firma.at;10.0.0.1\"\r\n\"db01.firma.at\",\"20817\",\"\"\r\n",
		"some in quotes":   "server,customer_number,aliases\nweb01.firma.at,104711,\"shop.firma.at;10.0.0.1\"\n\"db01.firma.at\",20817,\n",
		"other order":      "aliases,rack,server,customer_number\nshop.firma.at;10.0.0.1,r1,web01.firma.at,104711\n,r2,db01.firma.at,20817\n",
		"blank lines":      "server,customer_number,aliases\n\nweb01.firma.at,104711,shop.firma.at;10.0.0.1\n\r\n\ndb01.firma.at,20817,\n\n",
		"written by hand":  " Server , Customer_Number , Aliases\n WEB01.Firma.AT. , 104711 , ; Shop.Firma.at ;; [10.0.0.1] ;\nDB01.firma.at\t,20817 ,\n",
	} {
		in, bad := read(t, csv)
		var got []string
		for _, key := range []string{"shop.firma.at", "10.0.0.1", "db01", "web01"} {
			for _, k := range in.Lookup(key) {
				got = append(got, k.Name+"/"+k.Owner)
			}
		}
		want := "web01.firma.at/104711 web01.firma.at/104711 db01.firma.at/20817 web01.firma.at/104711"
		if g := strings.Join(got, " "); g != want || len(bad) > 0 || in.Len() != 2 {
			t.Errorf("%s: %d servers, %s, bad rows %v", name, in.Len(), g, bad)
		}
	}
}

// TestInventoryOpenQuote: a quote that nobody closed takes the rest of the file with it. The row says so.
func TestInventoryOpenQuote(t *testing.T) {
	in, bad := read(t, "server,customer_number,aliases\nweb01.firma.at,1,\nweb02.firma.at,2,\"shop.firma.at\nweb03.firma.at,3,\nweb04.firma.at,4,\n")
	if len(bad) != 1 || bad[0].Line != 3 || !strings.Contains(bad[0].Why, "goes on for 3 more lines, is a quote not closed?") {
		t.Errorf("bad rows %v", bad)
	}
	if in.Len() != 2 {
		t.Errorf("%d servers, wanted 2", in.Len())
	}
}

// TestInventoryBroken: half an inventory is none.
func TestInventoryBroken(t *testing.T) {
	broken := errors.New("disk gone")
	in, _, err := ReadInventory(io.MultiReader(strings.NewReader("server,customer_number,aliases\nweb01.firma.at,1,\nweb02"), iotest.ErrReader(broken)))
	if in != nil || !errors.Is(err, broken) {
		t.Errorf("inventory %v, error %v", in, err)
	}
}

// TestInventoryAll finds every key of an inventory of many blocks, and exactly what a map of the same
// servers finds.
func TestInventoryAll(t *testing.T) {
	want := map[string][]Known{} // names and aliases; below them, short forms
	short := map[string][]Known{}
	var csv strings.Builder
	csv.WriteString("server,customer_number,aliases\n")
	for i := range 20000 {
		name, owner, aliases := generatedServer(i)
		fmt.Fprintf(&csv, "%s,%s,%s\n", name, owner, aliases)
		for _, key := range append([]string{name}, strings.Split(aliases, ";")...) {
			if key == "" {
				continue
			}
			want[key] = append(want[key], Known{name, owner, false})
			first, _, dotted := strings.Cut(key, ".")
			if dotted && first != "www" && strings.Trim(first, "0123456789") != "" {
				short[first] = append(short[first], Known{name, owner, true})
			}
		}
	}
	for key, known := range short {
		want[key] = append(want[key], known...)
	}
	in, _ := read(t, csv.String())
	if n := len(in.records.blocks); n < 3 {
		t.Fatalf("%d blocks, wanted several", n)
	}
	for key, known := range want {
		got := in.Lookup(key)
		if !slices.Equal(got, known[:min(len(known), maxEqual)]) {
			t.Fatalf("%q: %v, wanted %v", key, got, known)
		}
		if k := got[0].Owner; !in.HasCustomer(k) || in.HasCustomer(k+"0") || in.HasCustomer(k[1:]) {
			t.Fatalf("customer %s is not told from others", k)
		}
		if miss := key + "x"; want[miss] == nil && in.Lookup(miss) != nil {
			t.Fatalf("%q is known", miss)
		}
	}
}

// TestInventoryFull: places are 31 bits wide. An inventory beyond is refused; nothing is overwritten.
func TestInventoryFull(t *testing.T) {
	r := records{blocks: make([][]byte, maxBlocks)}
	last := &r.blocks[maxBlocks-1]
	*last = make([]byte, blockSize-20, blockSize)
	if place, ok := r.addServer("web01.at", "1"); !ok || r.at(place).size() != 11 || string(r.at(place|shortForm).key()) != "web01.at" {
		t.Errorf("the last record of all: %v at %x", ok, place)
	}
	if _, ok := r.addServer("web02.at", "1"); ok || len(*last) != blockSize-9 {
		t.Error("there is room beyond the last block")
	}
	b := builder{in: &Inventory{records: r}}
	if why := b.add([]string{"db.at", "", "long-alias.firma.at"}, [3]int{0, 1, 2}); !b.full {
		t.Errorf("the alias has found room: %q", why)
	}
}

// TestInventoryLongest: names and owners as long as they may be, and longer.
func TestInventoryLongest(t *testing.T) {
	name := strings.Repeat("abcdefghi.", 25) + "xyz" // 253
	owner := strings.Repeat("7", maxOwner)
	in, bad := read(t, "server,customer_number,aliases\n"+
		name+","+owner+","+name[1:]+"\n"+
		"a"+name+",1,\n"+
		"db01.firma.at,7"+owner+",\n"+
		"fe80::1%"+strings.Repeat("e", 300)+",1,\n"+
		strings.Repeat("ü.", 80)+"at,1,\n")
	for _, key := range []string{name, name[1:]} {
		if k := in.Lookup(key); len(k) != 1 || k[0] != (Known{name, owner, false}) {
			t.Errorf("%d bytes: %v", len(key), k)
		}
	}
	if in.Len() != 1 || len(bad) != 4 {
		t.Errorf("%d servers, wanted 1; bad %v", in.Len(), bad)
	}
}

// FuzzInventory: whatever the file holds, each server that was taken is found under its name, with its owner.
func FuzzInventory(f *testing.F) {
	f.Add("WEB01.firma.at.,104711,web01.alt.at;192.0.2.10;[2001:db8::5];www.müller.at\r\n\n\"vm-7\",\"1,\"\"2\",\"x\ny\"\n")
	f.Add("a.b,,;;\xff;fe80::1%eth0\n\"open,1\nweb01,2,")
	f.Add(".,1,\nweb01..,2,..\n")
	f.Fuzz(func(t *testing.T, rows string) {
		in, _, err := ReadInventory(strings.NewReader("server,customer_number,aliases\n" + rows))
		if err != nil {
			t.Fatal(err)
		}
		servers := 0
		for place, rec := range in.records.all() {
			name, owner := in.records.server(place)
			if !rec.alias() {
				servers++
			}
			known := in.Lookup(string(rec.key()))
			if len(known) < maxEqual && !slices.Contains(known, Known{name, owner, false}) || owner != "" && !in.HasCustomer(owner) {
				t.Errorf("%q: %v, wanted %q of %q", rec.key(), known, name, owner)
			}
		}
		if servers != in.Len() {
			t.Errorf("%d servers of %d", servers, in.Len())
		}
	})
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
	// The one that is called web01 itself is found among a hundred thousand of which it is the short name.
	in, _ = read(t, "server,customer_number,aliases\n"+strings.Repeat("web01.firma.at,1,\n", 50000)+"web01,2,\n"+strings.Repeat("web01.firma.at,1,\n", 50000))
	if k := in.Lookup("web01"); len(k) != maxEqual || k[0] != (Known{"web01", "2", false}) || !k[1].Short {
		t.Errorf("%d servers, the first %v", len(k), k[0])
	}
}

// TestInventoryMemory holds two hundred thousand servers to 18 MB: a million to 90.
func TestInventoryMemory(t *testing.T) {
	csv := bigInventory(200000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	in, _ := read(t, csv)
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) >> 20
	if held > 18 || in.Len() != 200000 {
		t.Errorf("%d servers hold %d MB, wanted 18 at most", in.Len(), held)
	}
	t.Logf("%d MB", held)
	runtime.KeepAlive(csv)
}
