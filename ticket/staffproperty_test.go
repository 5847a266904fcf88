package ticket_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"notfalld/message"
	"notfalld/ticket"
)

// TestNothingInternalLeaves: whatever mails of customers, of staff and of people who claim to be come in, in whatever order and with whatever is pasted into
// them, no mail to a customer holds a line of an internal block, a mark of a fence or a staff token, and every mail is kept in its ticket.
func TestNothingInternalLeaves(t *testing.T) {
	fewerChecks(t, 40)
	relayed, held := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		p := &leakPlay{stage: newStage(t), rt: rt, wrote: map[string]bool{}}
		p.where = "property"
		p.customer()
		for range rapid.IntRange(3, 12).Draw(rt, "how many") {
			switch rapid.IntRange(0, 6).Draw(rt, "what") {
			case 0:
				p.customer()
			case 1:
				p.emergency()
			case 2:
				p.clock.set(p.clock.Now().Add(time.Duration(rapid.IntRange(1, 15).Draw(rt, "minutes")) * time.Minute))
			default:
				p.person()
			}
			p.deliver("")
		}
		for _, o := range p.sent {
			p.clean(o)
		}
		relayed += len(p.accepted(ticket.OutRelay, ""))
		held += len(p.receipts())
	})
	if !t.Failed() && (relayed == 0 || held == 0) {
		t.Errorf("the mails were too much alike: %d relayed, %d held back", relayed, held)
	}
}

// leakPlay is one sequence of mails.
type leakPlay struct {
	*stage
	rt    *rapid.T
	wrote map[string]bool // the lines that customers have written
	count int
}

// came takes a mail, and sees that it is kept.
func (p *leakPlay) came(raw, proof string) {
	p.mails["m"] = []byte(strings.ReplaceAll(raw, "\n", "\r\n"))
	e := p.takeMail("m " + proof)
	if e.State == ticket.EntryOther || e.TicketID == 0 && e.State != ticket.EntryStaff {
		p.rt.Fatalf("a mail was not kept (%s):\n%s", e.State, raw)
	}
	if e.TicketID == 0 {
		return
	}
	p.check(p.store.View(p.ctx, func(tx ticket.Tx) error {
		ms, err := tx.Mails(e.TicketID)
		if !slices.ContainsFunc(ms, func(m ticket.Mail) bool { return m.EntryID == e.ID }) {
			p.rt.Fatalf("a mail is not in %s:\n%s", ticket.Number(e.TicketID), raw)
		}
		return err
	}))
}

func (p *leakPlay) proof() string {
	return rapid.SampledFrom([]string{"pass", "pass", "unknown", "fail"}).Draw(p.rt, "proof")
}

func (p *leakPlay) next() int { p.count++; return p.count }

// customer: one of two writes, anew or in the ticket, perhaps what looks like ours.
func (p *leakPlay) customer() {
	who := rapid.SampledFrom([]string{"eva@kanzlei-lang.at", "jan@druck-pichler.at"}).Draw(p.rt, "customer")
	subject := "Notfall-Support"
	if p.count > 0 && rapid.Bool().Draw(p.rt, "names the ticket") {
		subject += " [NS-10001]"
	}
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{
		"Unser Server web01.kanzlei-lang.at ist nicht erreichbar.", "ERROR 1040 (HY000): Too many connections", "#close", "#note geheim", "Kundennummer: 104711",
		"[notfalld:ende:aaaaaaaaaaaaaaaa]", "[notfalld:intern:bbbbbbbbbbbbbbbb]", "KEIN NOTFALL AUSGELÖST", "> zitiert", "Telefon: +43 664 1234567",
	}), 1, 5).Draw(p.rt, "lines")
	for _, l := range lines {
		p.wrote[plainLine(l)] = true
	}
	cc := rapid.SampledFrom([]string{"", "Cc: dana@code-werk.example\n"}).Draw(p.rt, "cc")
	p.came(fmt.Sprintf("From: %s\nTo: support@notfall-hoster.at\n%sSubject: %s\nMessage-ID: <c%d@kunde.example>\n\nDringend: Server nicht erreichbar!\n%s\n", who, cc, subject, p.next(),
		strings.Join(lines, "\n")), p.proof())
	p.deliver("")
}

func (p *leakPlay) emergency() {
	who := rapid.SampledFrom([]string{"eva@kanzlei-lang.at", "otto@autohaus-lang.at"}).Draw(p.rt, "who triggers")
	_, _, err := p.desk.Trigger(p.ctx, ticket.Trigger{Way: ticket.WayAPI, Actor: "api", Name: "Otto Lang", Email: who, Phone: "+436647654321", CustomerNumber: "104713", Key: fmt.Sprint("k", p.next())})
	p.check(err)
}

