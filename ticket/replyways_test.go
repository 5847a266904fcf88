package ticket_test

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	gomail "github.com/emersion/go-message/mail"

	"notfalld/message"
	"notfalld/ticket"
)

// replyWay is something that people do to a notice, or their mail programs.
type replyWay struct {
	name string
	mail func(n sentNotice) string // the body with its Content-Type, or the words of a plain mail
	want string                    // what the customer reads; "" if nothing may reach him
	held string                    // what the receipt says
	then string                    // a step that holds afterwards
}

// sentNotice is a notice as it left us.
type sentNotice struct{ text, html string }

// quoted is its text as most programs quote it, marked once for each time.
func (n sentNotice) quoted(mark string) string {
	return mark + strings.ReplaceAll(strings.TrimRight(n.text, "\n"), "\n", "\n"+mark)
}

// inText is the text with the lines that a pattern finds written otherwise.
func (n sentNotice) inText(pattern, with string) string {
	return regexp.MustCompile(pattern).ReplaceAllString(n.text, with)
}

const customerSaid = "Unser Mailserver mx1.steuer-gruber.at nimmt keine Post mehr an."

const (
	gmailHead   = "\n\nAm So., 15. März 2026 um 03:07 Uhr schrieb Notfall Hoster <support@notfall-hoster.at>:\n\n"
	outlookHead = "\n\nVon: Notfall Hoster <support@notfall-hoster.at>\nGesendet: Sonntag, 15. März 2026 03:07\nAn: Team <team@notfall-hoster.at>\nBetreff: [NS-10001] KEIN NOTFALL AUSGELÖST · Ida Gruber\n\n"
)

