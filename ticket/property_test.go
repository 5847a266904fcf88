package ticket_test

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"notfalld/ticket"
)

// fewerChecks is how often a property is tried, unless the command line says (-rapid.checks): each of them is a database.
func fewerChecks(t *testing.T, checks int) {
	f := flag.Lookup("rapid.checks")
	if f == nil || f.Value.String() != f.DefValue {
		return
	}
	before := f.DefValue
	if err := f.Value.Set(fmt.Sprint(checks)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Value.Set(before) })
}

// arrival is a mail or a trigger, with the time at which it happened.
type arrival struct {
	mail    string // raw, or "" of a trigger
	id      string // Message-ID, or the trigger's key
	proof   string
	trigger ticket.Trigger
	ago     time.Duration
}

func (a arrival) String() string {
	if a.mail != "" {
		return fmt.Sprintf("%s ago, proof %s:\n%s", a.ago, a.proof, a.mail)
	}
	return fmt.Sprintf("%s ago: trigger %s %s customer %q servers %q", a.ago, a.id, a.trigger.Email, a.trigger.CustomerNumber, a.trigger.Servers)
}

// drawArrival draws from a small world of two firms and a freemail provider, in which most things collide. world keeps one check's apart from the
// next one's, for all share a store.
func drawArrival(t *rapid.T, world, n int) arrival {
	firm := rapid.IntRange(1, 2).Draw(t, "firm")
	person := rapid.SampledFrom([]string{"eva", "ute"}).Draw(t, "person")
	address := fmt.Sprintf("%s@firma%dx%d.at", person, firm, world)
	if rapid.IntRange(0, 4).Draw(t, "freemail") == 0 {
		address = fmt.Sprintf("%s%dx%d@gmx.at", person, firm, world)
	}
	number := ""
	if rapid.Bool().Draw(t, "names a number") {
		number = fmt.Sprintf("%d%04d", rapid.IntRange(1, 2).Draw(t, "number"), world)
	}
	server := ""
	if rapid.Bool().Draw(t, "names a server") {
		server = fmt.Sprintf("web%d.firma%dx%d.at", rapid.IntRange(1, 2).Draw(t, "server"), firm, world)
	}
	phone := ""
	if rapid.IntRange(0, 2).Draw(t, "gives a phone") == 0 {
		phone = fmt.Sprintf("+43664%04d%03d", world, rapid.IntRange(1, 3).Draw(t, "phone"))
	}
	a := arrival{ago: time.Duration(rapid.IntRange(0, 8*60).Draw(t, "minutes ago")) * time.Minute}
	if rapid.IntRange(0, 2).Draw(t, "is a trigger") == 0 {
		a.id = fmt.Sprintf("t%dx%d", n, world)
		if number != "" && phone != "" {
			phone = "" // the same customer and phone within 15 minutes are one emergency, and the first to come names its address
		}
		a.trigger = ticket.Trigger{Way: ticket.WayAPI, Email: address, CustomerNumber: number, Phone: phone, Key: a.id}
		if server != "" {
			a.trigger.Servers = []string{server}
		}
		return a
	}
	a.id = fmt.Sprintf("m%dx%d@firma.example", n, world)
	a.proof = rapid.SampledFrom([]string{"pass", "unknown", "fail=none"}).Draw(t, "proof")
	body := "Unser Server ist seit heute Nacht nicht erreichbar, bitte helfen Sie uns.\n"
	for _, line := range []struct{ words, value string }{{"Kundennummer: ", number}, {"Betroffen ist ", server}, {"Rückruf: ", phone}} {
		if line.value != "" {
			body += line.words + line.value + "\n"
		}
	}
	a.mail = fmt.Sprintf("From: %s\nTo: support@notfall-hoster.at\nSubject: Notfall-Support\nMessage-ID: <%s>\n\n%s", address, a.id, body)
	return a
}

// comeIn lets everything arrive in this order, and says which mail is linked to which trigger, and what is suggested for it.
func (s *stage) comeIn(all []arrival) map[string]string {
	now := s.clock.Now()
	names, tickets := map[string]string{}, map[string]int64{}
	for _, a := range all {
		if a.mail == "" {
			a.trigger.TriggeredAt = now.Add(-a.ago)
			v, _, err := s.desk.Trigger(s.ctx, a.trigger)
			s.check(err)
			names[v.ID] = a.id
			continue
		}
		s.mails["m"] = []byte(strings.ReplaceAll(a.mail, "\n", "\r\n"))
		s.where = a.String()
		tickets[a.id] = s.takeMail("m " + a.proof + " ago=" + a.ago.String()).TicketID
	}
	links := map[string]string{}
	for id, n := range tickets {
		d, err := ticket.Show(s.ctx, s.store, n)
		s.check(err)
		var suggested []string
		for _, e := range d.Suggested {
			suggested = append(suggested, names[e])
		}
		slices.Sort(suggested)
		links[id] = fmt.Sprintf("linked to %q, suggested %q", names[d.Emergency], suggested)
	}
	return links
}

