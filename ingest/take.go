package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"notfalld/ticket"
)

// bodies fetches small mails, pipelined, until the list is empty, something new has come, or the desk fails.
func (r *run) bodies(ctx context.Context, small *[]mail) error {
	missing := map[uint32]mail{}
	var order []uint32 // of the mails asked for
	next := func() *flight {
		if len(*small) == 0 || r.newsWaits() || r.in.failing() || ctx.Err() != nil {
			return nil
		}
		ms, bytes := batch(small)
		uids := make([]uint32, len(ms))
		for i, m := range ms {
			uids[i] = m.uid
			missing[m.uid] = m
		}
		order = append(order, uids...)
		cmd := r.s.client.Fetch(uidSet(uids), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{&wholeMail}})
		return &flight{asked: ms, bytes: bytes, cmd: cmd}
	}
	parse := func(msg *imapclient.FetchMessageData) body { return r.readBody(ctx, msg) }
	got := func(b body) {
		m, ok := missing[b.uid]
		switch {
		case ok && errors.Is(b.err, errTooLarge): // the server had said something else
			m.over = true
			r.queue.fresh.large = append(r.queue.fresh.large, m)
		case ok && b.err == nil && b.raw != nil && (len(b.raw) > 0 || m.size == 0):
			r.give(ctx, m, b.raw, "", b.reserved)
		default: // missing, for now
			if b.raw != nil {
				r.in.release(b.reserved)
			}
			return
		}
		delete(missing, b.uid)
	}
	landed := func(f *flight, err error) {
		for _, m := range f.asked {
			if _, ok := missing[m.uid]; ok {
				x := r.troubles.undelivered(m, cmp.Or(err, errMissing))
				x.due = r.o.Clock.Now() // alone, at once
				r.tell(x)
				delete(missing, m.uid)
			}
		}
		r.board.moved()
	}
	err := fly(r.s, "fetch mails", next, parse, got, landed)
	if errors.Is(err, errLost) {
		r.blame(order, missing)
	}
	return err
}

// body is what came of one mail.
type body struct {
	uid      uint32
	raw      []byte // not nil: reserved has been set aside for it with the intake
	reserved int64
	err      error
}

// readBody reads a response, once there is room for it.
func (r *run) readBody(ctx context.Context, msg *imapclient.FetchMessageData) (b body) {
	b.uid, b.raw, b.err = r.s.readMail(msg, func(n int64) error {
		b.reserved = n
		return r.in.reserve(ctx, n)
	})
	return b
}

// blame suspects the mail that was being waited for when the connection ended.
func (r *run) blame(order []uint32, missing map[uint32]mail) {
	for _, u := range order {
		if _, ok := missing[u]; ok {
			r.troubles.suspect = missing[u]
			return
		}
	}
}

// give hands a mail to the desk, into room that was reserved.
func (r *run) give(ctx context.Context, m mail, raw []byte, cut string, reserved int64) {
	if cut != "" {
		r.journal.cut(m.uid, cut)
	}
	r.hand[m.uid] = held{mail: m, trouble: r.troubles.over(m.uid)}
	r.in.take(ctx, ticket.Fetched{
		Place:        ticket.Place{Mailbox: r.o.Name, Folder: r.s.folder.name, UIDValidity: r.s.folder.uidValidity, UID: m.uid},
		InternalDate: m.date, Size: max(m.size, int64(len(raw))), Raw: raw, Cut: cut, Sent: r.o.Sent,
	}, reserved)
}

// large fetches a mail that is not small. While it comes, new small mails are taken in between.
func (r *run) large(ctx context.Context, m mail) error {
	r.troubles.suspect = m
	raw, cut, err := r.fetchLarge(ctx, m)
	if err != nil {
		return r.undelivered(m, err)
	}
	r.troubles.suspect = mail{}
	if err := r.in.reserve(ctx, int64(len(raw))); err != nil {
		return err
	}
	r.big = m.uid
	r.give(ctx, m, raw, cut, int64(len(raw)))
	return nil
}

func (r *run) fetchLarge(ctx context.Context, m mail) (raw []byte, cut string, err error) {
	between := func() error { return r.between(ctx, m) }
	if m.size <= r.o.MaxWhole && !m.over {
		raw, err = r.s.wholeLarge(ctx, m, between)
		if !errors.Is(err, errTooLarge) {
			return raw, "", err
		}
	}
	return r.s.reduced(ctx, m, between)
}

