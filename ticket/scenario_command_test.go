package ticket_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"notfalld/ticket"
)

// Steps about commands and the digest:
//
//	anna NUMBER "TEXT" / bernd NUMBER "TEXT"   she replies to the last notice about this ticket or emergency, proved; what she writes is TEXT
//	opening                       what happens at the start of support hours; the first time, a daemon looks for the first time
//	digests N                     so many digests were accepted
//	digest "WORDS" / digest! "WORDS"   the last one holds them (subject or text), or does not; white space counts once
//	assigned NS-10001 NAME        or nobody
//	nexttry NE-10001 TIME         RFC 3339, or none
//	owner NS-10001 SERVER=NUMBER  what the ticket says of a server's owner; "?" where the inventory does not know it
//	bounced [ADDRESS]             the last mail to a customer (to this address) comes back
//	unlisted ADDRESS              from now on this is an address that nobody is to be written to
func init() {
	for _, name := range []string{"anna", "bernd"} {
		steps[name] = func(s *stage, a string) { s.command(name, a) }
	}
	steps["opening"] = func(s *stage, _ string) { _, err := s.desk.EnterDigest(s.ctx); s.check(err) }
	steps["digests"] = func(s *stage, a string) { s.equal(a, strconv.Itoa(len(s.digests()))) }
	steps["digest"] = func(s *stage, a string) { s.holds(s.lastDigest(), a, true) }
	steps["digest!"] = func(s *stage, a string) { s.holds(s.lastDigest(), a, false) }
	steps["assigned"] = (*stage).wantAssigned
	steps["nexttry"] = (*stage).wantNextTry
	steps["owner"] = (*stage).wantOwner
	steps["bounced"] = (*stage).bounceLast
	steps["unlisted"] = func(s *stage, a string) {
		s.reopen(func(o *ticket.Options) { o.World.Own = append(slices.Clone(o.World.Own), a) })
	}
}

// command takes a mail of a person of staff that answers a notice.
func (s *stage) command(name, args string) {
	number, quoted, _ := strings.Cut(args, " ")
	text, err := strconv.Unquote(quoted)
	s.check(err)
	for _, o := range slices.Backward(s.accepted(ticket.OutNotice, "")) {
		about := ticket.Number(o.TicketID)
		if o.TicketID == 0 {
			about = ticket.EmergencyNumber(o.EmergencyID)
		}
		if o.Recipient != "team@notfall-hoster.at" && !strings.HasPrefix(o.Recipient, name+"@") || about != number || !strings.Contains(string(o.Bytes), "[notfalld:intern:") {
			continue
		}
		file := fmt.Sprintf("%s-%d", name, s.uid)
		s.mails[file] = []byte(strings.ReplaceAll(fmt.Sprintf("From: %s@notfall-hoster.at\nTo: support@notfall-hoster.at\nSubject: AW: [%s]\nIn-Reply-To: <%s>\n"+
			"Message-ID: <%s@notfall-hoster.at>\nDate: %s\n\n%s\n", name, number, o.MessageID, file, s.clock.Now().Format("Mon, 2 Jan 2006 15:04:05 -0700"), text), "\n", "\r\n"))
		s.takeMail(file + " pass")
		return
	}
	s.Fatalf("%s: there is no notice to answer about %s", s.where, number)
}

func (s *stage) digests() (all []ticket.Out) {
	for _, o := range s.sent {
		if o.Reason == ticket.ReasonDigest {
			all = append(all, o)
		}
	}
	return all
}

func (s *stage) lastDigest() string {
	all := s.digests()
	if len(all) == 0 {
		s.Fatalf("%s: there was no digest", s.where)
	}
	return strings.Join(strings.Fields(words(s.T, all[len(all)-1].Bytes)), " ")
}

func (s *stage) wantAssigned(a string) {
	number, want, _ := strings.Cut(a, " ")
	s.check(s.store.View(s.ctx, func(tx ticket.Tx) error {
		t, _, err := tx.Ticket(s.ticketID(number))
		s.equal(want, or(t.Assigned, "nobody"))
		return err
	}))
}

func (s *stage) wantNextTry(a string) {
	number, want, _ := strings.Cut(a, " ")
	id, _ := ticket.ParseEmergencyNumber(number)
	d, err := ticket.ShowEmergency(s.ctx, s.store, id)
	s.check(err)
	got := "none"
	if !d.NextTry.IsZero() {
		got = d.NextTry.UTC().Format("2006-01-02T15:04:05Z")
	}
	s.equal(want, got)
}

func (s *stage) wantOwner(a string) {
	number, want, _ := strings.Cut(a, " ")
	d, err := ticket.Show(s.ctx, s.store, s.ticketID(number))
	s.check(err)
	var all []string
	for _, k := range d.Servers {
		owner := k.Owner
		if !k.Known {
			owner = "?"
		}
		all = append(all, k.Name+"="+owner)
	}
	s.equal(want, strings.Join(all, " "))
}

// bounceLast takes the delivery status of a server that has taken a mail and could not deliver it.
func (s *stage) bounceLast(to string) {
	for _, o := range slices.Backward(s.sent) {
		if o.Kind == ticket.OutNotice || to != "" && o.Recipient != to {
			continue
		}
		file := fmt.Sprintf("bounce-%d", s.uid)
		s.mails[file] = []byte(strings.ReplaceAll("Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: "+o.EnvelopeFrom+"\nSubject: Undelivered Mail\nMIME-Version: 1.0\n"+
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: text/plain\n\nno such user\n--b\nContent-Type: message/delivery-status\n\n"+
			"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; "+o.Recipient+"\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 mailbox gone\n\n--b--\n", "\n", "\r\n"))
		s.takeMail(file)
		return
	}
	s.Fatalf("%s: nothing was sent to a customer", s.where)
}
