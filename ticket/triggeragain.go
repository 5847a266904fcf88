package ticket

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// sameTrigger is how long a second press of the button, from the same customer and phone, is the same emergency.
const sameTrigger = 15 * time.Minute

// triggeredBefore finds the emergency that a trigger repeats. A key that a program uses for all its customers must swallow nobody's alarm: where
// it comes with somebody else's data, e gets a key of its own.
func (d *Desk) triggeredBefore(tx Tx, e *Emergency) (first Emergency, ok bool, err error) {
	if e.Key != "" {
		if first, ok, err = emergencyByKey(tx, e.Key); err == nil && ok && somebodyElse(first, *e) {
			e.Key += " " + e.CustomerNumber + " " + e.Phone
			first, ok, err = emergencyByKey(tx, e.Key)
		}
		if err != nil || ok {
			return first, ok, err
		}
	}
	if e.CustomerNumber == "" || e.Phone == "" {
		return first, false, nil
	}
	return tx.RecentEmergency(e.CustomerNumber, e.Phone, d.now().Add(-sameTrigger))
}

// somebodyElse says whether two triggers are surely not one: of what both tell, nothing is the same, and it is more than one slip that was mended.
func somebodyElse(a, b Emergency) bool {
	differ := 0
	for _, v := range [][2]string{{a.CustomerNumber, b.CustomerNumber}, {a.Phone, b.Phone}, {a.Email, b.Email}} {
		switch {
		case v[0] == "" || v[1] == "":
		case v[0] == v[1]:
			return false
		default:
			differ++
		}
	}
	return differ > 1
}

func emergencyByKey(tx Tx, key string) (e Emergency, ok bool, err error) {
	if e, ok, err = tx.EmergencyByKey(key); err != nil || ok {
		return e, ok, err
	}
	return emergencyBySecondKey(tx, key)
}

// settingSecondKey holds the number of the emergency that a key was found to mean, though another had made it.
func settingSecondKey(key string) string { return "trigger-key:" + key }

// emergencyBySecondKey: a repetition by customer and phone had a key of its own, and that may be repeated long after the 15 minutes.
func emergencyBySecondKey(tx Tx, key string) (e Emergency, ok bool, err error) {
	number, ok, err := tx.Setting(settingSecondKey(key))
	if err != nil || !ok {
		return e, false, err
	}
	id, ok := ParseEmergencyNumber(number)
	if !ok {
		return e, false, nil
	}
	return tx.Emergency(id)
}

// triggeredAgain notes a repetition, and takes from it what the first trigger lacked.
func (d *Desk) triggeredAgain(tx Tx, e *Emergency, more Emergency, t Trigger) error {
	before := *e
	if more.Key != "" && more.Key != e.Key {
		if err := tx.SetSetting(settingSecondKey(more.Key), e.Number()); err != nil {
			return err
		}
	}
	e.Name, e.CustomerNumber = cmp.Or(e.Name, more.Name), cmp.Or(e.CustomerNumber, more.CustomerNumber)
	e.Email, e.Phone = cmp.Or(e.Email, more.Email), cmp.Or(e.Phone, more.Phone)
	e.PhoneGiven, e.Problem = cmp.Or(e.PhoneGiven, more.PhoneGiven), cmp.Or(e.Problem, more.Problem)
	e.Servers = serversOf(append(slices.Clone(e.Servers), more.Servers...))
	e.Incomplete = incomplete(*e)
	why := "the same trigger once more: one emergency, one fee"
	if more.Problem != "" && more.Problem != e.Problem {
		why += "; this time the problem is: " + oneLine(more.Problem)
	}
	if e.Open() && (before.Phone == "" || t.Way == WayForm && e.Key == more.Key) {
		mended, err := d.mendPhone(tx, e, more, before.Phone)
		if err != nil {
			return err
		}
		why += mended
	}
	agreed, err := d.agreedLater(tx, e, more)
	if err != nil {
		return err
	}
	why += agreed
	if !e.Open() { // its key came again after it had ended: nothing is to be changed or sounded
		*e = before
		return d.happened(tx, e.ID, cmp.Or(t.Actor, string(t.Way)), "triggered again", why+"; it has ended already")
	}
	if err := d.happened(tx, e.ID, cmp.Or(t.Actor, string(t.Way)), "triggered again", why); err != nil {
		return err
	}
	if err := d.soundAgain(tx, e); err != nil {
		return err
	}
	if e.Email == before.Email && e.CustomerNumber == before.CustomerNumber && e.Phone == before.Phone && slices.Equal(e.Servers, before.Servers) {
		return d.changed(tx, e)
	}
	if err := d.changed(tx, e); err != nil {
		return err
	}
	return d.findTickets(tx, *e)
}

// agreedLater: who triggers first by another way agrees to nothing; whoever does so at our form, under the same address, has it confirmed.
func (d *Desk) agreedLater(tx Tx, e *Emergency, more Emergency) (why string, err error) {
	if !e.Open() || e.Consent.Hash != "" || more.Consent.Hash == "" || e.Email == "" || e.Email != more.Email {
		return "", nil
	}
	e.Consent = more.Consent
	return agreedWords(e.Consent), d.confirm(tx, *e, e.Email, ReasonTrigger, fmt.Sprintf("consent:%d:%s", e.ID, e.Email), 0)
}

// mendPhone: somebody went back in the browser to mend the number, or gives one where there was none. The technician has to know before he calls.
func (d *Desk) mendPhone(tx Tx, e *Emergency, more Emergency, old string) (why string, err error) {
	if more.Phone == "" || more.Phone == old {
		return "", nil
	}
	e.Phone, e.PhoneGiven = more.Phone, more.PhoneGiven
	detail := fmt.Sprintf("the customer has mended the phone: %s instead of %s", more.Phone, cmp.Or(old, "none"))
	if err := d.tellStaffOfAlarm(tx, *e, detail, "phone:"+more.Phone); err != nil || e.External {
		return "; " + detail, err
	}
	for _, c := range d.o.Alarm.Channels {
		if err := d.page(tx, *e, c, PageReminder, "phone:"+more.Phone); err != nil {
			return "", err
		}
	}
	return "; " + detail, nil
}
