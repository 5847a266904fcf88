package postoffice

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Service is one of the two servers of an Office.
type Service string

// The services.
const (
	IMAP Service = "imap"
	SMTP Service = "smtp"
)

// Point is where in a session a fault can strike: "imap:" or "smtp:" and a command in lower case. "imap:*" and "smtp:*" are
// every point of the service. For IMAP the prefix UID does not count, EXAMINE is select, AUTHENTICATE is login.
type Point string

// The usual points; any other command can be named in the same way.
const (
	IMAPConnect Point = "imap:connect" // a client has connected, nothing was sent
	IMAPLogin   Point = "imap:login"
	IMAPSelect  Point = "imap:select"
	IMAPSearch  Point = "imap:search"
	IMAPFetch   Point = "imap:fetch"
	IMAPStore   Point = "imap:store"
	IMAPMove    Point = "imap:move"
	IMAPCopy    Point = "imap:copy"
	IMAPAppend  Point = "imap:append"
	IMAPIdle    Point = "imap:idle"
	IMAPNoop    Point = "imap:noop"
	IMAPAny     Point = "imap:*"

	SMTPConnect Point = "smtp:connect"
	SMTPHello   Point = "smtp:hello" // EHLO or HELO
	SMTPAuth    Point = "smtp:auth"
	SMTPMail    Point = "smtp:mail"
	SMTPRcpt    Point = "smtp:rcpt"
	SMTPData    Point = "smtp:data" // the command, before the 354
	SMTPDot     Point = "smtp:dot"  // the whole mail has been read, nothing was answered yet
	SMTPQuit    Point = "smtp:quit"
	SMTPAny     Point = "smtp:*"
)

// Event is a point that a session has reached.
type Event struct {
	At     Point
	ConnID int
	TLS    bool
	User   string // who has logged in, "" before
	Line   string // the command line without CRLF, credentials included; "" at connect and dot

	From string   // SMTP: envelope sender, from MAIL on
	Rcpt string   // SMTP: the recipient of this RCPT
	To   []string // SMTP at dot: the accepted recipients
	Data []byte   // SMTP at dot: the mail; not to be changed
}

// Fault says where something goes wrong, how often, and what happens then. Examples:
//
//	{At: SMTPRcpt, Reply: "550 5.1.1 No such user", When: func(e Event) bool { return e.Rcpt == "x@firma.example" }}
//	{At: SMTPDot, Times: 1, Reply: "451 4.3.0 Try again later"}        refused after the dot, once
//	{At: SMTPDot, Times: 1, Drop: true}                                connection lost, mail not accepted
//	{At: SMTPDot, Times: 1, Drop: true, Act: true}                     connection lost, mail accepted
//	{At: SMTPConnect, Mute: true}                                      the banner is never sent
//	{At: SMTPConnect, Reply: "421 4.3.2 Too busy", Drop: true}
//	{At: IMAPStore, Reply: "NO [OVERQUOTA] Quota exceeded"}
//	{At: IMAPNoop, Reply: "* BYE Shutting down", Drop: true}
//	{At: IMAPFetch, Skip: 2, Times: 1, Cut: true, CutAfter: 100}       the third FETCH ends 100 bytes into its literal
//	{At: IMAPSearch, Raw: "* SEARCH (("}                               a malformed line comes before the answer
//	{At: IMAPFetch, Omit: []uint32{7}}                                 the mail with UID 7 is left out, without a word
//	{At: IMAPFetch, Times: 1, Do: func(Event) { office.Expunge("support", "INBOX", 7) }}
//
// Everything works the same with and without TLS.
type Fault struct {
	At    Point
	When  func(Event) bool // nil: always; it must not call methods of Injected
	Skip  int              // so many events that fit pass unharmed first
	Times int              // then it strikes so often; 0: until it is cleared

	Do    func(Event) // runs first, in the session's goroutine; it may call any method of Office but Stop and Close
	Reply string      // sent instead of acting. IMAP: behind the tag, unless it starts with "*". SMTP: the reply line
	Raw   string      // sent as it is, before the answer; the command acts
	Act   bool        // with Drop or Mute: the command acts first (at SMTPDot: the mail is accepted), only the answer is lost
	Drop  bool        // the connection is closed (after Reply)
	Mute  bool        // from here on this connection answers nothing (after Reply)

	Cut      bool     // FETCH: the connection is closed inside the next literal …
	CutAfter int      // … after so many bytes of it
	Omit     []uint32 // FETCH: these UIDs are left out
	UIDLast  bool     // FETCH: the UID comes after the body
}

// Injected is a fault that was set. Its methods may be called at any time.
type Injected struct {
	fault   Fault
	set     *faults
	seen    int
	struck  int
	cleared bool
}

// faults is the set of an Office. One lock for all.
type faults struct {
	mu      sync.Mutex
	list    []*Injected
	changed chan struct{} // closed and replaced at each strike
}

// Inject sets a fault. Of several that fit an event the one set first strikes alone.
func (o *Office) Inject(f Fault) *Injected {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	i := &Injected{fault: f, set: &o.faults}
	o.faults.list = append(o.faults.list, i)
	return i
}

// FailNext makes the next n commands at a point fail with a reply (see Fault.Reply).
func (o *Office) FailNext(at Point, n int, reply string) *Injected {
	return o.Inject(Fault{At: at, Times: n, Reply: reply})
}

// ClearFaults removes all faults that were set with Inject.
func (o *Office) ClearFaults() {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	for _, i := range o.faults.list {
		i.cleared = true
	}
	o.faults.list = nil
}

// Clear removes the fault; what it has done to open connections stays.
func (i *Injected) Clear() {
	i.set.mu.Lock()
	defer i.set.mu.Unlock()
	i.cleared = true
	i.set.list = slices.DeleteFunc(i.set.list, func(x *Injected) bool { return x == i })
}

// Strikes returns how often the fault has struck.
func (i *Injected) Strikes() int {
	i.set.mu.Lock()
	defer i.set.mu.Unlock()
	return i.struck
}

// Wait waits until the fault has struck n times in all.
func (i *Injected) Wait(ctx context.Context, n int) error {
	for {
		i.set.mu.Lock()
		struck, changed := i.struck, i.set.changed
		i.set.mu.Unlock()
		if struck >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("postoffice: fault at %s struck %d times of %d: %w", i.fault.At, struck, n, context.Cause(ctx))
		}
	}
}

// strike returns the fault that meets the event, nil if none, and counts it.
func (o *Office) strike(e Event) *Fault {
	if o.opts.OnCommand != nil {
		o.opts.OnCommand(e)
	}
	f := o.faults.next(e)
	if f != nil && f.Do != nil {
		f.Do(e)
	}
	return f
}

func (s *faults) next(e Event) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.list {
		f := &i.fault
		if f.At != e.At && f.At != Point(e.At[:5])+"*" || f.When != nil && !f.When(e) {
			continue
		}
		i.seen++
		if i.seen <= f.Skip || f.Times > 0 && i.seen > f.Skip+f.Times {
			continue
		}
		i.struck++
		close(s.changed)
		s.changed = make(chan struct{})
		return f
	}
	return nil
}
