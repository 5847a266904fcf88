package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html"
	"net/mail"
	"net/smtp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"notfalld/message"
)

// The Monday of the demo goes on with staff, who need nothing but their mail clients: what they write goes through the mail server like all other
// mail, and is proved by their login there.

// scene is one mail of that morning.
type scene struct {
	clock string
	says  string // a word of demoWords; "" tells the mail like any other that comes in
	login string // who of demoUsers submits it; "" is somebody out in the world
	write func(now time.Time) (from, to string, raw []byte, err error)
}

func (n *night) scenes() []scene {
	anna, josef := mail.Address{Name: "Anna Berger", Address: demoAnna}, mail.Address{Name: "Josef Moser", Address: "office@tischlerei-moser.at"}
	reply := func(from mail.Address, text string) func(time.Time) (string, string, []byte, error) {
		return func(now time.Time) (string, string, []byte, error) {
			last, err := n.lastTo(from.Address)
			if err != nil {
				return "", "", nil, err
			}
			to, raw := replyTo(last, from, text, now)
			return from.Address, to, raw, nil
		}
	}
	notice := []byte{} // the one that is answered by three
	return []scene{
		{clock: "10:09:00", says: "anna replies", login: "anna", write: reply(anna, "Guten Morgen Herr Moser,\n\nein Update hatte PHP abgeschaltet. Die Website läuft wieder; sehen Sie bitte nach?")},
		{clock: "10:21:00", write: reply(josef, "Ja, alles wieder da. Danke für die schnelle Hilfe!")},
		{clock: "10:22:00", says: "stranger closes", write: func(now time.Time) (string, string, []byte, error) {
			var err error
			if notice, err = n.lastTo(demoAnna); err != nil {
				return "", "", nil, err
			}
			to, raw := replyTo(notice, anna, "#close", now)
			return "anna@gmx.example", to, raw, nil
		}},
		{clock: "10:22:30", says: "bernd is away", login: "bernd", write: func(now time.Time) (string, string, []byte, error) {
			to, raw := replyTo(notice, mail.Address{Name: "Bernd Hofer", Address: demoBernd}, "Ich bin bis Freitag nicht im Büro.", now)
			return "", to, slices.Concat([]byte("Auto-Submitted: auto-replied\r\n"), raw), nil
		}},
		{clock: "10:24:00", says: "anna closes", login: "anna", write: func(now time.Time) (string, string, []byte, error) {
			to, raw, err := tapped(notice, anna, "#close", now)
			return anna.Address, to, raw, err
		}},
	}
}

// staff plays the scenes, one after the other.
func (n *night) staff(ctx context.Context) error {
	for _, s := range n.scenes() {
		at, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-03-16 "+s.clock, mustVienna())
		if err != nil {
			return err
		}
		n.clock.jump(at)
		from, to, raw, err := s.write(at)
		if err != nil {
			return err
		}
		if s.says != "" {
			n.say.act(s.says)
		} else {
			n.say.incoming(message.Parse(raw, message.DefaultLimits()))
		}
		if err := n.submit(ctx, s.login, from, to, raw); err != nil {
			return err
		}
	}
	return nil
}

// submit hands a mail to the mail server, as the mail client of a user or as the world does, and waits until all is done that follows from it.
func (n *night) submit(ctx context.Context, user, from, to string, raw []byte) error {
	var login smtp.Auth
	if user != "" {
		login = smtp.PlainAuth("", user, demoPassword, "127.0.0.1")
	}
	if err := smtp.SendMail(n.office.SMTPAddr(), login, from, []string{to}, raw); err != nil {
		return err
	}
	n.sent++
	if err := n.settled(ctx); err != nil {
		return err
	}
	if err := n.say.news(ctx, n.parts.store); err != nil {
		return err
	}
	n.say.untouched(&n.parts.desk.Count)
	return nil
}

var mailtoLink = regexp.MustCompile(`href="mailto:([^"?]+)\?([^"]+)"`)

// tapped is the mail that a mail client makes of a link in a notice, and that only has to be sent (RFC 6068).
func tapped(notice []byte, from mail.Address, command string, at time.Time) (to string, raw []byte, err error) {
	env, err := enmime.ReadEnvelope(bytes.NewReader(notice))
	if err != nil {
		return "", nil, err
	}
	for _, m := range mailtoLink.FindAllStringSubmatch(env.HTML, -1) {
		q, err := url.ParseQuery(strings.ReplaceAll(html.UnescapeString(m[2]), "+", "%2B"))
		if err != nil || strings.TrimSpace(q.Get("body")) != command {
			continue
		}
		to = html.UnescapeString(m[1])
		head := fmt.Sprintf("Message-ID: <%s@%s>\r\nDate: %s\r\nMIME-Version: 1.0\r\nSubject: %s\r\nTo: %s\r\nFrom: %s\r\n", newUUID(), domainOf(from.Address),
			at.Format(time.RFC1123Z), foldedWords(q.Get("subject")), to, from.String())
		return to, []byte(head + "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + q.Get("body")), nil
	}
	return "", nil, errors.New("the notice has no link for " + command)
}
