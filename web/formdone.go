package web

import (
	"context"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"notfalld/ticket"
)

// formDone is what the page after the button says of the emergency: never more than is true when it is asked.
type formDone struct {
	State    string // one of those of standing
	Headline string
	Lines    []string
	Bad      bool // somebody has to act: telephones are shown
	Open     bool // somebody may still come for it
	Once     string
	Mail     template.URL
	Here     string
}

const (
	doneLasts  = 7 * 24 * time.Hour // the link is good for so long
	askAgain   = 5                  // seconds, while the alarm is under way
	askLater   = 30                 // seconds, when it has not got through
	oldestDone = 256                // bytes of a token; ours are shorter
)

// done shows how the emergency of a link stands.
func (f *form) done(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("t")
	about, ok := "", false
	if len(token) <= oldestDone {
		about, ok = f.desk.Verify(donePurpose, token)
	}
	number, again := strings.CutSuffix(about, " again")
	id, good := ticket.ParseEmergencyNumber(number)
	if !ok || !good {
		f.note(w, r, http.StatusNotFound, "note.unknown")
		return
	}
	d, err := ticket.ShowEmergency(r.Context(), f.store, id)
	switch {
	case errors.Is(err, ticket.ErrNotFound):
		f.note(w, r, http.StatusNotFound, "note.unknown")
		return
	case err != nil:
		if !errors.Is(err, context.Canceled) {
			f.log.Error("the form cannot show an emergency", "emergency", number, "error", err.Error())
		}
		f.note(w, r, http.StatusServiceUnavailable, "note.failed")
		return
	case f.desk.Clock().Now().Sub(d.TriggeredAt) > doneLasts:
		f.note(w, r, http.StatusNotFound, "note.unknown")
		return
	}
	p := f.page(r, donePath)
	p.tell(d.EmergencyView, again)
	p.Done.Here = donePath + "?" + url.Values{"t": {token}, "lang": {p.Lang}}.Encode()
	f.write(w, p, http.StatusOK)
}

func ended(v ticket.EmergencyView) bool {
	return v.State == ticket.Resolved || v.State == ticket.Cancelled
}

// standing is the one word for how an emergency stands; the keys of its texts are made of it. The state is asked before the alarm: who has
// taken it over need not be alarmed any more.
func standing(v ticket.EmergencyView, now time.Time) string {
	switch {
	case ended(v), v.State == ticket.CalledBack:
		return string(v.State)
	case now.After(v.CallBy()):
		return "overdue"
	case v.State == ticket.Acknowledged:
		return string(v.State)
	case v.Alarm == ticket.AlarmAccepted, v.Alarm == ticket.AlarmFailed:
		return string(v.Alarm)
	case now.Sub(v.Created) >= ticket.PendingLong:
		return "slow"
	}
	return "pending"
}

// tell puts an emergency into words.
func (p *formPage) tell(v ticket.EmergencyView, again bool) {
	now := p.Facts.Now
	p.say("number", v.ID)
	p.say("ending", v.Phone[max(0, len(v.Phone)-2):], "triggered", p.moment(v.TriggeredAt), "callback_by", p.moment(v.CallBy()),
		"called", p.moment(v.CalledBackAt), "minutes", span(p.Lang, now.Sub(v.TriggeredAt)), "subject", p.T("subject"))
	p.Title = p.T("done.title")
	d := &formDone{Open: !ended(v), Once: "done.once"}
	if p.Facts.Service.Fee == 0 {
		d.Once = "done.once.free"
	}
	p.Done = d
	d.State = standing(v, now)
	d.Headline = p.T("done." + d.State)
	switch d.State {
	case "resolved", "cancelled":
		d.Lines = []string{p.T("done.ended.text")}
	case "acknowledged", "accepted":
		d.Lines = []string{p.T("done.accepted.text")}
		p.Refresh = int(v.CallBy().Sub(now)/time.Second) + 1 // by then it is true no longer
	default:
		d.Lines = []string{p.T("done." + d.State + ".text")}
		p.Refresh = map[string]int{"pending": askAgain, "slow": askAgain, "failed": askLater, "overdue": askLater}[d.State]
	}
	d.Bad = d.State == "slow" || d.State == "failed" || d.State == "overdue"
	if again && d.Open {
		d.Lines = append(d.Lines, p.T("done.again"))
	}
	if d.Open {
		d.Mail = mailLink(p.Facts.Support, p.T("subject"), p.T("done.mail.body"))
	}
}

// moment writes an instant as the reader's page does: in the location of the support hours.
func (p *formPage) moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return moment(p.Lang, t.In(p.Facts.Now.Location()), p.Facts.Now)
}
