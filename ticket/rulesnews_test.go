package ticket

import (
	"strings"
	"testing"
	"time"
)

// TestLossInWords: what a mail would lose is said in the language of the admins, whole words only.
func TestLossInWords(t *testing.T) {
	for _, c := range []struct {
		language string
		change   Change
		want     string
	}{
		{"de", Change{What: "link", Old: "NE-10001", New: "none"}, "Verknüpfung: NE-10001 → keine"},
		{"de", Change{What: "answer", Old: "yes", New: "no"}, "Antwort: ja → nein"},
		{"de", Change{What: "class", Old: "emergency", New: "other"}, "Klasse: emergency → other"},
		{"en", Change{What: "link", Old: "NE-10001", New: "none"}, "link: NE-10001 → none"},
	} {
		d := &Desk{o: Options{Hours: &Hours{Location: time.UTC}}}
		var b strings.Builder
		d.writeLoss(&b, rulesWords[c.language == "en"], Replayed{Ticket: "NS-10001", Changes: []Change{c.change}}, &Out{Language: c.language})
		if !strings.HasSuffix(b.String(), "    "+c.want+"\n") {
			t.Errorf("%s is not the end of %q", c.want, b.String())
		}
	}
}