func replyWays() []replyWay {
	const words = "Der Dienst läuft wieder, bitte prüfen Sie eine Testmail."
	return append(oneTapWays(), []replyWay{
		{name: "reply to a colleague's reply", want: words, mail: func(n sentNotice) string {
			return words + "\n\nAm 15.03.2026 um 03:20 schrieb Bernd Huber:\n> Anna, magst du?\n>\n> Am 15.03.2026 um 03:07 schrieb Notfall Hoster:\n" + n.quoted("> > ")
		}},
		{name: "reply to a colleague's reply, quoted without a blank", want: words, mail: func(n sentNotice) string {
			return words + "\n\nAm 15.03.2026 um 03:20 schrieb Bernd Huber:\n> Anna, magst du?\n>\n> Am 15.03.2026 um 03:07 schrieb Notfall Hoster:\n>\n" + n.quoted(">> ")
		}},
		{name: "draft of the desktop finished on the phone", want: words, mail: func(n sentNotice) string {
			return words + "\n\nVon meinem iPhone gesendet\n\n> Am 15.03.2026 um 03:12 schrieb Anna Berger <anna@notfall-hoster.at>:\n> \n> \uFEFF" + words[:20] + outlookQuoted(n)
		}},
		{name: "quote cut down to the customer's words", want: words, mail: func(n sentNotice) string {
			return "> " + customerSaid + "\n\n" + words
		}},
		{name: "answer between the block and the customer's words", want: words, mail: func(n sentNotice) string {
			return "Am 15.03.2026 um 03:07 schrieb Notfall Hoster:\n" + regexp.MustCompile(`(> \[notfalld:ende:[a-z2-7]+\])\n`).ReplaceAllString(n.quoted("> "), "$1\n\n"+words+"\n\n")
		}},
		{name: "answer below everything", want: words, mail: func(n sentNotice) string {
			return "On Sun, Mar 15, 2026 at 03:07:00AM +0100, Notfall Hoster wrote:\n" + n.quoted("> ") + "\n\n" + words + "\n\n-- \nAnna Berger"
		}},
		{name: "Outlook with its header in Hungarian", want: words, mail: func(n sentNotice) string {
			return words + "\n\nFeladó: Notfall Hoster <support@notfall-hoster.at>\nElküldve: 2026. március 15., vasárnap 3:07\nCímzett: team@notfall-hoster.at\nTárgy: [NS-10001] KEIN NOTFALL AUSGELÖST\n\n" + n.text
		}},
		{name: "Outlook with the notice in a table", want: words, mail: func(n sentNotice) string {
			return htmlMail("<p class=MsoNormal>" + words + "</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>Von:</b> Notfall Hoster &lt;support@notfall-hoster.at&gt;<br><b>Gesendet:</b> Sonntag, 15. März 2026 03:07<br><b>An:</b> Team<br><b>Betreff:</b> [NS-10001] KEIN NOTFALL AUSGELÖST</p></div><table border=0 cellpadding=0><tr><td style='padding:0cm'>" + n.html + "</td></tr></table>")
		}},
		{name: "first mark deleted", held: "nicht mehr ganz", mail: func(n sentNotice) string {
			n.text = n.inText(`\[notfalld:intern:[a-z2-7]+\]\n`, "")
			return words + gmailHead + n.quoted("> ")
		}},
		{name: "second mark deleted", held: "nicht mehr ganz", mail: func(n sentNotice) string {
			n.text = n.inText(`\[notfalld:ende:[a-z2-7]+\]\n`, "")
			return words + gmailHead + n.quoted("> ")
		}},
		{name: "last mark cut off", want: words, mail: func(n sentNotice) string {
			n.text = n.inText(`\[notfalld:schluss:[a-z2-7]+\]\n?`, "")
			return words + gmailHead + n.quoted("> ")
		}},
		{name: "marks made links", held: "nicht mehr ganz", mail: func(n sentNotice) string {
			n.text = n.inText(`\[(notfalld:[a-z]+:[a-z2-7]+)\]`, "[$1<notfalld:$1>]")
			return words + gmailHead + n.quoted("> ")
		}},
		{name: "marks in capitals", want: words, mail: func(n sentNotice) string {
			n.text = regexp.MustCompile(`\[notfalld:[a-z]+:[a-z2-7]+\]`).ReplaceAllStringFunc(n.text, strings.ToUpper)
			return words + gmailHead + n.quoted("> ")
		}},
		{name: "marks in other brackets", held: "nicht mehr ganz", mail: func(n sentNotice) string {
			n.text = n.inText(`\[(notfalld:[a-z]+:[a-z2-7]+)\]`, "($1)")
			return words + gmailHead + n.quoted("> ")
		}},
		{name: "marks with blanks", held: "nicht mehr ganz", mail: func(n sentNotice) string {
			n.text = n.inText(`\[notfalld:([a-z]+):([a-z2-7]+)\]`, "[notfalld: $1: $2]")
			return words + gmailHead + n.quoted("> ")
		}},
		{name: "answer on top and below the customer's words", want: "Guten Morgen,\n\n" + words, mail: func(n sentNotice) string {
			return "Guten Morgen,\n\nAm 15.03.2026 um 03:07 schrieb Notfall Hoster:\n" + n.quoted("> ") + "\n\n" + words
		}},
		{name: "answer typed within the block", held: "zwischen dessen Zeilen", mail: func(n sentNotice) string {
			lines := strings.SplitAfterN(n.quoted("> "), "\n", 5)
			return "Am 15.03.2026 um 03:07 schrieb Notfall Hoster:\n" + strings.Join(lines[:4], "") + "\n" + words + "\n\n" + lines[4]
		}},
	}...)
}

// outlookQuoted is a notice below the header that Outlook writes, itself quoted.
func outlookQuoted(n sentNotice) string {
	return "\n" + sentNotice{text: strings.TrimLeft(outlookHead, "\n") + n.text}.quoted("> ")
}

// oneTapWays are the mails of one-tap commands, with what mail programs put below.
func oneTapWays() (all []replyWay) {
	for program, below := range map[string]string{
		"no signature": "", "iPhone": "\n\nVon meinem iPhone gesendet", "Gmail": "\n\n-- \nAnna Berger\nNotfall Hoster", "Outlook for iOS": "\n\nOutlook für iOS<https://aka.ms/o0ukef> beziehen",
		"Outlook for Android": "\n\nHolen Sie sich Outlook für Android<https://aka.ms/AAb9ysg>", "Outlook": "\n\nMit freundlichen Grüßen\nAnna Berger\n\nNotfall Hoster GmbH\nTel. +43 1 2345670",
		"Samsung": "\n\nVon meinem Galaxy gesendet", "K-9": "\n\n-- \nDiese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.", "Thunderbird": "\n\n-- \nAnna Berger\nNotfall Hoster, Wien",
		"Windows Mail": "\n\nGesendet von Mail für Windows", "GMX": "\n\n--\nDiese Nachricht wurde von meinem Android Mobiltelefon mit GMX Mail gesendet.", "Spark": "\n\nMit Spark gesendet", "Proton": "\n\nGesendet mit Proton Mail für Android",
	} {
		all = append(all, replyWay{name: "#close from " + program, mail: func(sentNotice) string { return "#close" + below }, then: "ticket NS-10001 state=closed"})
		all = append(all, replyWay{name: "#assign me from " + program + ", as HTML", then: `ticket NS-10001 assigned=Anna_Berger`, mail: func(sentNotice) string {
			return htmlMail("<div>#assign me</div>" + strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(below, "<", "&lt;"), ">", "&gt;"), "\n", "<br>"))
		}})
	}
	return all
}

