package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notfalld/ticket"
)

var (
	tokenField  = regexp.MustCompile(`name="token" value="([^"]*)"`)
	actionField = regexp.MustCompile(`<form method="post" action="([^"]*)"`)
)

// What was agreed to is stored as it was shown: text, hash, price, time and address.
func TestFormConsent(t *testing.T) {
	h := newFormHouse(t, formNight)
	for _, lang := range []string{"de", "en"} {
		b := h.browser()
		b.header.Set("X-Forwarded-For", "192.0.2.9, 198.51.100.7")
		page := b.get("/notfall?lang=" + lang)
		fields := goodFields()
		fields.Set("customer_number", "104712")
		fields.Set("phone", map[string]string{"de": "0664 1234589", "en": "+49 171 1234567"}[lang])
		done := b.follow(b.press(page, fields))
		id, _ := ticket.ParseEmergencyNumber(regexp.MustCompile(`NE-\d+`).FindString(done.body))
		d, err := ticket.ShowEmergency(context.Background(), h.store, id)
		if err != nil {
			t.Fatal(err)
		}
		c := d.Consent
		if c == nil {
			t.Fatalf("%s: no consent is stored", lang)
		}
		for _, l := range strings.Split(c.Text, "\n") {
			if !strings.Contains(page.text(), l) {
				t.Errorf("%s: stored as agreed to, but not shown: %q", lang, l)
			}
		}
		if c.Hash != hashOf(c.Text) || !c.At.Equal(formNight) || c.Address != "198.51.100.7" || c.Price != map[string]string{"de": "200 € + MwSt.", "en": "€200 + VAT"}[lang] {
			t.Errorf("%s: %+v", lang, c)
		}
		if d.Language != lang || d.Way != ticket.WayForm || d.External {
			t.Errorf("%s: %+v", lang, d.EmergencyView)
		}
	}
}

// Two presses of the button, one after the other and at the same time, are one emergency.
func TestFormPressedTwice(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	page := b.get("/notfall?lang=de")
	var presses sync.WaitGroup
	for range 8 {
		presses.Go(func() {
			if r := b.press(reply{body: page.body}, goodFields()); r.status != http.StatusSeeOther {
				t.Errorf("status %d:\n%s", r.status, r.text())
			}
		})
	}
	presses.Wait()
	if all := h.emergencies(); len(all) != 1 {
		t.Fatalf("%d emergencies", len(all))
	}
	h.clock.pass(20 * time.Minute) // later than what the same phone alone would be recognised in
	again := b.follow(b.press(page, goodFields()))
	if all := h.emergencies(); len(all) != 1 || !strings.Contains(again.text(), "NE-10001") || !strings.Contains(again.text(), "schon ausgelöst (02:07 Uhr)") {
		t.Errorf("%d emergencies\n%s", len(all), again.text())
	}
}

// A page that comes back after its emergency has ended alarms nobody unseen, and triggers a new one at the next press.
func TestFormOfYesterday(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	page := b.get("/notfall?lang=de")
	b.follow(b.press(page, goodFields()))
	if _, err := h.desk.Advance(context.Background(), 10001, ticket.Resolved, "Anna", ""); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(3 * time.Hour)
	r := b.press(page, goodFields())
	if r.status != 422 || !strings.Contains(r.text(), "Mit dieser Seite ist schon NE-10001 ausgelöst worden") || r.value("name") != "Petra Alm" {
		t.Fatalf("%d\n%s", r.status, r.text())
	}
	done := b.follow(b.press(r, goodFields()))
	if !strings.Contains(done.text(), "NE-10002") || len(h.emergencies()) != 2 {
		t.Error(done.text())
	}
}