// TestOrderDoesNotMatter: before anything is answered, the same mails and triggers give the same links, in whatever order they come.
func TestOrderDoesNotMatter(t *testing.T) {
	fewerChecks(t, 50)
	s := newStage(t)
	world := 0
	linked := 0
	rapid.Check(t, func(t *rapid.T) {
		world += 2
		var all []arrival
		n := rapid.IntRange(2, 8).Draw(t, "how many")
		for i := range n {
			all = append(all, drawArrival(t, world, i))
		}
		// The same once more beside it, under other names, in another order.
		var other []arrival
		for _, a := range all {
			other = append(other, a.inWorld(world, world+1))
		}
		other = rapid.Permutation(other).Draw(t, "order")
		one := s.comeIn(all)
		two := map[string]string{}
		for id, l := range s.comeIn(other) {
			rename := strings.NewReplacer(fmt.Sprintf("x%d", world+1), fmt.Sprintf("x%d", world))
			two[rename.Replace(id)] = rename.Replace(l)
		}
		for _, l := range one {
			if !strings.HasPrefix(l, `linked to ""`) {
				linked++
			}
		}
		if !maps.Equal(one, two) {
			t.Fatalf("in this order\n%v\nit is\n%v\nand in this\n%v\nit is\n%v", all, one, other, two)
		}
	})
	if linked < 10 {
		t.Errorf("only %d links: the mails and triggers have too little in common to say anything", linked)
	}
}

// inWorld is the same under the names of another check.
func (a arrival) inWorld(from, to int) arrival {
	r := strings.NewReplacer(fmt.Sprintf("x%d", from), fmt.Sprintf("x%d", to), fmt.Sprintf("1%04d", from), fmt.Sprintf("1%04d", to),
		fmt.Sprintf("2%04d", from), fmt.Sprintf("2%04d", to), fmt.Sprintf("+43664%04d", from), fmt.Sprintf("+43664%04d", to))
	b := a
	b.mail, b.id = r.Replace(a.mail), r.Replace(a.id)
	g := &b.trigger
	g.Email, g.CustomerNumber, g.Phone, g.Key, g.Servers = r.Replace(g.Email), r.Replace(g.CustomerNumber), r.Replace(g.Phone), r.Replace(g.Key), nil
	for _, s := range a.trigger.Servers {
		g.Servers = append(g.Servers, r.Replace(s))
	}
	return b
}

// life is a desk to which things happen at random, and what must hold after each of them.
type life struct {
	*stage
	t     *rapid.T
	mails int
	lies  []string
	links map[int64]linkOf // by ticket, as they were before the step
	byMan map[int64]bool   // tickets of which staff have just decided
}

type linkOf struct {
	emergency string
	final     bool // by staff, or told
	refused   []string
}

// TestLifeOfEmergencies: whatever happens in whatever order, nobody is told what is not so, and what was told and is not so any more is corrected.
func TestLifeOfEmergencies(t *testing.T) {
	fewerChecks(t, 20)
	told := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		l := &life{stage: newStage(t), t: rt, links: map[int64]linkOf{}}
		l.onLie = func(why string) { l.lies = append(l.lies, why) }
		l.reopen(func(o *ticket.Options) { o.Alarm = alarmOptions("oncall", "second"); o.Staff.Notify = nil })
		for range rapid.IntRange(12, 40).Draw(rt, "steps") {
			l.byMan = map[int64]bool{}
			l.step()
		}
		l.run("pages-fail ok", "deliver", "tend", "deliver")
		l.where = "in the end"
		l.invariants()
		for _, o := range l.sent {
			told[saidBy(o.Row)]++
		}
		_ = l.store.Close()
	})
	for _, row := range []string{"not_linked", "alarmed"} { // rarer rows need not come up in so few lives
		if told[row] == 0 {
			t.Errorf("nobody was ever told %s: these lives say nothing of it; %v", row, told)
		}
	}
}

