package ticket

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/rules"
)

// Commands that take an emergency further.

func (d *Desk) runAck(tx Tx, c *deed, _ []string) error     { return d.runStep(tx, c, Acknowledged) }
func (d *Desk) runCalled(tx Tx, c *deed, _ []string) error  { return d.runStep(tx, c, CalledBack) }
func (d *Desk) runResolve(tx Tx, c *deed, _ []string) error { return d.runStep(tx, c, Resolved) }

// runStep takes the emergency a step further; a step that it has taken already is none.
func (d *Desk) runStep(tx Tx, c *deed, to EmergencyState) error {
	e := c.emergency
	if e == nil {
		return noEmergency
	}
	if e.State == to {
		return nil
	}
	err := d.advanceEmergency(tx, e, to, c.actor, "")
	if errors.Is(err, ErrState) {
		return stateError(*e)
	}
	d.wakeAll()
	return err
}

// stateNames are the states of emergencies as staff read them.
var stateNames = map[EmergencyState]words{
	Triggered: {"ausgelöst", "triggered"}, Acknowledged: {"übernommen", "taken over"}, CalledBack: {"zurückgerufen", "called back"},
	Resolved: {"behoben", "resolved"}, Cancelled: {"storniert", "cancelled"},
}

func stateError(e Emergency) error {
	is := stateNames[e.State]
	return cannot(fmt.Sprintf("%s ist schon %s: einen Schritt zurück gibt es nicht. Nimm die Zeile weg.", e.Number(), is.de),
		fmt.Sprintf("%s is %s already, and there is no step back. Take the line out.", e.Number(), is.en))
}

// runNoAnswer: the technician has called in vain. The customer is told so, and when the next call comes; until then nobody is told that it is overdue.
func (d *Desk) runNoAnswer(tx Tx, c *deed, args []string) error {
	e := c.emergency
	switch {
	case e == nil:
		return noEmergency
	case e.State != Triggered && e.State != Acknowledged:
		return stateError(*e)
	case e.Phone == "":
		return cannot(e.Number()+" hat keine Telefonnummer, die man anrufen könnte. Frag den Kunden mit einer Antwort danach.",
			e.Number()+" has no phone number that could be called. Ask the customer for it in a reply.")
	}
	try, _ := tryArgs(args) // checked when it was read
	next, ok := try.at(d.now(), d.o.Hours.Location, d.o.Bounds.TryAgainAfter)
	if !ok {
		at := next.In(d.o.Hours.Location).Format("15:04")
		return cannot(at+" ist vorbei, oder mehr als 12 Stunden hin. Schreib eine spätere Zeit, oder #noanswer 15m.", at+" has passed, or is more than 12 hours ahead. Write a later time, or #noanswer 15m.")
	}
	to, err := d.whoMayKnow(tx, *e)
	if err != nil {
		return err
	}
	if len(to) == 0 {
		return cannot(fmt.Sprintf("Niemand kann verständigt werden: %s hat keine E-Mail-Adresse, und kein Ticket gehört jemandem, der davon wissen darf. Nimm #ack, und ruf wieder an.", e.Number()),
			fmt.Sprintf("Nobody can be told: %s has no e-mail address, and no ticket is somebody's who may know of it. Use #ack, and call again.", e.Number()))
	}
	e.NextTry = next.Truncate(time.Millisecond)
	if err := d.noteNoAnswer(tx, c); err != nil {
		return err
	}
	for _, a := range to {
		if err := d.confirm(tx, *e, a, ReasonNoAnswer, fmt.Sprintf("%s:%d:%d:%s", ReasonNoAnswer, e.ID, d.now().UnixMilli(), a), 0); err != nil {
			return err
		}
	}
	d.wakeAll()
	return nil
}

// noteNoAnswer writes the emergency: whoever has called has taken it over.
func (d *Desk) noteNoAnswer(tx Tx, c *deed) error {
	why := "called, nobody answered; the next call at " + c.emergency.NextTry.In(d.o.Hours.Location).Format("02.01. 15:04")
	if err := d.happened(tx, c.emergency.ID, c.actor, "no answer", why); err != nil {
		return err
	}
	if c.emergency.State == Triggered {
		return d.advanceEmergency(tx, c.emergency, Acknowledged, c.actor, why)
	}
	return d.changed(tx, c.emergency)
}

// whoMayKnow is who can be told of an emergency by mail: the address that was given when triggering, or else whoever has written into one of its tickets and may
// know of it.
func (d *Desk) whoMayKnow(tx Tx, e Emergency) ([]string, error) {
	if e.Email != "" && rules.MayWriteTo(e.Email, d.o.World).Send {
		return []string{e.Email}, nil
	}
	var all []string
	ls, err := tx.EmergencyLinks(e.ID)
	if err != nil {
		return nil, err
	}
	for _, l := range ls {
		if l.State != Linked {
			continue
		}
		t, ok, err := tx.Ticket(l.TicketID)
		if err != nil || !ok {
			return nil, err
		}
		ms, err := tx.Mails(t.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range ms {
			to := strings.ToLower(m.AnswerTo)
			if m.Kind != CustomerMail || to == "" || slices.Contains(all, to) || !rules.MayWriteTo(to, d.o.World).Send {
				continue
			}
			knows, err := d.mayKnow(tx, t, e, m, to)
			if err != nil {
				return nil, err
			}
			if knows {
				all = append(all, to)
			}
		}
	}
	return all[:min(len(all), mostOnRecord)], nil
}
