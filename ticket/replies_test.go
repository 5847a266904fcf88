package ticket_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	gomail "github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"notfalld/message"
	"notfalld/ticket"
)

// heldReplies are the replies of message/testdata/replies that must not reach a customer as they are: the words of the receipt, and why.
var heldReplies = map[string]string{
	// The words on top mean what stands in the quote, and that is not sent: the customer would look for answers that are not there.
	"outlook-answers-in-blue": "Du verweist auf Antworten unten im Zitat",
	// A notice that is passed on may be meant for a colleague: nothing tells for whom the words are.
	"outlook-words-above-forward": "Deine Mail ist eine Weiterleitung",
}

// doneByReplies is what the commands of replies have done: steps of a scenario.
var doneByReplies = map[string][]string{
	"commands-iphone-ack":      {`history NS-10001 "assigned to Anna Berger"`, "emergency NE-10001 state=acknowledged", "ticket NS-10001 state=open"},
	"commands-only-gmail-app":  {"ticket NS-10001 state=closed"},
	"commands-outlook-close":   {"ticket NS-10001 state=closed", `history NS-10001 "45m app"`},
	"salutation-like-farewell": {`history NS-10001 "assigned to Paul Winkler"`, "ticket NS-10001 state=waiting"},
}

// TestRepliesThroughTheDesk sends each answer of message/testdata/replies the whole way: a customer's ticket, its notice to the list of staff, the answer
// of a person, and what then reaches the customer. Once the answer carries the staff token of the notice wherever it would; once its program has lost it,
// and only what it quotes tells what it answers.
func TestRepliesThroughTheDesk(t *testing.T) {
	files, err := filepath.Glob("../message/testdata/replies/*.eml")
	if err != nil || len(files) < 90 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	notices := readNotices(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".eml")
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := noticeAnswered(t, notices, raw)
		want := readWanted(t, strings.TrimSuffix(file, ".eml")+".want")
		for _, way := range []string{"token", "fence"} {
			if way == "fence" && !strings.Contains(message.Parse(raw, message.DefaultLimits()).Whole, "[notfalld:intern:"+n.code) {
				continue // it quotes nothing
			}
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				s := answeredStage(t, n, message.Parse(raw, message.DefaultLimits()).Subject)
				s.reply(n, raw, way == "token")
				if words, ok := heldReplies[name]; ok {
					s.wantHeld(words)
					return
				}
				s.wantRelayed(n, want)
				for _, step := range doneByReplies[name] {
					s.where = step
					s.step(step)
				}
			})
		}
	}
}

// answeredNotice is a notice of testdata/replies.txtar.
type answeredNotice struct {
	code, token, mail, block string
	customers                []string
}

func readNotices(t *testing.T) (all []answeredNotice) {
	t.Helper()
	a, err := txtar.ParseFile("testdata/replies.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(a.Files); i += 2 {
		token, block, _ := strings.Cut(string(a.Files[i+1].Data), "\n")
		n := answeredNotice{code: filepath.Dir(a.Files[i].Name), token: token, mail: string(a.Files[i].Data), block: block}
		m := message.Parse([]byte(n.mail), message.DefaultLimits())
		for _, c := range slices.Concat(m.From, m.Cc) {
			n.customers = append(n.customers, c.Address)
		}
		all = append(all, n)
	}
	return all
}

// noticeAnswered is the one whose token stands in the header of a reply.
func noticeAnswered(t *testing.T, all []answeredNotice, raw []byte) answeredNotice {
	t.Helper()
	head, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	i := slices.IndexFunc(all, func(n answeredNotice) bool { return bytes.Contains(head, []byte(n.token)) })
	if i < 0 {
		t.Fatal("what does it answer?")
	}
	return all[i]
}

