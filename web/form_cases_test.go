package web

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"notfalld/ticket"
)

// formCase is one visit to the form, as the files in testdata/form tell it (see the README there).
type formCase struct {
	name, file string
	steps      []step
}

// step is one line: a verb, and the rest of the line.
type step struct {
	line       int
	verb, rest string
}

func readFormCases(t *testing.T) (all []formCase) {
	t.Helper()
	files, err := filepath.Glob("testdata/form/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range strings.Split(string(b), "\n") {
			l = strings.TrimSpace(l)
			if name, ok := strings.CutPrefix(l, "== "); ok {
				all = append(all, formCase{name: name, file: filepath.Base(file)})
				continue
			}
			if l == "" || l[0] == '#' {
				continue
			}
			if len(all) == 0 {
				t.Fatalf("%s:%d: a line before the first case", file, i+1)
			}
			verb, rest, _ := strings.Cut(l, " ")
			c := &all[len(all)-1]
			c.steps = append(c.steps, step{i + 1, verb, strings.TrimSpace(rest)})
		}
	}
	return all
}

func TestFormCases(t *testing.T) {
	for _, c := range readFormCases(t) {
		t.Run(c.file+"/"+c.name, func(t *testing.T) {
			v := &visit{T: t, c: c, at: "2026-03-15 02:07", fields: goodFields(), path: "/notfall?lang=de", method: "POST", media: "application/x-www-form-urlencoded"}
			for _, s := range c.steps {
				if !v.prepare(s) {
					v.send()
					v.expect(s)
				}
			}
			if v.b == nil {
				t.Error("the case expects nothing")
			}
		})
	}
}

// visit is one case under way.
type visit struct {
	*testing.T
	c                       formCase
	at, path, method, media string
	fields                  url.Values
	body                    *string
	headers                 [][2]string
	tune                    []func(*ticket.Options)
	b                       *browser
	r                       reply
}

// prepare does a line that says what is sent; ok is false for a line that says what is expected.
func (v *visit) prepare(s step) (ok bool) {
	key, value, _ := strings.Cut(s.rest, " ")
	switch s.verb {
	case "at":
		v.at = s.rest
	case "get":
		v.method, v.path, v.media = "GET", s.rest, ""
	case "method":
		v.method = s.rest
	case "path":
		v.path = s.rest
	case "media":
		v.media = s.rest
	case "header":
		v.headers = append(v.headers, [2]string{key, value})
	case "set":
		v.fields.Set(key, v.unquoted(s, value))
	case "add":
		v.fields.Add(key, v.unquoted(s, value))
	case "drop":
		v.fields.Del(key)
	case "body":
		b := v.unquoted(s, s.rest)
		v.body = &b
	case "service", "company":
		v.tune = append(v.tune, v.tuning(s, key, v.unquoted(s, value)))
	default:
		return false
	}
	if v.b != nil {
		v.Fatalf("%s:%d: %s stands behind what is expected", v.c.file, s.line, s.verb)
	}
	return true
}

// unquoted reads a value: as it stands, as a Go string in quotes, or "text"*N for a long one.
func (v *visit) unquoted(s step, value string) string {
	if !strings.HasPrefix(value, `"`) {
		return value
	}
	quoted, times := value, "1"
	if i := strings.LastIndex(value, `"*`); i > 0 {
		quoted, times = value[:i+1], value[i+2:]
	}
	text, err := strconv.Unquote(quoted)
	n, oops := strconv.Atoi(times)
	if err := cmp.Or(err, oops); err != nil {
		v.Fatalf("%s:%d: %v", v.c.file, s.line, err)
	}
	return strings.Repeat(text, n)
}

