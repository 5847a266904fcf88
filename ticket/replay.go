package ticket

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"notfalld/message"
	"notfalld/rules"
)

// A replay runs rules over the mails that tickets hold, and compares what they say with what was decided. It changes nothing.

// ReplayQuery says over which mails, and against what.
type ReplayQuery struct {
	Since   time.Time  // mails that arrived at or after; zero: all
	Limit   int        // of these the youngest; 0: all
	Against *rules.Set // what is compared with: these rules today, or nil: what is stored with each mail
	Workers int        // mails that are understood at once; 0: one
}

// Replayed is one mail that was replayed.
type Replayed struct {
	Ticket    string    `json:"ticket"`
	MessageID string    `json:"message_id"`
	From      string    `json:"from"`
	Subject   string    `json:"subject"`
	Arrived   time.Time `json:"date"`
	Rules     string    `json:"rules"`   // the set that understood it when it came
	Changes   []Change  `json:"changes"` // none: all is as it was
	Loses     []string  `json:"loses"`   // of class, answer, understood: what this mail would lose
	Gone      bool      `json:"-"`       // not replayed: its raw bytes are no longer kept
}

// Change is one thing that would be decided otherwise: either Old and New, or what a list loses and gains.
type Change struct {
	What   string   `json:"what"`
	Old    string   `json:"old,omitempty"`
	New    string   `json:"new,omitempty"`
	Lost   []string `json:"lost,omitempty"`
	Gained []string `json:"gained,omitempty"`
}

// replayPage is how many mails are read at a time: what is stored of them lies in memory, and no snapshot is held between two pages.
const replayPage = 32

// Replay calls each for every mail of q, youngest first. Of o it needs what understanding a mail does: World, Trust, Hours, Limits and
// Bounds; and Store, which may be read-only. A mail that takes too long is compared as the minimal ticket that it would become.
func Replay(ctx context.Context, o Options, set *rules.Set, q ReplayQuery, each func(Replayed) error) error {
	return bareDesk(o).replay(ctx, set, q, each)
}

func (d *Desk) replay(ctx context.Context, set *rules.Set, q ReplayQuery, each func(Replayed) error) error {
	for before, n := int64(0), 0; ; {
		size := replayPage
		if q.Limit > 0 {
			size = min(size, q.Limit-n)
		}
		var page []Mail
		err := d.o.Store.View(ctx, func(tx Tx) (err error) { page, err = tx.MailsBefore(before, q.Since, size); return err })
		if err != nil || len(page) == 0 {
			return err
		}
		done, err := d.replayPage(ctx, set, q, page)
		if err != nil {
			return err
		}
		for _, r := range done {
			if err := each(r); err != nil {
				return err
			}
		}
		before, n = page[len(page)-1].ID, n+len(page)
		if n == q.Limit {
			return nil
		}
	}
}

func (d *Desk) replayPage(ctx context.Context, set *rules.Set, q ReplayQuery, page []Mail) ([]Replayed, error) {
	done := make([]Replayed, len(page))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(q.Workers, 1))
	for i, m := range page {
		g.Go(func() (err error) {
			done[i], err = d.replayMail(ctx, set, q.Against, m)
			return err
		})
	}
	return done, g.Wait()
}

func (d *Desk) replayMail(ctx context.Context, set, against *rules.Set, m Mail) (Replayed, error) {
	r := Replayed{Ticket: Number(m.TicketID), MessageID: m.MessageID, From: m.From, Subject: m.Subject, Arrived: m.Arrived, Rules: m.RulesHash,
		Changes: []Change{}, Loses: []string{}}
	var (
		e      Entry
		t      Ticket
		packed []byte
	)
	err := d.o.Store.View(ctx, func(tx Tx) (err error) {
		if e, _, err = tx.Entry(m.EntryID); err != nil {
			return err
		}
		if packed, _, err = tx.Raw(e.RawID); err != nil {
			return err
		}
		t, _, err = tx.Ticket(m.TicketID)
		return err
	})
	if err != nil {
		return r, err
	}
	raw, err := unpack(packed)
	if err != nil || len(packed) == 0 {
		r.Gone = true
		return r, nil
	}
	in := &t
	if m.Thread == threadNew && t.Previous == 0 { // a ticket closed too long ago was continued by another
		in = nil
	}
	proven := m.Kind != UnprovenMail
	is := d.decisionBy(ctx, set, raw, e, in, proven)
	was := decisionOf(m)
	if against != nil {
		was = d.decisionBy(ctx, against, raw, e, in, proven)
	}
	if err := ctx.Err(); err != nil {
		return r, err
	}
	r.Changes, r.Loses = compare(was, is)
	return r, nil
}

// decision is what rules say of a mail, and its thread makes of it.
type decision struct {
	line   rules.Line
	class  rules.Class
	answer rules.Reply
	failed string // why it could not be understood; "?" if that is not known any more
}

// decisionOf is what was decided when the mail came.
func decisionOf(m Mail) decision {
	d := decision{failed: "?"}
	if err := json.Unmarshal(m.Line, &d.line); err != nil {
		return d
	}
	d.class, d.answer = d.line.Class, d.line.AutoReply
	if m.Kind == NoteMail {
		d.class, d.answer.Send = rules.Auto, false
	}
	if d.line.ProblemParsing == "" {
		d.failed = ""
	}
	return d
}

