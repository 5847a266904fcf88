package main

import (
	"bytes"
	"fmt"
	"net/mail"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"notfalld/message"
	"notfalld/postoffice"
	"notfalld/ticket"
)

// The daemon is killed between accepting a reply of staff and delivering it: when it marks the reply, with no mail server to be had; when it names
// the customer to the mail server; and when the server has the whole mail and has not said so. Then the customer has the reply once, or, where
// nobody can know it, twice the same mail.
func TestKilledBetweenReplyAndRelay(t *testing.T) {
	cases := []struct {
		at     postoffice.Point
		noSMTP bool
		want   int // deliveries
	}{
		{postoffice.IMAPStore, true, 1}, {postoffice.SMTPRcpt, false, 1}, {postoffice.SMTPDot, false, 2},
	}
	customer := func(i int) *mail.Address {
		return &mail.Address{Name: "Petra Gruber", Address: fmt.Sprintf("petra@firma%d.at", i)}
	}
	var mu sync.Mutex
	var victim *os.Process
	deadly := func(postoffice.Event) bool { return false }
	o := tripOffice(newShiftedClock(time.Now()))
	o.OnCommand = func(e postoffice.Event) {
		mu.Lock()
		defer mu.Unlock()
		if victim != nil && deadly(e) {
			_ = victim.Kill()
		}
	}
	h := newHouse(t, o, "trust: {authres: [mx.notfall-hoster.at], verified: true}")
	bin := filepath.Join(t.TempDir(), "notfalld")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, bin); err != nil { // TestMain runs the program under this name
		t.Fatal(err)
	}

	_, stop := h.start()
	for i := range cases {
		h.mail(customer(i).String(), "Notfall-Support", fmt.Sprintf("web01.firma%d.at ist nicht erreichbar", i))
	}
	notices := h.answered(houseTeam, len(cases))
	stop()
	for i, c := range cases {
		at := slices.IndexFunc(notices, func(d postoffice.Delivery) bool {
			return strings.Contains(message.Parse(d.Data, message.DefaultLimits()).Whole, customer(i).Address)
		})
		to, reply := replyTo(notices[at].Data, anna, fmt.Sprintf("web01.firma%d.at läuft wieder.", i), time.Now())
		if err := smtp.SendMail(h.office.SMTPAddr(), smtp.PlainAuth("", "anna", "berger", "127.0.0.1"), anna.Address, []string{to}, reply); err != nil {
			t.Fatal(err)
		}
		if c.noSMTP {
			h.office.Stop(postoffice.SMTP)
		}
		cmd := exec.Command(bin, "run", "-c", h.conf)
		cmd.Stderr = h.stderr
		mu.Lock()
		err := cmd.Start()
		victim, deadly = cmd.Process, func(e postoffice.Event) bool {
			return e.At == c.at && (c.at == postoffice.IMAPStore || e.Rcpt == customer(i).Address || slices.Contains(e.To, customer(i).Address))
		}
		mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the office kills it
		mu.Lock()
		victim = nil
		mu.Unlock()
		if err := h.office.Start(postoffice.SMTP); err != nil {
			t.Fatal(err)
		}
	}
	d, stop := h.start()
	for i, c := range cases {
		got := h.relays(customer(i).Address, c.want)
		for _, again := range got[1:] {
			if !bytes.Equal(again.Data, got[0].Data) {
				t.Errorf("%s: two different mails:\n%s\n%s", c.at, got[0].Data, again.Data)
			}
		}
	}
	h.mail("petra@zuletzt.at", "Notfall-Support", "web01.zuletzt.at ist nicht erreichbar") // whatever was to come has come before
	h.answered("petra@zuletzt.at", 1)
	for i, c := range cases {
		if got := h.relays(customer(i).Address, c.want); len(got) != c.want {
			t.Errorf("%s: %d relays, want %d", c.at, len(got), c.want)
		}
	}
	for _, s := range h.tickets(d) {
		relays := slices.DeleteFunc(s.Replies, func(r ticket.Reply) bool { return r.Kind != "relay" })
		if fresh := s.From == "petra@zuletzt.at"; !fresh && (len(relays) != 1 || relays[0].State != ticket.OutSent || s.State != ticket.Waiting) {
			t.Errorf("%s is %s with the relays %+v", s.ID, s.State, relays)
		}
	}
	stop()
	allMarked(t, h)
}

// relays waits for so many mails as from Anna to an address, and returns all there are.
func (h *house) relays(address string, n int) []postoffice.Delivery {
	h.Helper()
	only := func(ds []postoffice.Delivery) []postoffice.Delivery {
		return slices.DeleteFunc(to(ds, address), func(d postoffice.Delivery) bool {
			return message.Parse(d.Data, message.DefaultLimits()).From[0].Name != anna.Name
		})
	}
	all, err := h.office.WaitDelivery(patient(h.T), func(ds []postoffice.Delivery) bool { return len(only(ds)) >= n })
	if err != nil {
		h.Fatalf("%s has %d mails of Anna, not %d: %v\n%s", address, len(only(all)), n, err, h.stderr)
	}
	return only(all)
}
