package ticket

import (
	"context"
	"encoding/json"
	"time"

	"notfalld/rules"
)

// Summary is a ticket as `ticket list --json` and the HTTP interface give it. Lists are never null.
type Summary struct {
	ID             string         `json:"id"`
	State          State          `json:"state"`
	Subject        string         `json:"subject"`
	CustomerNumber string         `json:"customer_number"`
	From           string         `json:"from"`
	Created        time.Time      `json:"created"`
	Updated        time.Time      `json:"updated"`
	Language       string         `json:"language"`
	Servers        []rules.Server `json:"servers"`
	Errors         []rules.Error  `json:"errors"`
	Emergency      string         `json:"emergency"` // "" or "NE-10001"
	Suggested      []string       `json:"suggested"` // emergencies that may belong to it
	Mails          int            `json:"mails"`
	MessageIDs     []string       `json:"message_ids"`
	Replies        []Reply        `json:"replies"`
	Priority       string         `json:"priority,omitempty"` // the highest that route rules gave one of its mails
	Tags           []string       `json:"tags,omitempty"`
	Assigned       string         `json:"assigned,omitempty"`    // who looks after it
	AnsweredBy     string         `json:"answered_by,omitempty"` // who of staff wrote to the customer last
	Previous       string         `json:"previous,omitempty"`
	Related        string         `json:"related,omitempty"`
}

// Reply is one automatic answer of a ticket, or what became of it.
type Reply struct {
	Kind      string    `json:"kind"`  // "answer", "bare": the one for senders who may be forged, or "relay": what a person of staff has written
	Says      string    `json:"says"`  // the cell of the table of answers: "not_linked/outside"
	State     OutState  `json:"state"` // waiting, frozen, sent, failed, withdrawn
	MessageID string    `json:"message_id"`
	By        string    `json:"by,omitempty"` // of a relay: who wrote it
	To        string    `json:"to"`
	Reason    string    `json:"reason"` // what brought it about: "mail", "closing"
	Created   time.Time `json:"created"`
	SentAt    time.Time `json:"sent_at,omitzero"`
	Error     string    `json:"error,omitempty"`
	Attempts  int       `json:"attempts"`
}

// Detail is a ticket with everything in it, as `ticket show --json` gives it.
type Detail struct {
	Summary
	Mails   []MailView `json:"mails"`   // oldest first; takes the place of the count
	Signals []Signal   `json:"signals"` // why it is linked to its emergency
	Links   []LinkView `json:"links"`   // to it, and to those suggested or refused, with their signals
	History []Event    `json:"history"`
}

// MailView is one mail of a ticket.
type MailView struct {
	Kind    MailKind        `json:"kind"`
	From    string          `json:"from"`
	Subject string          `json:"subject"`
	Arrived time.Time       `json:"arrived"`
	Proof   string          `json:"proof"`
	Thread  string          `json:"thread"`
	Facts   json.RawMessage `json:"facts"` // the line of `parse --json`
}

// List gives the tickets that q asks for, youngest first.
func List(ctx context.Context, s Store, q TicketQuery) ([]Summary, error) {
	all := []Summary{}
	err := s.View(ctx, func(tx Tx) error {
		all = all[:0]
		ts, err := tx.Tickets(q)
		if err != nil {
			return err
		}
		for _, t := range ts {
			sum, _, err := summarise(tx, t)
			if err != nil {
				return err
			}
			all = append(all, sum)
		}
		return nil
	})
	return all, err
}

// Show gives one ticket whole; ErrNotFound if there is none.
func Show(ctx context.Context, s Store, id int64) (Detail, error) {
	var d Detail
	err := s.View(ctx, func(tx Tx) error {
		t, ok, err := tx.Ticket(id)
		if err != nil {
			return err
		}
		if !ok {
			return notFound("ticket", Number(id))
		}
		sum, ms, err := summarise(tx, t)
		if err != nil {
			return err
		}
		d = Detail{Summary: sum, Mails: []MailView{}, Signals: []Signal{}, Links: []LinkView{}}
		for _, m := range ms {
			d.Mails = append(d.Mails, MailView{m.Kind, m.From, m.Subject, m.Arrived, m.Proof, m.Thread, json.RawMessage(m.Line)})
		}
		ls, err := tx.Links(id)
		if err != nil {
			return err
		}
		for _, l := range ls {
			d.Links = append(d.Links, LinkView{Emergency: EmergencyNumber(l.EmergencyID), Link: l})
			if l.State == Linked && l.Signals != nil {
				d.Signals = l.Signals
			}
		}
		if d.History, err = tx.Events(id); d.History == nil {
			d.History = []Event{}
		}
		return err
	})
	return d, err
}

func summarise(tx Tx, t Ticket) (Summary, []Mail, error) {
	ms, err := tx.Mails(t.ID)
	if err != nil {
		return Summary{}, nil, err
	}
	os, err := tx.Outs(OutQuery{TicketID: t.ID, Kinds: []OutKind{OutAnswer, OutRelay}})
	if err != nil {
		return Summary{}, nil, err
	}
	s := Summary{
		ID: t.Number(), State: t.State, Subject: t.Subject, CustomerNumber: t.CustomerNumber, From: t.From, Created: t.Created, Updated: t.Updated,
		Language: t.Language, Servers: t.Servers, Errors: t.Errors, Priority: t.Priority, Tags: t.Tags, Assigned: t.Assigned, AnsweredBy: t.AnsweredBy,
		Suggested: []string{}, Mails: len(ms), MessageIDs: []string{}, Replies: []Reply{},
	}
	if s.Servers == nil {
		s.Servers = []rules.Server{}
	}
	if s.Errors == nil {
		s.Errors = []rules.Error{}
	}
	if t.Previous != 0 {
		s.Previous = Number(t.Previous)
	}
	if t.Related != 0 {
		s.Related = Number(t.Related)
	}
	if t.EmergencyID != 0 {
		s.Emergency = EmergencyNumber(t.EmergencyID)
	}
	ls, err := tx.Links(t.ID)
	if err != nil {
		return s, nil, err
	}
	for _, l := range ls {
		if l.State == Suggested {
			s.Suggested = append(s.Suggested, EmergencyNumber(l.EmergencyID))
		}
	}
	for _, m := range ms {
		if m.MessageID != "" {
			s.MessageIDs = append(s.MessageIDs, m.MessageID)
		}
	}
	for i := len(os) - 1; i >= 0; i-- { // oldest first
		s.Replies = append(s.Replies, replyOf(os[i]))
	}
	return s, ms, nil
}

func replyOf(o Out) Reply {
	r := Reply{
		Kind: "answer", Says: o.Row, State: o.State, MessageID: o.MessageID, To: o.Recipient, Reason: o.Reason, Created: o.Created, SentAt: o.SentAt, Error: o.LastError, Attempts: o.Attempts,
	}
	switch {
	case o.Kind == OutRelay:
		r.Kind, r.By = "relay", o.Detail
	case o.Bare:
		r.Kind = "bare"
	}
	return r
}
