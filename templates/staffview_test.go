package templates

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// A receipt gives back all that its person wrote, line by line, as it can be copied.
func TestReceiptIsWhole(t *testing.T) {
	s := load(t, "")
	var own strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&own, "Zeile %d.\n    - eingerückt <%d> & \"so\"\n> zitiert\n# keine Überschrift\n\n| Strich\n", i, i)
	}
	for name, text := range map[string]string{"short": "Hallo,\n\n- eins\n  zwei\n\ngut.", "one line": "#close", "long": own.String()[:maxOwn/2]} {
		r, err := s.Notification(Notification{Kind: NoticeReceipt, Language: "de", Text: text, Undone: []Undone{{Why: "x"}}})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(r.Text, "\n"+strings.TrimSpace(text)+"\n") {
			t.Errorf("%s: the text is not in it as it was:\n%.2000s", name, r.Text)
		}
		readable(t, r)
	}
}

// However much the night has left, the subject counts all of it, and the mail shows what can be read.
func TestDigestOfMany(t *testing.T) {
	s := load(t, "")
	at := time.Date(2026, 3, 16, 8, 0, 0, 0, time.UTC)
	d := &Digest{Since: at.Add(-63 * time.Hour), At: at}
	for i := range 700 {
		d.Untold = append(d.Untold, DigestItem{Number: fmt.Sprintf("NS-%d", 10001+i), Address: "x@firma.example", At: at.Add(-time.Duration(i) * time.Hour)})
	}
	r, err := s.Notification(Notification{Kind: NoticeDigest, Language: "en", Digest: d})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(r.Subject, ": 700 not told") || strings.Count(r.Text, "- NS-") != maxItems || !strings.Contains(r.Text, "- and 500 more\n") {
		t.Errorf("%s\n%.500s … %s", r.Subject, r.Text, r.Text[len(r.Text)-500:])
	}
}

// A kind that is to a person about his own mail needs no values at all.
func TestEmptyNotices(t *testing.T) {
	s := load(t, "")
	for _, kind := range []Notice{NoticeReceipt, NoticeHelp, NoticeUnverified, NoticeDigest, NoticeTicket, NoticeEmergency} {
		for _, lang := range []string{"de", "en"} {
			r, err := s.Notification(Notification{Kind: kind, Language: lang})
			if err != nil {
				t.Fatal(err)
			}
			readable(t, r)
		}
	}
}

func TestMailTarget(t *testing.T) {
	for in, want := range map[string]string{
		"mailto:support+s2a@x.example?subject=a&body=%23ack%0A": "mailto:support+s2a@x.example?subject=a&body=%23ack%0A",
		"https://x.example/":         "",
		"javascript:alert(1)":        "",
		"MAILTO:x@y.example":         "",
		"mailto:a\"onclick=\"b":      "",
		"mailto:a b":                 "",
		"mailto:a\x0f\x02@y.example": "mailto:a@y.example",
		"":                           "",
	} {
		if got := mailTarget(in); got != want {
			t.Errorf("mailTarget(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestAtShort(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 16, 8, 0, 0, 0, vienna)
	for _, c := range []struct {
		lang string
		at   time.Time
		want string
	}{
		{"de", now.Add(-4 * time.Hour), "04:00"},
		{"en", now.Add(-4 * time.Hour), "04:00"},
		{"de", now.Add(-9 * time.Hour), "So 15.3. 23:00"},
		{"en", now.Add(-9 * time.Hour), "Sun 15 Mar 23:00"},
		{"de", time.Time{}, ""},
	} {
		if got := atShort(c.lang, c.at, now); got != c.want {
			t.Errorf("atShort(%s, %v) = %q, want %q", c.lang, c.at, got, c.want)
		}
	}
}
