package outbox

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"notfalld/postoffice"
	"notfalld/ticket"
)

func TestThousand(t *testing.T) {
	mails := 1000
	if testing.Short() {
		mails = 100
	}
	s := newStage(t, noStaff)
	s.start(s.options())
	s.takeSideBySide(mails) // while the outbox is at work
	s.untilDone()
	for _, a := range s.answers() {
		if got := s.story(a.ID); got != "sent 250" {
			t.Errorf("attempts at answer %d: %s", a.ID, got)
		}
	}
	arrived := map[string]int{}
	for _, d := range s.office.Deliveries() {
		arrived[d.To[0]]++
	}
	for _, a := range s.answers() {
		if arrived[a.Recipient] != 1 {
			t.Errorf("%s got %d answers", a.Recipient, arrived[a.Recipient])
		}
	}
	if n := len(s.office.Deliveries()); n != mails {
		t.Errorf("%d mails were delivered", n)
	}
}

// replies are what a server may say at some point; "" is to close the connection without a word.
var replies = []string{"", "", "", "421 4.3.2 Shutting down", "450 4.2.0 Greylisted", "451 4.3.0 Local error", "452 4.3.1 Full", "503 5.5.1 Bad sequence", "garbage"}

// Whatever a server does, and in whatever order: nothing is lost, nothing goes out twice unless the acceptance was lost, and
// then it is the same mail.
func TestAnyServer(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.misbehave(rand.New(rand.NewPCG(seed, 1)))
			s.take(15)
			s.startDriven(s.options())
			s.untilDone()
			last := map[string]bool{}
			for _, o := range s.outs(ticket.OutQuery{}) {
				last[s.wantFair(o)] = true
			}
			for _, d := range s.office.Deliveries() {
				if !last[idOf(d.Data)] {
					t.Errorf("a mail went to %s that is not the last attempt at anything", d.To)
				}
			}
		})
	}
}

// misbehave makes one event of six go wrong, whatever it is.
func (s *stage) misbehave(r *rand.Rand) {
	var mu sync.Mutex
	unlucky := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return r.IntN(6) == 0
	}
	at := []postoffice.Point{postoffice.SMTPConnect, postoffice.SMTPHello, postoffice.SMTPMail, postoffice.SMTPRcpt, postoffice.SMTPData, postoffice.SMTPDot, "smtp:noop", "smtp:rset"}
	for range 40 {
		f := postoffice.Fault{At: at[r.IntN(len(at))], Times: 1 + r.IntN(4), When: func(postoffice.Event) bool { return unlucky() }}
		f.Reply = replies[r.IntN(len(replies))]
		if f.Reply == "" || f.Reply[:3] == "421" {
			f.Drop = true
		}
		if f.At == postoffice.SMTPDot {
			if f.Reply == "garbage" {
				f.Reply, f.Drop = "", true
			}
			f.Act = f.Reply == "" && r.IntN(2) == 0
		}
		s.office.Inject(f)
	}
}

// wantFair checks one mail of the outbox against its attempts and against what the server has.
func (s *stage) wantFair(o ticket.Out) (messageID string) {
	s.Helper()
	if o.State != ticket.OutSent {
		s.Errorf("mail %d is %s: %s", o.ID, o.State, s.story(o.ID))
	}
	as := s.attempts(o.ID)
	for i, a := range as[:len(as)-1] {
		next := as[i+1].MessageID
		switch {
		case a.Outcome == string(ticket.Unclear) && next != a.MessageID,
			a.Outcome == string(ticket.Temporary) && a.MessageID != "" && next == a.MessageID,
			a.Outcome == string(ticket.Accepted):
			s.Errorf("mail %d, attempt %d: %s", o.ID, i+1, s.story(o.ID))
		}
	}
	var first []byte
	known := 0 // acceptances whose reply came through
	for _, d := range s.office.Deliveries() {
		if idOf(d.Data) != as[len(as)-1].MessageID {
			continue
		}
		if first == nil {
			first = d.Data
		}
		if !bytes.Equal(d.Data, first) {
			s.Errorf("mail %d came in two versions", o.ID)
		}
		if !d.ReplyLost {
			known++
		}
	}
	if known != 1 {
		s.Errorf("mail %d was accepted %d times, not counting lost replies: %s", o.ID, known, s.story(o.ID))
	}
	return as[len(as)-1].MessageID
}
