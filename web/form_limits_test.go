package web

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// Ten presses from one address within ten minutes, however wrong; the eleventh keeps what was typed, and says when and whom to call.
func TestFormFlood(t *testing.T) {
	h := newFormHouse(t, time.Date(2026, 3, 16, 10, 0, 0, 0, time.UTC)) // Monday, 11:00: the telephone is answered
	b := h.browser()
	b.header.Set("X-Forwarded-For", "198.51.100.7")
	page := b.get("/notfall?lang=de")
	fields := goodFields()
	fields.Set("phone", "12")
	for i := range 10 {
		if r := b.press(page, fields); r.status != 422 {
			t.Fatalf("press %d: %d", i+1, r.status)
		}
	}
	r := b.press(page, goodFields())
	if r.status != 429 || r.header.Get("Retry-After") != "60" || r.value("phone") != "0664 1234589" || !strings.Contains(r.body, `href="tel:+4312345670"`) ||
		!strings.Contains(r.text(), "In 1 Minute können Sie noch einmal drücken") {
		t.Fatalf("%d %v\n%s", r.status, r.header, r.text())
	}
	other := h.browser()
	other.header.Set("X-Forwarded-For", "198.51.100.8")
	if r := other.press(other.get("/notfall?lang=de"), fields); r.status != 422 {
		t.Errorf("another address: %d", r.status)
	}
	h.clock.pass(time.Minute)
	b.follow(b.press(r, goodFields()))
}

// Five emergencies an hour of one customer number, or of one telephone however it is written.
func TestFormManyOfOne(t *testing.T) {
	for name, vary := range map[string]func(i int) (number, phone string){
		"customer": func(i int) (string, string) { return "104711", fmt.Sprintf("0664 12345%02d", i) },
		"phone": func(i int) (string, string) {
			return fmt.Sprintf("2000%02d", i), []string{"0664 1234589", "0664/1234589", "+43 664 1234589", "0043 664 1234589"}[i%4]
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFormHouse(t, formNight)
			press := func(i int) reply {
				b := h.browser()
				b.header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i+1))
				fields := goodFields()
				number, phone := vary(i)
				fields.Set("customer_number", number)
				fields.Set("number_right", number)
				fields.Set("phone", phone)
				return b.press(b.get("/notfall?lang=en"), fields)
			}
			for i := range 5 {
				if r := press(i); r.status != 303 {
					t.Fatalf("emergency %d: %d\n%s", i+1, r.status, r.text())
				}
			}
			r := press(5)
			if r.status != 429 || r.header.Get("Retry-After") != "720" || !strings.Contains(r.text(), "You can press once more in 12 minutes") || len(h.emergencies()) != 5 {
				t.Fatalf("%d %v, %d emergencies\n%s", r.status, r.header, len(h.emergencies()), r.text())
			}
			h.clock.pass(12 * time.Minute)
			if r := press(6); r.status != 303 {
				t.Errorf("12 minutes later: %d", r.status)
			}
		})
	}
}

// Who asks is the last hop that is no proxy of ours. What a client writes itself counts for nothing.
func TestFormClient(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::1/128")}
	for _, c := range []struct {
		peer      string
		forwarded []string
		want, net string
	}{
		{"203.0.113.5:4711", nil, "203.0.113.5", "203.0.113.5"},
		{"203.0.113.5:4711", []string{"192.0.2.1"}, "203.0.113.5", "203.0.113.5"},
		{"127.0.0.1:4711", nil, "127.0.0.1", "127.0.0.1"},
		{"127.0.0.1:4711", []string{"192.0.2.1"}, "192.0.2.1", "192.0.2.1"},
		{"127.0.0.1:4711", []string{"10.9.9.9, 192.0.2.1"}, "192.0.2.1", "192.0.2.1"},
		{"127.0.0.1:4711", []string{"10.9.9.9", "192.0.2.1"}, "192.0.2.1", "192.0.2.1"},
		{"127.0.0.1:4711", []string{"192.0.2.1, 10.1.2.3"}, "192.0.2.1", "192.0.2.1"},
		{"127.0.0.1:4711", []string{"192.0.2.1, 203.0.113.9, 10.1.2.3"}, "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:4711", []string{"junk"}, "127.0.0.1", "127.0.0.1"},
		{"127.0.0.1:4711", []string{"192.0.2.1, junk"}, "127.0.0.1", "127.0.0.1"},
		{"127.0.0.1:4711", []string{"192.0.2.1:99"}, "192.0.2.1", "192.0.2.1"},
		{"127.0.0.1:4711", []string{"[2001:db8:1:2::3]:99"}, "2001:db8:1:2::3", "2001:db8:1:2::/64"},
		{"127.0.0.1:4711", []string{"192.0.2.1, 203.0.113.9:99, 10.1.2.3:80"}, "203.0.113.9", "203.0.113.9"},
		{"127.0.0.1:4711", []string{" 192.0.2.1 "}, "192.0.2.1", "192.0.2.1"},
		{"[::1]:4711", []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
		{"[2001:db8:1:2::77]:1", nil, "2001:db8:1:2::77", "2001:db8:1:2::/64"},
		{"[::ffff:192.0.2.4]:1", nil, "192.0.2.4", "192.0.2.4"},
		{"[fe80::1%eth0]:1", nil, "fe80::1", "fe80::/64"},
		{"@", nil, "invalid IP", "invalid IP"}, // a Unix socket
	} {
		r := httptest.NewRequest("GET", "/notfall", nil)
		r.RemoteAddr = c.peer
		for _, x := range c.forwarded {
			r.Header.Add("X-Forwarded-For", x)
		}
		f := &form{proxies: proxies}
		if got := f.client(r); got.String() != c.want || clientKey(got) != c.net {
			t.Errorf("%s %q: %s in %s, want %s in %s", c.peer, c.forwarded, got, clientKey(got), c.want, c.net)
		}
	}
}

// The limiter forgets the oldest keys first, and never holds more than it may.
func TestLimiterForgets(t *testing.T) {
	now := formNight
	l := newLimiter(1, time.Hour)
	l.most = 100
	for i := range 1000 {
		if w := l.take(fmt.Sprint(i), now); w != 0 {
			t.Fatalf("key %d has to wait %s", i, w)
		}
	}
	if len(l.known) != 100 || l.order.Len() != 100 {
		t.Errorf("%d keys, %d in order", len(l.known), l.order.Len())
	}
	if w := l.look("999", now); w != time.Hour {
		t.Errorf("the youngest key waits %s", w)
	}
	if w := l.take("999", now.Add(30*time.Minute)); w != 30*time.Minute {
		t.Errorf("the youngest key waits %s more", w)
	}
	if w := l.look("0", now); w != 0 {
		t.Errorf("the oldest key is still known: %s", w)
	}
	if w := l.take("999", now.Add(time.Hour)); w != 0 {
		t.Errorf("after an hour: %s", w)
	}
}
