package ticket

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/message"
)

// chooseRelay writes what a person of staff wrote as a mail of ours, in the customer's thread. The mail itself is read anew: its bytes are kept with
// the ticket, not with each of its copies.
func (d *Desk) chooseRelay(tx Tx, o *Out) error {
	if d.o.Observe { // entered when the mode was live
		return unwritableError{errors.New("mode observe: nothing goes to customers")}
	}
	t, m, err := d.subjectOf(tx, o)
	if err != nil {
		return err
	}
	raw, err := d.rawOf(tx, m)
	if err != nil {
		return err
	}
	mail := d.Rules().Conceal(message.Parse(raw, d.o.Limits))
	b, undone := readCommands(mail.Fresh(0).Text, d.o.Staff.Banners, d.o.Staff.Language)
	if len(undone) > 0 || b.hasNote { // read otherwise than when it was entered: the configuration is another one
		return unwritableError{errors.New("its commands are not understood any more; send it once more")}
	}
	fresh := mail.Fresh(b.skip)
	to, cc, err := d.recipientsOf(tx, o)
	if err != nil {
		return err
	}
	answered, err := answeredMail(tx, t, m, to)
	if err != nil {
		return err
	}
	out, err := d.envelope(tx, o, d.mailbox(o.Mailbox))
	if err != nil {
		return err
	}
	out.To = message.Address{Address: to}
	for _, a := range cc {
		out.Cc = append(out.Cc, message.Address{Address: a})
	}
	out.Subject = relaySubject(cmp.Or(answered.Subject, t.Subject), t)
	out.Text, out.HTML, out.Attach, out.Inline = fresh.Text, fresh.HTML, fresh.Attach, fresh.Inline
	if id := answered.MessageID; id != "" {
		out.InReplyTo, out.References = id, append([]string{id}, out.References...)
	}
	return seal(o, out)
}

// answeredMail is the customer's youngest mail that staff can have seen when they wrote: their mail goes below it.
func answeredMail(tx Tx, t Ticket, staff Mail, to string) (answered Mail, err error) {
	ms, err := tx.Mails(t.ID)
	for _, m := range ms {
		if m.Kind == CustomerMail && m.ID < staff.ID && (answered.ID == 0 || strings.EqualFold(cmp.Or(m.AnswerTo, m.From), to)) {
			answered = m
		}
	}
	return answered, err
}

// rawOf is a mail of a ticket as it came.
func (d *Desk) rawOf(tx Tx, m Mail) ([]byte, error) {
	e, ok, err := tx.Entry(m.EntryID)
	if err != nil {
		return nil, err
	}
	var packed []byte
	if ok && e.RawID != 0 {
		if packed, ok, err = tx.Raw(e.RawID); err != nil {
			return nil, err
		}
	}
	if !ok || packed == nil {
		return nil, unwritableError{fmt.Errorf("the mail itself is not kept any more: %w", ErrNotFound)}
	}
	raw, err := unpack(packed)
	if err != nil {
		return nil, unwritableError{err}
	}
	return raw, nil
}

// recipientsOf are all to whom the same mail of staff goes: every copy names the same.
func (d *Desk) recipientsOf(tx Tx, o *Out) (to string, cc []string, err error) {
	os, err := tx.Outs(OutQuery{TicketID: o.TicketID, Kinds: []OutKind{OutRelay}})
	if err != nil {
		return "", nil, err
	}
	for _, k := range slices.Backward(os) { // oldest first
		switch {
		case k.MailID != o.MailID:
		case to == "":
			to = k.Recipient
		default:
			cc = append(cc, k.Recipient)
		}
	}
	return to, cc, nil
}

// relaySubject is that of the customer's thread.
func relaySubject(subject string, t Ticket) string {
	subject = strings.TrimSpace(numberShape.ReplaceAllString(message.BareSubject(subject), ""))
	subject = strings.TrimSpace(strings.ReplaceAll(subject, "[]", ""))
	return strings.TrimSpace("Re: " + subject + " [" + t.Number() + "]")
}

// relayFailed: the ticket does not wait for a customer whom the mail has not reached, and what has reached nobody was no answer. Who wrote it is told,
// and staff.
func (d *Desk) relayFailed(tx Tx, o *Out, why string) error {
	t, m, err := d.subjectOf(tx, o)
	if gone := (unwritableError{}); errors.As(err, &gone) {
		return nil
	}
	if err != nil {
		return err
	}
	if t.State == Closed && !t.ClosedAt.Before(o.Created) { // with this mail, or after it: the customer does not know
		if err := d.event(tx, t.ID, "reopened", "the last mail of staff did not arrive"); err != nil {
			return err
		}
		t.State, t.ClosedAt = Open, time.Time{}
	}
	if t.State == Waiting {
		t.State = Open
	}
	if t.LastStaffAt, t.AnsweredBy, err = lastAnswer(tx, t.ID); err != nil {
		return err
	}
	t.Updated = d.now()
	if err := tx.PutTicket(t); err != nil {
		return err
	}
	n := Out{TicketID: o.TicketID, MailID: o.MailID, Mailbox: o.Mailbox, Reason: ReasonUndelivered, Detail: fmt.Sprintf("%s: %s", o.Recipient, why)}
	return d.addNotices(tx, n, fmt.Sprintf("notice:%s:out%d:%d", ReasonUndelivered, o.ID, o.Attempts), m.From)
}

// relayAccepted: a mail that had failed, and was tried once more, answers the customer after all.
func (d *Desk) relayAccepted(tx Tx, o *Out) error {
	t, ok, err := tx.Ticket(o.TicketID)
	if err != nil || !ok || t.State == Closed {
		return err
	}
	at, who, err := lastAnswer(tx, t.ID)
	if err != nil || !at.After(t.LastStaffAt) {
		return err
	}
	return d.answeredByStaff(tx, &t, who, at)
}

// lastAnswer is when staff have last answered the customer, and who: by a mail of which at least one copy has not failed, or by one from the mailbox.
func lastAnswer(tx Tx, ticketID int64) (at time.Time, who string, err error) {
	os, err := tx.Outs(OutQuery{TicketID: ticketID, Kinds: []OutKind{OutRelay}})
	if err != nil {
		return at, "", err
	}
	relayed := map[int64]string{} // by whom
	for _, o := range os {
		if o.State != OutFailed && o.State != OutWithdrawn && o.BouncedAt.IsZero() {
			relayed[o.MailID] = o.Detail
		}
	}
	ms, err := tx.Mails(ticketID)
	if err != nil {
		return at, "", err
	}
	for _, m := range ms {
		if m.Kind == StaffMail && (m.Thread == sentByHand || relayed[m.ID] != "") && m.Arrived.After(at) {
			at, who = m.Arrived, cmp.Or(relayed[m.ID], m.FromName, m.From)
		}
	}
	return at, who, nil
}
