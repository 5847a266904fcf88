package ticket

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"notfalld/message"
	"notfalld/rules"
	"notfalld/templates"
)

// chooseNotice writes a mail to staff (or, as a draft, to admins) with what is true now. In a flood notices wait, and one mail
// tells of all of them.
func (d *Desk) chooseNotice(tx Tx, o *Out) (ok bool, err error) {
	if o.Reason == ReasonBundle {
		return true, d.writeBundle(tx, o)
	}
	if o.Reason == ReasonRules {
		return true, d.writeRulesNews(tx, o)
	}
	if o.Reason == ReasonNotDone || o.Reason == ReasonHelp {
		return true, d.writeReceipt(tx, o)
	}
	if o.Reason == ReasonDigest {
		return true, d.writeDigest(tx, o)
	}
	if o.TicketID == 0 && o.EmergencyID != 0 {
		return d.chooseEmergencyNotice(tx, o)
	}
	if bundled, err := d.bundle(tx, o); err != nil || bundled {
		if err != nil {
			return false, err
		}
		return false, d.gather(tx, o)
	}
	t, m, err := d.subjectOf(tx, o)
	if err != nil {
		return false, err
	}
	n, err := d.noticeView(tx, t, m, o)
	if err != nil {
		return false, err
	}
	if o.Bare { // refused once: without the customer's words
		n.Text, n.Subject, n.Name, n.Attachments, n.LeftOut, n.Understood.Errors = "", "", "", nil, nil, nil
	}
	if o.Reason == ReasonDraft {
		if err := d.draft(tx, t, m, o, &n); err != nil {
			return false, err
		}
	}
	if n.Topic, err = d.topicOf(tx, &t, m); err != nil {
		return false, err
	}
	original, err := d.attachOriginal(tx, o, m, &n)
	if err != nil {
		return false, err
	}
	if err := d.writeNotice(tx, o, t, n, original); err != nil {
		return false, err
	}
	return true, nil
}

// writeNotice renders and composes; all notices of one ticket are one thread in the reader's client.
func (d *Desk) writeNotice(tx Tx, o *Out, t Ticket, n templates.Notification, attach ...*message.Attachment) error {
	e, err := d.emergencyBehind(tx, o, t)
	if err != nil {
		return err
	}
	if err := d.sayAnswerable(tx, o, t, e, &n); err != nil {
		return err
	}
	r, err := d.o.Templates.Notification(n)
	if err != nil {
		return unwritableError{err}
	}
	box := d.mailbox(o.Mailbox)
	out, err := d.envelope(tx, o, box)
	if err != nil {
		return err
	}
	out.Subject, out.Text, out.HTML = r.Subject, r.Text, r.HTML
	out.Headers = append(out.Headers, priorityFields(n.Priority)...)
	if thread := threadOf(o, t); thread != "" {
		root := thread + ".thread@" + domainOf(box.Address)
		out.InReplyTo, out.References = root, append([]string{root}, out.References...)
		began := t.Created
		if t.ID == 0 && e != nil {
			began = e.Created
		}
		out.Headers = append(out.Headers, d.threadFields(thread, cmp.Or(n.Topic, r.Subject), began)...)
	}
	for _, a := range attach {
		if a != nil {
			out.Attach = append(out.Attach, *a)
		}
	}
	if n.Fence != "" {
		own := ""
		if n.Kind == templates.NoticeReceipt {
			own = n.Text
		}
		if err := d.rememberFence(tx, o, n.Fence, r.Text, own+"\n"+r.Subject); err != nil {
			return err
		}
	}
	return seal(o, out)
}

// emergencyBehind is the emergency that a notice is about, or its ticket belongs to; nil for none.
func (d *Desk) emergencyBehind(tx Tx, o *Out, t Ticket) (*Emergency, error) {
	id := cmp.Or(t.EmergencyID, o.EmergencyID)
	if id == 0 {
		return nil, nil
	}
	e, ok, err := tx.Emergency(id)
	if err != nil || !ok {
		return nil, err
	}
	return &e, nil
}

