package ingest

import (
	"context"
	"slices"
	"time"
)

// lookAgain lists the mails that the desk wants to have fetched once more: rules were wrong that left them alone. A failure of
// the desk is no reason to end the connection: the next poll asks again.
func (r *run) lookAgain(ctx context.Context) error {
	f := r.s.folder
	uids, err := r.desk.Again(ctx, r.o.Name, f.name, f.uidValidity)
	if err != nil {
		r.journal.deskFailed(err)
		return ctx.Err()
	}
	uids = slices.DeleteFunc(uids, func(u uint32) bool { return r.again[u] || r.troubles.has(u) })
	for _, set := range sets(uids, markBatch) {
		if err := r.fetchAgain(ctx, set); err != nil {
			return err
		}
	}
	return nil
}

// fetchAgain puts those of the mails that are still there into the queue.
func (r *run) fetchAgain(ctx context.Context, uids []uint32) error {
	f := r.s.folder
	there, err := r.s.search(uidSet(uids), time.Time{})
	if err != nil {
		return err
	}
	var wanted, gone []uint32
	for _, u := range uids {
		if slices.Contains(there, u) {
			wanted = append(wanted, u)
		} else {
			gone = append(gone, u)
		}
	}
	if len(gone) > 0 {
		if err := r.desk.GoneAgain(ctx, r.o.Name, f.name, f.uidValidity, gone); err != nil {
			r.journal.deskFailed(err)
			return ctx.Err()
		}
	}
	ms, err := r.measure(wanted)
	for _, m := range ms {
		r.again[m.uid] = true
	}
	r.queue.add(ms, true, r.o.Clock.Now())
	r.count()
	return err
}
