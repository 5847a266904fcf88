package rules

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"notfalld/message"
)

// sizes are the inventories that are measured side by side.
var sizes = []int{1000, 100000, 1000000}

// BenchmarkInventory loads an inventory from a file: MB-kept is the heap that stays, MB-peak the
// highest that it was meanwhile, garbage included.
func BenchmarkInventory(b *testing.B) {
	for _, n := range sizes {
		file := inventoryFile(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			info, err := os.Stat(file)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			b.ReportAllocs()
			before := heapLive()
			var in *Inventory
			var peak uint64
			for b.Loop() {
				b.StopTimer()
				in = nil
				runtime.GC()
				b.StartTimer()
				in, peak = loadInventory(b, file)
			}
			b.ReportMetric(megabytes(heapLive()-before), "MB-kept")
			b.ReportMetric(megabytes(peak-before), "MB-peak")
			if in.Len() != n {
				b.Fatalf("%d servers of %d", in.Len(), n)
			}
		})
	}
}

// BenchmarkInventoryQuoted loads a file in which every field stands in quotes, as databases and
// PowerShell write it.
func BenchmarkInventoryQuoted(b *testing.B) {
	file := inventoryFile(b, 1000000)
	text, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	quoted := `"` + strings.NewReplacer(",", `","`, "\n", "\"\n\"").Replace(strings.TrimSpace(string(text))) + "\"\n"
	if err := os.WriteFile(file, []byte(quoted), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		loadInventory(b, file)
	}
}

// BenchmarkLookup finds a server by its name, by a short name that many have, and finds none.
func BenchmarkLookup(b *testing.B) {
	for _, n := range sizes {
		in, _ := loadInventory(b, inventoryFile(b, n))
		name, _, _ := generatedServer(n / 2)
		for _, c := range []struct{ what, key string }{{"name", name}, {"short", "web07"}, {"unknown", "bestellung"}} {
			b.Run(fmt.Sprintf("%s/%d", c.what, n), func(b *testing.B) {
				for b.Loop() {
					in.Lookup(c.key)
				}
			})
		}
	}
}

// BenchmarkUnderstand understands one mail of 20 KB with inventories of growing size. The metric
// "ms-best" is the least time of a hundred tries, for machines that do other things meanwhile, and
// "x-smallest" how many times that of the smallest inventory it is.
func BenchmarkUnderstand(b *testing.B) {
	m := &message.Mail{Subject: "Notfall-Support: Shop nicht erreichbar", Text: mailOf(20 << 10), From: []message.Address{{Address: "anna@brightferry17.example"}}}
	var worlds []World
	for _, n := range sizes {
		in, _ := loadInventory(b, inventoryFile(b, n))
		worlds = append(worlds, World{Inventory: in})
	}
	runtime.GC()
	best := fastest(b, m, worlds)
	for i, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(m.Text)))
			b.ReportAllocs()
			for b.Loop() {
				understandKnown(b, m, worlds[i])
			}
			b.ReportMetric(best[i].Seconds()*1000, "ms-best")
			b.ReportMetric(float64(best[i])/float64(best[0]), "x-smallest")
		})
	}
}