// answeredStage is a desk of Alpenrack with a ticket of the customer, linked to an emergency where the notice says so, and the notice of this subject delivered.
func answeredStage(t *testing.T, n answeredNotice, subject string) *stage {
	s := newStage(t)
	s.reopen(func(o *ticket.Options) {
		o.Mailboxes = []ticket.Mailbox{{Name: "support", Address: "support@alpenrack.at", Plus: ticket.PlusYes}}
		o.World.Own, o.World.Staff = []string{"support@alpenrack.at"}, []string{"team@alpenrack.at"}
		o.Staff.Notify, o.Staff.People = []string{"team@alpenrack.at"}, nil
		for _, p := range []ticket.Person{
			{Name: "Anna Berger", Addresses: []string{"anna@alpenrack.at"}}, {Name: "Mira Novak", Addresses: []string{"mira@alpenrack.at"}},
			{Name: "Paul Winkler", Addresses: []string{"paul.winkler@alpenrack.at"}}, {Name: "Jakob Thür", Addresses: []string{"jakob.thuer@alpenrack.at"}},
			{Name: "Lena Öllinger", Addresses: []string{"lena@alpenrack.at"}},
		} {
			o.Staff.People, o.World.Staff = append(o.Staff.People, p), append(o.World.Staff, p.Addresses...)
		}
	})
	s.mails["customer.eml"] = bytes.ReplaceAll([]byte(n.mail), []byte("\n"), []byte("\r\n"))
	steps := []string{"mail customer.eml pass", "deliver"}
	if strings.Contains(n.block, "NE-") {
		steps = slices.Insert(steps, 0, "trigger name=Franz_Moser customer=104955 email="+n.customers[0]+" phone=+436995550188")
		steps = append(steps, "linked NS-10001 NE-10001")
	}
	for _, step := range steps {
		s.where = "set up: " + step
		s.step(step)
	}
	if t.Failed() {
		t.FailNow()
	}
	notice := s.noticeOfTicket()
	s.check(s.store.Update(s.ctx, func(tx ticket.Tx) error {
		return tx.AddFence(ticket.Fence{
			Code: n.code, OutID: notice.ID, TicketID: notice.TicketID, Recipient: notice.Recipient, Lines: ticket.HashLines(n.block, subject), Created: s.clock.Now(),
		})
	}))
	return s
}

func (s *stage) noticeOfTicket() ticket.Out {
	for _, o := range s.accepted(ticket.OutNotice, "team@alpenrack.at") {
		if o.TicketID != 0 {
			return o
		}
	}
	s.Fatal("there is no notice of the ticket")
	return ticket.Out{}
}

// reply takes an answer to the notice, and delivers what comes of it. The invented token gives way to that of the notice, of the same length.
func (s *stage) reply(n answeredNotice, raw []byte, token bool) {
	s.Helper()
	genuine, _, _ := strings.Cut(s.noticeOfTicket().MessageID, ".")
	if len(genuine) != len(n.token) {
		s.Fatalf("a token of %d characters", len(genuine))
	}
	if token {
		raw = bytes.ReplaceAll(raw, []byte(n.token), []byte(genuine))
	}
	s.mails["reply.eml"] = slices.Concat([]byte("Authentication-Results: mx.notfall-hoster.at; dmarc=pass (p=reject dis=none) header.from=alpenrack.at\r\n"), raw)
	s.where = "reply"
	s.sent = nil
	if e := s.takeMail("reply.eml"); e.State != ticket.EntryStaff {
		s.Errorf("the reply became %s", e.State)
	}
	s.deliver("")
}

func (s *stage) wantHeld(words string) {
	s.Helper()
	if got := len(s.accepted(ticket.OutRelay, "")); got > 0 {
		s.Errorf("%d mails to customers", got)
	}
	if len(s.receipts()) != 1 || !strings.Contains(s.lastReceipt(), words) {
		s.Errorf("%d receipts; wanted one that says %q", len(s.receipts()), words)
	}
	s.step("ticket NS-10001 state=new")
}

