package ticket

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"notfalld/message"
	"notfalld/templates"
)

// What staff can do with a notice: reply to it, tap a command, open the mail as it came.

// answerable are the reasons of notices that can be answered: whoever replies writes to the customer of the ticket, or commands.
var answerable = []string{ReasonNewTicket, ReasonMail, ReasonForm, ReasonUndelivered, ReasonDelayed, ReasonEmergency, ReasonReminder, ReasonAlarm,
	ReasonUnverified, ReasonAssigned, ReasonNotDone, ReasonHelp}

// carriesToken says whether a notice is one that proves its reader to be staff.
func carriesToken(o *Out) bool {
	return o.Kind == OutNotice && (o.TicketID != 0 || o.EmergencyID != 0) && slices.Contains(answerable, o.Reason)
}

// staffToken is the token of a notice, issued to its reader.
func (d *Desk) staffToken(o *Out) string {
	if o.TicketID != 0 {
		return d.keys.Issue(StaffToken, AboutTicket, o.TicketID, o.Recipient)
	}
	return d.keys.Issue(StaffToken, AboutEmergency, o.EmergencyID, o.Recipient)
}

// sayAnswerable tells in a notice what becomes of an answer, and which commands there are.
func (d *Desk) sayAnswerable(tx Tx, o *Out, t Ticket, e *Emergency, n *templates.Notification) error {
	if !carriesToken(o) {
		return nil
	}
	n.Fence, n.Assigned, n.AnsweredBy = newFenceCode(), t.Assigned, t.AnsweredBy
	off, err := d.repliesOff(tx, o)
	if err != nil {
		return err
	}
	if !off.empty() {
		n.Relay.Off = off.in(o.Language)
		return nil
	}
	if err := d.sayRelay(tx, o, t, e, n); err != nil {
		return err
	}
	n.Commands, err = d.commandLinks(tx, o, t, e)
	return err
}

// repliesOff says why an answer of staff could do nothing at all.
func (d *Desk) repliesOff(tx Tx, o *Out) (words, error) {
	if len(d.o.Staff.People) == 0 {
		return words{"In der Konfiguration steht niemand unter staff.people", "the configuration names nobody under staff.people"}, nil
	}
	shown, why, err := d.trustShown(tx, d.mailbox(o.Mailbox)) // there the answer arrives
	if err != nil || shown {
		return words{}, err
	}
	return words{inLanguage("de", why), why}, nil
}

// sayRelay tells to whom an answer goes.
func (d *Desk) sayRelay(tx Tx, o *Out, t Ticket, e *Emergency, n *templates.Notification) error {
	if t.ID == 0 && e != nil { // the answer goes into its only ticket, see staffMail
		c := staffClaim{emergency: *e}
		if err := d.ticketOfEmergency(tx, &c); err != nil {
			return err
		}
		t = c.ticket
	}
	off := words{}
	person, known := d.personOf(o.Recipient)
	switch {
	case d.o.Observe:
		off = words{"Modus observe: an Kunden geht nichts hinaus", "mode observe: nothing goes to customers"}
	case known && !person.may(RightCustomer):
		off = words{"du darfst keine Mails an Kunden schicken (staff.people, may)", "you may not send mail to customers (staff.people, may)"}
	case t.ID == 0 && e != nil && plausible(e.Email):
		n.Relay.To = mask(e.Email)
	case t.ID == 0:
		off = words{"zu diesem Notfall gibt es kein Ticket und keine E-Mail-Adresse", "this emergency has no ticket and no mail address"}
	default:
		p, err := d.partyOf(tx, t, o.MailID)
		if err != nil {
			return err
		}
		off = p.why
		if p.to != "" {
			n.Relay.To = mask(p.to)
		}
		for _, a := range p.cc {
			n.Relay.Cc = append(n.Relay.Cc, mask(a))
		}
	}
	n.Relay.Off = strings.TrimSuffix(off.in(o.Language), ".")
	return nil
}

// commandLinks are the commands that make sense now, a mail each: with the token in the address where plus addresses work, else in the subject.
func (d *Desk) commandLinks(tx Tx, o *Out, t Ticket, e *Emergency) ([]templates.CommandLink, error) {
	box := d.mailbox(o.Mailbox)
	plus, err := d.plusWorks(tx, box)
	if err != nil {
		return nil, err
	}
	token := d.staffToken(o)
	to, number := box.Address, Number(t.ID)
	if t.ID == 0 {
		number = EmergencyNumber(o.EmergencyID)
	}
	subject := "[" + number + "] "
	if plus {
		to = plusAddress(box.Address, token)
	}
	var all []templates.CommandLink
	offers, err := d.commandsNow(tx, t, e)
	if err != nil {
		return nil, err
	}
	for _, k := range offers {
		s := subject + k.command
		if !plus {
			s += " · " + token
		}
		all = append(all, templates.CommandLink{Command: k.command, Says: k.says.in(o.Language),
			Target: "mailto:" + to + "?subject=" + url.PathEscape(s) + "&body=" + url.PathEscape(k.command+"\r\n")})
	}
	return all, nil
}

type offer struct {
	command string
	says    words
}

