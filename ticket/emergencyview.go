package ticket

import (
	"cmp"
	"context"
	"encoding/json"
	"time"
)

// EmergencyView is an emergency as `emergency list --json` and the HTTP interface give it. Lists are never null.
type EmergencyView struct {
	ID             string         `json:"id"` // "NE-10001"
	State          EmergencyState `json:"state"`
	Alarm          AlarmState     `json:"alarm"`
	Incomplete     []string       `json:"incomplete"`
	TriggeredAt    time.Time      `json:"triggered_at"`
	CallbackBy     time.Time      `json:"callback_by"`
	Tickets        []string       `json:"tickets"` // linked to it
	Name           string         `json:"name"`
	CustomerNumber string         `json:"customer_number"`
	Email          string         `json:"email"`
	Phone          string         `json:"phone"`
	PhoneGiven     string         `json:"phone_given,omitempty"` // as it was given, where it cannot be used
	Problem        string         `json:"problem"`
	Servers        []string       `json:"servers"`
	Way            Way            `json:"way"`
	External       bool           `json:"external"` // somebody else sounds the alarm
	Language       string         `json:"language"`
	Created        time.Time      `json:"created"`
	AcknowledgedAt time.Time      `json:"acknowledged_at,omitzero"`
	CalledBackAt   time.Time      `json:"called_back_at,omitzero"`
	EndedAt        time.Time      `json:"ended_at,omitzero"`
	NextTry        time.Time      `json:"next_try,omitzero"` // the technician has called in vain, and calls again then
}

// EmergencyDetail is an emergency with everything that belongs to it.
type EmergencyDetail struct {
	EmergencyView
	Consent *Consent   `json:"consent,omitempty"`
	Links   []LinkView `json:"links"`
	Sent    []Sent     `json:"sent"` // alarms, and mails to customers, oldest first
	History []Event    `json:"history"`
	Raw     string     `json:"raw,omitempty"` // the form mail that triggered it
}

// LinkView is a link as it is shown, on either side.
type LinkView struct {
	Ticket    string `json:"ticket,omitempty"`
	Emergency string `json:"emergency,omitempty"`
	Link
}

// MarshalJSON puts the two halves together; a Link has no method of its own that would hide the number.
func (l LinkView) MarshalJSON() ([]byte, error) {
	signals := l.Signals
	if signals == nil {
		signals = []Signal{}
	}
	return json.Marshal(struct {
		Ticket    string    `json:"ticket,omitempty"`
		Emergency string    `json:"emergency,omitempty"`
		State     LinkState `json:"state"`
		By        string    `json:"by"`
		Told      bool      `json:"told"`
		At        time.Time `json:"at"`
		Score     int       `json:"score"`
		Signals   []Signal  `json:"signals"`
	}{l.Ticket, l.Emergency, l.State, l.By, l.Told, l.At, l.Score, signals})
}

// Sent is one alarm or mail about an emergency.
type Sent struct {
	Kind     OutKind   `json:"kind"`
	Reason   string    `json:"reason"`
	To       string    `json:"to"` // an address, or a channel
	State    OutState  `json:"state"`
	Says     string    `json:"says,omitempty"`
	Created  time.Time `json:"created"`
	SentAt   time.Time `json:"sent_at,omitzero"`
	Attempts int       `json:"attempts"`
	Error    string    `json:"error,omitempty"`
}

// ListEmergencies gives the emergencies that q asks for, youngest first.
func ListEmergencies(ctx context.Context, s Store, q EmergencyQuery) ([]EmergencyView, error) {
	all := []EmergencyView{}
	err := s.View(ctx, func(tx Tx) error {
		all = all[:0]
		es, err := tx.Emergencies(q)
		if err != nil {
			return err
		}
		for _, e := range es {
			v, err := viewEmergency(tx, e)
			if err != nil {
				return err
			}
			all = append(all, v)
		}
		return nil
	})
	return all, err
}

