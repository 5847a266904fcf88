package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emersion/go-imap/v2"

	"notfalld/ticket"
)

// run is a selected folder on one connection.
type run struct {
	*Watcher
	s      *session
	in     *intake
	scan   ticket.Scan
	listed imap.UIDSet // in the ledger, or looked at by this run
	high   uint32      // the highest UID that was listed
	queue  queue
	again  map[uint32]bool // fetched once more, and not decided yet
	hand   map[uint32]held // with the desk
	big    uint32          // of those, the one that is not small; there is one at most, for memory's sake
	marks  []ticket.Entry

	uncertain bool // the marks that are due come from a run that may have ended in their midst
	noIdle    bool // the server refused IDLE
	shown     bool // that this connection works
}

// held is a mail that is with the desk, and the trouble that there was with it, if any.
type held struct {
	mail    mail
	trouble *trouble
}

// errDesk says that the desk takes nothing at the moment.
var errDesk = errors.New("mails cannot be taken")

// begin selects the folder and asks the desk what to take.
func (r *run) begin(ctx context.Context) error {
	if err := r.s.selectFolder(); err != nil {
		return err
	}
	f := r.s.folder
	if err := r.instead(ctx, f); err != nil {
		return err
	}
	r.settleOn(f)
	scan, err := r.desk.OpenFolder(ctx, r.o.Name, f.name, f.uidValidity, f.uidNext)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	r.scan, r.listed, r.high, r.queue, r.again = scan, nil, 0, queue{}, map[uint32]bool{}
	for _, u := range scan.Known {
		r.listed.AddNum(imap.UID(u))
		r.high = max(r.high, u)
	}
	if err := r.remark(ctx); err != nil {
		return err
	}
	if _, err := r.look(true); err != nil {
		return err
	}
	if err := r.lookAgain(ctx); err != nil {
		return err
	}
	if !r.shown {
		r.shown = true
		r.journal.connected(f, r.s.abilities())
		r.board.connected()
		r.board.write(func(s *Status) { s.Missing = false })
	}
	return nil
}

// settleOn is told of the folder that is watched from now on.
func (r *run) settleOn(f folder) {
	old := r.last
	if old.name == f.name && old.uidValidity != f.uidValidity {
		r.journal.revalidated(old.uidValidity, f.uidValidity)
	}
	if old.name != f.name || old.uidValidity != f.uidValidity {
		r.troubles.clear() // UIDs mean something else
	}
	r.last = f
}

// remark sets the marks that the last run still owed.
func (r *run) remark(ctx context.Context) error {
	if r.s.folder.readOnly && r.o.marks() {
		return nil
	}
	es, err := r.desk.Unmarked(ctx, r.o.Name, r.s.folder.name, r.s.folder.uidValidity)
	if err != nil {
		r.journal.markFailed("list", err)
		return ctx.Err()
	}
	r.due(es...)
	r.uncertain = true
	err = r.mark(ctx)
	r.uncertain = false
	return err
}

// look lists what is new in the folder: all of it, or what lies above the highest UID seen (UIDs only grow, RFC 9051, 2.3.1.1).
// It returns how many mails are to be taken.
func (r *run) look(all bool) (int, error) {
	from := max(r.scan.FirstUID, 1)
	if !all {
		from = max(from, r.high+1)
	}
	uids, err := r.list(from, all)
	if err != nil {
		return 0, err
	}
	var ask []uint32
	for _, u := range uids {
		// "n:*" always holds the last mail, whatever its UID (RFC 9051, 6.4.8)
		if u >= from && !r.listed.Contains(imap.UID(u)) && !r.troubles.has(u) {
			ask = append(ask, u)
		}
	}
	ms, err := r.measure(ask)
	if err != nil {
		return 0, err
	}
	for _, u := range uids {
		if u >= from {
			r.high = max(r.high, u)
		}
	}
	r.queue.add(ms, all, r.o.Clock.Now())
	r.board.moved()
	r.count()
	return len(ms), nil
}

// list searches. Mails below the baseline count only from Since on, which the server can say without telling us of all the others.
func (r *run) list(from uint32, all bool) ([]uint32, error) {
	above := max(from, r.scan.Baseline)
	uids, err := r.s.search(imap.UIDSet{{Start: imap.UID(above), Stop: 0}}, time.Time{})
	if err != nil || from >= r.scan.Baseline {
		return uids, err
	}
	old, err := r.s.search(imap.UIDSet{{Start: imap.UID(from), Stop: imap.UID(r.scan.Baseline - 1)}}, r.scan.Since)
	return append(old, uids...), err
}

// measure asks for sizes and dates, and leaves out mails older than the first start. A mail for which
// the server has no answer is looked at alone.
func (r *run) measure(uids []uint32) ([]mail, error) {
	var ms []mail
	answered := map[uint32]bool{}
	err := r.s.sizes(uids, func(m mail) {
		answered[m.uid] = true
		r.listed.AddNum(imap.UID(m.uid))
		if m.uid >= r.scan.Baseline || !m.date.Before(r.scan.Since) {
			ms = append(ms, m)
		}
	})
	for _, u := range uids {
		switch {
		case answered[u]:
		case err != nil:
			r.troubles.suspect = mail{uid: u}
			return ms, err
		default:
			r.listed.AddNum(imap.UID(u))
			x := r.troubles.undelivered(mail{uid: u}, errMissing)
			x.due = r.o.Clock.Now() // alone, at once
			r.tell(x)
		}
	}
	return ms, err
}

// round takes everything that is listed. Between any two steps it looks whether something new has come.
func (r *run) round(ctx context.Context) error {
	for ctx.Err() == nil {
		if r.in.failing() {
			return errDesk
		}
		if r.newsCame() {
			if _, err := r.look(false); err != nil {
				return err
			}
		}
		did, err := r.step(ctx)
		if err != nil {
			return err
		}
		if err := r.reap(ctx); err != nil || !did {
			return err
		}
	}
	return ctx.Err()
}

// step fetches the next mails in the order of their urgency, and says whether there were any.
func (r *run) step(ctx context.Context) (bool, error) {
	for _, l := range []*lists{&r.queue.fresh, &r.queue.backlog} {
		switch {
		case len(l.small) > 0:
			return true, r.bodies(ctx, &l.small)
		case len(l.large) > 0 && r.big == 0:
			m := l.large[0]
			l.large = l.large[1:]
			return true, r.large(ctx, m)
		}
	}
	if x, _ := r.troubles.next(); x != nil {
		return true, r.alone(ctx, x)
	}
	return false, nil
}

// newsCame takes the news, if there is any.
func (r *run) newsCame() bool {
	select {
	case <-r.s.news:
		return true
	default:
		return false
	}
}

// newsWaits says whether there is news, and leaves it.
func (r *run) newsWaits() bool { return len(r.s.news) > 0 }
