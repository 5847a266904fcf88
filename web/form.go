package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"

	"notfalld/ticket"
)

// FormOptions is what the built-in form /notfall needs besides the desk.
type FormOptions struct {
	Proxies []netip.Prefix // whose X-Forwarded-For and X-Forwarded-Proto are believed; nil: loopback
}

// form serves /notfall. It has no scripts: what a frightened person needs at night works in any browser.
type form struct {
	desk     *ticket.Desk
	store    ticket.Store
	log      *slog.Logger
	proxies  []netip.Prefix
	posts    *limiter // by client: attempts
	triggers *limiter // by phone and by customer number: emergencies
	sheet    []byte
	style    string // where the sheet is; its name changes with it
}

const (
	formPath  = "/notfall"
	donePath  = "/notfall/danke"
	sheetPath = "/notfall/form.css"

	formLargest = 64 << 10 // of a body: the longest text that the fields take, escaped
	// triggerLimit bounds the store's part of a trigger.
	triggerLimit = 20 * time.Second
)

// withForm answers /notfall and what is below it, where the form is switched on; all else is next's.
func (s *server) withForm(next http.Handler) http.Handler {
	if s.o.Form == nil {
		return next
	}
	form := newForm(s.o.Desk, s.o.Store, s.o.Log, *s.o.Form).handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == formPath || strings.HasPrefix(r.URL.Path, formPath+"/") {
			form.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// newForm makes the form. Its limits are generous: a real emergency must get through.
func newForm(d *ticket.Desk, s ticket.Store, log *slog.Logger, o FormOptions) *form {
	f := &form{desk: d, store: s, log: log, proxies: o.Proxies, posts: newLimiter(10, 10*time.Minute), triggers: newLimiter(5, time.Hour)}
	if f.proxies == nil {
		f.proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	f.sheet, _ = formFiles.ReadFile("form/form.css") // embedded
	f.style = sheetPath + "?v=" + hashOf(string(f.sheet))[:12]
	return f
}

func (f *form) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+formPath, f.show)
	mux.HandleFunc("POST "+formPath, f.send)
	mux.HandleFunc("GET "+donePath, f.done)
	mux.HandleFunc("GET "+sheetPath, f.css)
	mux.HandleFunc("GET "+formPath+"/{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, (&url.URL{Path: formPath, RawQuery: r.URL.RawQuery}).String(), http.StatusPermanentRedirect)
	})
	for path, allowed := range map[string]string{formPath: "GET, HEAD, POST", donePath: "GET, HEAD", sheetPath: "GET, HEAD"} {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", allowed)
			f.note(w, r, http.StatusMethodNotAllowed, "note.unreadable")
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { f.note(w, r, http.StatusNotFound, "note.nothing") })
	return mux
}

func (f *form) css(w http.ResponseWriter, _ *http.Request) {
	headers(w)
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=86400") // its address changes with it
	w.Header().Del("Vary")
	_, _ = w.Write(f.sheet)
}

// show is the empty form.
func (f *form) show(w http.ResponseWriter, r *http.Request) {
	p := f.page(r, formPath)
	f.writeForm(w, r, p, http.StatusOK, random())
}

// send is the press of the button. Whatever is wrong with it, the form comes again with all that was typed.
func (f *form) send(w http.ResponseWriter, r *http.Request) {
	typed, status := readForm(w, r)
	if status != 0 {
		f.note(w, r, status, map[bool]string{true: "note.large", false: "note.unreadable"}[status == http.StatusRequestEntityTooLarge])
		return
	}
	p := f.page(r, formPath)
	p.fill(typed)
	if elsewhere(r) {
		p.Agreed = false // nobody agrees to costs on another's page
	}
	token, fresh := f.read(r, typed.Get("token"))
	nonce := token.nonce
	if !fresh {
		nonce = random()
	}
	now, client := f.desk.Clock().Now(), f.client(r)
	if wait := f.posts.take(clientKey(client), now); wait > 0 {
		f.later(w, r, p, wait, nonce)
		return
	}
	if !fresh {
		p.again("again.token")
		f.writeForm(w, r, p, http.StatusUnprocessableEntity, nonce)
		return
	}
	trigger := p.trigger()
	if p.check(f.desk.CheckTrigger(trigger)); len(p.Faults) > 0 {
		f.writeForm(w, r, p, http.StatusUnprocessableEntity, nonce)
		return
	}
	if token.consent != p.consent().Hash {
		p.Agreed = false
		p.again("again.changed")
		f.writeForm(w, r, p, http.StatusUnprocessableEntity, nonce)
		return
	}
	numbers := []string{"phone " + lastDigits(trigger.Phone), "customer " + strings.ToLower(trigger.CustomerNumber)}
	for _, n := range numbers {
		if wait := f.triggers.look(n, now); wait > 0 {
			f.later(w, r, p, wait, nonce)
			return
		}
	}
	trigger.Key, trigger.Consent = "form:"+nonce, p.consent()
	trigger.Consent.At, trigger.Consent.Address = now, client.String()
	f.alarm(w, r, p, trigger, numbers, nonce)
}

