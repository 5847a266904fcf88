package main

import (
	"bytes"
	"context"
	"net/mail"
	"net/smtp"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/jhillyerd/enmime/v2"

	"notfalld/message"
	"notfalld/postoffice"
	"notfalld/ticket"
)

// trip is a house whose shared mailbox lies on a real Dovecot. The embedded server is the hoster's and the whole world's mail exchanger: it proves
// senders, hands what is for support@ on to Dovecot, and holds the mailboxes of Petra, the customer, and of Anna, to whom notices go.
type trip struct {
	*house
	clock *shiftedClock
	imap  *imapclient.Client // the shared mailbox, as a colleague has it open
	parts *parts
}

var (
	petra   = mail.Address{Name: "Petra Gruber", Address: "petra@almhof.at"}
	anna    = mail.Address{Name: "Anna Berger", Address: "anna@notfall-hoster.at"}
	support = mail.Address{Name: "Notfall Hoster Support", Address: houseSupport}
)

// tripOffice is a mail exchanger that says of what comes in how it was proved.
func tripOffice(clock *shiftedClock) postoffice.Options {
	return postoffice.Options{
		Now: clock.Now,
		Users: []postoffice.User{
			{Name: "petra", Password: "almhof", Addresses: []string{petra.Address}},
			{Name: "anna", Password: "berger", Addresses: []string{anna.Address, houseTeam}},
		},
		Verdict: func(e postoffice.Envelope) string {
			if e.AuthUser != "" {
				return "auth=pass smtp.auth=" + e.AuthUser + "@notfall-hoster.at"
			}
			return "dmarc=pass (p=none) header.from=" + domainOf(e.From)
		},
	}
}

func newTrip(t *testing.T, more ...string) *trip {
	d, err := postoffice.StartDovecot(t.TempDir())
	postoffice.Needs(t, err)
	t.Cleanup(func() { d.Close() })
	clock := newShiftedClock(time.Date(2026, 3, 17, 2, 13, 0, 0, mustVienna()))
	h := &trip{house: newHouse(t, tripOffice(clock)), clock: clock}
	h.configure(d.Addr(), more...)
	h.imap = h.login(d)
	h.handOn(h.login(d))
	return h
}

func (h *trip) login(d *postoffice.Dovecot) *imapclient.Client {
	h.Helper()
	c, err := imapclient.DialInsecure(d.Addr(), nil)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { c.Close() })
	if err := c.Login(d.User, d.Password).Wait(); err != nil {
		h.Fatal(err)
	}
	return c
}

// handOn delivers to Dovecot what comes for the support address, as LMTP does, until the test ends.
func (h *trip) handOn(c *imapclient.Client) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		for n := 0; ; {
			ms, err := h.office.WaitMessages(ctx, "support", "INBOX", func(ms []postoffice.Message) bool { return len(ms) > n })
			for ; err == nil && n < len(ms); n++ {
				err = appendTo(c, "INBOX", ms[n].Raw)
			}
			if err != nil {
				done <- err
				return
			}
		}
	}()
	h.Cleanup(func() {
		ended := ctx.Err() != nil
		cancel()
		if err := <-done; err != nil && !strings.Contains(err.Error(), context.Canceled.Error()) || ended {
			h.Errorf("mail was not handed on to Dovecot: %v", err)
		}
	})
}

func appendTo(c *imapclient.Client, folder string, raw []byte) error {
	a := c.Append(folder, int64(len(raw)), nil)
	if _, err := a.Write(raw); err != nil {
		return err
	}
	if err := a.Close(); err != nil {
		return err
	}
	_, err := a.Wait()
	return err
}

// send submits a mail as a mail program does, and files it among what was sent; user "" is a sender out in the world.
func (h *trip) send(user, password, from, to string, raw []byte) {
	h.Helper()
	var auth smtp.Auth
	if password != "" {
		auth = smtp.PlainAuth("", user, password, "127.0.0.1")
	}
	if err := smtp.SendMail(h.office.SMTPAddr(), auth, from, []string{to}, raw); err != nil {
		h.Fatal(err)
	}
	if user != "" {
		if _, err := h.office.Append(user, "Sent", raw, h.clock.Now()); err != nil {
			h.Fatal(err)
		}
	}
}

// inbox waits until somebody has so many mails, and returns the youngest.
func (h *trip) inbox(user string, n int) []byte {
	h.Helper()
	ms, err := h.office.WaitMessages(patient(h.T), user, "INBOX", func(ms []postoffice.Message) bool { return len(ms) >= n })
	if err != nil || len(ms) != n {
		h.Fatalf("%s has %d mails and not %d: %v\n%s", user, len(ms), n, err, h.stderr)
	}
	return ms[n-1].Raw
}

