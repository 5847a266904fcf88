package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"notfalld/message"
)

// errTime says that fetching a mail took longer than it may.
var errTime = errors.New("time limit")

// pieces fetches a mail in pieces and writes them to w in order. Between two pieces it calls pause, so that
// other mails need not wait for this one. limit bounds the time that the pieces take (0: none). It returns the bytes written.
func (s *session) pieces(ctx context.Context, m mail, w io.Writer, limit time.Duration, pause func() error) (int64, error) {
	var off int64
	var spent time.Duration
	for {
		start := time.Now()
		n, whole, err := s.piece(m, off, w)
		off += n
		spent += time.Since(start)
		switch {
		case err != nil:
			return off, err
		case whole || n < pieceBytes: // RFC822.SIZE may be an estimate: a short piece is the end (RFC 9051, 6.4.5.1)
			return off, nil
		case limit > 0 && spent > limit:
			return off, fmt.Errorf("%w: %s", errTime, limit)
		}
		if err := errors.Join(ctx.Err(), pause()); err != nil {
			return off, err
		}
	}
}

// piece fetches the bytes from off on. whole: the server ignored the range and sent everything.
func (s *session) piece(m mail, off int64, w io.Writer) (n int64, whole bool, err error) {
	section := imap.FetchItemBodySection{Peek: true, Partial: &imap.SectionPartial{Offset: off, Size: pieceBytes}}
	var bad error
	came := false
	err = s.askFor("fetch piece", s.budget(4*pieceBytes), func() error {
		cmd := s.client.Fetch(imap.UIDSetNum(imap.UID(m.uid)), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{&section}})
		for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
			for item := msg.Next(); item != nil; item = msg.Next() {
				body, ok := item.(imapclient.FetchItemDataBodySection)
				if !ok || came || bad != nil {
					continue
				}
				came = true
				if body.Literal == nil {
					continue // NIL: nothing there
				}
				if whole = body.Section.Partial == nil; whole && off > 0 {
					bad = fmt.Errorf("%w: a piece at %d was asked for, everything came", errMissing, off)
					continue
				}
				in := &reading{r: body.Literal}
				if n, bad = io.Copy(w, in); in.err != nil || bad == nil && n < body.Literal.Size() {
					s.abandon()
					bad = fmt.Errorf("%w within a mail: %d of %d bytes came", errLost, off+n, m.size)
				}
			}
		}
		return cmd.Close()
	})
	if err == nil && bad == nil && !came && off == 0 {
		bad = errMissing
	}
	if err == nil {
		err = bad
	}
	return n, whole, err
}

// reading keeps a reader's error apart from those of the writer.
type reading struct {
	r   io.Reader
	err error
}

func (r *reading) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return n, err
}

// wholeLarge fetches a mail that may be held whole, in pieces.
func (s *session) wholeLarge(ctx context.Context, m mail, pause func() error) ([]byte, error) {
	b := &bounded{max: s.o.MaxWhole, buf: make([]byte, 0, min(m.size, s.o.MaxWhole))}
	_, err := s.pieces(ctx, m, b, 0, pause)
	return b.buf, err
}

// bounded is a buffer with an end.
type bounded struct {
	max int64
	buf []byte
}

func (b *bounded) Write(p []byte) (int, error) {
	if int64(len(b.buf)+len(p)) > b.max {
		return 0, errTooLarge
	}
	b.buf = append(b.buf, p...)
	return len(p), nil
}

// reduced fetches a mail of any size and keeps header and text parts. cut says what did not come, or "".
func (s *session) reduced(ctx context.Context, m mail, pause func() error) (raw []byte, cut string, err error) {
	pr, pw := io.Pipe()
	type result struct {
		raw []byte
		err error
	}
	done := make(chan result, 1)
	go func() {
		raw, _, err := message.Reduce(pr, s.o.Limits)
		pr.CloseWithError(io.ErrClosedPipe) // nobody reads on
		done <- result{raw, err}
	}()
	n, err := s.pieces(ctx, m, pw, s.o.PerMail, pause)
	switch {
	case errors.Is(err, errTime):
		cut = fmt.Sprintf("only the first %d of %d bytes could be fetched within %s", n, m.size, s.o.PerMail)
		err = nil
	case err == nil:
		cut = fmt.Sprintf("the mail has %d bytes: only its header and text parts were kept", n)
	}
	pw.CloseWithError(err) // nil: io.EOF
	res := <-done
	return res.raw, cut, errors.Join(err, res.err)
}
