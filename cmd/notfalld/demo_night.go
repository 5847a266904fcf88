package main

import (
	"bytes"
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"

	"notfalld/message"
	"notfalld/postoffice"
)

// night is the script of the demo: mails come in one after the other, and what becomes of each is told before the next one comes.
type night struct {
	m      *Main
	cmd    *demoCmd
	office *postoffice.Office
	clock  *shiftedClock
	parts  *parts
	say    *timeline
	sent   int64 // mails that went in
}

// patience is how long the demo waits for the daemon to be done with one mail.
const patience = 20 * time.Second

func (n *night) run(ctx context.Context) error {
	n.say.opening()
	if err := n.office.WaitIdle(ctx, "support", 1); err != nil {
		return err
	}
	if err := n.settled(ctx); err != nil { // the probe of plus addresses
		return err
	}
	for _, step := range []string{"1-shop", "2-postgres", "3-monitoring", "4-vacation", "5-invoice", "7-copy", "6-reply"} {
		if err := n.mail(ctx, step); err != nil {
			return err
		}
	}
	if err := n.emergencies(ctx); err != nil {
		return err
	}
	n.clock.jump(time.Date(2026, 3, 16, 10, 4, 0, 0, mustVienna()))
	n.say.chapter("monday")
	if err := n.mail(ctx, "8-morning"); err != nil {
		return err
	}
	if err := n.staff(ctx); err != nil {
		return err
	}
	if err := n.printAnswer("petra@zirbenhof.at"); err != nil {
		return err
	}
	if n.cmd.Once {
		return nil
	}
	n.say.invitation(n.office.IMAPAddr(), n.office.SMTPAddr(), n.parts.listener.Addr().String())
	for { // whatever a real mail client does now is told, too
		if err := n.say.news(ctx, n.parts.store); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// mail sends one mail of the script to the support address, as the world does, and waits until all is done that follows from it.
func (n *night) mail(ctx context.Context, name string) error {
	raw, err := demoFiles.ReadFile("demo/night/" + name + ".eml")
	if err != nil {
		return err
	}
	raw, err = n.fill(raw)
	if err != nil {
		return err
	}
	m := message.Parse(raw, message.DefaultLimits())
	n.say.incoming(m)
	from, to := m.From[0].Address, m.To[0].Address
	if m.ReturnPath.Present {
		from = m.ReturnPath.Address
	}
	return n.submit(ctx, "", from, to, raw)
}

// settled waits until every mail that went in is decided, and neither mail nor page is left in the outbox.
func (n *night) settled(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		c := &n.parts.desk.Count
		decided := c.Tickets.Load() + c.Notes.Load() + c.Copies.Load() + c.Bounces.Load() + c.Staff.Load() + c.Untouched.Load()
		_, ringing, err := n.parts.desk.NextPage(limited) // before the mails: a page that was taken may bring some about
		if err != nil {
			return err
		}
		_, waiting, err := n.parts.desk.NextOut(limited)
		if err != nil {
			return err
		}
		if decided >= n.sent && !waiting && !ringing {
			return nil
		}
		select {
		case <-limited.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return errDemoStuck
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// fill lets the customer's reply answer what she was really told.
func (n *night) fill(raw []byte) ([]byte, error) {
	raw = bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
	if !bytes.Contains(raw, []byte("{{")) {
		return raw, nil
	}
	a, err := n.lastTo("petra@zirbenhof.at")
	if err != nil {
		return nil, err
	}
	h, err := mail.ReadMessage(bytes.NewReader(a))
	if err != nil {
		return nil, err
	}
	to := demoSupport
	if r, err := mail.ParseAddress(h.Header.Get("Reply-To")); err == nil {
		to = r.Address
	}
	id := strings.Trim(h.Header.Get("Message-ID"), "<>")
	return []byte(strings.NewReplacer("{{reply-to}}", to, "{{message-id}}", id, "{{subject}}", h.Header.Get("Subject")).Replace(string(raw))), nil
}

// lastTo is the last mail that an address got from us.
func (n *night) lastTo(address string) ([]byte, error) {
	all := n.office.Deliveries()
	for i := len(all) - 1; i >= 0; i-- {
		if len(all[i].To) == 1 && strings.EqualFold(all[i].To[0], address) {
			return all[i].Data, nil
		}
	}
	return nil, fmt.Errorf("nothing was sent to %s", address)
}

// printAnswer shows the first answer whole, as its reader sees it.
func (n *night) printAnswer(address string) error {
	for _, d := range n.office.Deliveries() {
		if len(d.To) == 1 && strings.EqualFold(d.To[0], address) {
			n.say.whole(message.Parse(d.Data, message.DefaultLimits()))
			return nil
		}
	}
	return fmt.Errorf("nothing was sent to %s", address)
}
