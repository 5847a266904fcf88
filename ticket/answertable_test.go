package ticket_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
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

// board is a desk on which all situations stand beside each other.
type board struct {
	*stage
	at time.Time
}

func newBoard(t *testing.T, at time.Time) *board {
	s := newStage(t)
	s.clock.set(at)
	s.reopen(func(o *ticket.Options) {
		o.Alarm = alarmOptions("oncall")
		o.Staff.Notify = nil // thousands of notices say nothing here
		o.Bounds.BarePerHour, o.Bounds.UnknownOverall = 100_000, 100_000
	})
	return &board{s, at}
}

// each does something for many situations side by side: commits are grouped.
func (b *board) each(all []*situation, do func(c *situation) error) {
	b.Helper()
	var wg sync.WaitGroup
	next := make(chan *situation)
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for c := range next {
				if err := do(c); err != nil {
					b.Errorf("%s: %v", c, err)
				}
			}
		}()
	}
	for _, c := range all {
		next <- c
	}
	close(next)
	wg.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// bringAbout lets it happen: late mails first, then what was triggered a while ago, then the rest, six minutes after the beginning.
func (b *board) bringAbout(all []*situation) {
	only := func(want func(c *situation) bool) []*situation {
		return slices.DeleteFunc(slices.Clone(all), func(c *situation) bool { return !want(c) })
	}
	b.each(only(func(c *situation) bool { return c.late }), b.take)
	b.clock.set(b.at.Add(4 * time.Minute))
	b.each(only(func(c *situation) bool { return c.table != "none" && c.alarm != "pending" }), b.triggerOne)
	b.clock.set(b.at.Add(6 * time.Minute))
	b.each(only(func(c *situation) bool { return c.table != "none" && c.alarm == "pending" }), b.triggerOne)
	b.each(only(func(c *situation) bool { return !c.late }), b.take)
	b.each(only(func(c *situation) bool { return c.proof == "fail" && strings.HasPrefix(c.table, "may") }), func(c *situation) error {
		return b.desk.LinkTicket(b.ctx, c.ticket, c.emergency, "anna", "")
	})
	b.ring(all)
	b.each(only(func(c *situation) bool { return c.state != "triggered" }), func(c *situation) error {
		_, err := b.desk.Advance(b.ctx, c.emergency, ticket.EmergencyState(c.state), "anna", "")
		return err
	})
	b.each(only(func(c *situation) bool { return c.table != "none" }), b.stands)
}

func (b *board) take(c *situation) error {
	raw := c.mail()
	e, err := b.desk.Take(b.ctx, ticket.Fetched{
		Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: uint32(c.n)}, InternalDate: b.clock.Now(), Size: int64(len(raw)), Raw: raw,
	})
	c.ticket = e.TicketID
	return err
}

func (b *board) triggerOne(c *situation) error {
	t := ticket.Trigger{Way: ticket.WayAPI, Email: c.email(), Phone: c.phone(), CustomerNumber: fmt.Sprintf("9%04d", c.n), Name: "Eva", Actor: "api"}
	if c.call == "overdue" {
		t.TriggeredAt = b.clock.Now().Add(-40 * time.Minute)
	}
	v, _, err := b.desk.Trigger(b.ctx, t)
	if err != nil {
		return err
	}
	c.emergency, _ = ticket.ParseEmergencyNumber(v.ID)
	if c.table == "suggested" {
		t.Phone = strings.TrimSuffix(t.Phone, "89") + "77"
		_, _, err = b.desk.Trigger(b.ctx, t)
	}
	return err
}

// ring lets the alarms end as the situations say; pending ones are not attempted.
func (b *board) ring(all []*situation) {
	alarm := map[int64]string{}
	for _, c := range all {
		alarm[c.emergency] = c.alarm
	}
	os, err := b.desk.DuePages(b.ctx, 100_000)
	b.check(err)
	for _, o := range os {
		out := ticket.Outcome{Result: ticket.Accepted, Code: 202}
		switch alarm[o.EmergencyID] {
		case "failed":
			out = ticket.Outcome{Result: ticket.Permanent, Code: 404, Text: "gone"}
		case "pending", "late":
			continue
		}
		_, ok, err := b.desk.Freeze(b.ctx, o.ID)
		b.check(err)
		if ok {
			b.check(b.desk.Delivered(b.ctx, o.ID, out))
		}
	}
}

