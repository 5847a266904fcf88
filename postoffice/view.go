package postoffice

import (
	"slices"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// view is what one IMAP session has been told of the folder it has selected. Sequence numbers are positions in it. It falls
// behind the folder until a poll catches up, because EXPUNGE may not be sent at any time (RFC 3501 section 7.4.1).
// All fields but ready are guarded by account.mu.
type view struct {
	folder   *folder
	wire     *wire // the connection
	readOnly bool
	mails    []*mail // by ascending uid, expunged ones included until the client has been told
	lastUID  uint32  // the highest UID that was ever shown
	lost     []*mail // expunged, not yet told
	flagged  map[*mail]struct{}
	ready    chan struct{} // holds one token when there may be something to tell
}

func (a *account) openViewLocked(f *folder, w *wire, readOnly bool) *view {
	v := &view{
		folder: f, wire: w, readOnly: readOnly || f.readOnly, mails: slices.Clone(f.mails), lastUID: f.uidNext - 1,
		flagged: map[*mail]struct{}{}, ready: make(chan struct{}, 1),
	}
	f.views[v] = struct{}{}
	return v
}

func (v *view) wake() {
	select {
	case v.ready <- struct{}{}:
	default: // a token is there already
	}
}

// update is one line to tell: an EXPUNGE, an EXISTS, or a FETCH with flags.
type update struct {
	expunge uint32
	exists  bool
	count   uint32
	seq     uint32
	uid     uint32
	flags   []imap.Flag
}

// catchUpLocked brings the view to the state of the folder and returns what the client must be told, in order.
func (v *view) catchUpLocked(allowExpunge bool) []update {
	var updates []update
	if allowExpunge {
		for _, m := range v.lost {
			if i, ok := findUID(v.mails, m.uid); ok {
				v.mails = slices.Delete(v.mails, i, i+1)
				updates = append(updates, update{expunge: uint32(i) + 1})
			}
		}
		v.lost = nil
	}
	for m := range v.flagged {
		if i, ok := findUID(v.mails, m.uid); ok && !m.gone {
			updates = append(updates, update{seq: uint32(i) + 1, uid: m.uid, flags: m.flagList()})
		}
	}
	clear(v.flagged)
	start, _ := v.folder.find(v.lastUID + 1)
	if fresh := v.folder.mails[start:]; len(fresh) > 0 {
		v.mails = append(v.mails, fresh...)
		updates = append(updates, update{exists: true, count: uint32(len(v.mails))})
	}
	v.lastUID = v.folder.uidNext - 1
	return updates
}

// tell writes updates; the lock of the account is not held, so that a slow client stops nobody else.
func tell(w *imapserver.UpdateWriter, updates []update) error {
	for _, u := range updates {
		var err error
		switch {
		case u.expunge != 0:
			err = w.WriteExpunge(u.expunge)
		case u.exists:
			err = w.WriteNumMessages(u.count)
		default:
			err = w.WriteMessageFlags(u.seq, imap.UID(u.uid), u.flags)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// numbered is a mail with its sequence number in a view.
type numbered struct {
	seq uint32
	*mail
}

// selectLocked returns the mails of the view that the set names, in order, each once, without those that are gone.
func (v *view) selectLocked(set imap.NumSet) []numbered {
	var out []numbered
	pick := func(from, to int) { // half open, positions
		for i := max(from, 0); i < min(to, len(v.mails)); i++ {
			if m := v.mails[i]; !m.gone {
				out = append(out, numbered{uint32(i) + 1, m})
			}
		}
	}
	ranges := 0
	switch set := set.(type) {
	case imap.SeqSet:
		for _, r := range set {
			start, stop := v.bounds(r.Start, r.Stop, uint32(len(v.mails)))
			pick(int(start)-1, int(stop))
			ranges++
		}
	case imap.UIDSet:
		for _, r := range set {
			start, stop := v.bounds(uint32(r.Start), uint32(r.Stop), v.maxUID())
			from, _ := findUID(v.mails, start)
			to, ok := findUID(v.mails, stop)
			if ok {
				to++
			}
			pick(from, to)
			ranges++
		}
	}
	if ranges > 1 {
		slices.SortFunc(out, func(a, b numbered) int { return int(a.seq) - int(b.seq) })
		out = slices.CompactFunc(out, func(a, b numbered) bool { return a.seq == b.seq })
	}
	return out
}

// bounds resolves "*" (0 in this library) to the highest number in use; n:* holds that number even when n is above it
// (RFC 3501 section 6.4.8).
func (v *view) bounds(start, stop, highest uint32) (uint32, uint32) {
	if start == 0 {
		start = highest
	}
	if stop == 0 {
		stop = highest
	}
	if start > stop {
		start, stop = stop, start
	}
	return start, stop
}

func (v *view) maxUID() uint32 {
	if len(v.mails) == 0 {
		return 0
	}
	return v.mails[len(v.mails)-1].uid
}
