package ticket_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"notfalld/rules"
	"notfalld/ticket"
)

// Steps of scenarios about who was told what:
//
//	observe                       mode observe from now on
//	customers A,B                 exactly these addresses were mailed as customers, by answers or confirmations; or none
//	mailed N ADDRESS              so many mails of either kind reached this address
//	heard ADDRESS "WORDS"         the last of them holds the words (subject or text); heard! ADDRESS "WORDS"
//	never ADDRESS "WORDS"         none of them ever did, nor its HTML
//
// Whatever a scenario asks, each mail to a customer is checked as it leaves: see honest.
func init() {
	steps["observe"] = func(s *stage, _ string) { s.reopen(func(o *ticket.Options) { o.Observe = true }) }
	steps["customers"] = (*stage).wantCustomers
	steps["mailed"] = func(s *stage, a string) {
		want, to, _ := strings.Cut(a, " ")
		s.equal(want, strconv.Itoa(len(s.toCustomer(to))))
	}
	steps["heard"] = func(s *stage, a string) { s.wantHeard(a, true) }
	steps["heard!"] = func(s *stage, a string) { s.wantHeard(a, false) }
	steps["never"] = func(s *stage, a string) {
		to, w, _ := strings.Cut(a, " ")
		for _, o := range s.toCustomer(to) {
			s.holds(words(s.T, o.Bytes)+string(o.Bytes), w, false)
		}
	}
}

// setFiles opens the desk with what the scenario brings along.
func (s *stage) setFiles() {
	if text, ok := s.mails["rules.yaml"]; ok {
		s.setRules(string(text))
	}
	if text, ok := s.mails["inventory.csv"]; ok {
		in, bad, err := rules.ReadInventory(bytes.NewReader(text))
		s.check(err)
		if len(bad) > 0 {
			s.Fatalf("%s: inventory.csv: %v", s.where, bad)
		}
		s.reopen(func(o *ticket.Options) { o.World.Inventory = in })
	}
	if text, ok := s.mails["contacts.csv"]; ok {
		c, bad, err := ticket.ReadContacts(bytes.NewReader(text))
		s.check(err)
		if len(bad) > 0 {
			s.Fatalf("%s: contacts.csv: %v", s.where, bad)
		}
		s.reopen(func(o *ticket.Options) { o.Contacts = c })
	}
}

// toCustomer lists what reached an address as a customer, or all of it.
func (s *stage) toCustomer(to string) (os []ticket.Out) {
	for _, o := range s.sent {
		if (o.Kind == ticket.OutAnswer || o.Kind == ticket.OutConfirmation) && (to == "" || o.Recipient == to) {
			os = append(os, o)
		}
	}
	return os
}

func (s *stage) wantCustomers(want string) {
	var all []string
	for _, o := range s.toCustomer("") {
		all = append(all, o.Recipient)
	}
	slices.Sort(all)
	s.equal(want, or(strings.Join(slices.Compact(all), ","), "none"))
}

func (s *stage) wantHeard(a string, want bool) {
	to, w, _ := strings.Cut(a, " ")
	os := s.toCustomer(to)
	if len(os) == 0 {
		s.Fatalf("%s: nothing was sent to %q", s.where, to)
	}
	s.holds(words(s.T, os[len(os)-1].Bytes), w, want)
}

var (
	statementWords  = regexp.MustCompile(`(?i)mail (?:hat|allein alarmiert) keinen|mail (?:has alarmed|alone alarms) no`)
	emergencyNumber = regexp.MustCompile(`NE-1[0-9]{4}`)
)

// honest checks a mail to a customer, as it leaves, against what is true: it says that a mail alone alarms nobody; a technician is promised
// only where there is a link, an accepted alarm, and an emergency that has not ended; numbers of emergencies are for those who may know;
// and no phone number of an emergency is written out.
func (s *stage) honest(o ticket.Out) {
	s.Helper()
	why := s.lie(o)
	switch {
	case why != "" && s.onLie != nil:
		s.onLie(fmt.Sprintf("to %s (%s): %s\n%s", o.Recipient, o.Row, why, words(s.T, o.Bytes)))
	case why != "":
		s.Errorf("%s: to %s (%s): %s\n%s", s.where, o.Recipient, o.Row, why, words(s.T, o.Bytes))
	}
}

