package ticket

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"notfalld/templates"
)

// digestBook collects what stands in a digest.
type digestBook struct {
	d          *Desk
	tx         Tx
	since, now time.Time // since the last digest
	language   string
	digest     templates.Digest
}

func (b *digestBook) at(t time.Time) time.Time { return t.In(b.d.o.Hours.Location) }

// tickets finds customers who do not know where they stand, and tickets of the night that nobody has looked at. The oldest come first: they have
// waited the longest.
func (b *digestBook) tickets() error {
	ts, err := b.tx.Tickets(TicketQuery{States: []State{New, Open, Waiting}, Limit: mostDigestTickets})
	if err != nil {
		return err
	}
	ts = slices.DeleteFunc(ts, func(t Ticket) bool {
		return t.LastCustomerAt.Before(b.now.Add(-digestBack)) || !t.LastCustomerAt.After(t.LastStaffAt)
	})
	if ts, err = b.addUnproven(ts); err != nil {
		return err
	}
	slices.SortFunc(ts, func(x, y Ticket) int { return cmp.Compare(x.ID, y.ID) })
	for _, t := range ts {
		ms, err := b.tx.Mails(t.ID)
		if err != nil {
			return err
		}
		waiting := unanswered(t, ms)
		if err := b.untold(t, waiting); err != nil {
			return err
		}
		b.unalarmed(t, waiting)
	}
	return nil
}

// addUnproven adds the tickets into which somebody unproven has written: such a mail changes nothing of its ticket, which may be closed.
func (b *digestBook) addUnproven(ts []Ticket) ([]Ticket, error) {
	ms, err := b.tx.MailsOfKind(UnprovenMail, b.since)
	if err != nil {
		return nil, err
	}
	for _, m := range ms {
		if slices.ContainsFunc(ts, func(t Ticket) bool { return t.ID == m.TicketID }) {
			continue
		}
		t, ok, err := b.tx.Ticket(m.TicketID)
		if err != nil {
			return nil, err
		}
		if ok {
			ts = append(ts, t)
		}
	}
	return ts, nil
}

// unanswered are the mails of customers and their machines since somebody of staff has last answered, or closed the ticket; oldest first.
func unanswered(t Ticket, ms []Mail) (waiting []Mail) {
	since := t.LastStaffAt
	if t.State == Closed {
		since = later(since, t.ClosedAt)
	}
	for _, m := range ms {
		if (m.Kind == CustomerMail || m.Kind == MachineMail || m.Kind == UnprovenMail) && m.Arrived.After(since) {
			waiting = append(waiting, m)
		}
	}
	return waiting
}

// untold looks at the youngest mail of each sender: whoever was told because of that one knows.
func (b *digestBook) untold(t Ticket, waiting []Mail) error {
	if called, err := b.called(t); err != nil || called {
		return err
	}
	var told []string
	var found []templates.DigestItem
	for _, m := range slices.Backward(waiting) {
		if slices.Contains(told, m.From) {
			continue
		}
		told = append(told, m.From)
		knows, why, err := b.knows(m)
		if err != nil {
			return err
		}
		if !knows {
			found = append(found, b.item(t, m, inLanguage(b.language, why)))
		}
	}
	slices.Reverse(found)
	b.digest.Untold = append(b.digest.Untold, found...)
	return nil
}

// called says whether the ticket's customer was spoken to on the phone.
func (b *digestBook) called(t Ticket) (bool, error) {
	if t.EmergencyID == 0 {
		return false, nil
	}
	e, ok, err := b.tx.Emergency(t.EmergencyID)
	return ok && !e.CalledAt.IsZero() && !e.CalledAt.Before(t.LastCustomerAt), err
}

// knows says of a mail what its notices say: whether its sender was told, and why not.
func (b *digestBook) knows(m Mail) (knows bool, why string, err error) {
	os, err := b.tx.Outs(OutQuery{TicketID: m.TicketID, Kinds: []OutKind{OutNotice}, Reasons: []string{ReasonNewTicket, ReasonMail, ReasonForm}})
	if err != nil {
		return false, "", err
	}
	about := Out{Reason: ReasonMail}
	if i := slices.IndexFunc(os, func(o Out) bool { return o.MailID == m.ID }); i >= 0 {
		about = os[i]
	}
	n := templates.Notification{Why: about.Detail}
	err = b.d.findAnswered(b.tx, &about, m, &n)
	return n.Answered != templates.AnsweredNot, n.Why, err
}

// unalarmed: a mail came while nobody was there, and no emergency was triggered.
func (b *digestBook) unalarmed(t Ticket, waiting []Mail) {
	if t.EmergencyID != 0 {
		return
	}
	i := slices.IndexFunc(waiting, func(m Mail) bool { return !b.d.o.Hours.Open(m.Arrived) })
	if i >= 0 {
		b.digest.Unalarmed = append(b.digest.Unalarmed, b.item(t, waiting[i], ""))
	}
}