// person: Anna, Bernd or a stranger answers one of the notices.
func (p *leakPlay) person() {
	notices := slices.DeleteFunc(p.accepted(ticket.OutNotice, ""), func(o ticket.Out) bool { return !strings.HasPrefix(o.MessageID, "s") })
	if len(notices) == 0 {
		return
	}
	n := notices[rapid.IntRange(0, len(notices)-1).Draw(p.rt, "notice")]
	from := rapid.SampledFrom([]string{"anna@notfall-hoster.at", "anna@notfall-hoster.at", "bernd@notfall-hoster.at", "max@fremd.example"}).Draw(p.rt, "person")
	text := message.Parse(n.Bytes, message.DefaultLimits()).Whole
	var body []string
	for range rapid.IntRange(1, 4).Draw(p.rt, "pieces") {
		body = append(body, p.piece(n, strings.Split(strings.TrimSpace(text), "\n")))
	}
	head := ""
	if rapid.Bool().Draw(p.rt, "references") {
		head = "In-Reply-To: <" + n.MessageID + ">\n"
	}
	token, _, _ := strings.Cut(n.MessageID, ".")
	p.came(fmt.Sprintf("From: %s\nTo: support+%s@notfall-hoster.at\n%sSubject: AW\nMessage-ID: <s%d@notfall-hoster.at>\n\n%s\n", from, token, head, p.next(), strings.Join(body, "\n\n")), p.proof())
}

// piece is a paragraph of an answer: words of its own, commands, or what was quoted or pasted out of a notice, whole or in part.
func (p *leakPlay) piece(n ticket.Out, lines []string) string {
	token, _, _ := strings.Cut(n.MessageID, ".")
	from := rapid.IntRange(0, len(lines)-1).Draw(p.rt, "from line")
	some := lines[from:rapid.IntRange(from, len(lines)).Draw(p.rt, "to line")]
	switch rapid.IntRange(0, 10).Draw(p.rt, "piece") {
	case 0, 1, 2, 3:
		return "Wir haben den Dienst neu gestartet."
	case 4:
		return rapid.SampledFrom([]string{"#close", "#note bleibt hier", "#assign Bernd", "#ack", "#clsoe", "#link NE-10001"}).Draw(p.rt, "command")
	case 5, 6:
		return "Am 15.03.2026 um 03:07 schrieb notfalld:\n> " + strings.Join(lines, "\n> ")
	case 7:
		return "> " + strings.Join(some, "\n> ")
	case 8:
		return strings.Join(some, "\n")
	case 9:
		return strings.Join(some, " ")
	}
	return rapid.SampledFrom([]string{"support+" + token + "@notfall-hoster.at", strings.ToUpper(token), lines[0], "[notfalld: intern]"}).Draw(p.rt, "pasted")
}

// ourMarks are the marks of a fence, also without their ends; and staff tokens.
var ourMarks = regexp.MustCompile(`(?i)notfalld:(intern|ende|schluss)|(^|[^a-z0-9])s[a-z2-7]{32}([^a-z0-9]|$)`)

// clean sees that a mail to a customer holds nothing of ours.
func (p *leakPlay) clean(o ticket.Out) {
	if o.Kind != ticket.OutRelay && o.Kind != ticket.OutAnswer && o.Kind != ticket.OutConfirmation {
		return
	}
	text := words(p.T, o.Bytes)
	head, _, _ := strings.Cut(string(o.Bytes), "\r\n\r\n")
	if found := ourMarks.FindString(text + head); found != "" {
		p.rt.Fatalf("%s to %s holds %q:\n%s", o.Kind, o.Recipient, found, text)
	}
	if o.Kind != ticket.OutRelay {
		return
	}
	inner := map[string]bool{}
	for _, n := range p.accepted(ticket.OutNotice, "") {
		if n.TicketID == o.TicketID && n.Reason != ticket.ReasonNotDone { // a receipt repeats what its reader wrote
			for _, l := range strings.Split(blockOf(n.Bytes), "\n") {
				inner[plainLine(l)] = true
			}
		}
	}
	for _, l := range strings.Split(text, "\n") {
		if plain := plainLine(l); inner[plain] && !p.wrote[plain] && strings.Count(plain, " ") > 1 {
			p.rt.Fatalf("a mail to %s holds the internal line %q:\n%s", o.Recipient, l, text)
		}
	}
}

// blockOf is the internal block of a notice.
func blockOf(raw []byte) string {
	whole := message.Parse(raw, message.DefaultLimits()).Whole
	marks := fenceLine.FindAllStringIndex(whole, -1)
	if len(marks) < 2 {
		return ""
	}
	return whole[marks[0][1]:marks[1][0]]
}

var notWord = regexp.MustCompile(`[^\p{L}\p{N}]+`)

func plainLine(l string) string {
	return strings.TrimSpace(notWord.ReplaceAllString(strings.ToLower(l), " "))
}
