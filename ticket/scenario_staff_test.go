package ticket_test

import (
	"fmt"
	"strconv"
	"strings"

	"notfalld/message"
	"notfalld/ticket"
)

// Further steps and marks, for what staff do from their own mail programs:
//
//	relays N [TO]              so many mails of staff were accepted (for this address)
//	relay "WORDS" / relay! "WORDS"       the last one holds them, or does not (its header as it travels, its words decoded)
//	receipts N                 so many mails about what was not done were accepted
//	receipt "WORDS" / receipt! "WORDS"   the last one holds them, or does not
//	sent FILE [ago=DURATION]   a mail lies in the folder of sent mails
//	trust off                  nothing has shown that our server strips forged headers
//
// {{n-id}}, {{n-reply-to}}, {{n-references}} are of the last notice, {{n-quote}} is what it says, quoted as mail programs do, {{r-id}} and so on are
// of the last mail of staff that was relayed. Staff are anna@ and bernd@notfall-hoster.at.
func init() {
	steps["relays"] = func(s *stage, a string) {
		want, to, _ := strings.Cut(a, " ")
		s.equal(want, strconv.Itoa(len(s.accepted(ticket.OutRelay, to))))
	}
	steps["relay"] = func(s *stage, a string) { s.holds(s.lastRelay(), a, true) }
	steps["relay!"] = func(s *stage, a string) { s.holds(s.lastRelay(), a, false) }
	steps["receipts"] = func(s *stage, a string) { s.equal(a, strconv.Itoa(len(s.receipts()))) }
	steps["receipt"] = func(s *stage, a string) { s.holds(s.lastReceipt(), a, true) }
	steps["receipt!"] = func(s *stage, a string) { s.holds(s.lastReceipt(), a, false) }
	steps["sent"] = func(s *stage, a string) { s.takeMail(a + " sent") }
	steps["trust"] = func(s *stage, a string) { s.reopen(func(o *ticket.Options) { o.TrustShown = a != "off" }) }
}

// lastRelay is the youngest relayed mail, as it travels and as it is read.
func (s *stage) lastRelay() string {
	all := s.accepted(ticket.OutRelay, "")
	if len(all) == 0 {
		s.Fatalf("%s: nothing was relayed", s.where)
	}
	raw := all[len(all)-1].Bytes
	return string(raw) + words(s.T, raw)
}

func (s *stage) receipts() (all []ticket.Out) {
	for _, o := range s.sent {
		if o.Reason == ticket.ReasonNotDone || o.Reason == ticket.ReasonHelp {
			all = append(all, o)
		}
	}
	return all
}

func (s *stage) lastReceipt() string {
	all := s.receipts()
	if len(all) == 0 {
		s.Fatalf("%s: there was no receipt", s.where)
	}
	return words(s.T, all[len(all)-1].Bytes)
}

// fillQuote puts what the last notice said into a mail, as an answer quotes it.
func (s *stage) fillQuote(raw string) string {
	const mark = "{{n-quote}}"
	if !strings.Contains(raw, mark) {
		return raw
	}
	all := s.accepted(ticket.OutNotice, "")
	if len(all) == 0 {
		s.Fatalf("%s: there is no notice to quote", s.where)
	}
	m := message.Parse(all[len(all)-1].Bytes, message.DefaultLimits())
	var b strings.Builder
	for l := range strings.SplitSeq(strings.TrimSpace(m.Whole), "\n") {
		fmt.Fprintf(&b, "> %s\r\n", l)
	}
	return strings.ReplaceAll(raw, mark, b.String())
}