// fastest is the least time that the mail took in each of the worlds. They take turns, so that what
// else the machine does meets all of them.
func fastest(b *testing.B, m *message.Mail, worlds []World) []time.Duration {
	best := make([]time.Duration, len(worlds))
	for range 100 {
		for i, w := range worlds {
			start := time.Now()
			understandKnown(b, m, w)
			if took := time.Since(start); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	return best
}

// understandKnown understands mailOf, and makes sure that it was: its servers are in every inventory.
func understandKnown(b *testing.B, m *message.Mail, w World) {
	f, err := Shipped().Understand(b.Context(), m, w)
	if err != nil {
		b.Fatal(err)
	}
	known := 0
	for _, s := range f.Servers {
		if s.Known && s.Owner == "100017" {
			known++
		}
	}
	if known < 4 || len(f.Errors) == 0 {
		b.Fatalf("not understood: %d servers known of\n%+v", known, f)
	}
}

// mailOf is a letter of about n bytes: prose, a log of requests, names and addresses, known and not.
func mailOf(n int) string {
	var t strings.Builder
	t.WriteString("Guten Tag,\n\nseit 8 Uhr sind web07.brightferry17.example und unser shop343 nicht mehr erreichbar, auch die 10.0.1.90 antwortet nicht.\n" +
		"Der web07 zeigt nur noch \"502 Bad Gateway\", die vm-000351 ist ganz weg. Im Log steht:\n\n")
	for i := 0; t.Len() < n/2; i++ {
		fmt.Fprintf(&t, "2026-03-04 10:%02d:12 INFO request %d from 198.51.100.%d served in 12 ms by worker %d\n", i%60, 4711+i, i%250, i%8)
		fmt.Fprintf(&t, "Mar  4 10:%02d:13 web07 php-fpm[1234]: WARNING: pool www seems busy, spawning %d children\n", i%60, 8+i%24)
		if i%10 == 0 {
			fmt.Fprintf(&t, "2026/03/04 10:%02d:14 [error] 812#812: *%d connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.%d, server: web07.brightferry17.example, upstream: \"http://10.200.2.%d:9000\"\n", i%60, 90000+i, i%250, i%20)
		}
	}
	prose := []string{
		"Wir haben den Dienst schon mehrmals neu gestartet, aber nach etwa zwei Minuten ist alles wieder wie vorher. ",
		"Unsere Kunden können nicht bestellen, und der Rückruf von gestern hat leider nichts gebracht. ",
		"Gestern Abend wurde auf db%02d.brightferry17.example ein Update eingespielt, seitdem ist auch das Backup auf nas-%02d hängen geblieben. ",
		"Bitte prüfen Sie, ob die Firewall vor fw%02d.unbekannt.example noch die alten Regeln hat. ",
		"In der Filiale Nord funktioniert die Kasse noch, in Linz und Graz steht alles still.\n\n",
	}
	for i := 0; t.Len() < n-100; i++ {
		p := prose[i%len(prose)]
		if c := strings.Count(p, "%"); c > 0 {
			p = fmt.Sprintf(p, []any{i % 40, i % 7}[:c]...)
		}
		t.WriteString(p)
	}
	t.WriteString("\n\nKundennummer 100017, Tel. 0664 1234567\n\nMit freundlichen Grüßen\nAnna Müller\n")
	return t.String()
}

// generatedServer is the i-th server of every generated inventory. Half of the servers have one or two aliases;
// every customer has twenty servers, and their first labels repeat: each tenth customer has a web07.
func generatedServer(i int) (name, customer, aliases string) {
	owner := i / 20
	company := []string{"muellerbau", "zirbenhof", "kanzlei-ebner", "brightferry", "holzwerk", "arztpraxis-wimmer", "nordlicht-medien"}[owner%7]
	domain := fmt.Sprintf("%s%d.%s", company, owner, []string{"at", "de", "example"}[owner%3])
	role := []string{"web", "db", "mail", "shop", "app", "backup", "ex", "fs", "proxy", "erp"}[i%10]
	switch i % 5 {
	case 0:
		name = fmt.Sprintf("%s%02d.%s", role, owner%10, domain)
	case 1:
		name = fmt.Sprintf("vm-%06d", i)
	case 2:
		name = fmt.Sprintf("srv-%s-%02d.intern.%s", role, i%20, domain)
	case 3:
		name = fmt.Sprintf("%s%d.%s", role, i, domain)
	default:
		name = fmt.Sprintf("k%d.cloud.example", i)
	}
	switch i % 8 {
	case 0:
		aliases = "www." + domain
	case 2:
		aliases = fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
	case 4:
		aliases = fmt.Sprintf("%s-%d;2001:db8:%x::%x", role, i, i>>16, i&0xffff)
	case 6:
		aliases = fmt.Sprintf("alt%d.%s;172.16.%d.%d", i%20, domain, i>>8&255, i&255)
	}
	return name, fmt.Sprint(100000 + owner), aliases
}

// inventoryFile writes an inventory of n servers.
func inventoryFile(b *testing.B, n int) string {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "inventory.csv"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "server,customer_number,aliases")
	for i := range n {
		name, customer, aliases := generatedServer(i)
		fmt.Fprintf(w, "%s,%s,%s\n", name, customer, aliases)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	return f.Name()
}

// loadInventory reads the inventory of a file, and says how large the heap was at most meanwhile.
func loadInventory(b *testing.B, file string) (*Inventory, uint64) {
	b.Helper()
	f, err := os.Open(file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r := &heapWatch{r: f}
	in, bad, err := ReadInventory(r)
	if err != nil || len(bad) > 0 {
		b.Fatalf("%v, %d bad rows", err, len(bad))
	}
	r.look()
	return in, r.peak
}

// heapWatch looks at the size of the heap with every read.
type heapWatch struct {
	r    io.Reader
	peak uint64
}

func (h *heapWatch) Read(p []byte) (int, error) {
	h.look()
	return h.r.Read(p)
}

func (h *heapWatch) look() {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	h.peak = max(h.peak, s[0].Value.Uint64())
}

// heapLive is the bytes of heap in use after a collection.
func heapLive() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

func megabytes(n uint64) float64 { return float64(n) / (1 << 20) }
