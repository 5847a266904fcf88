package templates

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew; read them before committing")

func load(t testing.TB, dir string) *Set {
	t.Helper()
	s, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// readAnswer reads a case: what differs from testdata/base.json.
func readAnswer(t *testing.T, path string) Answer {
	t.Helper()
	var a Answer
	for _, p := range []string{"testdata/base.json", path} {
		raw, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&a); err != nil {
			t.Fatalf("%s: %v", p, err)
		}
	}
	return a
}

// Each testdata/answers/*.json is a case; its .txt and .html beside it are what the customer gets.
func TestAnswers(t *testing.T) {
	s := load(t, "")
	cases, err := filepath.Glob("testdata/answers/*.json")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			r, err := s.Answer(readAnswer(t, path))
			if err != nil {
				t.Fatal(err)
			}
			base := strings.TrimSuffix(path, ".json")
			golden(t, base+".txt", "Subject: "+r.Subject+"\n\n"+r.Text)
			golden(t, base+".html", r.HTML)
			readable(t, r)
			smallEnough(t, r)
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: (-want +got)\n%s", path, d)
	}
}

var (
	reBidi   = regexp.MustCompile(`[\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{feff}]`)
	reMarks  = regexp.MustCompile(`[\x00-\x09\x0b-\x1f\x7f]`)
	reNoWord = regexp.MustCompile(`[^\pL\pN]+`)
)

// readable holds what is true of every mail of ours, whatever it says.
func readable(t *testing.T, r Rendered) {
	t.Helper()
	if n := utf8.RuneCountInString(r.Subject); n > subjectMax || n == 0 || strings.Contains(r.Subject, "\n") {
		t.Errorf("subject of %d characters: %q", n, r.Subject)
	}
	for name, s := range map[string]string{"subject": r.Subject, "text": r.Text, "html": r.HTML} {
		if m := reMarks.FindString(s); m != "" {
			t.Errorf("%s holds the control character %q", name, m)
		}
		if m := reBidi.FindString(s); m != "" {
			t.Errorf("%s holds the invisible character %q", name, m)
		}
		if strings.Contains(s, "ZgotmplZ") || strings.Contains(s, "<no value>") {
			t.Errorf("%s holds a value that was refused: %s", name, s)
		}
	}
	visible, faults := inspect(r.HTML)
	for _, f := range faults {
		t.Errorf("html: %s", f.what)
	}
	var plain []string
	for _, l := range strings.Split(r.Text, "\n") {
		plain = append(plain, reLead.ReplaceAllString(l, ""))
	}
	words := func(s string) string { return strings.TrimSpace(reNoWord.ReplaceAllString(s, " ")) }
	if d := cmp.Diff(words(strings.Join(plain, "\n")), words(visible)); d != "" {
		t.Errorf("text and HTML say different things (-text +html):\n%s", d)
	}
}

func smallEnough(t *testing.T, r Rendered) {
	t.Helper()
	if n := wireSize(r.Text) + wireSize(r.HTML); n > maxAnswer {
		t.Errorf("%d octets, more than %d", n, maxAnswer)
	}
}

// Every sample of the load check is readable too, and says first where the customer stands.
func TestSamplesAreReadable(t *testing.T) {
	s := load(t, "")
	for _, sm := range samples() {
		t.Run(sm.name, func(t *testing.T) {
			r, err := s.Answer(sm.answer)
			if err != nil {
				t.Fatal(err)
			}
			readable(t, r)
			smallEnough(t, r)
			first := strings.Join(strings.Fields(r.Text), " ")
			if utf8.RuneCountInString(first) > 80 {
				first = string([]rune(first)[:80])
			}
			lang := languages(sm.answer.Languages)[0]
			if want := stateWords(&sm.answer, lang); !strings.HasPrefix(first, want) {
				t.Errorf("a lock screen shows %q, want it to begin with %q", first, want)
			}
		})
	}
}

