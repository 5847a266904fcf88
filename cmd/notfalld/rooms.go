package main

import (
	"fmt"
	"log/slog"

	"notfalld/ingest"
	"notfalld/message"
	"notfalld/outbox"
	"notfalld/rules"
	"notfalld/templates"
	"notfalld/ticket"
)

// This file tells each room what it needs of the configuration, in the room's own words.

func (c *Config) messageLimits() message.Limits {
	l := message.DefaultLimits()
	l.Size, l.HeaderBytes, l.Parts, l.Depth = int64(c.Limits.Mail), int(c.Limits.Header), c.Limits.Parts, c.Limits.Depth
	return l
}

// world is what is known beside a mail. Staff is everybody: people and those who are notified.
func (c *Config) world(in *rules.Inventory) rules.World {
	w := rules.World{Inventory: in}
	for _, m := range c.Mailboxes {
		w.Own = append(w.Own, m.Address)
		for _, g := range m.Groups {
			w.Groups = append(w.Groups, rules.Group{Address: g.Address, ListID: g.ListID})
		}
	}
	for _, p := range c.Staff.People {
		w.Staff = append(w.Staff, p.Addresses...)
	}
	w.Staff = append(w.Staff, c.Staff.Notify...)
	w.Staff = append(w.Staff, c.Admin.Notify...)
	return w
}

func (c *Config) bounds() ticket.Bounds {
	k, l := ticket.DefaultBounds(), c.Limits.Answers
	k.PerTicketDay, k.AgainAfter = l.PerTicketDay, l.AgainAfter
	k.KnownPerHour, k.UnknownPerHour, k.UnknownOverall = l.KnownPerHour, l.UnknownPerHour, l.UnknownOverallPerHour
	k.BarePerAddress, k.BarePerHour, k.NoticesPerHour = l.BarePerAddress, l.BarePerHour, l.NoticesPerHour
	k.ReplyAttachments, k.NoticeOriginal = int64(c.Limits.ReplyAttachments), int64(c.Limits.NoticeOriginal)
	k.UnderstandLimit, k.ReplyMaxAge, k.FirstStartWindow = c.Limits.PerMail, c.ReplyMaxAge, c.FirstStartLookback
	return k
}

// people are the members of staff. Who is given an empty list of rights has none; who is given no list has all.
func (c *Config) people() []ticket.Person {
	var all []ticket.Person
	for i, p := range c.Staff.People {
		t := ticket.Person{Name: p.Name, Addresses: p.Addresses}
		if c.doc.Has(fmt.Sprintf("staff.people[%d].may", i)) {
			t.May = []ticket.Right{ticket.RightRead}
		}
		for _, r := range p.May {
			t.May = append(t.May, ticket.Right(r))
		}
		all = append(all, t)
	}
	return all
}

// ticketOptions is the desk's configuration; the caller adds Store, Clock, Log, Rules, Templates and, read
// from their files, World.Inventory and Contacts.
func (c *Config) ticketOptions() (ticket.Options, error) {
	hours, err := ticket.NewHours(c.HoursConfig())
	if err != nil {
		return ticket.Options{}, err
	}
	o := ticket.Options{
		World: c.world(nil),
		Company: templates.Company{Name: c.Company.Name, Phone: c.Company.Phone, EmergencyPhone: c.Company.EmergencyPhone,
			FormURL: c.Company.FormURL, StatusURL: c.Company.StatusURL, LegalFooter: c.Company.LegalFooter, PrivacyURL: c.Company.PrivacyURL},
		Service: templates.Service{Fee: c.Service.Fee, Hourly: c.Service.Hourly, VAT: c.Service.VAT, Currency: c.Service.Currency,
			Included: c.Service.Included, Callback: c.Service.Callback},
		Hours:        hours,
		Staff:        ticket.Staff{Notify: c.Staff.Notify, Language: c.Staff.Language, People: c.people(), Banners: c.Staff.Banners},
		Admins:       c.Admin.Notify,
		Trust:        message.Trust{AuthservIDs: c.Trust.AuthRes, Microsoft365: c.Trust.Microsoft365, ReceivedAuth: c.Trust.ReceivedAuth},
		TrustShown:   c.Trust.Verified,
		ReopenWithin: c.ReopenWithin,
		Observe:      c.Mode == "observe",
		BouncePlus:   ticket.Plus(c.SMTP.BouncePlus),
		Limits:       c.messageLimits(),
		Bounds:       c.bounds(),
	}
	if o.Alarm, err = c.alarmOptions(); err != nil {
		return ticket.Options{}, err
	}
	for _, m := range c.Mailboxes {
		o.Mailboxes = append(o.Mailboxes, ticket.Mailbox{Name: m.Name, Address: m.Address, Plus: ticket.Plus(m.PlusAddress), Sent: m.IMAP.SentFolder})
	}
	if c.Secret != "" {
		o.Secret = []byte(c.Secret)
	}
	return o, nil
}