// state waits until the one ticket is in a state.
func (h *trip) state(want ticket.State, answeredBy string) {
	h.Helper()
	ctx := patient(h.T)
	for {
		all := h.tickets(h.parts)
		if len(all) == 1 && all[0].State == want {
			if all[0].AnsweredBy != answeredBy {
				h.Errorf("%s: answered by %q, not %q", want, all[0].AnsweredBy, answeredBy)
			}
			return
		}
		if ctx.Err() != nil || len(all) > 1 {
			h.Fatalf("%+v, and not one ticket that is %s\n%s", all, want, h.stderr)
		}
	}
}

// threads counts the threads that a mail program makes of what lies in a mailbox, received and sent: by References, else In-Reply-To, as
// J. Zawinski's algorithm does before it looks at subjects.
func (h *trip) threads(user string) int {
	h.Helper()
	parent, ids := map[string]string{}, []string{}
	root := func(id string) string {
		for parent[id] != "" {
			id = parent[id]
		}
		return id
	}
	for _, folder := range []string{"INBOX", "Sent"} {
		ms, err := h.office.Messages(user, folder)
		if err != nil {
			h.Fatal(err)
		}
		for _, raw := range ms {
			m := message.Parse(raw.Raw, message.DefaultLimits())
			chain := append(references(m), m.MessageID)
			ids = append(ids, root(m.MessageID))
			for i, id := range chain[1:] {
				if known := parent[id] != ""; (!known || i == len(chain)-2) && root(chain[i]) != id {
					parent[id] = chain[i]
				}
			}
		}
	}
	for i := range ids {
		ids[i] = root(ids[i])
	}
	slices.Sort(ids)
	return len(slices.Compact(ids))
}

var staffToken = regexp.MustCompile(`(?i)\bs[a-z2-7]{32}\b`)

// nothingInternal: neither fence nor staff token nor a word of the notices' internal block is in any mail of the customer's.
func (h *trip) nothingInternal(user string) {
	h.Helper()
	ms, err := h.office.Messages(user, "INBOX")
	if err != nil {
		h.Fatal(err)
	}
	for _, raw := range ms {
		m, err := enmime.ReadEnvelope(bytes.NewReader(raw.Raw))
		if err != nil || m.Text == "" {
			h.Errorf("%v: no text in\n%s", err, raw.Raw)
			continue
		}
		all := string(raw.Raw) + m.Text + m.HTML
		for _, word := range []string{"[notfalld:", "#close", "#note", anna.Address, houseTeam, "KEIN NOTFALL AUSGELÖST"} {
			if strings.Contains(all, word) {
				h.Errorf("a customer reads %q in\n%s", word, raw.Raw)
			}
		}
		if token := staffToken.FindString(all); token != "" {
			h.Errorf("a customer has the staff token %s", token)
		}
	}
}

// marked waits until so many mails of Dovecot's INBOX carry the keyword, and wants it on all there are.
func (h *trip) marked(n int) {
	h.Helper()
	if _, err := h.imap.Select("INBOX", &imap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		h.Fatal(err)
	}
	ctx := patient(h.T)
	for {
		found, err := h.imap.UIDSearch(&imap.SearchCriteria{Flag: []imap.Flag{"$NotfallTicket"}, NotFlag: []imap.Flag{imap.FlagSeen}}, nil).Wait()
		if err != nil {
			h.Fatal(err)
		}
		all, err := h.imap.UIDSearch(&imap.SearchCriteria{}, nil).Wait()
		if err != nil {
			h.Fatal(err)
		}
		if len(found.AllUIDs()) == n && len(all.AllUIDs()) == n {
			return
		}
		if ctx.Err() != nil {
			h.Fatalf("%d of %d mails carry the keyword, not %d", len(found.AllUIDs()), len(all.AllUIDs()), n)
		}
	}
}

const tripMail = "From: Petra Gruber <petra@almhof.at>\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support\r\nMessage-ID: <1@almhof.at>\r\nDate: Tue, 17 Mar 2026 02:12:40 +0100\r\n" +
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
	"Der Shop auf web01.almhof.at ist nicht erreichbar: 502 Bad Gateway. Kundennummer 104711\r\n\r\nMit freundlichen Grüßen\r\nPetra Gruber\r\n"

// One problem from the customer's mail to staff's #close, with nothing but mail programs: one ticket, one thread on each side, and the state right
// at every step.
func TestRoundTrip(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			var more []string
			if engine == "postgres" {
				pg, err := postoffice.StartPostgres(t.TempDir())
				postoffice.Needs(t, err)
				t.Cleanup(func() { pg.Close() })
				url, err := pg.NewDatabase()
				if err != nil {
					t.Fatal(err)
				}
				more = append(more, `store: {url: "`+url+`"}`)
			}
			h := newTrip(t, more...)
			if code, said, all := h.check(); code != exitDone {
				t.Fatalf("check --online has not shown that staff can be trusted: %d %s\n%s", code, said, all)
			}
			var stop func()
			h.parts, stop = h.start(func(p *plan) { p.useClock(h.clock) })
			h.roundTrip()
			stop()
		})
	}
}