func (v *visit) tuning(s step, key, value string) func(*ticket.Options) {
	number, _ := strconv.Atoi(value)
	span, _ := time.ParseDuration(value)
	return func(o *ticket.Options) {
		switch key {
		case "fee":
			o.Service.Fee = number
		case "hourly":
			o.Service.Hourly = number
		case "vat":
			o.Service.VAT = number
		case "currency":
			o.Service.Currency = value
		case "included":
			o.Service.Included = span
		case "callback":
			o.Service.Callback = span
		case "name":
			o.Company.Name = value
		case "phone":
			o.Company.Phone = value
		case "emergency_phone":
			o.Company.EmergencyPhone = value
		case "status_url":
			o.Company.StatusURL = value
		case "legal_footer":
			o.Company.LegalFooter = value
		case "privacy_url":
			o.Company.PrivacyURL = value
		default:
			v.Fatalf("%s:%d: %s is nothing to set", v.c.file, s.line, key)
		}
	}
}

// send opens the form and sends it, once. A redirect is followed.
func (v *visit) send() {
	if v.b != nil {
		return
	}
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		v.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02 15:04", v.at, vienna)
	if err != nil {
		v.Fatal(err)
	}
	v.b = newFormHouse(v.T, at, v.tune...).browser()
	for _, h := range v.headers {
		v.b.header.Add(h[0], h[1])
	}
	if v.method == "POST" && v.fields.Get("token") == "" && v.body == nil {
		v.fields.Set("token", v.b.get(v.path).token())
	}
	body := v.fields.Encode()
	if v.body != nil {
		body = *v.body
	}
	v.r = v.b.do(v.method, v.path, v.media, strings.NewReader(body))
}

func (v *visit) expect(s step) {
	v.Helper()
	fail := func(format string, args ...any) {
		v.Helper()
		v.Errorf("%s:%d: %s", v.c.file, s.line, fmt.Sprintf(format, args...))
	}
	key, value, _ := strings.Cut(s.rest, " ")
	switch s.verb {
	case "want":
		if strconv.Itoa(v.r.status) != s.rest {
			fail("status %d, not %s\n%s", v.r.status, s.rest, v.r.text())
		}
		if v.r.status == 303 {
			v.r = v.b.follow(v.r)
		}
	case "says":
		if !strings.Contains(v.r.text(), s.rest) {
			fail("it does not say %q:\n%s", s.rest, v.r.text())
		}
	case "silent":
		if strings.Contains(v.r.text(), s.rest) {
			fail("it says %q:\n%s", s.rest, v.r.text())
		}
	case "html":
		if !strings.Contains(v.r.body, s.rest) {
			fail("there is no %s in\n%s", s.rest, v.r.body)
		}
	case "nohtml":
		if strings.Contains(v.r.body, s.rest) {
			fail("there is %s in\n%s", s.rest, v.r.body)
		}
	case "faults":
		if got := v.r.faulty(); !slices.Equal(got, strings.Fields(s.rest)) {
			fail("the faulty fields are %q\n%s", got, v.r.text())
		}
	case "kept":
		if got := v.r.value(key); got != v.unquoted(s, value) {
			fail("%s holds %q", key, got)
		}
	case "answer":
		if got := v.r.header.Get(key); got != value {
			fail("the header %s is %q", key, got)
		}
	case "emergencies":
		if got := len(v.b.emergencies()); strconv.Itoa(got) != s.rest {
			fail("%d emergencies", got)
		}
	case "stored":
		v.expectStored(fail, key, v.unquoted(s, value))
	default:
		v.Fatalf("%s:%d: there is no verb %q", v.c.file, s.line, s.verb)
	}
}

func (v *visit) expectStored(fail func(string, ...any), key, want string) {
	v.Helper()
	all := v.b.emergencies()
	if len(all) != 1 {
		fail("%d emergencies", len(all))
		return
	}
	e := all[0]
	got, ok := map[string]string{
		"name": e.Name, "customer_number": e.CustomerNumber, "email": e.Email, "phone": e.Phone, "problem": e.Problem,
		"servers": strings.Join(e.Servers, " "), "language": e.Language, "incomplete": strings.Join(e.Incomplete, " "), "alarm": string(e.Alarm), "state": string(e.State),
	}[key]
	if !ok || got != want {
		fail("stored is %s %q", key, got)
	}
}
