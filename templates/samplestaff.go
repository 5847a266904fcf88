package templates

import "time"

// fenceSample is a code as tickets make them.
const fenceSample = "abcdefghijklmnop"

// withStaffMail are a notice that can be answered, and one whose answer reaches nobody.
func withStaffMail(n Notification) []Notification {
	n.Fence, n.Topic = fenceSample, "Muster GmbH (104711) · web01.firma.example · 502 Bad Gateway"
	n.Relay = Relay{To: "e…@firma.example", Cc: []string{"b…@agentur.example"}}
	n.Commands = []CommandLink{{"#ack", "take it over", "mailto:support+s2abc@muster-hosting.example?subject=x&body=%23ack%0A"}}
	n.Assigned, n.AnsweredBy, n.Original = "Anna Berger", "Bernd Maier", true
	off := n
	off.Relay, off.Commands = Relay{Off: "nothing has proved yet that our mail server can be trusted"}, nil
	off.Original, off.OriginalNot = false, "it has 31 MB"
	return []Notification{n, off}
}

// staffNotices are the notices that only staff's own mails and mornings bring.
func staffNotices(lang string) []Notification {
	at := time.Date(2026, 3, 16, 8, 0, 0, 0, time.UTC)
	n := Notification{
		Language: lang, Company: "Muster Hosting", Ticket: "NS-10001", TicketLine: "NS-10001 · s2abcdefghijklmnopqrstuvwxyz234567", Name: "Anna Berger", Address: "anna@muster-hosting.example", Subject: "Re: [NS-10001] x",
		Arrived: at, Text: "#schliesen\n\n  Hallo Frau Muster,\n- bitte noch einmal.\n> ja\n", Topic: "Muster GmbH (104711)", Why: "dkim=fail",
		Undone:        []Undone{{Line: 1, Said: "#schliesen", Why: "no such command: #schliessen is meant?"}, {Said: "x.iso, 31 MB", Why: "too large"}},
		Help:          []HelpLine{{"#link NE-10001", "ties the ticket to an emergency", "#verknuepfen"}, {"#ack", "takes it over", ""}},
		AttachedNames: []string{"x.iso"},
	}
	item := func(number string) []DigestItem {
		return []DigestItem{{Number: number, Address: "e@firma.example", Subject: "Notfall-Support", Why: "mailing list", At: at.Add(-9 * time.Hour), Assigned: "Anna Berger"}, {Number: number + "1"}}
	}
	receipt, orders, help, unverified, digest, quiet := n, n, n, n, n, n
	receipt.Kind, orders.Kind, help.Kind, unverified.Kind, digest.Kind, quiet.Kind = NoticeReceipt, NoticeReceipt, NoticeHelp, NoticeUnverified, NoticeDigest, NoticeDigest
	orders.CommandsOnly, orders.Help, orders.AttachedNames, orders.Ticket = true, nil, nil, ""
	digest.Digest = &Digest{Since: at.Add(-63 * time.Hour), At: at, Untold: item("NS-20"), Unalarmed: item("NS-30"), Overdue: item("NE-40"), Unverified: item("NS-50"), Bounced: item("NS-60")}
	quiet.Digest = &Digest{At: at}
	done := withStaffMail(receipt)[0]
	done.Done = true
	all := []Notification{receipt, orders, help, unverified, digest, quiet, done}
	for _, n := range []Notification{receipt, orders, help, unverified} {
		all = append(all, withStaffMail(n)...)
	}
	return all
}