func (b *digestBook) item(t Ticket, m Mail, why string) templates.DigestItem {
	return templates.DigestItem{Number: t.Number(), Address: m.From, Subject: cmp.Or(m.Subject, t.Subject), Why: why, At: b.at(m.Arrived), Assigned: t.Assigned}
}

// emergencies finds those whose customer has not been called in time: first those that still wait, then those of this night that waited too long.
func (b *digestBook) emergencies() error {
	es, err := b.tx.Emergencies(EmergencyQuery{Since: b.now.Add(-digestBack)})
	if err != nil {
		return err
	}
	var past []templates.DigestItem
	for _, e := range slices.Backward(es) {
		item := templates.DigestItem{Number: e.Number(), Address: e.Email, Subject: emergencySubject(e), At: b.at(e.TriggeredAt)}
		late := e.CalledAt.Sub(e.CallbackBy).Round(time.Minute)
		switch {
		case e.External && e.State == Triggered && b.now.Sub(e.TriggeredAt) > tendedFor:
			// whoever pages by himself may never tell us what became of it
		case b.d.emergencyRow(e) == saysOverdue:
			item.Why = b.whyOverdue(e).in(b.language)
			b.digest.Overdue = append(b.digest.Overdue, item)
		case !e.CalledAt.IsZero() && late >= time.Minute && !e.CalledAt.Before(b.since):
			at := b.at(e.CalledAt).Format("15:04")
			item.Why = words{fmt.Sprintf("um %s angerufen, %s zu spät", at, hoursAndMinutes(late)), fmt.Sprintf("called at %s, %s late", at, hoursAndMinutes(late))}.in(b.language)
			past = append(past, item)
		}
	}
	b.digest.Overdue = append(b.digest.Overdue, past...)
	return nil
}

func (b *digestBook) whyOverdue(e Emergency) words {
	by := b.at(e.callBy()).Format("02.01. 15:04")
	if e.State == Acknowledged {
		return words{"übernommen, aber nicht angerufen; zugesagt bis " + by, "taken over, but not called; promised by " + by}
	}
	return words{"niemand hat übernommen; zugesagt bis " + by, "nobody has taken over; promised by " + by}
}

// emergencySubject is an emergency in a few words: who, and what for.
func emergencySubject(e Emergency) string {
	problem := oneLine(e.Problem)
	switch {
	case e.Name != "" && problem != "":
		return e.Name + ": " + problem
	case problem != "":
		return problem
	}
	return cmp.Or(e.Name, e.CustomerNumber)
}

// unverified are the mails since the last digest that claim to be of staff.
func (b *digestBook) unverified() error {
	ms, err := b.tx.MailsOfKind(UnverifiedMail, b.since)
	if err != nil {
		return err
	}
	for _, m := range ms {
		t, ok, err := b.tx.Ticket(m.TicketID)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		why, err := b.whyUnverified(m)
		if err != nil {
			return err
		}
		b.digest.Unverified = append(b.digest.Unverified, b.item(t, m, why))
	}
	return nil
}

// whyUnverified is what staff were told of it at once.
func (b *digestBook) whyUnverified(m Mail) (string, error) {
	os, err := b.tx.Outs(OutQuery{TicketID: m.TicketID, Kinds: []OutKind{OutNotice}, Reasons: []string{ReasonUnverified}})
	for _, o := range os {
		if o.MailID == m.ID {
			return inLanguage(b.language, o.Detail), err
		}
	}
	return "", err
}

// bounced is what was sent to customers and has failed since the last digest.
func (b *digestBook) bounced() error {
	os, err := b.tx.Outs(OutQuery{Kinds: []OutKind{OutAnswer, OutConfirmation, OutRelay}, States: []OutState{OutFailed}, Since: b.now.Add(-digestBack)})
	if err != nil {
		return err
	}
	for _, o := range slices.Backward(os) {
		at, err := b.failedAt(o)
		if err != nil {
			return err
		}
		if at.Before(b.since) {
			continue
		}
		item := templates.DigestItem{Number: EmergencyNumber(o.EmergencyID), Address: o.Recipient, Why: o.LastError, At: b.at(at)}
		if o.TicketID != 0 {
			t, _, err := b.tx.Ticket(o.TicketID)
			if err != nil {
				return err
			}
			item.Number, item.Subject, item.Assigned = Number(o.TicketID), t.Subject, t.Assigned
		}
		b.digest.Bounced = append(b.digest.Bounced, item)
	}
	return nil
}

// failedAt is when a mail came back, or was refused for the last time.
func (b *digestBook) failedAt(o Out) (time.Time, error) {
	at := later(o.Created, o.BouncedAt)
	as, err := b.tx.Attempts(o.ID)
	for _, a := range as {
		at = later(at, a.At)
	}
	return at, err
}
