package ticket_test

import "testing"

// What waits for the outcome of an alarm is due at once when the outcome is known, and not only when it would have been asked for again.
func TestMailsLeaveWithTheOutcome(t *testing.T) {
	s := newStage(t)
	s.step("channels oncall")
	s.step("trigger name=Ulli customer=33507 email=ulli@ulli-taxi.at phone=+436764446661")
	due := func() int {
		os, err := s.desk.DueOut(s.ctx, 100)
		s.check(err)
		return len(os)
	}
	os, err := s.desk.DueOut(s.ctx, 100)
	s.check(err)
	if len(os) == 0 {
		t.Fatal("staff would not be told")
	}
	for _, o := range os {
		if _, ok, err := s.desk.Freeze(s.ctx, o.ID); ok || err != nil {
			t.Errorf("%s to %s does not wait: %v", o.Kind, o.Recipient, err)
		}
	}
	if n := due(); n != 0 {
		t.Fatalf("%d are due while the alarm is under way", n)
	}
	s.deliverPages()
	if n := due(); n != len(os) {
		t.Errorf("%d of %d are due when the alarm is confirmed", n, len(os))
	}
	s.step("deliver")
	s.step(`staff "NE-10001"`)
}