// threadOf names the thread of a notice: that of its ticket, else that of its emergency.
func threadOf(o *Out, t Ticket) string {
	switch {
	case t.ID != 0:
		return "ns-" + strconv.FormatInt(t.ID, 10)
	case o.EmergencyID != 0:
		return "ne-" + strconv.FormatInt(o.EmergencyID, 10)
	}
	return ""
}

func noticeKind(reason string) templates.Notice {
	switch reason {
	case ReasonNewTicket:
		return templates.NoticeTicket
	case ReasonForm:
		return templates.NoticeForm
	case ReasonEmergency:
		return templates.NoticeEmergency
	case ReasonReminder:
		return templates.NoticeReminder
	case ReasonAlarm:
		return templates.NoticeAlarm
	case ReasonUndelivered:
		return templates.NoticeUndelivered
	case ReasonDelayed:
		return templates.NoticeDelayed
	case ReasonDraft:
		return templates.NoticeDraft
	case ReasonUnverified:
		return templates.NoticeUnverified
	}
	return templates.NoticeMail
}

func (d *Desk) noticeView(tx Tx, t Ticket, m Mail, o *Out) (templates.Notification, error) {
	var line rules.Line
	if err := json.Unmarshal(m.Line, &line); err != nil {
		line.Problem = "what was understood of this mail cannot be read: " + err.Error()
	}
	n := templates.Notification{
		Kind: noticeKind(o.Reason), Language: o.Language, Company: d.o.Company.Name, Ticket: t.Number(),
		Name: m.FromName, Address: m.From, Subject: m.Subject, Arrived: m.Arrived.In(d.o.Hours.Location),
		Missing: line.Missing, Problem: line.ProblemParsing, LeftOut: cutWords(o.Language, line.Cut), Text: line.Text, Why: o.Detail,
	}
	if o.Reason != ReasonNewTicket && o.Reason != ReasonForm { // "thank you, it works again" lacks nothing
		n.Missing = nil
	}
	if slices.Contains(routed, o.Reason) {
		n.Priority, n.Tags = noticePriority(t, line.Route), t.Tags
	}
	addFacts(&n.Understood, line)
	for _, a := range line.Attachments {
		n.Attachments = append(n.Attachments, a.Name)
	}
	if o.Reason == ReasonNewTicket && t.Previous != 0 {
		n.OldTicket = Number(t.Previous)
	}
	if t.Related != 0 {
		n.Related = Number(t.Related)
	}
	var err error
	if m.Kind == StaffMail && (o.Reason == ReasonUndelivered || o.Reason == ReasonDelayed) {
		n.Detail = words{"unten steht die Antwort von " + m.FromName, "below stands the reply of " + m.FromName}.in(o.Language)
		if m, err = customerOf(tx, t, m, &n); err != nil {
			return n, err
		}
	}
	if n.Proof, err = d.senderProof(tx, m); err != nil {
		return n, err
	}
	if err := d.sayLinks(tx, t, &n); err != nil {
		return n, err
	}
	if e := n.Emergency; e != nil { // the emergency says it
		n.Missing = slices.DeleteFunc(n.Missing, func(what string) bool {
			return what == rules.MissingPhone && e.Phone != "" || what == rules.MissingCustomerNumber && e.CustomerNumber != ""
		})
	}
	if o.Reason == ReasonForm {
		if n.Detail, err = unprovenForm(tx, t.ID); err != nil {
			return n, err
		}
		n.Detail = inLanguage(o.Language, n.Detail)
	}
	return n, d.sayAnswered(tx, o, m, &n)
}

