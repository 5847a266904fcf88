package ticket

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

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
	Loses     []string  `json:"loses"`   // of understood, class, answer, link: what this mail would lose
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
		links  replayedLinks
	)
	err := d.o.Store.View(ctx, func(tx Tx) (err error) {
		if e, _, err = tx.Entry(m.EntryID); err != nil {
			return err
		}
		if packed, _, err = tx.Raw(e.RawID); err != nil {
			return err
		}
		if t, _, err = tx.Ticket(m.TicketID); err != nil {
			return err
		}
		links, err = d.replayedLinks(tx, t)
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
	is.link = links.by(set, is.keys)
	was := decisionOf(m)
	was.link = links.now
	if against != nil {
		was = d.decisionBy(ctx, against, raw, e, in, proven)
		was.link = links.by(against, was.keys)
	}
	if err := ctx.Err(); err != nil {
		return r, err
	}
	r.Changes, r.Loses = compare(was, is)
	return r, nil
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
