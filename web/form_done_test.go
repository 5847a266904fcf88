package web

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"notfalld/ticket"
)

// What the page behind the button says in every state of the emergency and of its alarm, by day and night. It never says more than is true.
func TestFormDone(t *testing.T) {
	type state struct {
		name           string
		alarm          ticket.AlarmState
		steps          []ticket.EmergencyState
		after          time.Duration // since the trigger
		emergencyPhone string
		refresh        string
		says, silent   []string
		html           string
	}
	alarmed, call := "Der Techniker in Bereitschaft ist alarmiert", "Rufen Sie jetzt an: Notfall-Telefon: +43 1 9998877"
	once, mail := "Bitte nicht noch einmal auslösen", "E-Mail mit Einzelheiten schreiben"
	for _, c := range []state{
		{name: "pending", alarm: ticket.AlarmPending, refresh: "5", says: []string{"Der Alarm wird gerade zugestellt", "Noch hat ihn niemand bestätigt", once, mail}, silent: []string{alarmed, "endet", call, "{"}},
		{name: "pending for long", alarm: ticket.AlarmPending, after: 3 * time.Minute, refresh: "5", emergencyPhone: "+43 1 9998877",
			says: []string{"Der Alarm ist noch nicht bestätigt", "Seit 3 Minuten", call, once}, silent: []string{alarmed, "endet"}, html: `href="tel:+4319998877"`},
		{name: "accepted", alarm: ticket.AlarmAccepted, refresh: "1801", emergencyPhone: "+43 1 9998877",
			says: []string{alarmed, "Er ruft bis 02:37 Uhr die Nummer an, die auf 89 endet.", once, mail, "Stand: 02:07 Uhr."}, silent: []string{"Notfall-Telefon"}},
		{name: "accepted, ten minutes later", alarm: ticket.AlarmAccepted, after: 10 * time.Minute, refresh: "1201", says: []string{alarmed, "Stand: 02:17 Uhr."}},
		{name: "failed", alarm: ticket.AlarmFailed, emergencyPhone: "+43 1 9998877", refresh: "30",
			says: []string{"Der Alarm ist nicht angekommen", "Bisher ist kein Techniker alarmiert.", call}, silent: []string{alarmed, "endet"}},
		{name: "failed, and no telephone", alarm: ticket.AlarmFailed, refresh: "30", says: []string{"Bisher ist kein Techniker alarmiert.", "Bitte bleiben Sie unter der angegebenen Nummer erreichbar"}, silent: []string{"Rufen Sie jetzt an"}},
		{name: "overdue", alarm: ticket.AlarmAccepted, after: 31 * time.Minute, refresh: "30", emergencyPhone: "+43 1 9998877",
			says: []string{"Der Rückruf ist überfällig", "Bis 02:37 Uhr hätte ein Techniker anrufen sollen", call}, silent: []string{alarmed}},
		{name: "overdue, the day after", alarm: ticket.AlarmAccepted, after: 23 * time.Hour, refresh: "30", says: []string{"Bis Sonntag, 15. März 2026, 02:37 Uhr hätte"}},
		{name: "acknowledged", alarm: ticket.AlarmAccepted, refresh: "1801", steps: []ticket.EmergencyState{ticket.Acknowledged},
			says: []string{"Ein Techniker hat den Notfall übernommen", "bis 02:37 Uhr die Nummer an, die auf 89 endet", once}},
		{name: "acknowledged, though the alarm failed", alarm: ticket.AlarmFailed, refresh: "1801", steps: []ticket.EmergencyState{ticket.Acknowledged}, says: []string{"Ein Techniker hat den Notfall übernommen"}, silent: []string{"kein Techniker"}},
		{name: "acknowledged, and overdue", alarm: ticket.AlarmAccepted, steps: []ticket.EmergencyState{ticket.Acknowledged}, after: time.Hour, refresh: "30", says: []string{"Der Rückruf ist überfällig"}},
		{name: "called back", alarm: ticket.AlarmAccepted, steps: []ticket.EmergencyState{ticket.Acknowledged, ticket.CalledBack}, after: time.Hour,
			says: []string{"Ein Techniker hat Sie angerufen", "an die Nummer, die auf 89 endet: 02:07 Uhr.", mail}, silent: []string{"überfällig"}},
		{name: "resolved", alarm: ticket.AlarmAccepted, steps: []ticket.EmergencyState{ticket.Resolved}, says: []string{"Dieser Notfall ist abgeschlossen", "Für NE-10001 kommt niemand mehr.", "Zum Formular"}, silent: []string{once, mail, "überfällig"}},
		{name: "cancelled", alarm: ticket.AlarmAccepted, steps: []ticket.EmergencyState{ticket.Cancelled}, after: time.Hour, says: []string{"Dieser Notfall ist abgebrochen", "Für NE-10001 kommt niemand mehr."}, silent: []string{once, alarmed}},
		{name: "a week later", alarm: ticket.AlarmAccepted, after: 8 * 24 * time.Hour, says: []string{"Zu diesem Link finden wir keinen Notfall"}, silent: []string{"NE-10001", "89"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newFormHouse(t, formNight, func(o *ticket.Options) { o.Company.EmergencyPhone = c.emergencyPhone })
			b := h.browser()
			r := b.press(b.get("/notfall?lang=de"), goodFields())
			h.alarm(10001, c.alarm)
			for _, s := range c.steps {
				if _, err := h.desk.Advance(context.Background(), 10001, s, "Anna", ""); err != nil {
					t.Fatal(err)
				}
			}
			h.clock.pass(c.after)
			done := b.follow(r)
			for _, s := range c.says {
				if !strings.Contains(done.text(), s) {
					t.Errorf("it does not say %q:\n%s", s, done.text())
				}
			}
			for _, s := range c.silent {
				if strings.Contains(done.text(), s) {
					t.Errorf("it says %q:\n%s", s, done.text())
				}
			}
			if !strings.Contains(done.body, c.html) {
				t.Errorf("no %s", c.html)
			}
			refresh := ""
			if m := regexp.MustCompile(`http-equiv="refresh" content="(\d+)"`).FindStringSubmatch(done.body); m != nil {
				refresh = m[1]
			}
			if refresh != c.refresh {
				t.Errorf("it asks again after %q s, not %q", refresh, c.refresh)
			}
			for _, secret := range []string{"1234589", "petra", "Alm", "104711", "web01"} {
				if strings.Contains(done.body, secret) {
					t.Errorf("whoever has the link reads %q", secret)
				}
			}
		})
	}
}