// alarm triggers the emergency. From here on a lost connection changes nothing: who has pressed the button may put the phone away.
func (f *form) alarm(w http.ResponseWriter, r *http.Request, p *formPage, t ticket.Trigger, numbers []string, nonce string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), triggerLimit)
	defer cancel()
	v, created, err := f.desk.Trigger(ctx, t)
	switch {
	case err != nil:
		f.log.Error("the form could not trigger an emergency", "error", err.Error())
		p.SummaryTitle = p.T("faults.failed")
		p.again("again.failed")
		f.writeForm(w, r, p, http.StatusServiceUnavailable, nonce)
		return
	case !created && ended(v):
		// A page of yesterday came back with the browser: its emergency is over, and nobody would be alarmed by it.
		p.say("number", v.ID)
		p.again("again.ended")
		f.writeForm(w, r, p, http.StatusUnprocessableEntity, random())
		return
	}
	about := v.ID
	if created {
		for _, n := range numbers {
			f.triggers.take(n, t.Consent.At)
		}
	} else {
		about += " again"
	}
	q := url.Values{"t": {f.desk.Sign(donePurpose, about)}, "lang": {p.Lang}}
	headers(w)
	http.Redirect(w, r, donePath+"?"+q.Encode(), http.StatusSeeOther)
}

// later says when to press again, and whom to call meanwhile. It does not say of whom there was too much: a stranger who knows a customer
// number is not told that its owner has had emergencies.
func (f *form) later(w http.ResponseWriter, r *http.Request, p *formPage, wait time.Duration, nonce string) {
	wait = (wait + time.Minute - 1).Truncate(time.Minute)
	w.Header().Set("Retry-After", wholeSeconds(wait))
	p.say("wait", span(p.Lang, wait))
	p.again("again.flood")
	f.writeForm(w, r, p, http.StatusTooManyRequests, nonce)
}

// writeForm writes the form with a token for its next press.
func (f *form) writeForm(w http.ResponseWriter, r *http.Request, p *formPage, status int, nonce string) {
	p.Form = true
	p.Title = p.T("title")
	if p.Again != "" || len(p.Faults) > 0 {
		p.Title = p.T("title.fault")
	}
	p.Token = f.sign(formToken{cookie: f.cookie(w, r), nonce: nonce, until: f.desk.Clock().Now().Add(formLasts), consent: p.consent().Hash})
	f.write(w, p, status)
}

// note is a page with one thing to say.
func (f *form) note(w http.ResponseWriter, r *http.Request, status int, key string) {
	p := f.page(r, formPath)
	p.Note, p.Title = key, p.T(key)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Connection", "close") // the rest of a body that nobody reads is not waited for
	}
	f.write(w, p, status)
}

func (f *form) write(w http.ResponseWriter, p *formPage, status int) {
	var b bytes.Buffer
	if err := formPages.ExecuteTemplate(&b, "page", p); err != nil {
		f.log.Error("the form cannot be written", "error", err.Error())
		http.Error(w, "500", http.StatusInternalServerError)
		return
	}
	headers(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", p.Lang)
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// headers allow the page its own style sheet and its own form, and nothing else. What was typed stays in no cache, and the link to an
// emergency is told to no other site.
func headers(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language, Cookie")
}

// readForm reads the fields; status is 0, or what to answer instead. Fields that the form does not have are ignored, and so is the
// query: nothing in an address may fill in a form that costs money.
func readForm(w http.ResponseWriter, r *http.Request) (typed url.Values, status int) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, http.StatusUnsupportedMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, formLargest))
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return nil, http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest
	}
	if typed, err = url.ParseQuery(string(body)); err != nil {
		return nil, http.StatusBadRequest
	}
	return typed, 0
}

// line is a field of one line, without what nobody sees: numbers copied from an address book hold direction marks.
func line(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, s)), " ")
}

// lines is a field of several: a terminal's output pasted with its colours loses only these.
func lines(s string) string {
	all := strings.Split(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n")
	for i, l := range all {
		all[i] = strings.TrimRightFunc(strings.Map(func(r rune) rune {
			if r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs) || r == unicode.ReplacementChar {
				return -1
			}
			return r
		}, l), unicode.IsSpace)
	}
	return strings.Trim(strings.Join(all, "\n"), "\n")
}

// lastDigits tells telephones apart, however they are written: 0664 1234589 and +43 664 1234589 end alike.
func lastDigits(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	return s[max(0, len(s)-9):]
}
