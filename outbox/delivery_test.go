package outbox

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// Each case: one customer's mail, a server with a fault, and how the attempts at the answer are to end. In want, "new" between two attempts
// says that the second had another Message-ID, "same" that it was the same mail.
var deliveryCases = []struct {
	name    string
	fault   postoffice.Fault
	want    string
	state   ticket.OutState
	arrived int  // so often the server took the answer
	staff   bool // are told that this customer does not know
}{
	{"no fault", postoffice.Fault{At: "smtp:none"}, "sent 250", ticket.OutSent, 1, false},

	{"4xx at MAIL", postoffice.Fault{At: postoffice.SMTPMail, Times: 1, Reply: "451 4.3.0 Try again later"}, "temporary 451 new sent 250", ticket.OutSent, 1, false},
	{"4xx at RCPT, greylisted twice", postoffice.Fault{At: postoffice.SMTPRcpt, Times: 2, Reply: "450 4.2.0 Greylisted"}, "temporary 450 new temporary 450 new sent 250", ticket.OutSent, 1, false},
	{"4xx at DATA", postoffice.Fault{At: postoffice.SMTPData, Times: 1, Reply: "452 4.3.1 Insufficient system storage"}, "temporary 452 new sent 250", ticket.OutSent, 1, false},
	{"4xx after the dot", postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Reply: "451 4.7.1 Content not scanned"}, "temporary 451 new sent 250", ticket.OutSent, 1, false},

	{"5xx at RCPT", postoffice.Fault{At: postoffice.SMTPRcpt, Times: 1, Reply: "550 5.1.1 No such user here"}, "permanent 550", ticket.OutFailed, 0, true},
	{"5xx at DATA", postoffice.Fault{At: postoffice.SMTPData, Times: 1, Reply: "554 5.5.1 No valid recipients"}, "permanent 554", ticket.OutFailed, 0, true},
	{"5xx after the dot", postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Reply: "554 5.7.1 Spam"}, "permanent 554", ticket.OutFailed, 0, true},

	{"sender refused", postoffice.Fault{At: postoffice.SMTPMail, Times: 3, Reply: "553 5.1.8 Sender not allowed"}, "temporary 553 new temporary 553 new temporary 553 new sent 250", ticket.OutSent, 1, false},
	{"login wanted at MAIL", postoffice.Fault{At: postoffice.SMTPMail, Times: 2, Reply: "530 5.7.0 Authentication required"}, "temporary 530 new temporary 530 new sent 250", ticket.OutSent, 1, false},
	{"login wanted at RCPT", postoffice.Fault{At: postoffice.SMTPRcpt, Times: 1, Reply: "530 5.7.0 Authentication required"}, "temporary 530 new sent 250", ticket.OutSent, 1, false},
	{"out of sequence", postoffice.Fault{At: postoffice.SMTPRcpt, Times: 1, Reply: "503 5.5.1 MAIL first"}, "temporary 503 new sent 250", ticket.OutSent, 1, false},
	{"our name not taken", postoffice.Fault{At: postoffice.SMTPRcpt, Times: 1, Reply: "504 5.5.2 Helo command rejected: need fully-qualified hostname"}, "temporary 504 new sent 250", ticket.OutSent, 1, false},

	{"421 at MAIL", postoffice.Fault{At: postoffice.SMTPMail, Times: 1, Reply: "421 4.3.2 Shutting down", Drop: true}, "temporary 421 new sent 250", ticket.OutSent, 1, false},
	{"421 at RCPT", postoffice.Fault{At: postoffice.SMTPRcpt, Times: 1, Reply: "421 4.3.2 Too much", Drop: true}, "temporary 421 new sent 250", ticket.OutSent, 1, false},
	{"421 after the dot", postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Reply: "421 4.3.2 Shutting down", Drop: true}, "temporary 421 new sent 250", ticket.OutSent, 1, false},

	{"dropped at MAIL", postoffice.Fault{At: postoffice.SMTPMail, Times: 1, Drop: true}, "temporary 0 new sent 250", ticket.OutSent, 1, false},
	{"dropped at RCPT", postoffice.Fault{At: postoffice.SMTPRcpt, Times: 1, Drop: true}, "temporary 0 new sent 250", ticket.OutSent, 1, false},
	{"dropped at DATA", postoffice.Fault{At: postoffice.SMTPData, Times: 1, Drop: true}, "temporary 0 new sent 250", ticket.OutSent, 1, false},
	{"dropped after the dot, not accepted", postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Drop: true}, "unknown 0 same sent 250", ticket.OutSent, 1, false},
	{"dropped after the dot, accepted", postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Drop: true, Act: true}, "unknown 0 same sent 250", ticket.OutSent, 2, false},
	{"dropped after the dot three times", postoffice.Fault{At: postoffice.SMTPDot, Times: 3, Drop: true}, "unknown 0 same unknown 0 same unknown 0 same sent 250", ticket.OutSent, 1, false},
}

func TestDelivery(t *testing.T) {
	for _, c := range deliveryCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, func(u *setup) {
				if c.fault.At == postoffice.SMTPMail { // notices would meet it too
					noStaff(u)
				}
			})
			c.fault.When = func(e postoffice.Event) bool { return !strings.Contains(e.Rcpt+strings.Join(e.To, ""), "team@") }
			if c.fault.At == postoffice.SMTPMail || c.fault.At == postoffice.SMTPData {
				c.fault.When = nil // which mail it is cannot be told yet: answers go first
			}
			s.office.Inject(c.fault)
			s.take(1)
			o := s.options()
			o.Connections = 1
			s.startDriven(o)
			s.untilDone()
			answer := s.answers()[0]
			if answer.State != c.state {
				t.Errorf("the answer is %s", answer.State)
			}
			if got := s.story(answer.ID); got != c.want {
				t.Errorf("attempts:\n got %s\nwant %s", got, c.want)
			}
			s.wantArrived(answer, c.arrived)
			if told := s.undelivered(); len(told) == 1 != c.staff {
				t.Errorf("staff were told %d times that this customer does not know", len(told))
			}
		})
	}
}

// story writes the attempts at a mail in one line.
func (s *stage) story(id int64) string {
	var words []string
	last := ""
	for i, a := range s.attempts(id) {
		if i > 0 {
			words = append(words, map[bool]string{true: "same", false: "new"}[a.MessageID == last])
		}
		last = a.MessageID
		words = append(words, fmt.Sprintf("%s %d", a.Outcome, a.Code))
	}
	return strings.Join(words, " ")
}

// wantArrived checks that the server has the mail so often, and each time the same bytes.
func (s *stage) wantArrived(o ticket.Out, times int) {
	s.Helper()
	ds := s.delivered(o.Recipient)
	if len(ds) != times {
		s.Errorf("the server took the answer %d times, not %d", len(ds), times)
	}
	for _, d := range ds {
		if !bytes.Equal(d.Data, o.Bytes) || idOf(d.Data) != o.MessageID {
			s.Errorf("the server took another mail than the one recorded:\n%s", d.Data)
		}
	}
}

func (s *stage) undelivered() []ticket.Out {
	s.Helper()
	return s.outs(ticket.OutQuery{Reasons: []string{ticket.ReasonUndelivered}, States: []ticket.OutState{ticket.OutSent}})
}