// lie is what is wrong with a mail that has just left, "" if nothing is.
func (s *stage) lie(o ticket.Out) string {
	again := slices.ContainsFunc(s.sent[:len(s.sent)-1], func(k ticket.Out) bool { return k.ID == o.ID }) // the same bytes: nobody knows whether they arrived
	if again || o.Kind != ticket.OutAnswer && o.Kind != ticket.OutConfirmation {
		return ""
	}
	text := strings.Join(strings.Fields(words(s.T, o.Bytes)), " ")
	if !statementWords.MatchString(text[:min(len(text), 900)]) {
		return "it does not say near its top that a mail alone alarms nobody"
	}
	if o.EmergencyID == 0 {
		if n := emergencyNumber.FindString(text); n != "" && !s.wrote(o, n) && !s.toldOf(o, n) {
			return "it names " + n
		}
		if o.Row != "not_linked/outside" && o.Row != "not_linked/in_hours" {
			return "it tells of no emergency"
		}
		return ""
	}
	return s.lieOf(o, text)
}

// lieOf looks at a mail that tells of an emergency.
func (s *stage) lieOf(o ticket.Out, text string) string {
	e, err := ticket.ShowEmergency(s.ctx, s.store, o.EmergencyID)
	s.check(err)
	if e.Phone != "" && strings.Contains(text, e.Phone) && (o.Kind == ticket.OutConfirmation || !s.wrote(o, e.Phone)) {
		return "the phone number is written out"
	}
	ended, overdue := !e.EndedAt.IsZero(), !s.clock.Now().Before(e.CallBy())
	switch row, _, _ := strings.Cut(o.Row, "/"); row {
	case "alarmed":
		if e.Alarm != ticket.AlarmAccepted || e.State != ticket.Triggered || overdue {
			return fmt.Sprintf("%s is %s, its alarm %s, overdue: %v", e.ID, e.State, e.Alarm, overdue)
		}
	case "alarm_pending", "acknowledged":
		if ended || overdue {
			return fmt.Sprintf("%s is %s, overdue: %v", e.ID, e.State, overdue)
		}
	case "finished":
		if !ended {
			return fmt.Sprintf("%s is %s", e.ID, e.State)
		}
	}
	if o.Kind == ticket.OutConfirmation {
		return ""
	}
	d, err := ticket.Show(s.ctx, s.store, o.TicketID)
	s.check(err)
	if d.Emergency != e.ID {
		return fmt.Sprintf("it tells of %s, and the ticket is linked to %q", e.ID, d.Emergency)
	}
	if e.Email != o.Recipient && !s.holder(o.Recipient, o.EmergencyID) {
		return "it tells of " + e.ID + ", which is not his"
	}
	return ""
}

// wrote says whether the recipient himself wrote the words in a mail of this ticket.
func (s *stage) wrote(o ticket.Out, w string) bool {
	d, err := ticket.Show(s.ctx, s.store, o.TicketID)
	s.check(err)
	return slices.ContainsFunc(d.Mails, func(m ticket.MailView) bool {
		return m.From == o.Recipient && (strings.Contains(m.Subject, w) || strings.Contains(string(m.Facts), w))
	})
}

// toldOf says whether the recipient had been told the number before: a correction names what it takes back.
func (s *stage) toldOf(o ticket.Out, number string) bool {
	return slices.ContainsFunc(s.sent, func(k ticket.Out) bool {
		return k.ID != o.ID && k.Recipient == o.Recipient && k.EmergencyID != 0 && ticket.EmergencyNumber(k.EmergencyID) == number
	})
}

// holder says whether a confirmation of this emergency has reached the address before.
func (s *stage) holder(address string, id int64) bool {
	return slices.ContainsFunc(s.sent, func(o ticket.Out) bool {
		return o.Kind == ticket.OutConfirmation && o.Recipient == address && o.EmergencyID == id
	})
}
