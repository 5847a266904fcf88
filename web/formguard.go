package web

import (
	"container/list"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// The token of the form says which page it was in: for which browser (the hash of its cookie), which press of the button (so that a
// double press is one emergency), until when it holds, and which conditions the page showed. It is signed, and hidden in the page.
type formToken struct {
	cookie  string
	nonce   string
	until   time.Time
	consent string // hash of the text
}

const (
	formCookie   = "notfall_form"
	formPurpose  = "form"
	formLasts    = 12 * time.Hour
	donePurpose  = "form done"
	cookieLength = 32
)

func random() string {
	b := make([]byte, cookieLength/2)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

func hashOf(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

func (f *form) sign(t formToken) string {
	return f.desk.Sign(formPurpose, strings.Join([]string{hashOf(t.cookie)[:cookieLength], t.nonce, strconv.FormatInt(t.until.Unix(), 10), t.consent}, " "))
}

// elsewhere says whether the browser tells that the button was on a page that is not ours (Fetch Metadata). The sites of a hoster's customers
// may well be its neighbours, under the same domain: those can set our cookie.
func elsewhere(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "cross-site" || site == "same-site"
}

// read gives the token of a page that this browser was shown, and whether it still holds. A page of another site has neither our
// cookie nor a browser that calls it ours: one of the two is enough, because there are browsers without cookies, and second tabs.
func (f *form) read(r *http.Request, signed string) (t formToken, ok bool) {
	text, ok := f.desk.Verify(formPurpose, signed)
	parts := strings.Split(text, " ")
	if !ok || len(parts) != 4 {
		return t, false
	}
	until, err := strconv.ParseInt(parts[2], 10, 64)
	t = formToken{nonce: parts[1], until: time.Unix(until, 0), consent: parts[3]}
	ours := r.Header.Get("Sec-Fetch-Site") == "same-origin"
	if c, err := r.Cookie(formCookie); err == nil && hashOf(c.Value)[:cookieLength] == parts[0] {
		ours = true
	}
	return t, ours && !elsewhere(r) && err == nil && f.desk.Clock().Now().Before(t.until)
}

// cookie is the browser's, or a new one that is set with the answer.
func (f *form) cookie(w http.ResponseWriter, r *http.Request) string {
	if c, err := r.Cookie(formCookie); err == nil && len(c.Value) == cookieLength {
		return c.Value
	}
	c := &http.Cookie{
		Name: formCookie, Value: random(), Path: "/notfall", HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || f.trusted(peer(r)) && r.Header.Get("X-Forwarded-Proto") == "https",
	}
	http.SetCookie(w, c)
	return c.Value
}

func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, _ := netip.ParseAddr(host)
	return a.Unmap().WithZone("")
}

func (f *form) trusted(a netip.Addr) bool {
	return slices.ContainsFunc(f.proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// client is who asks: the peer, or, if that is a proxy of ours, the last address in X-Forwarded-For that is none of our proxies.
// What stands before it, the client may have written.
func (f *form) client(r *http.Request) netip.Addr {
	a := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && f.trusted(a); i-- {
		hop := strings.TrimSpace(hops[i])
		before, err := netip.ParseAddr(hop)
		if withPort, e := netip.ParseAddrPort(hop); e == nil { // as some proxies write it; else all of their clients would be one
			before, err = withPort.Addr(), nil
		}
		if err != nil {
			break
		}
		a = before.Unmap().WithZone("")
	}
	return a
}

// clientKey is what is counted as one client: an IPv6 customer has a /64 of his own.
func clientKey(a netip.Addr) string {
	if a.Is6() {
		p, _ := a.Prefix(64)
		return p.String()
	}
	return a.String()
}

// limiter lets so much through for each key. It knows the youngest keys only: a flood of addresses must not fill the memory.
type limiter struct {
	every time.Duration
	burst int
	most  int

	mu    sync.Mutex
	known map[string]*list.Element
	order *list.List // youngest use first
}

type limited struct {
	key string
	l   *rate.Limiter
}

// newLimiter allows burst at once, and that many again within the time.
func newLimiter(burst int, within time.Duration) *limiter {
	return &limiter{every: within / time.Duration(burst), burst: burst, most: 10_000, known: map[string]*list.Element{}, order: list.New()}
}

func (l *limiter) of(key string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e, ok := l.known[key]; ok {
		l.order.MoveToFront(e)
		return e.Value.(limited).l
	}
	if len(l.known) >= l.most {
		oldest := l.order.Back()
		delete(l.known, l.order.Remove(oldest).(limited).key)
	}
	k := limited{key, rate.NewLimiter(rate.Every(l.every), l.burst)}
	l.known[key] = l.order.PushFront(k)
	return k.l
}

// take counts one; wait is 0 if it may pass, else how long it has to wait.
func (l *limiter) take(key string, now time.Time) (wait time.Duration) {
	if r := l.of(key).ReserveN(now, 1); r.DelayFrom(now) > 0 {
		wait = r.DelayFrom(now)
		r.CancelAt(now)
	}
	return wait
}

// look is take without counting.
func (l *limiter) look(key string, now time.Time) (wait time.Duration) {
	if missing := 1 - l.of(key).TokensAt(now); missing > 0 {
		return time.Duration(missing * float64(l.every))
	}
	return 0
}
