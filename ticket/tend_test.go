package ticket_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"notfalld/ticket"
)

// An emergency that cannot be looked after keeps no other from its reminder.
func TestTendGoesOn(t *testing.T) {
	s := newStage(t)
	s.setChannels("oncall")
	s.trigger("name=Resi customer=104711 phone=+436641234589")
	s.trigger("name=Kuno customer=104712 phone=+436641234590")
	s.clock.set(s.clock.Now().Add(11 * time.Minute))
	refused := errors.New("this one cannot be written")
	o := options(t, &failingOnce{Store: s.store, err: refused}, s.clock)
	o.Alarm = alarmOptions("oncall")
	desk, err := ticket.NewDesk(s.ctx, o)
	s.check(err)
	if _, err := desk.TendEmergencies(s.ctx); !errors.Is(err, refused) {
		t.Errorf("it says nothing of the one: %v", err)
	}
	reminded := 0
	for id := range int64(2) {
		d, err := ticket.ShowEmergency(s.ctx, s.store, ticket.FirstEmergency+id)
		s.check(err)
		for _, e := range d.History {
			if e.What == "alarm" && e.Why == "reminder over oncall" {
				reminded++
			}
		}
	}
	if reminded != 1 {
		t.Errorf("%d were reminded of", reminded)
	}
}

// failingOnce is a store whose next Update fails.
type failingOnce struct {
	ticket.Store
	err error
}

func (f *failingOnce) Update(ctx context.Context, run func(ticket.Tx) error) error {
	if err := f.err; err != nil {
		f.err = nil
		return err
	}
	return f.Store.Update(ctx, run)
}