func (c *Config) ingestOptions(m Mailbox, log *slog.Logger) (ingest.Options, error) {
	ca, err := rootCAs(m.IMAP.CAFile)
	if err != nil {
		return ingest.Options{}, err
	}
	return ingest.Options{
		Name: m.Name, Host: m.IMAP.Host, Port: m.IMAP.Port, TLS: m.IMAP.TLS, RootCAs: ca,
		Username: m.IMAP.Username, Password: m.IMAP.Password, Folder: m.IMAP.Folder,
		Idle: m.IMAP.Idle, Poll: m.IMAP.Poll, Keyword: m.Mark.Keyword, MoveTo: m.Mark.MoveTo,
		MaxWhole: int64(c.Limits.Mail), PerMail: c.Limits.PerMail, Limits: c.messageLimits(), Log: log,
	}, nil
}

// sentOptions are those of the watcher of what is sent from a mailbox, which is another connection; false if that is not read.
func (m Mailbox) sentOptions(o ingest.Options) (ingest.Options, bool) {
	o.Sent, o.Folder, o.Keyword, o.MoveTo = true, m.IMAP.SentFolder, "", ""
	return o, o.Folder != ""
}

func (c *Config) outboxOptions(log *slog.Logger) (outbox.Options, error) {
	ca, err := rootCAs(c.SMTP.CAFile)
	if err != nil {
		return outbox.Options{}, err
	}
	return outbox.Options{Host: c.SMTP.Host, Port: c.SMTP.Port, TLS: c.SMTP.TLS, RootCAs: ca,
		Username: c.SMTP.Username, Password: c.SMTP.Password, Log: log}, nil
}

func (c *Config) alarmOptions() (ticket.AlarmOptions, error) {
	a := ticket.AlarmOptions{API: c.Alarm.API, Reminders: c.Alarm.Reminders, EscalateAfter: c.Alarm.EscalateAfter}
	for _, ch := range c.Alarm.Channels {
		k := ticket.Channel{Name: ch.Name}
		switch {
		case ch.Webhook != nil:
			k.Type = ticket.ChannelWebhook
		case ch.Mail != nil:
			k.Type, k.Address = ticket.ChannelMail, ch.Mail.Address
		case ch.PagerDuty != nil:
			k.Type, k.RoutingKey = ticket.ChannelPagerDuty, ch.PagerDuty.RoutingKey
		case ch.JSON != nil:
			body, err := ticket.PageTemplate(ch.JSON.Body)
			if err != nil {
				return ticket.AlarmOptions{}, fmt.Errorf("alarm channel %s: %w", ch.Name, err)
			}
			k.Type, k.Body = ticket.ChannelJSON, body
		}
		a.Channels = append(a.Channels, k)
	}
	return a, nil
}

// endpoints are the alarm channels that are reached over HTTP, by name.
func (c *Config) endpoints() map[string]outbox.Endpoint {
	all := map[string]outbox.Endpoint{}
	for _, ch := range c.Alarm.Channels {
		switch {
		case ch.Webhook != nil:
			all[ch.Name] = outbox.Endpoint{URL: ch.Webhook.URL, Secret: ch.Webhook.Secret, Header: headerValues(ch.Webhook.Headers)}
		case ch.PagerDuty != nil:
			all[ch.Name] = outbox.Endpoint{URL: ch.PagerDuty.URL}
		case ch.JSON != nil:
			all[ch.Name] = outbox.Endpoint{URL: ch.JSON.URL, Header: headerValues(ch.JSON.Headers)}
		}
	}
	return all
}

func headerValues(headers map[string]HeaderValue) map[string]string {
	values := map[string]string{}
	for name, v := range headers {
		values[name] = v.Value
	}
	return values
}