// between takes small mails that arrived while a large one is being fetched.
func (r *run) between(ctx context.Context, m mail) error {
	r.board.moved()
	if !r.newsCame() {
		return nil
	}
	if _, err := r.look(false); err != nil {
		return err
	}
	for len(r.queue.fresh.small) > 0 && !r.newsWaits() && !r.in.failing() {
		if err := r.bodies(ctx, &r.queue.fresh.small); err != nil {
			return err
		}
	}
	r.troubles.suspect = m
	return nil
}

// undelivered notes that a mail did not come. Its error is the end of the connection, for which the mail stays under suspicion.
func (r *run) undelivered(m mail, why error) error {
	if errors.Is(why, errLost) || errors.Is(why, context.Canceled) {
		return why
	}
	r.troubles.suspect = mail{}
	r.tell(r.troubles.undelivered(m, why))
	return nil
}

// tell says once that a mail has been set aside.
func (r *run) tell(x *trouble) {
	r.board.write(func(s *Status) { s.Undelivered++ })
	if x.tries > wholeTries && !x.told {
		x.told = true
		r.journal.setAside(x, x.due.Sub(r.o.Clock.Now()))
	}
}

// alone fetches one mail with which there was trouble. What the server does not deliver whole, after some tries, is taken
// with its header alone: a ticket that lacks its text is better than none.
func (r *run) alone(ctx context.Context, x *trouble) error {
	m := x.mail
	r.troubles.suspect = m
	if m.date.IsZero() && x.tries < 2 { // later on, size and date may be what the server chokes on
		if err := r.s.sizes([]uint32{m.uid}, func(known mail) { m = known }); err != nil {
			return err
		}
		r.troubles.suspect = m
	}
	section, cut := wholeMail, ""
	if x.headerOnly() {
		section = imap.FetchItemBodySection{Peek: true, Specifier: imap.PartSpecifierHeader}
		cut = fmt.Sprintf("the mail server did not deliver the mail, only its header: %s", plain(x.why))
	} else if m.size > smallMail {
		x.due = r.o.Clock.Now().Add(time.Second) // should another large mail be in hand
		if r.big != 0 {
			return nil
		}
		return r.large(ctx, m)
	}
	b, err := r.one(ctx, m, section)
	switch {
	case errors.Is(err, errGone):
		r.troubles.suspect = mail{}
		r.troubles.over(m.uid)
		r.journal.gone(m.uid)
		return nil
	case err != nil:
		return r.undelivered(m, err)
	}
	r.troubles.suspect = mail{}
	r.give(ctx, m, b.raw, cut, b.reserved)
	return nil
}

// one fetches a section of one mail by its sequence number, which works with servers that send the UID behind the body, or
// flags of the same mail in between: the library loses those responses when it looks for them by UID.
func (r *run) one(ctx context.Context, m mail, section imap.FetchItemBodySection) (b body, err error) {
	seq, err := r.s.sequence(m.uid)
	if err != nil {
		return b, err
	}
	if seq == 0 {
		return b, errGone
	}
	err = r.s.askFor("fetch", r.s.budget(m.size), func() error {
		cmd := r.s.client.Fetch(imap.SeqSetNum(seq), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{&section}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			if b.raw == nil {
				b = r.readBody(ctx, msg)
			}
		}
		return cmd.Close()
	})
	if err == nil {
		err = b.err
	}
	if err == nil && (b.raw == nil || b.uid != m.uid) {
		err = errMissing
	}
	if err != nil && b.raw != nil {
		r.in.release(b.reserved)
	}
	return b, err
}

// reap notes what became of the mails that were with the desk, and marks ours when enough have gathered.
func (r *run) reap(ctx context.Context) error {
	outcomes, _ := r.in.harvest()
	for _, o := range outcomes {
		h := r.hand[o.uid]
		delete(r.hand, o.uid)
		if r.big == o.uid {
			r.big = 0
		}
		switch {
		case o.err == nil:
			delete(r.again, o.uid) // it may be wanted yet another time
			r.due(o.entry)
			r.journal.deskWorks()
		case ctx.Err() == nil:
			r.journal.deskFailed(o.err)
			r.troubles.untaken(h, o.err)
		}
		r.board.took(o.err)
	}
	r.count()
	if len(r.marks) < markBatch {
		return nil
	}
	return r.mark(ctx)
}

// count brings the figures of the backlog up to date.
func (r *run) count() {
	waiting, aside := r.troubles.count()
	n := r.queue.len() + len(r.hand) + waiting
	r.board.write(func(s *Status) { s.Backlog, s.SetAside = n, aside })
}
