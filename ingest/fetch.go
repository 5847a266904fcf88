package ingest

import (
	"cmp"
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
	told bool      // the size was said
	over bool      // the size that was said was too small: the mail cannot be held whole
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
	return 2*s.o.Silence + time.Duration(bytes/slowest)*time.Second
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

// fly keeps up to inFlight FETCH commands going: next sends one, or returns nil when there is nothing more; parse reads one
// response; got is given what it read; landed is told what became of a command (a refusal of the server, or nil). The error is
// the end of the connection.
//
// Dovecot works on several commands at once and mixes their responses, and the library's reader stands still as soon as one of them
// is not read: so each command has a goroutine that reads it. got and landed are called from the caller's alone.
func fly[T any](s *session, what string, next func() *flight, parse func(*imapclient.FetchMessageData) T, got func(T), landed func(*flight, error)) (lost error) {
	type landing struct {
		f   *flight
		err error
	}
	arrivals, landings := make(chan T), make(chan landing)
	open, bytes := 0, int64(0)
	fill := func() {
		for f := next(); f != nil; f = next() {
			open++
			bytes += f.bytes
			go func() {
				for msg := f.cmd.Next(); msg != nil; msg = f.cmd.Next() {
					arrivals <- parse(msg)
				}
				landings <- landing{f, f.cmd.Close()}
			}()
			if open == inFlight {
				break
			}
		}
		s.lane.expect(s.o.Silence, s.budget(bytes))
	}
	defer s.lane.relax()
	s.lane.expect(s.o.Silence, 0)
	for fill(); open > 0; {
		select {
		case a := <-arrivals:
			got(a)
		case l := <-landings:
			open--
			bytes -= l.f.bytes
			if err := s.explain(what, l.err); errors.Is(err, errLost) {
				lost = cmp.Or(lost, err)
			} else {
				landed(l.f, err)
			}
			if lost == nil {
				fill()
			}
		}
	}
	return lost
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
	parse := func(msg *imapclient.FetchMessageData) (m mail) {
		for item := msg.Next(); item != nil; item = msg.Next() {
			m.note(item)
		}
		return m
	}
	some := func(m mail) {
		if m.uid != 0 && m.told && !m.date.IsZero() { // of a response that breaks off the library delivers the beginning
			got(m)
		}
	}
	return fly(s, "fetch sizes", next, parse, some, func(*flight, error) {})
}

func (m *mail) note(item imapclient.FetchItemData) {
	switch item := item.(type) {
	case imapclient.FetchItemDataUID:
		m.uid = uint32(item.UID)
	case imapclient.FetchItemDataRFC822Size:
		m.size, m.told = item.Size, true
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
func (s *session) readMail(msg *imapclient.FetchMessageData, room func(int64) error) (uid uint32, raw []byte, err error) {
	var m mail
	for item := msg.Next(); item != nil; item = msg.Next() {
		m.note(item)
		body, ok := item.(imapclient.FetchItemDataBodySection)
		if !ok || body.Literal == nil || err != nil {
			continue // Next drains what is not read
		}
		size := body.Literal.Size()
		if size > s.o.MaxWhole {
			err = errTooLarge
			continue
		}
		if err = room(size); err != nil {
			continue
		}
		raw = make([]byte, size)
		if n, rerr := io.ReadFull(body.Literal, raw); rerr != nil {
			s.abandon()
			err = fmt.Errorf("%w within a mail: %d of %d bytes came", errLost, n, size)
		}
	}
	return m.uid, raw, err
}

// abandon ends a connection on which a literal broke off. The library's reader goes on as soon as it sees the error, and must have
// ended before the literal is drained: both read from the same buffer.
func (s *session) abandon() {
	s.lane.Close()
	<-s.client.Closed()
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
