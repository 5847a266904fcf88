package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"notfalld/message"
	"notfalld/outbox"
	"notfalld/templates"
	"notfalld/ticket"
)

// alarm says which channels there are. Only when it was asked for does it ring them: that wakes somebody.
func (k *checker) alarm(ctx context.Context, cfg *Config) {
	if len(cfg.Alarm.Channels) == 0 {
		var err error
		if k.c.AlarmTest {
			err = errors.New("no alarm channel is configured: there is nothing to test")
		}
		k.sayErr("alarm", "no channel: another system alarms the technician", err)
		return
	}
	o, err := cfg.alarmOptions()
	if err != nil {
		k.sayErr("alarm", "", err)
		return
	}
	for _, c := range o.Channels {
		what, where := "alarm "+c.Name, cfg.whereTo(c)
		if !k.c.AlarmTest {
			k.sayErr(what, where+"; not tried (--alarm-test sends a test alarm)", nil)
			continue
		}
		within, cancel := context.WithTimeout(ctx, onlineTimeout)
		out, err := cfg.testAlarm(within, c)
		cancel()
		if err == nil && out.Result != ticket.Accepted {
			err = fmt.Errorf("%s: the test alarm was not taken: %s", where, strings.TrimSpace(out.Text))
		}
		k.sayErr(what, fmt.Sprintf("%s; took the test alarm: %s", where, cmp.Or(out.Text, fmt.Sprint(out.Code))), err)
	}
}

// whereTo describes a channel. Of a URL it shows the host alone: the rest may be a key.
func (c *Config) whereTo(ch ticket.Channel) string {
	if ch.Type == ticket.ChannelMail {
		return "mail to " + ch.Address
	}
	u, err := url.Parse(c.endpoints()[ch.Name].URL)
	if err != nil {
		return ch.Type
	}
	return ch.Type + " at " + u.Host
}

// testAlarm rings one channel, as the daemon would, with words that say that nothing has happened.
func (c *Config) testAlarm(ctx context.Context, ch ticket.Channel) (ticket.Outcome, error) {
	words, err := templates.Load(c.Templates.Dir)
	if err != nil {
		return ticket.Outcome{}, err
	}
	now := time.Now()
	text, err := words.Alarm(templates.AlarmMail{Kind: ticket.PageTest, Language: c.Staff.Language})
	if err != nil {
		return ticket.Outcome{}, err
	}
	mark := "TEST: "
	if ch.Type == ticket.ChannelMail {
		return c.testMail(ctx, ch.Address, mark+text.Subject, mark+text.Text, now)
	}
	body, err := ticket.TestPage(ch, mark+strings.TrimSpace(text.Text), now)
	if err != nil {
		return ticket.Outcome{}, err
	}
	return outbox.TryPage(ctx, outbox.PageOptions{}, c.endpoints()[ch.Name], "msg_test_"+rand.Text(), body), nil
}

func (c *Config) testMail(ctx context.Context, to, subject, text string, now time.Time) (ticket.Outcome, error) {
	o, err := c.outboxOptions(nil)
	if err != nil {
		return ticket.Outcome{}, err
	}
	from := c.Mailboxes[0].Address
	_, domain, _ := strings.Cut(from, "@")
	raw, err := message.Compose(message.Outgoing{From: message.Address{Name: "notfalld", Address: from}, To: message.Address{Address: to}, Subject: subject, Text: text,
		Date: now, MessageID: "test." + rand.Text() + "@" + domain, Headers: []message.Field{{Name: "Auto-Submitted", Value: "auto-generated"}}})
	if err != nil {
		return ticket.Outcome{}, err
	}
	out := outbox.TryMail(ctx, o, ticket.Out{EnvelopeFrom: from, Recipient: to, Bytes: raw})
	if out.Result == ticket.Accepted && out.Text == "" {
		out.Text = fmt.Sprintf("%s port %d: %d", o.Host, o.Port, out.Code)
	}
	return out, nil
}