// commandsNow are the commands that somebody may want with one tap as things stand.
func (d *Desk) commandsNow(tx Tx, t Ticket, e *Emergency) (all []offer, err error) {
	if e != nil && e.Open() {
		if e.State == Triggered {
			all = append(all, offer{"#ack", words{"ich übernehme den Notfall", "I take the emergency over"}})
		}
		if e.State != CalledBack {
			all = append(all, offer{"#called", words{"Kunde zurückgerufen", "customer called back"}},
				offer{"#noanswer", words{"niemand hebt ab; Kunde wird verständigt", "nobody answers the phone; the customer is told"}})
		} else {
			all = append(all, offer{"#resolve", words{"Notfall erledigt", "emergency resolved"}})
		}
	}
	if t.ID == 0 {
		return all, nil
	}
	if t.EmergencyID == 0 {
		ls, err := tx.Links(t.ID)
		if err != nil {
			return nil, err
		}
		for _, l := range ls {
			if l.State == Suggested && len(all) < 3 {
				n := EmergencyNumber(l.EmergencyID)
				all = append(all, offer{"#link " + n, words{"gehört zu " + n, "belongs to " + n}})
			}
		}
	}
	if t.Assigned == "" {
		all = append(all, offer{"#assign me", words{"ich kümmere mich darum", "I look after it"}})
	}
	if t.State != Closed {
		all = append(all, offer{"#close", words{"Ticket schließen", "close the ticket"}})
	}
	return all, nil
}

// topicOf names a ticket in the subjects of all its notices, as its first one did: mail programs gather by subject, too.
func (d *Desk) topicOf(tx Tx, t *Ticket, m Mail) (string, error) {
	if t.Topic != "" {
		return t.Topic, nil
	}
	who := t.From
	if m.Kind == CustomerMail || m.Kind == MachineMail { // of nobody else's mail is the ticket
		who = cmp.Or(m.FromName, m.From)
	}
	if t.CustomerNumber != "" {
		who += " (" + t.CustomerNumber + ")"
	}
	parts := []string{who}
	if len(t.Servers) > 0 {
		parts = append(parts, t.Servers[0].Name)
	}
	if len(t.Errors) > 0 {
		parts = append(parts, short(t.Errors[0].Text, 60))
	} else {
		parts = append(parts, short(t.Subject, 60))
	}
	t.Topic = oneLine(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · "))
	return t.Topic, tx.PutTicket(*t)
}

// short cuts a text to so many characters, at its first line.
func short(s string, most int) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if r := []rune(s); len(r) > most {
		return strings.TrimSpace(string(r[:most-1])) + "…"
	}
	return s
}

// threadFields gather the notices of one ticket in the mail programs that look neither at References nor at In-Reply-To: Outlook and Exchange
// go by Thread-Index, 22 bytes of which a conversation has in common (MS-OXOMSG, 2.2.1.3).
func (d *Desk) threadFields(name, topic string, began time.Time) []message.Field {
	mac := hmac.New(sha256.New, d.keys.secret)
	mac.Write([]byte("thread " + name))
	index := make([]byte, 22)
	index[0] = 1
	var ticks [8]byte
	binary.BigEndian.PutUint64(ticks[:], uint64(began.UnixMilli()+11644473600000)*10000) // FILETIME
	copy(index[1:6], ticks[1:6])
	copy(index[6:], mac.Sum(nil))
	return []message.Field{{Name: "Thread-Topic", Value: topic}, {Name: "Thread-Index", Value: base64.StdEncoding.EncodeToString(index)}}
}

// originals are the reasons of notices to which the mail is attached as it came.
var originals = []string{ReasonNewTicket, ReasonMail, ReasonForm, ReasonUnverified}

// attachOriginal attaches the mail that a notice is about. Not one that holds a secret of a form, nor one that was not kept whole.
func (d *Desk) attachOriginal(tx Tx, o *Out, m Mail, n *templates.Notification) (*message.Attachment, error) {
	if o.Bare || !slices.Contains(originals, o.Reason) || m.EntryID == 0 {
		return nil, nil
	}
	raw, err := d.rawOf(tx, m)
	if gone := (unwritableError{}); errors.As(err, &gone) {
		n.OriginalNot = words{"sie ist nicht mehr gespeichert", "it is not kept any more"}.in(o.Language)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > d.o.Bounds.NoticeOriginal {
		n.OriginalNot = words{"sie ist zu groß (" + megabytes(int64(len(raw))) + "); sie liegt im Postfach", "it is too large (" + megabytes(int64(len(raw))) + "); it lies in the mailbox"}.in(o.Language)
		return nil, nil
	}
	parsed := message.Parse(raw, d.o.Limits)
	switch {
	case d.Rules().Conceal(parsed) != parsed:
		n.OriginalNot = words{"sie enthält das Geheimnis eines Formulars", "it holds the secret of a form"}.in(o.Language)
	case slices.ContainsFunc(parsed.Attachments, func(a message.Attachment) bool { return a.NotFetched }):
		n.OriginalNot = words{"sie wurde nicht ganz abgeholt; sie liegt im Postfach", "not all of it was fetched; it lies in the mailbox"}.in(o.Language)
	default:
		n.Original = true
		return &message.Attachment{Name: fileNameOf(o.TicketID, m), Type: "message/rfc822", Data: raw, Size: int64(len(raw))}, nil
	}
	return nil, nil
}

func fileNameOf(ticketID int64, m Mail) string {
	return fmt.Sprintf("%s-%s.eml", Number(ticketID), m.Arrived.UTC().Format("20060102-150405"))
}