// stands checks that a situation is what it says.
func (b *board) stands(c *situation) error {
	d, err := ticket.ShowEmergency(b.ctx, b.store, c.emergency)
	if err != nil {
		return err
	}
	alarm := strings.Replace(c.alarm, "late", "pending", 1)
	if c.state == "acknowledged" || c.state == "called_back" {
		alarm = "accepted"
	}
	x, err := ticket.Show(b.ctx, b.store, c.ticket)
	if err != nil {
		return err
	}
	linked := strings.HasPrefix(c.table, "may")
	suggested := c.table == "suggested" && c.proof != "fail" // an address that is disowned says nothing
	if string(d.State) != c.state || string(d.Alarm) != alarm || (x.Emergency == d.ID) != linked || (len(x.Suggested) == 2) != suggested {
		return fmt.Errorf("it is %s, alarm %s, linked to %q, suggested %q", d.State, d.Alarm, x.Emergency, x.Suggested)
	}
	return nil
}

// answers freezes and delivers everything, and returns the answers by recipient.
func (b *board) answers() map[string]ticket.Out {
	os, err := b.desk.DueOut(b.ctx, 100_000)
	b.check(err)
	var mu sync.Mutex
	all := map[string]ticket.Out{}
	queue := make(chan ticket.Out)
	var wg sync.WaitGroup
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for due := range queue {
				o, ok, err := b.desk.Freeze(b.ctx, due.ID)
				if err != nil {
					b.Error(err)
				}
				if !ok || o.Kind != ticket.OutAnswer {
					continue
				}
				mu.Lock()
				if first, two := all[o.Recipient]; two {
					b.Errorf("%s was answered twice: %s, %s", o.Recipient, first.Row, o.Row)
				}
				all[o.Recipient] = o
				mu.Unlock()
			}
		}()
	}
	for _, o := range os {
		queue <- o
	}
	close(queue)
	wg.Wait()
	return all
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

// secondMailSteps bring an emergency to where a column of the second table says it is, from wherever it was. pages-fail says how pages end from then on.
var secondMailSteps = map[string][]string{
	"alarm_pending":   {"pages-fail lost", "wait 10s", "trigger name=Eva customer=70001 email=eva@seite.at phone=+436641234589 key=a"},
	"alarmed":         {"pages-fail ok", "wait 10s", "deliver-pages", "wait 11m", "tend"},
	"acknowledged":    {"ack NE-10001"},
	"called_back":     {"called NE-10001"},
	"trouble_failed":  {"pages-fail 404", "wait 10s"},
	"trouble_pending": {"pages-fail lost", "wait 115s", "trigger name=Eva customer=70001 email=eva@seite.at phone=+436641234589 key=a", "wait 10s", "tend"},
	"trouble_overdue": {"wait 31m", "tend"},
	"cancelled":       {"cancel NE-10001"},
	"ended":           {"resolve NE-10001"},
	"resolved":        {"called NE-10001", "resolve NE-10001"},
	"unlinked":        {"unlink NS-10001"},
	"moved":           {"pages-fail ok", "trigger name=Eva customer=70001 email=eva@seite.at phone=+436641234577", "deliver-pages", "link NS-10001 NE-10002"},
}

// firstSteps bring a new emergency to what a line of the second table says.
var firstSteps = map[string][]string{
	"alarm_pending":   {"pages-fail lost"},
	"alarmed":         {},
	"acknowledged":    {"deliver-pages", "ack NE-10001"},
	"called_back":     {"deliver-pages", "called NE-10001"},
	"trouble_failed":  {"pages-fail 404"},
	"trouble_pending": {"pages-fail lost", "deliver-pages", "wait 2m"},
	"trouble_overdue": {"wait 30m"},
	"cancelled":       {"cancel NE-10001"},
	"ended":           {"resolve NE-10001"},
	"resolved":        {"called NE-10001", "resolve NE-10001"},
}

