package ticket_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"notfalld/ticket"
)

// The table of answers stands in testdata/answertable.txt, as people read it. These tests bring a desk into each situation, and compare.

// dataTable is one section of the file: its lines by their first columns.
type dataTable struct {
	columns []string
	rows    [][]string
}

// readTables reads sections "[name]"; columns are parted by "|" where the head is, else by two blanks.
func readTables(t *testing.T) map[string]*dataTable {
	t.Helper()
	b, err := os.ReadFile("testdata/answertable.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]*dataTable{}
	var cur *dataTable
	var split func(string) []string
	for n, line := range strings.Split(string(b), "\n") {
		switch {
		case strings.HasPrefix(line, "["):
			cur = &dataTable{}
			all[strings.Trim(line, "[]")] = cur
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case cur.columns == nil:
			split = columnsOf(line)
			cur.columns = split(line)
		default:
			row := split(line)
			if len(row) != len(cur.columns) {
				t.Fatalf("testdata/answertable.txt:%d: %d columns, the head has %d", n+1, len(row), len(cur.columns))
			}
			cur.rows = append(cur.rows, row)
		}
	}
	return all
}

var blanks = regexp.MustCompile(` {2,}`)

func columnsOf(head string) func(string) []string {
	if !strings.Contains(head, "|") {
		return func(line string) []string { return blanks.Split(strings.TrimSpace(line), -1) }
	}
	return func(line string) []string {
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		return cells
	}
}

// situation is one cell, with everything besides that a customer can be in.
type situation struct {
	table       string // "may know", "may not know", "suggested", "none"
	state       string
	alarm, call string
	language    string
	late        bool
	proof       string
	want        string // the row

	n         int // numbers the firm: its addresses, phone and customer number
	emergency int64
	ticket    int64
}

func (c *situation) String() string {
	late := ""
	if c.late {
		late = ", late"
	}
	return fmt.Sprintf("%s: %s, alarm %s, call %s, %s, proof %s%s", c.table, c.state, c.alarm, c.call, c.language, c.proof, late)
}

func (c *situation) domain() string { return fmt.Sprintf("c%04d.at", c.n) }

// sender is who writes; email who triggered.
func (c *situation) sender() string { return "eva@" + c.domain() }
func (c *situation) email() string {
	if c.table == "may not know" {
		return "ute@" + c.domain()
	}
	return c.sender()
}

func (c *situation) phone() string { return fmt.Sprintf("+4366%07d89", 1000000+c.n) }

// every asks for all cells with everything that can be beside them, which takes minutes: go test ./ticket -run AnswerTable -every
var every = flag.Bool("every", false, "every cell of the table of answers in every language, late or not, with every proof")

// beside is what a cell is tried with: both languages, late and not, every proof, but not each with each other.
func beside(n int) []situation {
	odd := n%2 == 1
	some := []situation{
		{language: "de", proof: "pass"}, {language: "en", proof: "pass", late: true},
		{language: "de", proof: "unknown", late: odd}, {language: "en", proof: "fail", late: odd},
	}
	if odd {
		some[2].language, some[3].language = "en", "de"
	}
	if !*every {
		return some
	}
	some = nil
	for _, language := range []string{"de", "en"} {
		for _, late := range []bool{false, true} {
			for _, proof := range []string{"pass", "unknown", "fail"} {
				some = append(some, situation{language: language, late: late, proof: proof})
			}
		}
	}
	return some
}

// situations are all cells.
func situations(tables map[string]*dataTable) (all []*situation) {
	cells := 0
	for _, name := range []string{"may know", "may not know", "suggested", "none"} {
		for _, row := range tables[name].rows {
			for i, want := range row[1:] {
				cells++
				for _, c := range beside(cells) {
					c.table, c.state, c.want, c.n = name, row[0], want, len(all)+1
					c.alarm, c.call, _ = strings.Cut(tables[name].columns[i+1], "/")
					all = append(all, &c)
				}
			}
		}
	}
	return all
}

var situationMails = map[string]string{
	"de": "Subject: Notfall-Support\r\n\r\nUnser Webshop ist seit einer Stunde nicht erreichbar, bitte helfen Sie uns.\r\n",
	"en": "Subject: Emergency support\r\n\r\nOur web shop has been unreachable for an hour, please help us.\r\n",
}

func (c *situation) mail() []byte {
	head := fmt.Sprintf("From: %s\r\nTo: support@notfall-hoster.at\r\nMessage-ID: <m@%s>\r\n", c.sender(), c.domain())
	if c.proof != "unknown" {
		head = fmt.Sprintf("Authentication-Results: mx.notfall-hoster.at; dmarc=%s (p=none dis=none) header.from=%s\r\n", c.proof, c.domain()) + head
	}
	return []byte(head + situationMails[c.language])
}

func TestAnswerTable(t *testing.T) {
	tables := readTables(t)
	for hours, at := range map[string]time.Time{
		"outside":  time.Date(2026, 3, 15, 2, 0, 0, 0, time.UTC),
		"in_hours": time.Date(2026, 3, 17, 9, 0, 0, 0, time.UTC),
	} {
		t.Run(hours, func(t *testing.T) {
			t.Parallel()
			all := situations(tables)
			b := newBoard(t, at)
			b.bringAbout(all)
			answers := b.answers()
			same := map[string]string{} // what is told to whoever is to be told nothing
			for _, c := range all {
				o, ok := answers[c.sender()]
				if !ok {
					t.Errorf("%s: nothing was answered", c)
					continue
				}
				b.compare(c, hours, tables, o)
				if c.want == "not_linked" || c.proof == "fail" {
					b.identical(c, o, same)
				}
			}
			if t.Failed() {
				t.Logf("the table:\n%s", told(all, answers))
			}
		})
	}
}

// compare looks at one answer as its reader does.
func (b *board) compare(c *situation, hours string, tables map[string]*dataTable, o ticket.Out) {
	want, row := c.want, c.want
	if c.proof == "fail" {
		want, row = "not_linked", "bare"
	}
	if o.Row != want+"/"+hours || o.Bare != (row == "bare") {
		b.Errorf("%s: told %s (bare: %v), wanted %s/%s", c, o.Row, o.Bare, want, hours)
		return
	}
	subject, text, _ := strings.Cut(strings.TrimPrefix(words(b.T, o.Bytes), "Subject: "), "\n")
	flat := strings.Join(strings.Fields(text), " ")
	w, ok := wordsFor(tables["words"], row, hours, c.language)
	if !ok {
		b.Fatalf("testdata/answertable.txt says no words of %s/%s in %s", row, hours, c.language)
	}
	triggered := b.at.Add(4 * time.Minute)
	if c.alarm == "pending" {
		triggered = b.at.Add(6 * time.Minute)
	}
	if c.call == "overdue" {
		triggered = triggered.Add(-40 * time.Minute)
	}
	vienna := time.FixedZone("", 3600)
	fill := strings.NewReplacer("{ne}", ticket.EmergencyNumber(c.emergency), "{at}", triggered.In(vienna).Format("15:04"),
		"{by}", triggered.Add(30*time.Minute).In(vienna).Format("15:04"), "{now}", b.clock.Now().In(vienna).Format("15:04"))
	starts, first, statement := fill.Replace(w[3]), fill.Replace(w[4]), fill.Replace(w[5])
	if !strings.HasPrefix(subject, starts) {
		b.Errorf("%s: the subject is %q, wanted %q", c, subject, starts)
	}
	if head := firstRunes(flat, 80); !strings.Contains(head, firstRunes(first, 80)) {
		b.Errorf("%s: the text begins %q, wanted %q", c, head, first)
	}
	if !strings.Contains(firstRunes(flat, 400), statement) {
		b.Errorf("%s: %q is not near the top:\n%s", c, statement, text)
	}
	for _, more := range strings.Split(fill.Replace(w[6]), "; ") {
		if !strings.Contains(flat, more) {
			b.Errorf("%s: %q is not said:\n%s", c, more, text)
		}
	}
	if strings.Contains(flat+string(o.Bytes), c.phone()) || strings.Contains(string(o.Bytes), c.phone()[5:]) {
		b.Errorf("%s: the phone number is written out", c)
	}
	for _, l := range tables["late"].rows {
		if l[0] == c.language && row != "bare" && strings.Contains(flat, l[1]) != c.late {
			b.Errorf("%s: that it is late is said: %v", c, !c.late)
		}
	}
}

func wordsFor(w *dataTable, row, hours, language string) ([]string, bool) {
	i := slices.IndexFunc(w.rows, func(r []string) bool { return r[0] == row && (r[1] == hours || r[1] == "*") && r[2] == language })
	if i < 0 {
		return nil, false
	}
	return w.rows[i], true
}

func firstRunes(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

// identical: whoever may not know of an emergency gets, to the byte, what he would get if there were none: header, text, HTML, but for the
// number of his ticket, our tokens and ids, and his own address.
func (b *board) identical(c *situation, o ticket.Out, same map[string]string) {
	kind := fmt.Sprintf("%s late=%v bare=%v", c.language, c.late, o.Bare)
	got := withoutNumbers(string(o.Bytes))
	first, ok := same[kind]
	if !ok {
		same[kind] = got
		return
	}
	if got != first {
		b.Errorf("%s: it differs from what everybody is told:\n%s\n--- everybody:\n%s", c, got, first)
	}
}

// ours are what differs from mail to mail whatever is said in it.
var ours = regexp.MustCompile(`[csbp][a-z2-7]{32}(\.[0-9a-f]{16})?|NS-[0-9]{5}|=_[0-9a-f]{24}|c[0-9]{4}\.at`)

func withoutNumbers(raw string) string {
	raw = strings.ReplaceAll(raw, "=\r\n", "") // what is one word may stand on two lines (RFC 2045, 6.7)
	return ours.ReplaceAllStringFunc(raw, func(s string) string { return strings.Repeat("_", len(s)) })
}

// told prints what was told, for people.
func told(all []*situation, answers map[string]ticket.Out) string {
	var b strings.Builder
	for _, c := range all {
		mark := " "
		if o := answers[c.sender()]; c.proof != "fail" && saidBy(o.Row) != c.want {
			mark = "!"
		}
		fmt.Fprintf(&b, "%s %-12s  %-12s  %-8s  %-7s  %s  late=%-5v  %-7s  told %-24s  wanted %s\n", mark, c.table, c.state, c.alarm, c.call, c.language, c.late, c.proof,
			answers[c.sender()].Row, c.want)
	}
	return b.String()
}

func saidBy(row string) string {
	s, _, _ := strings.Cut(row, "/")
	return s
}

// says checks what was told last.
func (s *stage) says(want string) {
	s.Helper()
	if want == "cancelled" || want == "ended" || want == "resolved" {
		want = "finished"
	}
	if got := saidBy(s.lastRow(ticket.OutAnswer, "")); got != want {
		s.Fatalf("%s: told %s, wanted %s", s.where, got, want)
	}
}