// decisionBy is what these rules say of it. It follows Desk.decide; in is the ticket that the mail continues, with proof or without,
// or nil.
func (d *Desk) decisionBy(ctx context.Context, set *rules.Set, raw []byte, e Entry, in *Ticket, proven bool) decision {
	u := d.understand(ctx, set, raw, e, e.Fetched)
	x := decision{class: u.facts.Class, answer: u.facts.Reply}
	if u.failed {
		x.failed = u.mail.Problem
	}
	kind := u.auto.Kind
	switch {
	case (kind == message.Bounce || kind == message.Delay || x.class == rules.Bounce) && x.class != rules.Emergency:
	case in != nil && isNote(u):
		x.class, x.answer.Send = rules.Auto, false
	case in != nil:
		x.class, x.answer = rules.Emergency, d.mayReply(u)
		if set.HasRoutes() && !u.failed {
			u.facts.Route = d.routeInTicket(ctx, u, *in, proven)
		}
	}
	x.line = rules.NewLine("", u.mail, u.facts)
	return x
}

// aspect is one thing that is compared.
type aspect struct {
	what  string
	text  func(decision) string
	list  func(decision) []string // instead of text
	loses func(was, is decision) bool
}

// aspects are compared and shown in this order. What has loses keeps a rule set waiting.
var aspects = []aspect{
	{what: "understood", text: understoodWell, loses: func(was, is decision) bool { return was.failed == "" && is.failed != "" }},
	{what: "class", text: func(d decision) string { return string(d.class) }, loses: func(was, is decision) bool { return worth(is.class) < worth(was.class) }},
	{what: "answer", text: answered, loses: func(was, is decision) bool { return was.answer.Send && !is.answer.Send }},
	{what: "language", text: func(d decision) string { return d.line.Language }},
	{what: "customer_number", text: func(d decision) string { return d.line.CustomerNumber }},
	{what: "phones", list: func(d decision) []string { return d.line.Phones }},
	{what: "servers", list: serverNames},
	{what: "errors", list: errorTexts},
	{what: "priority", text: func(d decision) string { return d.line.Route.Priority }},
	{what: "tags", list: func(d decision) []string { return d.line.Route.Tags }},
	{what: "notify", list: func(d decision) []string { return d.line.Route.Notify }},
}

// ReplayAspects names all that is compared, in the order of Replayed.Changes.
func ReplayAspects() []string {
	names := make([]string, len(aspects))
	for i, a := range aspects {
		names[i] = a.what
	}
	return names
}

// worth orders the classes by what a customer gets of them.
func worth(c rules.Class) int {
	switch c {
	case rules.Emergency:
		return 2
	case rules.Auto:
		return 1
	}
	return 0
}

func understoodWell(d decision) string {
	if d.failed == "" {
		return "yes"
	}
	return "no: " + d.failed
}

func answered(d decision) string {
	if d.answer.Send {
		return "yes"
	}
	return "no"
}

func serverNames(d decision) (names []string) {
	for _, s := range d.line.Servers {
		names = append(names, s.Name)
	}
	return names
}

func errorTexts(d decision) (texts []string) {
	for _, e := range d.line.Errors {
		texts = append(texts, e.Text)
	}
	return texts
}

// compare says what is otherwise, and what of it is a loss. The lists are never nil.
func compare(was, is decision) (changes []Change, loses []string) {
	changes, loses = []Change{}, []string{}
	for _, a := range aspects {
		c := Change{What: a.what}
		switch {
		case a.what == "understood" && was.failed == "?":
		case a.list != nil:
			c.Lost, c.Gained = without(a.list(was), a.list(is)), without(a.list(is), a.list(was))
		case a.text(was) != a.text(is):
			c.Old, c.New = a.text(was), a.text(is)
		}
		if c.Old == c.New && len(c.Lost)+len(c.Gained) == 0 {
			continue
		}
		if a.what == "answer" && !is.answer.Send {
			c.New += ": " + is.answer.Reason
		}
		changes = append(changes, c)
		if a.loses != nil && a.loses(was, is) {
			loses = append(loses, a.what)
		}
	}
	return changes, loses
}

func without(list, other []string) (out []string) {
	for _, s := range list {
		if !slices.Contains(other, s) && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

const (
	replayedBefore = 200 // mails that changed rules are tried on before they come into force
	mostLosses     = 50  // are enough to see that something is wrong
)

// losses are those of the last mails that would lose something if these rules were in force, instead of those that are. Both
// sides are what rules say today: an inventory that has changed since is no fault of the rules.
func (d *Desk) losses(ctx context.Context, set *rules.Set) ([]Replayed, error) {
	var out []Replayed
	enough := fmt.Errorf("enough")
	err := d.replay(ctx, set, ReplayQuery{Limit: replayedBefore, Against: d.Rules()}, func(r Replayed) error {
		if len(r.Loses) > 0 {
			out = append(out, r)
		}
		if len(out) >= mostLosses {
			return enough
		}
		return nil
	})
	if err == enough {
		err = nil
	}
	return out, err
}

// Says is a change in words: "emergency → other", "+web01.firma.at".
func (c Change) Says() string {
	if len(c.Lost)+len(c.Gained) == 0 {
		return orDash(c.Old) + " → " + orDash(c.New)
	}
	var parts []string
	for _, s := range c.Lost {
		parts = append(parts, "-"+s)
	}
	for _, s := range c.Gained {
		parts = append(parts, "+"+s)
	}
	return strings.Join(parts, " ")
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
