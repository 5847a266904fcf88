package ticket

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"
)

var updatePages = flag.Bool("update-pages", false, "write the expected pages anew; read the difference before committing")

// TestPages: each testdata/pages/NAME.txtar holds a channel, what is told of an emergency, for a json channel its template ("body"), and the
// body that comes of it, indented for reading.
func TestPages(t *testing.T) {
	files, err := filepath.Glob("testdata/pages/*.txtar")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d cases (%v), expected 12 and more", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var c Channel
			var p PageData
			want := -1
			for i, f := range a.Files {
				switch f.Name {
				case "channel":
					err = strictJSON(f.Data, &c)
				case "page":
					err = strictJSON(f.Data, &p)
				case "body":
					c.Body, err = template.New("body").Funcs(template.FuncMap{"json": quoteJSON}).Parse(string(f.Data))
				case "want":
					want = i
				}
				if err != nil {
					t.Fatalf("%s: %v", f.Name, err)
				}
			}
			body, err := pageBody(c, p)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := json.Indent(&got, body, "", "  "); err != nil {
				t.Fatalf("%v in %s", err, body)
			}
			got.WriteByte('\n')
			if *updatePages {
				if want < 0 {
					a.Files = append(a.Files, txtar.File{Name: "want"})
					want = len(a.Files) - 1
				}
				a.Files[want].Data = got.Bytes()
				if err := os.WriteFile(file, txtar.Format(a), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if want < 0 {
				t.Fatal("there is no want")
			}
			if d := cmp.Diff(string(a.Files[want].Data), got.String()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func strictJSON(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// channels are one of each type that is paged; the json one uses its values as often as it can.
func channels(t testing.TB) []Channel {
	t.Helper()
	body, err := PageTemplate(`{"text": {{json .Summary}}, "again": {{json .Problem}}, "more": {{json .}}}`)
	if err != nil {
		t.Fatal(err)
	}
	return []Channel{{Name: "oncall", Type: ChannelWebhook}, {Name: "pd", Type: ChannelPagerDuty, RoutingKey: "0123456789abcdef0123456789abcdef"},
		{Name: "chat", Type: ChannelJSON, Body: body}}
}

// TestPagesOfAnything: whatever strangers write, a page is JSON of at most 16 KB, and no string in it holds a control character but line feeds, nor
// anything that turns the writing round.
func TestPagesOfAnything(t *testing.T) {
	all := channels(t)
	piece := rapid.SampledFrom([]string{"ä", "\"", "\\", "\n", "\r", "\x00", "\x1b[31m", "\u202e", "\u2028", "\xff", "{{.Name}}", "</script>", "web01 ", "😀", "\u0085", "x"})
	text := rapid.Custom(func(t *rapid.T) string {
		part := rapid.StringOfN(rapid.Rune(), 0, 30, -1).Draw(t, "part") + piece.Draw(t, "piece")
		return strings.Repeat(part, rapid.SampledFrom([]int{0, 1, 2, 50, 3000}).Draw(t, "times"))
	})
	rapid.Check(t, func(t *rapid.T) {
		var p PageData
		v := reflect.ValueOf(&p).Elem()
		for i := range v.NumField() {
			switch f := v.Field(i); f.Kind() {
			case reflect.String:
				f.SetString(text.Draw(t, v.Type().Field(i).Name))
			case reflect.Slice:
				f.Set(reflect.ValueOf(rapid.SliceOfN(text, 0, 40).Draw(t, v.Type().Field(i).Name)))
			}
		}
		p.Event = rapid.SampledFrom([]string{PageTriggered, PageReminder, PageOverdue, PageAcknowledged, PageCancelled, PageResolved, PageTest}).Draw(t, "event")
		p.Minutes = rapid.IntRange(-5, 5000).Draw(t, "minutes")
		p.TriggeredAt = time.Date(2026, 3, 29, 1, 59, 59, 0, time.UTC)
		for _, c := range all {
			body, err := pageBody(c, p)
			if err != nil || len(body) > mostPage || !utf8.Valid(body) {
				t.Fatalf("%s: %v, %d bytes", c.Name, err, len(body))
			}
			var got any
			if err := json.Unmarshal(body, &got); err != nil {
				t.Fatalf("%s: %v", c.Name, err)
			}
			if r, bad := steering(got); bad {
				t.Fatalf("%s: %U in %s", c.Name, r, body)
			}
		}
	})
}

// steering finds what may not be in a string of a page.
func steering(v any) (rune, bool) {
	switch v := v.(type) {
	case string:
		for _, r := range v {
			if unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
				return r, true
			}
		}
	case []any:
		for _, e := range v {
			if r, bad := steering(e); bad {
				return r, true
			}
		}
	case map[string]any:
		for _, e := range v {
			if r, bad := steering(e); bad {
				return r, true
			}
		}
	}
	return 0, false
}

// TestPageTemplates: what the daemon refuses to start with, where, and why.
func TestPageTemplates(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"whole", `{"text": {{json .Summary}}, "at": {{json .TriggeredAt}}, "min": {{.Minutes}}, "who": {{json .Servers}}}`, ""},
		{"conditions", `{{if eq .Event "cancelled"}}{"action": "close"}{{else}}{"action": "open", "text": {{json (printf "%s: %s" .Number .Problem)}}}{{end}}`, ""},
		{"numbers may stand bare", `{"n": "{{.Number}}", "min": {{.Minutes}}, "event": "{{.Event}}"}`, ""},
		{"a list", `[{{range $i, $s := .Servers}}{{if $i}},{{end}}{{json $s}}{{end}}]`, ""},
		{"a value without json", "{\n  \"text\": \"{{.Problem}}\"}", "2:12 a value that holds a quote or a line break makes it something else than JSON"},
		{"json in quotes", `{"text": "{{json .Name}}"}`, "0:0 it does not give JSON (invalid character 'E' after object key:value pair)"},
		{"an unknown field", `{"text": {{json .Server}}}`, "1:17 <.Server> can't evaluate field Server in type ticket.PageData"},
		{"an unknown function", "\n{{upper .Name}}", `2:0 function "upper" not defined`},
		{"unclosed", "{{if .Name}}", "1:0 unexpected EOF"},
		{"nothing", " \n", "0:0 it does not give JSON (unexpected end of JSON input)"},
		{"only for some events", `{"text": {{json .Summary}}}{{if eq .Event "overdue"}},{{end}}`, "0:0 it does not give JSON (invalid character ',' after top-level value)"},
		{"a trailing comma in an empty list", `{"a": [{{range .Servers}}{{json .}},{{end}}"x"]}`, ""},
		{"a leading server", `{"a": {{json (index .Servers 0)}}}`, "1:15 <index .Servers 0> error calling index: reflect: slice index out of range"},
		{"too much", `"{{range .Servers}}{{range $.Servers}}` + strings.Repeat("0123456789", 900) + `{{end}}{{end}}"`, "0:0 it gives more than 16 KB"},
	} {
		_, err := PageTemplate(c.text)
		got := ""
		var f *TemplateFault
		if errors.As(err, &f) {
			got = strings.TrimSpace(strings.Join([]string{itoa(f.Line) + ":" + itoa(f.Column), f.Text}, " "))
		} else if err != nil {
			t.Errorf("%s: %v is no TemplateFault", c.name, err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

// TestTestPages: a test alarm says that it is one in every form, first of all.
func TestTestPages(t *testing.T) {
	const words = "TEST, kein Notfall: Probealarm"
	for _, c := range channels(t) {
		body, err := TestPage(c, words, time.Date(2026, 3, 15, 2, 7, 0, 0, time.UTC))
		if err != nil || !bytes.Contains(body, []byte(words)) || !bytes.Contains(body, []byte(`TEST-1773540420`)) {
			t.Errorf("%s: %v, %s", c.Name, err, body)
		}
	}
	if _, err := TestPage(Channel{Name: "sms", Type: ChannelMail}, words, time.Time{}); err == nil {
		t.Error("a mail channel takes a page")
	}
}