// What a page that is too old, of another browser, or without its cookie is answered with: the form, filled in, and one press more.
func TestFormToken(t *testing.T) {
	elsewhere := map[string]bool{"no cookies, from another page": true, "from another page, that set its cookie here": true, "from a neighbour's page, that set its cookie here": true}
	for name, c := range map[string]struct {
		spoil func(h *formHouse, b *browser, page *reply, fields url.Values)
		good  bool
	}{
		"as it is":             {func(*formHouse, *browser, *reply, url.Values) {}, true},
		"eleven hours later":   {func(h *formHouse, _ *browser, _ *reply, _ url.Values) { h.clock.pass(11 * time.Hour) }, true},
		"thirteen hours later": {func(h *formHouse, _ *browser, _ *reply, _ url.Values) { h.clock.pass(13 * time.Hour) }, false},
		"no token":             {func(_ *formHouse, _ *browser, p *reply, _ url.Values) { p.body = "" }, false},
		"a token of nobody":    {func(_ *formHouse, _ *browser, _ *reply, f url.Values) { f.Set("token", "YQ.YQ") }, false},
		"a token for something else": {func(h *formHouse, _ *browser, _ *reply, f url.Values) {
			f.Set("token", h.desk.Sign(donePurpose, "a b 9 c"))
		}, false},
		"a token with letters behind": {func(_ *formHouse, _ *browser, p *reply, f url.Values) { f.Set("token", p.token()+"A") }, false},
		"the page of another browser": {func(h *formHouse, _ *browser, p *reply, _ url.Values) { *p = h.browser().get("/notfall?lang=de") }, false},
		"no cookies": {func(_ *formHouse, b *browser, _ *reply, _ url.Values) {
			b.client.Jar = nil
			b.header.Set("Sec-Fetch-Site", "none")
		}, false},
		"no cookies, from our own page": {func(_ *formHouse, b *browser, _ *reply, _ url.Values) {
			b.client.Jar = nil
			b.header.Set("Sec-Fetch-Site", "same-origin")
		}, true},
		"no cookies, from another page": {func(_ *formHouse, b *browser, _ *reply, _ url.Values) {
			b.client.Jar = nil
			b.header.Set("Sec-Fetch-Site", "cross-site")
		}, false},
		"from another page, that set its cookie here": {func(_ *formHouse, b *browser, _ *reply, _ url.Values) {
			b.header.Set("Sec-Fetch-Site", "cross-site")
		}, false},
		"from a neighbour's page, that set its cookie here": {func(_ *formHouse, b *browser, _ *reply, _ url.Values) {
			b.header.Set("Sec-Fetch-Site", "same-site")
		}, false},
		"a restart with the same secret": {func(h *formHouse, _ *browser, _ *reply, _ url.Values) { h.open() }, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFormHouse(t, formNight)
			b := h.browser()
			page, fields := b.get("/notfall?lang=de"), goodFields()
			jar := b.client.Jar
			c.spoil(h, b, &page, fields)
			r := b.press(page, fields)
			if c.good {
				b.follow(r)
				return
			}
			if r.status != 422 || !strings.Contains(r.text(), "Alles ist noch ausgefüllt") || len(h.emergencies()) != 0 {
				t.Fatalf("%d, %d emergencies\n%s", r.status, len(h.emergencies()), r.text())
			}
			for k, v := range goodFields() {
				want := v[0]
				if k == "consent" && elsewhere[name] {
					want = "" // nobody else ticks the box
				}
				if got := r.value(k); got != want {
					t.Errorf("%s is %q, not %q", k, got, want)
				}
			}
			b.client.Jar = jar
			if elsewhere[name] {
				b.header.Del("Sec-Fetch-Site")
			}
			fields.Del("token")
			if b.client.Jar == nil || name == "no cookies" || name == "no cookies, from another page" {
				r = b.press(r, fields) // its cookie was not kept; this answer's is
			}
			fields.Del("token")
			b.follow(b.press(r, fields))
		})
	}
}

// Who has seen other costs than those of now is asked again, and pays what the second page says.
func TestFormCostsChange(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	page := b.get("/notfall?lang=en")
	h.options.Service.Fee = 250
	h.open()
	r := b.press(page, goodFields())
	if r.status != 422 || !strings.Contains(r.text(), "costs have changed") || !strings.Contains(r.text(), "(€250 + VAT)") || r.value("consent") != "" || r.value("phone") != "0664 1234589" {
		t.Fatalf("%d\n%s", r.status, r.text())
	}
	fields := goodFields()
	fields.Del("consent")
	if r = b.press(r, fields); r.status != 422 || !slices.Equal(r.faulty(), []string{"consent"}) {
		t.Fatalf("%d %v", r.status, r.faulty())
	}
	b.follow(b.press(r, goodFields()))
	d, err := ticket.ShowEmergency(context.Background(), h.store, 10001)
	if err != nil || d.Consent == nil || d.Consent.Price != "€250 + VAT" {
		t.Errorf("%+v %v", d.Consent, err)
	}
}

// A store that fails is told as it is, keeps what was typed, and the next press is still the same emergency.
func TestFormStoreFails(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	page := b.get("/notfall?lang=de")
	h.store.Close()
	r := b.press(page, goodFields())
	if r.status != 503 || !strings.Contains(r.text(), "Das hat leider nicht geklappt") || strings.Contains(r.body, "closed") || r.value("email") != "petra@almhof.at" {
		t.Fatalf("%d\n%s", r.status, r.text())
	}
	if strings.Contains(r.text(), "iemand ist alarmiert") {
		t.Error("it says that nobody was alarmed, which it does not know")
	}
}

// A body that breaks off alarms nobody, and is no success.
func TestFormBreaksOff(t *testing.T) {
	h := newFormHouse(t, formNight)
	page := h.browser().get("/notfall?lang=de")
	fields := goodFields()
	fields.Set("token", page.token())
	body := io.MultiReader(strings.NewReader(fields.Encode()), failingReader{})
	req := httptest.NewRequest("POST", "/notfall", io.NopCloser(body))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, req)
	if w.Code != 400 || len(h.emergencies()) != 0 {
		t.Errorf("%d, %d emergencies", w.Code, len(h.emergencies()))
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Who hangs up after pressing has triggered all the same.
func TestFormHangsUp(t *testing.T) {
	h := newFormHouse(t, formNight)
	b := h.browser()
	page := b.get("/notfall?lang=de")
	fields := goodFields()
	fields.Set("token", page.token())
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	req := httptest.NewRequest("POST", "/notfall?lang=de", strings.NewReader(fields.Encode())).WithContext(gone)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	h.handler.ServeHTTP(httptest.NewRecorder(), req)
	if n := len(h.emergencies()); n != 1 {
		t.Errorf("%d emergencies", n)
	}
}