// step lets one thing happen.
func (l *life) step() {
	var names []string
	for _, s := range lifeSteps {
		names = append(names, s.name)
	}
	name := rapid.SampledFrom(names).Draw(l.t, "step")
	l.where = name
	lifeSteps[slices.Index(names, name)].do(l)
	l.run("tend")
	l.where = name
	l.invariants()
}

// lifeSteps are what can happen; what happens often stands there several times.
var lifeSteps = []struct {
	name string
	do   func(l *life)
}{
	{"mail", (*life).mail}, {"mail", (*life).mail}, {"mail", (*life).mail}, {"reply", (*life).reply},
	{"trigger", (*life).triggerOne}, {"trigger", (*life).triggerOne}, {"trigger", (*life).triggerOne},
	{"deliver", func(l *life) { l.run("deliver") }}, {"deliver", func(l *life) { l.run("deliver") }}, {"deliver", func(l *life) { l.run("deliver") }},
	{"deliver badly", func(l *life) {
		l.run("deliver " + rapid.SampledFrom([]string{"451", "550", "lost"}).Draw(l.t, "how"))
	}},
	{"advance", (*life).advanceOne}, {"advance", (*life).advanceOne},
	{"link", (*life).linkOne}, {"link", (*life).linkOne}, {"unlink", (*life).unlinkOne},
	{"pages", func(l *life) {
		l.run("pages-fail " + rapid.SampledFrom([]string{"ok", "ok", "404", "503", "lost"}).Draw(l.t, "how"))
	}},
	{"wait", func(l *life) {
		l.run("wait " + rapid.SampledFrom([]string{"1s", "90s", "2m", "5m", "16m", "31m", "3h"}).Draw(l.t, "how long"))
	}},
	{"closing", func(l *life) { l.run("closing") }},
}

var lifePeople = []string{"eva@firma.at", "ute@firma.at", "max@gmx.at", "eva@andere.at"}

func (l *life) mail() {
	l.mails++
	from := rapid.SampledFrom(lifePeople).Draw(l.t, "from")
	number := rapid.SampledFrom([]string{"", "", "Kundennummer: 10001\r\n", "Kundennummer: 20002\r\n"}).Draw(l.t, "number")
	l.stage.mails["m"] = []byte(fmt.Sprintf("From: %s\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support\r\nMessage-ID: <l%d@firma.at>\r\n\r\nUnser Server ist nicht erreichbar, Fall %d.\r\n%s",
		from, l.mails, l.mails, number))
	l.run("mail m " + rapid.SampledFrom([]string{"pass", "pass", "unknown", "fail=none"}).Draw(l.t, "proof"))
}

// reply goes on in the ticket of an earlier mail, from the same address or a colleague's.
func (l *life) reply() {
	if l.mails == 0 {
		return
	}
	n := rapid.IntRange(1, l.mails).Draw(l.t, "to")
	l.mails++
	from := rapid.SampledFrom(lifePeople).Draw(l.t, "from")
	l.stage.mails["m"] = []byte(fmt.Sprintf("From: %s\r\nTo: support@notfall-hoster.at\r\nSubject: Re: Notfall-Support\r\nMessage-ID: <l%d@firma.at>\r\nReferences: <l%d@firma.at>\r\n\r\nNoch etwas dazu, Fall %d.\r\n",
		from, l.mails, n, l.mails))
	l.run("mail m " + rapid.SampledFrom([]string{"pass", "unknown"}).Draw(l.t, "proof"))
}

func (l *life) triggerOne() {
	email := rapid.SampledFrom(append([]string{""}, lifePeople...)).Draw(l.t, "email")
	number := rapid.SampledFrom([]string{"", "10001", "20002"}).Draw(l.t, "customer")
	way := rapid.SampledFrom([]ticket.Way{ticket.WayAPI, ticket.WayForm}).Draw(l.t, "way")
	_, _, err := l.desk.Trigger(l.ctx, ticket.Trigger{
		Way: way, Name: "Eva", Email: email, CustomerNumber: number, Phone: fmt.Sprintf("+4366412345%02d", rapid.IntRange(10, 14).Draw(l.t, "phone")),
		Key: rapid.SampledFrom([]string{"", "", "a", "b"}).Draw(l.t, "key"),
	})
	l.check(err)
}

func (l *life) emergencies() []ticket.EmergencyView {
	es, err := ticket.ListEmergencies(l.ctx, l.store, ticket.EmergencyQuery{})
	l.check(err)
	return es
}