// By day the telephone of the support is the one to call, and the mail is filled in so that it will be linked.
func TestFormDoneByDay(t *testing.T) {
	h := newFormHouse(t, time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC))
	b := h.browser()
	r := b.press(b.get("/notfall?lang=en"), goodFields())
	h.alarm(10001, ticket.AlarmFailed)
	done := b.follow(r)
	if !strings.Contains(done.text(), "So far no technician is alarmed.") || !strings.Contains(done.text(), "Call now: Call +43 1 2345670") {
		t.Error(done.text())
	}
	doc, err := html.Parse(strings.NewReader(done.body))
	if err != nil {
		t.Fatal(err)
	}
	var link string
	for n := range doc.Descendants() {
		if strings.HasPrefix(attr(n, "href"), "mailto:") {
			link = attr(n, "href")
		}
	}
	if strings.ContainsAny(link, "+ \n") {
		t.Errorf("mail programs would show a + or blank of %s", link)
	}
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	if q := u.Query(); u.Opaque != "support@notfall-hoster.at" || q.Get("subject") != "Notfall-Support NE-10001" || !strings.Contains(q.Get("body"), "Error message, word for word:\r\n") {
		t.Errorf("%s: %q %q", link, u.Opaque, u.Query())
	}
	if de := b.get(html.UnescapeString(regexp.MustCompile(`href="(/notfall/danke[^"]*)" hreflang`).FindStringSubmatch(done.body)[1])); !strings.Contains(de.text(), "Bisher ist kein Techniker alarmiert") {
		t.Errorf("the switch of languages loses the emergency: %s", de.text())
	}
}

// The link names its emergency by a signature; another number is nobody's.
func TestFormDoneSigned(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	b.follow(b.press(b.get("/notfall"), goodFields()))
	for what, token := range map[string]string{
		"of another purpose": h.desk.Sign(formPurpose, "NE-10001"),
		"of no emergency":    h.desk.Sign(donePurpose, "NE-10002"),
		"of something else":  h.desk.Sign(donePurpose, "NS-10001"),
		"cut off":            h.desk.Sign(donePurpose, "NE-10001")[:20],
		"of nothing":         h.desk.Sign(donePurpose, ""),
	} {
		if r := b.get("/notfall/danke?t=" + url.QueryEscape(token)); r.status != 404 || strings.Contains(r.text(), "NE-") {
			t.Errorf("a token %s: %d\n%s", what, r.status, r.text())
		}
	}
	if r := b.get("/notfall/danke?t=" + url.QueryEscape(h.desk.Sign(donePurpose, "NE-10001"))); r.status != 200 {
		t.Errorf("a good token: %d", r.status)
	}
	h.store.Close()
	if r := b.get("/notfall/danke?t=" + url.QueryEscape(h.desk.Sign(donePurpose, "NE-10001"))); r.status != 503 || !strings.Contains(r.text(), "lösen Sie nicht noch einmal aus") {
		t.Errorf("a store that fails: %d\n%s", r.status, r.text())
	}
}

// Every key has both languages with the same values in them, is used, and there is none that is used and missing.
func TestFormWords(t *testing.T) {
	values := regexp.MustCompile(`\{[a-z_]+\}`)
	sources := ""
	for _, pattern := range []string{"form*.go", "form/*.html"} {
		files, _ := filepath.Glob(pattern)
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				b, err := os.ReadFile(f)
				if err != nil {
					t.Fatal(err)
				}
				sources += string(b)
			}
		}
	}
	// Keys that are put together while the program runs.
	made := regexp.MustCompile(`^(fault|note)\.|\.(label|hint)$|^done\.`)
	for key, w := range words {
		if len(w) != 2 || w["de"] == "" != (w["en"] == "") {
			t.Errorf("%s: a language is missing", key)
		}
		de, en := values.FindAllString(w["de"], -1), values.FindAllString(w["en"], -1)
		slices.Sort(de)
		slices.Sort(en)
		if !slices.Equal(de, en) {
			t.Errorf("%s: %q in German, %q in English", key, de, en)
		}
		if !made.MatchString(key) && !strings.Contains(sources, `"`+key+`"`) {
			t.Errorf("%s is never shown", key)
		}
		if strings.ContainsAny(w["de"]+w["en"], "<>") {
			t.Errorf("%s holds a tag", key)
		}
	}
	for _, m := range regexp.MustCompile(`\bT\(?\s?"([a-z_.]+[a-z_])"|again\(\w*"?([a-z.]+)"|note\(w, r, [^"]*"([a-z.]+)"`).FindAllStringSubmatch(sources, -1) {
		key := m[1] + m[2] + m[3]
		if _, ok := words[key]; !ok {
			t.Errorf("%s is used, and nowhere said", key)
		}
	}
	for _, d := range slices.Concat(whoFields(), whatFields()) {
		for _, k := range []string{".label", ".hint"} {
			if _, ok := words[d.Name+k]; !ok {
				t.Errorf("%s%s is missing", d.Name, k)
			}
		}
	}
}