func (h *trip) roundTrip() {
	h.send("petra", "", petra.Address, houseSupport, []byte(tripMail))
	h.inbox("petra", 1)
	notice := h.inbox("anna", 1)
	h.state(ticket.New, "")
	h.wantNotice(notice, []byte(tripMail))

	h.staffReplies(notice, "Guten Tag Frau Gruber,\n\nder Webserver hing und läuft wieder. Sehen Sie bitte nach?")
	relayed := h.inbox("petra", 2)
	h.state(ticket.Waiting, "Anna Berger")
	h.wantRelay(relayed, "Guten Tag Frau Gruber,\n\nder Webserver hing und läuft wieder. Sehen Sie bitte nach?")

	h.clock.jump(h.clock.Now().Add(4 * time.Minute))
	second := h.petraReplies(relayed, "Die Startseite geht, die Kassa nicht.")
	notice = h.inbox("anna", 2)
	h.state(ticket.Open, "Anna Berger")
	h.wantNotice(notice, second)

	h.clock.jump(h.clock.Now().Add(4 * time.Minute))
	_, direct := replyTo(second, support, "Die Kassa war noch abgeschaltet. Jetzt nicht mehr.", h.clock.Now())
	h.send("", "", houseSupport, petra.Address, direct)
	if err := appendTo(h.imap, "Sent", direct); err != nil {
		h.Fatal(err)
	}
	h.state(ticket.Waiting, houseSupport)

	h.clock.jump(h.clock.Now().Add(4 * time.Minute))
	third := h.petraReplies(h.inbox("petra", 3), "Jetzt geht alles, danke!")
	notice = h.inbox("anna", 3)
	h.state(ticket.Open, houseSupport)
	h.wantNotice(notice, third)

	h.staffReplies(notice, "#close")
	h.state(ticket.Closed, houseSupport)
	h.marked(5) // three of Petra, two of Anna
	h.inbox("petra", 3)
	h.inbox("anna", 3) // no receipt: everything was done
	h.nothingInternal("petra")
	for _, user := range []string{"petra", "anna"} {
		if n := h.threads(user); n != 1 {
			h.Errorf("%s sees %d threads", user, n)
		}
	}
	h.wantHistory("created", "staff answer", "staff answer", "closed")
}

func (h *trip) staffReplies(notice []byte, text string) {
	h.Helper()
	to, raw := replyTo(notice, anna, text, h.clock.Now())
	if !strings.HasPrefix(to, "support+s") {
		h.Errorf("a reply to the notice goes to %s", to)
	}
	h.send("anna", "berger", anna.Address, to, raw)
}

func (h *trip) petraReplies(mail []byte, text string) (raw []byte) {
	h.Helper()
	to, raw := replyTo(mail, petra, text, h.clock.Now())
	h.send("petra", "", petra.Address, to, raw)
	return raw
}

// wantNotice: what staff see of a customer's mail, between the fences and below, with the mail as it came attached.
func (h *trip) wantNotice(raw, customers []byte) {
	h.Helper()
	m, text := message.Parse(raw, message.DefaultLimits()), message.Parse(customers, message.DefaultLimits()).Text
	if !strings.Contains(m.Subject, "NS-10001") || strings.Count(m.Whole, "[notfalld:") != 3 || !strings.Contains(m.Whole, text) {
		h.Errorf("of %q the notice says\n%s\n%s", text, m.Subject, m.Whole)
	}
	if len(m.Attachments) != 1 || !strings.HasSuffix(m.Attachments[0].Name, ".eml") || !bytes.HasSuffix(m.Attachments[0].Data, customers) {
		h.Errorf("the mail is not attached as it came:\n%s", raw)
	}
}

// wantRelay: what the customer gets is what Anna wrote, as from the support address, below her own mail.
func (h *trip) wantRelay(raw []byte, text string) {
	h.Helper()
	m := message.Parse(raw, message.DefaultLimits())
	if m.From[0] != (message.Address{Name: "Anna Berger", Address: houseSupport}) || !strings.HasPrefix(m.ReplyTo[0].Address, "support+c") || m.Subject != "Re: Notfall-Support [NS-10001]" ||
		!slices.Contains(m.References, "1@almhof.at") || !slices.Equal(m.InReplyTo, []string{"1@almhof.at"}) {
		h.Errorf("the head of what the customer got:\n%s", raw)
	}
	if m.Text != text || len(m.Attachments) > 0 {
		h.Errorf("Petra reads\n%s\nwith %d attachments, and not\n%s", m.Text, len(m.Attachments), text)
	}
}

// wantHistory: these stand in the ticket's history, in this order.
func (h *trip) wantHistory(want ...string) {
	h.Helper()
	d, err := ticket.Show(context.Background(), h.parts.store, 10001)
	if err != nil {
		h.Fatal(err)
	}
	left := want
	for _, e := range d.History {
		if len(left) > 0 && e.What == left[0] {
			left = left[1:]
		}
	}
	if len(left) > 0 || len(d.Mails) != 6 {
		h.Errorf("%d mails, and no %q in %+v", len(d.Mails), left, d.History)
	}
}
