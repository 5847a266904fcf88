package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// mail is what the server says of a mail before its bytes are asked for.
type mail struct {
	uid  uint32
	size int64     // RFC822.SIZE; some servers estimate it
	date time.Time // INTERNALDATE
}

// Bounds of what is asked for at once.
const (
	maxSet     = 900     // characters of a UID set: old servers take lines of 1000 (RFC 2683, 3.2.1.5)
	sizesAtOne = 1000    // mails whose sizes one command asks for
	batchMails = 50      // mails whose bodies one command asks for
	batchBytes = 2 << 20 // and their bytes
	inFlight   = 3       // commands whose responses are still to come
	smallMail  = 1 << 20 // larger ones come one by one, in pieces
	pieceBytes = 1 << 20
	slowest    = 32 << 10 // bytes a second; a server slower than this for long is given up
)

// budget is how long the server may make us wait for so many bytes, all together.
func (s *session) budget(bytes int64) time.Duration {
	return s.o.Silence + time.Duration(bytes/slowest)*time.Second
}

// sets cuts ascending UIDs into sets of at most n mails that fit on a command line.
func sets(uids []uint32, n int) [][]uint32 {
	var out [][]uint32
	start, length := 0, 0
	for i, u := range uids {
		l := len(strconv.FormatUint(uint64(u), 10)) + 1
		if i > start && u == uids[i-1]+1 {
			l = 0 // part of a range; its end counts when it ends
			if i+1 == len(uids) || uids[i+1] != u+1 {
				l = len(strconv.FormatUint(uint64(u), 10)) + 1
			}
		}
		if i-start >= n || length+l > maxSet-24 {
			out = append(out, uids[start:i])
			start, length = i, 0
			l = len(strconv.FormatUint(uint64(u), 10)) + 1
		}
		length += l
	}
	if start < len(uids) {
		out = append(out, uids[start:])
	}
	return out
}

func uidSet(uids []uint32) imap.UIDSet {
	var set imap.UIDSet
	for _, u := range uids {
		set.AddNum(imap.UID(u))
	}
	return set
}

// flight is one FETCH whose responses are still to come.
type flight struct {
	asked []mail
	bytes int64
	cmd   *imapclient.FetchCommand
}

// land drains what is left of flights, without which the library's reader would wait for ever.
func land(flights []*flight) {
	for _, f := range flights {
		f.cmd.Close()
	}
}

// fly keeps up to inFlight commands going: next sends one, or returns nil when there is nothing more; each reads one response, done
// is told what became of a command (a refusal of the server, or nil). The error is the end of the connection, or of each.
func (s *session) fly(what string, next func() *flight, each func(*imapclient.FetchMessageData) error, done func(*flight, error)) (err error) {
	var open []*flight
	defer func() { land(open); s.lane.relax() }()
	fill := func() {
		for len(open) < inFlight {
			f := next()
			if f == nil {
				return
			}
			open = append(open, f)
		}
	}
	s.lane.expect(s.o.Silence, 0)
	for fill(); len(open) > 0; fill() {
		f := open[0]
		s.lane.expect(s.o.Silence, s.budget(f.bytes))
		for msg := f.cmd.Next(); msg != nil; msg = f.cmd.Next() {
			if err := each(msg); err != nil {
				return err
			}
		}
		err := s.explain(what, f.cmd.Close())
		if errors.Is(err, errLost) {
			return err
		}
		open = open[1:]
		done(f, err)
	}
	return nil
}

// sizes asks for size and date of mails. What the server does not answer is missing from the result. got is called as the
// answers come.
func (s *session) sizes(uids []uint32, got func(mail)) error {
	chunks := sets(uids, sizesAtOne)
	next := func() *flight {
		if len(chunks) == 0 {
			return nil
		}
		c := chunks[0]
		chunks = chunks[1:]
		return &flight{cmd: s.client.Fetch(uidSet(c), &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})}
	}
	each := func(msg *imapclient.FetchMessageData) error {
		var m mail
		for item := msg.Next(); item != nil; item = msg.Next() {
			m.note(item)
		}
		if m.uid != 0 {
			got(m)
		}
		return nil
	}
	return s.fly("fetch sizes", next, each, func(*flight, error) {})
}

func (m *mail) note(item imapclient.FetchItemData) {
	switch item := item.(type) {
	case imapclient.FetchItemDataUID:
		m.uid = uint32(item.UID)
	case imapclient.FetchItemDataRFC822Size:
		m.size = item.Size
	case imapclient.FetchItemDataInternalDate:
		m.date = item.Time
	}
}

// wholeMail asks for all of a mail, and leaves \Seen alone.
var wholeMail = imap.FetchItemBodySection{Peek: true}

// errMissing says that the server completed a FETCH and did not send the mail.
var errMissing = errors.New("the server sends nothing for this mail")

// errGone says that there is no such mail any more.
var errGone = errors.New("the mail is gone")

// errTooLarge says that a mail turned out to be larger than the server had said, and than may be held whole.
var errTooLarge = errors.New("larger than announced")

// readMail reads one response with a body. room is asked for the bytes before they are read. A body that ends early is an
// error, which io.Copy would hide (the library ends a literal without one when the connection ends).
func readMail(msg *imapclient.FetchMessageData, max int64, room func(int64) error) (uid uint32, raw []byte, err error) {
	var m mail
	for item := msg.Next(); item != nil; item = msg.Next() {
		m.note(item)
		body, ok := item.(imapclient.FetchItemDataBodySection)
		if !ok || body.Literal == nil || err != nil {
			continue // Next drains what is not read
		}
		size := body.Literal.Size()
		if size > max {
			err = errTooLarge
			continue
		}
		if err = room(size); err != nil {
			continue
		}
		raw = make([]byte, size)
		if n, rerr := io.ReadFull(body.Literal, raw); rerr != nil {
			err = fmt.Errorf("%w within a mail: %d of %d bytes came", errLost, n, size)
		}
	}
	return m.uid, raw, err
}

// one fetches a section of one mail by its sequence number, which works with servers that send the UID behind the body, or
// flags of the same mail in between: the library loses those responses when it looks for them by UID.
func (s *session) one(ctx context.Context, m mail, section imap.FetchItemBodySection, room func(int64) error) ([]byte, error) {
	seq, err := s.sequence(m.uid)
	if err != nil {
		return nil, err
	}
	if seq == 0 {
		return nil, errGone
	}
	var raw []byte
	var failed error
	err = s.askFor("fetch", s.budget(m.size), func() error {
		cmd := s.client.Fetch(imap.SeqSetNum(seq), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{&section}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			uid, b, err := readMail(msg, s.o.MaxWhole, room)
			if uid == m.uid && b != nil && err == nil && raw == nil {
				raw = b
			} else if err != nil {
				failed = err
			}
		}
		return cmd.Close()
	})
	if err == nil && raw == nil {
		err = cmp.Or(failed, errMissing)
	}
	return raw, errors.Join(err, ctx.Err())
}

// sequence is the sequence number of a UID, 0 if there is no such mail any more.
func (s *session) sequence(uid uint32) (seq uint32, err error) {
	err = s.ask("search", func() error {
		data, err := s.client.Search(&imap.SearchCriteria{UID: []imap.UIDSet{imap.UIDSetNum(imap.UID(uid))}}, nil).Wait()
		if err == nil && len(data.AllSeqNums()) > 0 {
			seq = data.AllSeqNums()[0]
		}
		return err
	})
	return seq, err
}