// secondMailStart: the numbers contradict, so that nothing but staff links.
const secondMailStart = `channels oncall second third
mail a.eml pass
`

const secondMailMail = `From: Eva <eva@seite.at>
To: support@notfall-hoster.at
Subject: Notfall-Support
Message-ID: <1@seite.at>

Kundennummer: 80002
Unser Webshop ist nicht erreichbar.
`

// TestSecondMails drives the second table: what was told, and what is true now.
func TestSecondMails(t *testing.T) {
	table := readTables(t)["second mails"]
	steps["deliver-pages"] = func(s *stage, _ string) { s.deliverPages() }
	for _, row := range table.rows {
		for i, want := range row[1:] {
			before, now := row[0], table.columns[i+1]
			if want == "." {
				continue
			}
			t.Run(before+" "+now, func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				s.mails["a.eml"] = []byte(strings.ReplaceAll(secondMailMail, "\n", "\r\n"))
				s.run(secondMailStart)
				trigger := "trigger name=Eva customer=70001 email=eva@seite.at phone=+436641234589 key=a"
				if before == "not_linked" {
					s.run("deliver", trigger)
					s.run(firstSteps[now]...)
					s.run("deliver", "link NS-10001 NE-10001")
				} else {
					s.run(trigger)
					s.run(firstSteps[before]...)
					s.run("link NS-10001 NE-10001", "deliver")
					s.says(before)
					s.run(secondMailSteps[now]...)
				}
				s.run("tend", "deliver", "tend", "deliver")
				got := "-"
				if as := s.answers("eva@seite.at"); len(as) == 2 {
					got = "mail"
					if subject, _, _ := strings.Cut(words(t, as[1].Bytes), "\n"); strings.Contains(subject, "Korrektur: ") {
						got = "mail!"
					}
					if now != "moved" && now != "unlinked" {
						s.says(now)
					}
				} else if len(as) != 1 {
					got = fmt.Sprintf("%d mails", len(as))
				}
				if got != want {
					t.Errorf("told %s, now %s: %s, wanted %s\n%s", before, now, got, want, s.last(ticket.OutAnswer))
				}
				s.isNow(now)
			})
		}
	}
}

func (s *stage) run(lines ...string) {
	s.Helper()
	for _, l := range lines {
		for _, one := range strings.Split(strings.TrimSpace(l), "\n") {
			s.where = one
			s.step(one)
		}
	}
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

// isNow checks that a column is what it says.
func (s *stage) isNow(now string) {
	s.Helper()
	d, err := ticket.ShowEmergency(s.ctx, s.store, ticket.FirstEmergency)
	s.check(err)
	overdue := !s.clock.Now().Before(d.CallbackBy)
	long := s.clock.Now().Sub(d.Created) >= 2*time.Minute
	is := map[string]bool{
		"alarm_pending":   d.State == ticket.Triggered && d.Alarm == ticket.AlarmPending && !overdue,
		"alarmed":         d.State == ticket.Triggered && d.Alarm == ticket.AlarmAccepted && !overdue,
		"acknowledged":    d.State == ticket.Acknowledged,
		"called_back":     d.State == ticket.CalledBack,
		"trouble_failed":  d.State == ticket.Triggered && d.Alarm == ticket.AlarmFailed && !overdue,
		"trouble_pending": d.State == ticket.Triggered && d.Alarm == ticket.AlarmPending && long && !overdue,
		"trouble_overdue": d.State == ticket.Triggered && overdue || d.State == ticket.Acknowledged && overdue,
		"cancelled":       d.State == ticket.Cancelled,
		"ended":           d.State == ticket.Resolved && d.CalledBackAt.IsZero(),
		"resolved":        d.State == ticket.Resolved && !d.CalledBackAt.IsZero(),
	}
	if ok, asked := is[now]; asked && !ok {
		s.Errorf("%s: the emergency is %s, its alarm %s, overdue %v", now, d.State, d.Alarm, overdue)
	}
}