// wantRelayed wants one mail to each customer who takes part, that says just this; none where there is nothing to say; and no receipt.
func (s *stage) wantRelayed(n answeredNotice, w wanted) {
	s.Helper()
	for range s.receipts() {
		s.Errorf("a receipt: %s", s.lastReceipt())
		break
	}
	silent := w.text == "" && len(w.attach) == 0
	for _, to := range n.customers {
		all := s.accepted(ticket.OutRelay, to)
		if silent && len(all) == 0 {
			continue
		}
		if len(all) != 1 || silent {
			s.Errorf("%d mails to %s", len(all), to)
			continue
		}
		w.compare(s.T, all[0].Bytes)
	}
	if got := len(s.accepted(ticket.OutRelay, "")); got > len(n.customers) {
		s.Errorf("%d mails to customers", got)
	}
}

// wanted is a .want file: see TestReplies in message.
type wanted struct {
	text, html            string
	attach, inline, never []string
}

func readWanted(t *testing.T, path string) (w wanted) {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		content := strings.Trim(string(f.Data), "\n")
		lines := strings.Split(content, "\n")
		if content == "" {
			lines = nil
		}
		switch f.Name {
		case "text":
			w.text = content
		case "html":
			w.html = content
		case "attach":
			w.attach = lines
		case "inline":
			w.inline = lines
		case "never":
			w.never = lines
		}
	}
	return w
}

// compare reads a mail as the customer's program does.
func (w wanted) compare(t *testing.T, raw []byte) {
	t.Helper()
	text, html, attach, inline := readRelay(t, raw)
	if d := cmp.Diff(w.text, text); d != "" {
		t.Errorf("text (-want +got):\n%s", d)
	}
	if d := cmp.Diff(w.attach, attach); d != "" {
		t.Errorf("attachments (-want +got):\n%s", d)
	}
	if d := cmp.Diff(w.inline, inline); d != "" && (w.html != "any" || html != "") {
		t.Errorf("inline (-want +got):\n%s", d)
	}
	switch {
	case w.html == "any":
	case w.html == "none":
		if html != "" {
			t.Errorf("there is HTML:\n%s", html)
		}
	default:
		for l := range strings.SplitSeq(w.html, "\n") {
			if strings.Contains(html, l[2:]) != (l[0] == '+') {
				t.Errorf("HTML: %s\n%s", l, html)
			}
		}
	}
	for _, never := range append(w.never, "[notfalld:") {
		for where, said := range map[string]string{"text": text, "HTML": html, "HTML as read": message.HTMLText(html), "names": strings.Join(attach, "\n")} {
			if strings.Contains(lettersOnly(said), lettersOnly(never)) {
				t.Errorf("%s holds %q:\n%s", where, never, said)
			}
		}
	}
	if found := staffTokenLike.Find(raw); found != nil {
		t.Errorf("the mail holds %q", found)
	}
}

var staffTokenLike = regexp.MustCompile(`\bs[a-z2-7]{32}\b`)

func lettersOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

func readRelay(t *testing.T, raw []byte) (text, html string, attach, inline []string) {
	t.Helper()
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), html, attach, inline
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		sum := func(name, typ string) string {
			return fmt.Sprintf("%s | %s | %s | %x", name, typ, strconv.Itoa(len(data)), sha256.Sum256(data))
		}
		switch h := p.Header.(type) {
		case *gomail.AttachmentHeader:
			name, _ := h.Filename()
			typ, _, _ := h.ContentType()
			attach = append(attach, sum(name, typ))
		case *gomail.InlineHeader:
			switch typ, _, _ := h.ContentType(); typ {
			case "text/plain":
				text += string(data)
			case "text/html":
				html += strings.ReplaceAll(string(data), "\r\n", "\n")
			default:
				inline = append(inline, sum(strings.Trim(h.Get("Content-Id"), "<>"), typ))
			}
		}
	}
}