func htmlMail(body string) string {
	return "Content-Type: text/html; charset=utf-8\n\n<html><body>" + body + "</body></html>"
}

// TestWaysToReply answers a genuine notice in all these ways.
func TestWaysToReply(t *testing.T) {
	for _, w := range replyWays() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.where = w.name
			s.mails["a.eml"] = []byte("From: Ida Gruber <ida@steuer-gruber.at>\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support\r\nMessage-ID: <1@steuer-gruber.at>\r\n\r\n" + customerSaid + "\r\n")
			s.step("mail a.eml pass")
			s.step("deliver")
			all := s.accepted(ticket.OutNotice, "")
			notice := noticeSent(t, all[len(all)-1].Bytes)
			body := w.mail(notice)
			if !strings.HasPrefix(body, "Content-Type:") {
				body = "Content-Type: text/plain; charset=utf-8\n\n" + body
			}
			mail := "From: Anna Berger <anna@notfall-hoster.at>\nTo: {{n-reply-to}}\nSubject: AW: [NS-10001]\nIn-Reply-To: <{{n-id}}>\nMessage-ID: <r1@notfall-hoster.at>\nMIME-Version: 1.0\nContent-Transfer-Encoding: 8bit\n" + body + "\n"
			s.mails["b.eml"] = []byte(strings.ReplaceAll(mail, "\n", "\r\n"))
			s.step("mail b.eml pass")
			s.step("deliver")
			s.wantWay(w)
		})
	}
}

func (s *stage) wantWay(w replyWay) {
	relays := s.accepted(ticket.OutRelay, "")
	if w.held != "" || w.then != "" {
		if len(relays) > 0 {
			s.Errorf("the customer gets %s", words(s.T, relays[0].Bytes))
		}
	}
	switch {
	case w.then != "":
		if len(s.receipts()) > 0 {
			s.Errorf("a receipt: %s", firstLines(s.lastReceipt()))
		}
		if name, ok := strings.CutPrefix(w.then, "ticket NS-10001 assigned="); ok {
			d, err := ticket.Show(s.ctx, s.store, s.ticketID("NS-10001"))
			s.check(err)
			s.equal(strings.ReplaceAll(name, "_", " "), d.Assigned)
			return
		}
		s.step(w.then)
	case w.held != "":
		s.step("receipts 1")
		s.step(fmt.Sprintf("receipt %q", w.held))
	default:
		if len(s.receipts()) > 0 {
			s.Errorf("a receipt: %s", firstLines(s.lastReceipt()))
		}
		if len(relays) != 1 {
			s.Fatalf("%d mails to the customer", len(relays))
		}
		if got := strings.TrimSpace(message.Parse(relays[0].Bytes, message.DefaultLimits()).Whole); got != w.want {
			s.Errorf("the customer reads %q, wanted %q", got, w.want)
		}
	}
}

func firstLines(s string) string {
	return strings.Join(strings.SplitN(s, "\n", 9)[:min(8, strings.Count(s, "\n"))], "\n")
}

// noticeSent reads the text and the HTML of a notice.
func noticeSent(t *testing.T, raw []byte) (n sentNotice) {
	t.Helper()
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		h, ok := p.Header.(*gomail.InlineHeader)
		if !ok {
			continue
		}
		data, err := io.ReadAll(p.Body)
		if err != nil {
			t.Fatal(err)
		}
		switch typ, _, _ := h.ContentType(); typ {
		case "text/plain":
			n.text += strings.ReplaceAll(string(data), "\r\n", "\n")
		case "text/html":
			n.html += string(data)
		}
	}
}