// stateWords is what the first 80 characters of an answer begin with.
func stateWords(a *Answer, lang string) string {
	de := map[Row]string{AlarmPending: "Der Alarm an den Techniker läuft, ist aber noch nicht bestätigt.", TakenOver: "Ein Techniker hat übernommen",
		CalledBack: "Ein Techniker hat "}
	en := map[Row]string{AlarmPending: "The alarm to the technician is under way, but not confirmed yet.", TakenOver: "A technician has taken over",
		CalledBack: "A technician has called"}
	trouble := map[string]string{
		"failed de": "Der Alarm konnte dem Techniker nicht zugestellt werden.", "failed en": "The alarm could not be delivered to the technician.",
		"pending de": "Der Alarm", "pending en": "The alarm", "overdue de": "Der Rückruf ist überfällig.", "overdue en": "The call back is overdue.",
	}
	words := map[string]map[Row]string{"de": de, "en": en}[lang]
	switch {
	case a.Correction != "":
		return corrected(lang)
	case a.Row == Alarmed && a.Emergency.Phone == "" && lang == "de":
		return "Ein Techniker ist alarmiert, aber ihm fehlt Ihre Telefonnummer"
	case a.Row == Alarmed && a.Emergency.Phone == "":
		return "A technician is alarmed, but lacks your phone number"
	case a.Row == Alarmed && lang == "de":
		return "Ein Techniker ruft bis "
	case a.Row == Alarmed:
		return "A technician calls "
	case a.Row == Trouble:
		return trouble[a.Emergency.Trouble+" "+lang]
	case words[a.Row] != "":
		return words[a.Row]
	}
	return statement(lang, a.InHours)
}

// A telephone that nobody answers must not be in an answer of the night, nor the emergency telephone
// in one of the day, and a bare answer holds nothing of the mail.
func TestWhatAnAnswerMustNotHold(t *testing.T) {
	s := load(t, "")
	for _, sm := range samples() {
		a := sm.answer
		a.Subject, a.Ticket, a.TicketLine, a.OldTicket = "Xsubject", "Xticket", "Xtoken", "Xold"
		a.Understood = Understood{Servers: []Server{{"Xserver", true}}, Errors: []string{"Xerror"}, CustomerNumber: "Xnumber", Phones: []string{"+999999"}}
		r, err := s.Answer(a)
		if err != nil {
			t.Fatal(sm.name, err)
		}
		all := r.Subject + r.Text + r.HTML
		forbidden := []string{"+43 1 2345670", "+4312345670"}
		if a.InHours {
			forbidden = []string{"+43 1 2345679", "+4312345679"}
		}
		if a.Bare {
			forbidden = append(forbidden, "Xsubject", "Xticket", "Xtoken", "Xold", "Xserver", "Xerror", "Xnumber", "999")
		}
		for _, f := range forbidden {
			if strings.Contains(all, f) {
				t.Errorf("%s: holds %q", sm.name, f)
			}
		}
	}
}

// What the inventory holds is nothing for a stranger to find out.
func TestKnownServersLookLikeUnknownOnes(t *testing.T) {
	s := load(t, "")
	a := sampleAnswer()
	known, err := s.Answer(a)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Understood.Servers {
		a.Understood.Servers[i].Known = !a.Understood.Servers[i].Known
	}
	unknown, err := s.Answer(a)
	if err != nil {
		t.Fatal(err)
	}
	if known != unknown {
		t.Error("the answer tells which servers the inventory knows")
	}
}

// A configuration that makes answers too large costs the facts and the footer, never the answer.
func TestTooLargeShrinks(t *testing.T) {
	s := load(t, "")
	a := sampleAnswer()
	a.Languages = []string{"de", "en"}
	for _, size := range []int{100, 1000, 4000, 100000} {
		a.Company.LegalFooter = strings.Repeat("Muster Hosting GmbH. ", size/20)
		r, err := s.Answer(a)
		if err != nil {
			t.Fatalf("footer of %d octets: %v", size, err)
		}
		if !strings.HasPrefix(r.Text, statement("de", false)) || wireSize(r.Text)+wireSize(r.HTML) > maxAnswer {
			t.Errorf("footer of %d octets: %d octets of %.60q", size, wireSize(r.Text)+wireSize(r.HTML), r.Text)
		}
	}
}

func TestAnswerRefusesUnknownRow(t *testing.T) {
	a := sampleAnswer()
	a.Row = "nonsense"
	if _, err := load(t, "").Answer(a); err == nil {
		t.Error("rendered a row that does not exist")
	}
}