// ShowEmergency gives one emergency whole; ErrNotFound if there is none.
func ShowEmergency(ctx context.Context, s Store, id int64) (EmergencyDetail, error) {
	var d EmergencyDetail
	err := s.View(ctx, func(tx Tx) error {
		e, ok, err := tx.Emergency(id)
		if err != nil {
			return err
		}
		if !ok {
			return notFound("emergency", EmergencyNumber(id))
		}
		v, err := viewEmergency(tx, e)
		if err != nil {
			return err
		}
		d = EmergencyDetail{EmergencyView: v, Links: []LinkView{}, Sent: []Sent{}, Raw: e.Raw}
		if e.Consent.Hash != "" {
			d.Consent = &e.Consent
		}
		ls, err := tx.EmergencyLinks(id)
		if err != nil {
			return err
		}
		for _, l := range ls {
			d.Links = append(d.Links, LinkView{Ticket: Number(l.TicketID), Link: l})
		}
		if d.Sent, err = sentOf(tx, id); err != nil {
			return err
		}
		if d.History, err = tx.EmergencyEvents(id); d.History == nil {
			d.History = []Event{}
		}
		return err
	})
	return d, err
}

func viewEmergency(tx Tx, e Emergency) (EmergencyView, error) {
	v := EmergencyView{
		ID: e.Number(), State: e.State, Alarm: e.Alarm, Incomplete: e.Incomplete, TriggeredAt: e.TriggeredAt.UTC(), CallbackBy: e.CallbackBy.UTC(),
		Name: e.Name, CustomerNumber: e.CustomerNumber, Email: e.Email, Phone: e.Phone, Problem: e.Problem, Servers: e.Servers, Way: e.Way,
		External: e.External, Language: e.Language, Created: e.Created.UTC(), AcknowledgedAt: e.AcknowledgedAt.UTC(), CalledBackAt: e.CalledAt.UTC(), EndedAt: e.EndedAt.UTC(), NextTry: e.NextTry.UTC(),
	}
	if e.Phone == "" {
		v.PhoneGiven = e.PhoneGiven
	}
	if v.Incomplete == nil {
		v.Incomplete = []string{}
	}
	if v.Servers == nil {
		v.Servers = []string{}
	}
	var err error
	v.Tickets, err = ticketsOf(tx, e.ID)
	return v, err
}

// ticketsOf are the numbers of the tickets that are linked to an emergency; never nil.
func ticketsOf(tx Tx, id int64) ([]string, error) {
	names := []string{}
	ls, err := tx.EmergencyLinks(id)
	for _, l := range ls {
		if l.State == Linked {
			names = append(names, Number(l.TicketID))
		}
	}
	return names, err
}

func sentOf(tx Tx, id int64) ([]Sent, error) {
	all := []Sent{}
	os, err := tx.Outs(OutQuery{Emergency: id, Kinds: []OutKind{OutAlarm, OutPage, OutConfirmation}})
	for i := len(os) - 1; i >= 0; i-- {
		o := os[i]
		all = append(all, Sent{o.Kind, o.Reason, cmp.Or(o.Channel, o.Recipient), o.State, o.Row, o.Created, o.SentAt, o.Attempts, o.LastError})
	}
	return all, err
}

// ClockState says how an emergency stands against its call-back time.
type ClockState string

// The states of the clock.
const (
	ClockDue       ClockState = "due"     // the call back is due in Left
	ClockOverdue   ClockState = "overdue" // it was due Left ago
	ClockCalled    ClockState = "called"  // it was made after Took
	ClockResolved  ClockState = "resolved"
	ClockCancelled ClockState = "cancelled"
)

// ServiceClock is the clock of an emergency at an instant.
type ServiceClock struct {
	State ClockState
	Left  time.Duration // until CallBy, or since
	Took  time.Duration // from the trigger to the call, or to the end
}

// Clock reads an emergency's clock.
func (v EmergencyView) Clock(now time.Time) ServiceClock {
	switch {
	case v.State == Cancelled:
		return ServiceClock{State: ClockCancelled, Took: v.EndedAt.Sub(v.TriggeredAt)}
	case v.State == Resolved:
		return ServiceClock{State: ClockResolved, Took: v.EndedAt.Sub(v.TriggeredAt)}
	case v.State == CalledBack:
		return ServiceClock{State: ClockCalled, Took: v.CalledBackAt.Sub(v.TriggeredAt)}
	case now.Before(v.CallBy()):
		return ServiceClock{State: ClockDue, Left: v.CallBy().Sub(now)}
	}
	return ServiceClock{State: ClockOverdue, Left: now.Sub(v.CallBy())}
}

// CallBy is when the customer is called at the latest: CallbackBy, or NextTry where that is later.
func (v EmergencyView) CallBy() time.Time {
	if v.NextTry.After(v.CallbackBy) {
		return v.NextTry
	}
	return v.CallbackBy
}