// customerOf says in the notice of a reply that did not arrive who the customer is, and what he has told of himself: now he has to be called. It returns
// his youngest mail, or the reply if there is none.
func customerOf(tx Tx, t Ticket, reply Mail, n *templates.Notification) (Mail, error) {
	ms, err := tx.Mails(t.ID)
	if err != nil {
		return reply, err
	}
	m := reply
	n.Understood.Phones = nil // of the reply: in a signature stands our own number
	for _, k := range ms {
		var line rules.Line
		if k.Kind == CustomerMail && json.Unmarshal(k.Line, &line) == nil {
			m, n.Name, n.Address = k, k.FromName, k.From
			addFacts(&n.Understood, line)
		}
	}
	return m, nil
}

// unprovenForm says which rule took a mail for a form's, and what proof it lacks.
func unprovenForm(tx Tx, ticketID int64) (why string, err error) {
	es, err := tx.Events(ticketID)
	for _, e := range es {
		if e.What == eventForm {
			why = e.Why
		}
	}
	return why, err
}

func (d *Desk) senderProof(tx Tx, m Mail) (templates.Proof, error) {
	switch message.Verdict(m.Proof) {
	case message.ProofPass:
		return templates.Proven, nil
	case message.ProofFail:
		return templates.Forged, nil
	}
	if len(d.o.Contacts.Find(m.From)) > 0 {
		return templates.OnRecord, nil
	}
	since, ok, err := tx.KnownSince(m.From, string(message.ProofUnknown))
	if ok && m.Arrived.Sub(since) >= d.o.Bounds.KnownAfter {
		return templates.OnRecord, err
	}
	return templates.Unknown, err
}

// sayAnswered tells what the customer has been told because of this mail, and why if not, in the reader's language.
func (d *Desk) sayAnswered(tx Tx, o *Out, m Mail, n *templates.Notification) error {
	err := d.findAnswered(tx, o, m, n)
	n.Why = inLanguage(o.Language, n.Why)
	return err
}

func (d *Desk) findAnswered(tx Tx, o *Out, m Mail, n *templates.Notification) error {
	switch o.Reason {
	case ReasonAssigned:
		n.Detail = words{o.Detail + " hat dir dieses Ticket zugewiesen", o.Detail + " has assigned this ticket to you"}.in(o.Language)
		return nil
	case ReasonUnverified:
		n.Why = o.Detail
		return nil
	case ReasonUndelivered, ReasonDelayed:
		n.Recipient, n.Why, _ = strings.Cut(o.Detail, ": ")
		return nil
	case ReasonDraft:
		n.Recipient, n.Why = o.Detail, ""
		return nil
	}
	if o.Detail != "" {
		n.Answered = templates.AnsweredNot
		return nil
	}
	os, err := tx.Outs(OutQuery{TicketID: m.TicketID, Kinds: []OutKind{OutAnswer}})
	if err != nil {
		return err
	}
	n.Answered = templates.AnsweredBefore
	for _, a := range os {
		if a.MailID != m.ID || a.State == OutWithdrawn {
			continue
		}
		n.Recipient = a.Recipient
		switch {
		case a.State == OutFailed:
			n.Answered, n.Why = templates.AnsweredNot, a.LastError
		case a.Bare:
			n.Answered = templates.AnsweredBare
		default:
			n.Answered = templates.AnsweredFull
		}
		if a.Attempts > 0 && (a.State == OutWaiting || a.State == OutFrozen) {
			n.Why = a.LastError
			n.Waiting = true
		}
	}
	if d.o.Observe && n.Answered == templates.AnsweredBefore {
		n.Answered, n.Why = templates.AnsweredNot, "mode observe: customers are not answered"
	}
	return nil
}

// draft renders the answer that mode observe does not send.
func (d *Desk) draft(tx Tx, t Ticket, m Mail, o *Out, n *templates.Notification) error {
	as := *o
	as.Recipient, as.Reason = o.Detail, ReasonMail
	now, err := d.standingFor(tx, t, m, &as)
	if err != nil {
		return err
	}
	view, err := d.answerView(tx, t, m, &as, now)
	if err != nil {
		return err
	}
	view.TicketLine = t.Number() // the customer's token is for the customer
	r, err := d.render(view)
	if err != nil {
		return unwritableError{err}
	}
	n.Draft = &r
	return nil
}