func (l *life) tickets() []ticket.Summary {
	ts, err := ticket.List(l.ctx, l.store, ticket.TicketQuery{})
	l.check(err)
	return ts
}

func (l *life) advanceOne() {
	es := l.emergencies()
	if len(es) == 0 {
		return
	}
	e := es[rapid.IntRange(0, len(es)-1).Draw(l.t, "emergency")]
	to := rapid.SampledFrom([]ticket.EmergencyState{ticket.Acknowledged, ticket.CalledBack, ticket.Resolved, ticket.Cancelled}).Draw(l.t, "to")
	id, _ := ticket.ParseEmergencyNumber(e.ID)
	_, _ = l.desk.Advance(l.ctx, id, to, "anna", "") // ErrState where that is no step
}

func (l *life) linkOne() {
	es, ts := l.emergencies(), l.tickets()
	if len(es) == 0 || len(ts) == 0 {
		return
	}
	id, _ := ticket.ParseNumber(ts[rapid.IntRange(0, len(ts)-1).Draw(l.t, "ticket")].ID)
	e, _ := ticket.ParseEmergencyNumber(es[rapid.IntRange(0, len(es)-1).Draw(l.t, "emergency")].ID)
	_ = l.desk.LinkTicket(l.ctx, id, e, "anna", "")
	l.byMan[id] = true
}

func (l *life) unlinkOne() {
	ts := l.tickets()
	if len(ts) == 0 {
		return
	}
	id, _ := ticket.ParseNumber(ts[rapid.IntRange(0, len(ts)-1).Draw(l.t, "ticket")].ID)
	_ = l.desk.UnlinkTicket(l.ctx, id, "anna", "")
	l.byMan[id] = true
}

func (l *life) invariants() {
	if len(l.lies) > 0 {
		l.t.Fatalf("%s: %s", l.where, l.lies[0])
	}
	for _, sum := range l.tickets() {
		id, _ := ticket.ParseNumber(sum.ID)
		d, err := ticket.Show(l.ctx, l.store, id)
		l.check(err)
		l.oneLink(id, d)
		l.toldOrWaiting(d)
	}
	for _, e := range l.emergencies() {
		l.confirmedOrWaiting(e)
	}
}

// oneLink: a ticket has one link at most, knows it, and no rule changes what staff decided or somebody was told.
func (l *life) oneLink(id int64, d ticket.Detail) {
	now := linkOf{}
	linked := 0
	for _, k := range d.Links {
		switch k.State {
		case ticket.Linked:
			linked++
			now.emergency, now.final = k.Emergency, k.By != "rules" || k.Told
		case ticket.Refused:
			now.refused = append(now.refused, k.Emergency)
		}
	}
	if linked > 1 || now.emergency != d.Emergency {
		l.t.Fatalf("%s: %s is linked to %q by its links, and to %q by itself", l.where, d.ID, now.emergency, d.Emergency)
	}
	before := l.links[id]
	if before.final && now.emergency != before.emergency && !l.byMan[id] {
		l.t.Fatalf("%s: %s was linked to %q for good, and rules made it %q", l.where, d.ID, before.emergency, now.emergency)
	}
	if slices.Contains(before.refused, now.emergency) && !l.byMan[id] {
		l.t.Fatalf("%s: staff had taken %s from %s, and rules linked it again", l.where, d.ID, now.emergency)
	}
	l.links[id] = now
}

// toldOrWaiting: what each recipient of a ticket was told last agrees with what is true now, or a mail that will say so waits. It is asked of what was
// said in words, not of how the program decides: a promise of a technician for this emergency, and that nobody comes.
func (l *life) toldOrWaiting(d ticket.Detail) {
	last, waits, failed := l.lastTold(d)
	for to, row := range last {
		o := l.sentTo(to, d.ID)
		said, number := saidBy(row), ""
		if o.EmergencyID != 0 {
			number = ticket.EmergencyNumber(o.EmergencyID)
		}
		if waits[to] || failed[to] {
			continue
		}
		promised := slices.Contains([]string{"alarm_pending", "alarmed", "acknowledged"}, said)
		switch {
		case number != "" && d.Emergency != number:
			l.t.Fatalf("%s: %s was told of %s in %s, which is linked to %q now, and nothing waits", l.where, to, number, d.ID, d.Emergency)
		case promised && !l.comes(number):
			l.t.Fatalf("%s: %s was promised a call for %s in %s (%s), nobody comes, and nothing waits", l.where, to, number, d.ID, said)
		case said == "not_linked" && d.Emergency != "" && l.comes(d.Emergency) && l.settled(d.Emergency) && l.mayKnow(d, o, to):
			l.t.Fatalf("%s: %s was told in %s that his mail alarmed nobody, a technician comes for %s, and nothing waits", l.where, to, d.ID, d.Emergency)
		}
	}
}

