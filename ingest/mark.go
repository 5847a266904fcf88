package ingest

import (
	"context"
	"errors"
	"slices"

	"github.com/emersion/go-imap/v2"

	"notfalld/ticket"
)

// markBatch is how many marks gather before they are set while more mails come.
const markBatch = 500

// due adds mails to those whose mark is due.
func (r *run) due(es ...ticket.Entry) {
	for _, e := range es {
		if e.State.Ours() && !e.Marked && e.Place.UIDValidity == r.s.folder.uidValidity {
			r.marks = append(r.marks, e)
		}
	}
}

// mark sets the keyword on the mails whose mark is due, moves them if so configured, and tells the desk. Its error is
// the end of the connection; what the server refuses stays due, and is tried again when the folder is selected next. A mail that
// is gone counts as marked: a UID STORE passes over it (RFC 9051, 6.4.9).
func (r *run) mark(ctx context.Context) error {
	es := r.marks
	r.marks = nil
	if len(es) == 0 {
		return nil
	}
	if r.s.folder.readOnly && r.o.marks() {
		r.journal.readOnly(r.s.folder.name)
		return nil
	}
	slices.SortFunc(es, func(a, b ticket.Entry) int { return int(a.Place.UID) - int(b.Place.UID) })
	uids := make([]uint32, len(es))
	for i, e := range es {
		uids[i] = e.Place.UID
	}
	for _, set := range sets(uids, markBatch) {
		part := es[:len(set)]
		es = es[len(set):]
		if err := r.markSet(ctx, set, part); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) markSet(ctx context.Context, uids []uint32, es []ticket.Entry) error {
	if ok, err := r.setKeyword(uids); !ok || err != nil {
		return err
	}
	if ok, err := r.move(uids, es); !ok || err != nil {
		return err
	}
	ids := make([]int64, len(es))
	for i, e := range es {
		ids[i] = e.ID
	}
	if err := r.desk.Marked(ctx, ids); err != nil {
		r.journal.markFailed("note", err)
		return ctx.Err()
	}
	r.journal.markWorks("note")
	r.board.write(func(s *Status) { s.Marked += int64(len(ids)) })
	return nil
}

// setKeyword says whether the mails now carry the keyword, or need none.
func (r *run) setKeyword(uids []uint32) (ok bool, err error) {
	if r.o.Keyword == "" {
		return true, nil
	}
	if !r.s.folder.keyword {
		r.journal.keywordRefused(r.o.Keyword)
		return true, nil
	}
	return r.try("keyword", r.addFlag(uids, imap.Flag(r.o.Keyword)))
}

func (r *run) addFlag(uids []uint32, flag imap.Flag) error {
	return r.s.ask("store", func() error {
		return r.s.client.Store(uidSet(uids), &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
	})
}

// try tells a refusal, which is logged, from the end of the connection, which is returned.
func (r *run) try(step string, err error) (ok bool, lost error) {
	switch {
	case err == nil:
		r.journal.markWorks(step)
		return true, nil
	case errors.Is(err, errLost):
		return false, err
	}
	r.journal.markFailed(step, err)
	return false, nil
}