// lastTold is what each recipient heard last, who has a mail waiting, and who could not be reached by the youngest.
func (l *life) lastTold(d ticket.Detail) (last map[string]string, waits, failed map[string]bool) {
	last, waits, failed = map[string]string{}, map[string]bool{}, map[string]bool{}
	for _, r := range d.Replies {
		switch {
		case r.Kind != "answer":
		case r.State == ticket.OutWaiting:
			waits[r.To] = true
		case r.State == ticket.OutFailed:
			failed[r.To] = true
		case r.State == ticket.OutSent || r.State == ticket.OutFrozen:
			if o := l.sentTo(r.To, d.ID); o.ID != 0 {
				last[r.To] = o.Row
			}
		}
	}
	return last, waits, failed
}

// sentTo is the youngest answer about a ticket that reached an address.
func (l *life) sentTo(to, number string) (last ticket.Out) {
	for _, o := range l.sent {
		if o.Kind == ticket.OutAnswer && !o.Bare && o.Recipient == to && ticket.Number(o.TicketID) == number && !o.FrozenAt.Before(last.FrozenAt) {
			last = o
		}
	}
	return last
}

func (l *life) view(number string) ticket.EmergencyView {
	id, _ := ticket.ParseEmergencyNumber(number)
	d, err := ticket.ShowEmergency(l.ctx, l.store, id)
	l.check(err)
	return d.EmergencyView
}

// comes says whether a call was made, or may still be expected.
func (l *life) comes(number string) bool {
	e := l.view(number)
	if !e.CalledBackAt.IsZero() {
		return true
	}
	return e.EndedAt.IsZero() && l.clock.Now().Before(e.CallbackBy) && e.Alarm != ticket.AlarmFailed
}

// settled: the alarm has an outcome, and nobody has called yet.
func (l *life) settled(number string) bool {
	e := l.view(number)
	return e.Alarm == ticket.AlarmAccepted && e.EndedAt.IsZero()
}

// mayKnow: the address is the emergency's, and the mail that is answered was not disowned.
func (l *life) mayKnow(d ticket.Detail, o ticket.Out, to string) bool {
	return l.view(d.Emergency).Email == to && !o.Bare
}

// confirmedOrWaiting: the same for who was told of an emergency without a mail of his: by a confirmation, or by an answer since.
func (l *life) confirmedOrWaiting(e ticket.EmergencyView) {
	id, _ := ticket.ParseEmergencyNumber(e.ID)
	d, err := ticket.ShowEmergency(l.ctx, l.store, id)
	l.check(err)
	last := map[string]ticket.Out{}
	for _, o := range l.sent {
		if (o.Kind == ticket.OutConfirmation || o.Kind == ticket.OutAnswer && !o.Bare) && o.EmergencyID == id && !o.FrozenAt.Before(last[o.Recipient].FrozenAt) {
			last[o.Recipient] = o
		}
	}
	for to, o := range last {
		if !slices.Contains([]string{"alarm_pending", "alarmed", "acknowledged"}, saidBy(o.Row)) || l.comes(e.ID) || l.aboutToHear(to, id) {
			continue
		}
		waits := slices.ContainsFunc(d.Sent, func(x ticket.Sent) bool {
			return x.To == to && x.Kind == ticket.OutConfirmation && (x.State == ticket.OutWaiting || x.State == ticket.OutFailed)
		})
		if !waits {
			l.t.Fatalf("%s: %s was told %s of %s, nobody comes, and nothing waits", l.where, to, saidBy(o.Row), e.ID)
		}
	}
}

// aboutToHear: an answer in some ticket waits for him, could not be delivered, or has taken back since what he was told.
func (l *life) aboutToHear(to string, id int64) bool {
	for _, sum := range l.tickets() {
		for _, r := range sum.Replies {
			if r.To == to && r.Kind == "answer" && (r.State == ticket.OutWaiting || r.State == ticket.OutFailed) {
				return true
			}
		}
	}
	return false
}
