package message

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestAddresses: address lists as clients write them. Wanted is "name|address" for each.
func TestAddresses(t *testing.T) {
	for _, c := range []struct{ list, want string }{
		{`eva@firma.at`, "|eva@firma.at"},
		{`Eva Lang <eva@firma.at>`, "Eva Lang|eva@firma.at"},
		{`"Lang, Eva" <eva@firma.at>, Max <max@firma.at>`, "Lang, Eva|eva@firma.at Max|max@firma.at"},
		{`Lang, Eva <eva@firma.at>`, "Eva|eva@firma.at"},
		{`eva@firma.at (Eva Lang)`, "Eva Lang|eva@firma.at"},
		{`=?utf-8?Q?M=C3=BCller=2C_Eva?= <eva@firma.at>`, "Müller, Eva|eva@firma.at"},
		{`"=?utf-8?Q?M=C3=BCller?= Eva" <eva@firma.at>`, "Müller Eva|eva@firma.at"},
		{`'Eva Lang' <eva@firma.at>`, "Eva Lang|eva@firma.at"},
		{`eva@firma.at; max@firma.at`, "|eva@firma.at |max@firma.at"},
		{`eva@firma.at max@firma.at`, "|eva@firma.at |max@firma.at"},
		{`Eva <eva@firma.at> Max <max@firma.at>`, "Eva|eva@firma.at Max|max@firma.at"},
		{`Team: eva@firma.at, Max <max@firma.at>;, x@y.at`, "|eva@firma.at Max|max@firma.at |x@y.at"},
		{`undisclosed-recipients:;`, ""},
		{`<>`, ""},
		{``, ""},
		{`Eva Lang`, ""},
		{`<eva@firma.at`, "|eva@firma.at"},
		{`Eva <eva@firma.at>>`, "Eva|eva@firma.at"},
		{`Eva <<eva@firma.at>>`, "Eva|eva@firma.at"},
		{`Eva <eva @ firma.at>`, "Eva|eva@firma.at"},
		{`Eva <mailto:eva@firma.at>`, "Eva|eva@firma.at"},
		{`mailto:eva@firma.at`, "|eva@firma.at"},
		{`Eva <EVA.Lang@FIRMA.AT.>`, "Eva|EVA.Lang@firma.at"},
		{`Eva <eva@müller.at>`, "Eva|eva@xn--mller-kva.at"},
		{`Eva <eva@XN--MLLER-KVA.at>`, "Eva|eva@xn--mller-kva.at"},
		{`"a@bank.de" <eva@firma.at>`, "a@bank.de|eva@firma.at"},
		{`a@bank.de <eva@firma.at>`, "a@bank.de|eva@firma.at"},
		{`a@bank.de, <eva@firma.at>`, "|a@bank.de |eva@firma.at"},
		{`"eva lang"@firma.at`, `|"eva lang"@firma.at`},
		{`"eva.lang"@firma.at`, "|eva.lang@firma.at"},
		{`Eva <"eva.lang"@firma.at>`, "Eva|eva.lang@firma.at"},
		{`Eva <"eva lang"@firma.at>`, `Eva|"eva lang"@firma.at`},
		{`Eva <"lang, eva"@firma.at>, x@y.at`, `Eva|"lang, eva"@firma.at |x@y.at`},
		{`"lang, eva"@firma.at, x@y.at`, `|"lang, eva"@firma.at |x@y.at`},
		{`"eva lang"@firma.at (Eva), max@firma.at`, `Eva|"eva lang"@firma.at |max@firma.at`},
		{`"eva lang"@firma.at <max@firma.at>`, `eva lang"@firma.at|max@firma.at`},
		{`"eva lang" @firma.at`, `|"eva lang"@firma.at`},
		{`eva."lang"@firma.at`, "|eva.lang@firma.at"},
		{`"eva"."lang x"@firma.at`, `|"eva.lang x"@firma.at`},
		{`eva"lang"@firma.at`, ""},
		{`<eva lang@firma.at>`, `|"eva lang"@firma.at`},
		{`<eva . lang @ firma . at>`, "|eva.lang@firma.at"},
		{`eva.@firma.at, Eva <eva..l@firma.at>, <.eva@firma.at>`, `|"eva."@firma.at Eva|"eva..l"@firma.at |".eva"@firma.at`},
		{`"eva."@firma.at`, `|"eva."@firma.at`},
		{`"eva\ lang"@firma.at`, `|"eva lang"@firma.at`},
		{`"eva@bank.at"@firma.at, "a\"b"@firma.at`, ""},
		{`"eva@firma.at"`, "|eva@firma.at"},
		{`<"eva@firma.at">`, "|eva@firma.at"},
		{`<'eva@firma.at'>`, "|eva@firma.at"},
		{`"Lang"eva@firma.at`, "|eva@firma.at"},
		{`"never ended <eva@firma.at>`, "never ended|eva@firma.at"},
		{`(never ended <eva@firma.at>`, "never ended|eva@firma.at"},
		{`"Eva \"die Chefin\" Lang" <eva@firma.at>`, `Eva "die Chefin" Lang|eva@firma.at`},
		{`Eva (IT (Wien)) Lang <eva@firma.at>`, "Eva Lang|eva@firma.at"},
		{`<@relay.at,@other.at:eva@firma.at>`, "|eva@firma.at"},
		{`"x\@y" <a@b@firma.at>, <a@b c.at>, "eva>"@firma.at`, ""},
		{`<"a b\>c"@firma.at>`, ""},
		{`eva@firma.at/x, eva@.., eva@[x]`, ""},
		{`eva@[192.0.2.7]`, "|eva@[192.0.2.7]"},
		{`Eva Lang <eva@firma.at> via Liste`, "Eva Lang|eva@firma.at"},
		{"Eva\x00 <eva@firma.at>", "Eva|eva@firma.at"},
	} {
		var got []string
		for _, a := range parseAddresses(c.list) {
			got = append(got, a.Name+"|"+a.Address)
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s: %q, want %q", c.list, s, c.want)
		}
	}
}

// TestReturnPath: only an empty path is the null sender.
func TestReturnPath(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"<>", ""}, {" < > ", ""}, {"", ""}, {"<> (bounce)", ""}, {"<MAILER-DAEMON>", ""}, {"MAILER-DAEMON", ""},
		{"<eva@firma.at>", "eva@firma.at"},
		{"eva@firma.at", "eva@firma.at"},
		{`<"eva huber"@firma.at>`, `"eva huber"@firma.at`},
		{`<"eva@huber"@firma.at>`, `"eva@huber"@firma.at`},
		{"<eva>", "eva"},
		{"kaputt", "kaputt"},
		{"<eva @firma>", "eva@firma"},
		{"<mailer-daemon@firma.at>", "mailer-daemon@firma.at"},
		{"<@>", "@"},
	} {
		m := Parse([]byte("Return-Path: "+c.path+"\r\nFrom: eva@firma.at\r\nSubject: x\r\n\r\nx\r\n"), Limits{})
		if m.ReturnPath != (ReturnPath{Present: true, Address: c.want}) || m.nullSender() != (c.want == "") {
			t.Errorf("%q: %+v, want %q", c.path, m.ReturnPath, c.want)
		}
		if kind := m.Automatic.Kind; kind != Human && c.want != "" && !strings.HasPrefix(c.want, "mailer") {
			t.Errorf("%q: automatic %s (%s)", c.path, kind, m.Automatic.Why)
		}
	}
	if m := Parse([]byte("From: eva@firma.at\r\n\r\nx"), Limits{}); m.ReturnPath.Present {
		t.Errorf("without a field: %+v", m.ReturnPath)
	}
}

// TestAuthors: how many authors, and addresses to answer to, a header names.
func TestAuthors(t *testing.T) {
	for _, c := range []struct {
		head          string
		from, replyTo int
	}{
		{"From: eva@firma.at, eva@firma.at", 1, 0},
		{"From: Eva <eva@firma.at>, eva@FIRMA.at, Eva@firma.at", 1, 0},
		{"From: eva@firma.at\r\nFrom: eva@firma.at", 1, 0},
		{"From: eva@firma.at, eva@firma.de", 2, 0},
		{`From: "eva lang"@firma.at, evalang@firma.at, eva_lang@firma.at`, 3, 0},
		{"From: eva@firma.at\r\nReply-To: a@firma.at, A <a@firma.at>", 1, 1},
		{"From: eva@firma.at\r\nReply-To: a@firma.at, b@firma.at", 1, 2},
	} {
		m := Parse([]byte(c.head+"\r\n\r\nx\r\n"), Limits{})
		if len(m.From) != c.from || len(m.ReplyTo) != c.replyTo {
			t.Errorf("%s: From %v, Reply-To %v", c.head, m.From, m.ReplyTo)
		}
	}
}

// TestDates: what stands in Date and behind the last semicolon of Received. Wanted is UTC, "" for none.
func TestDates(t *testing.T) {
	for _, c := range []struct{ date, want string }{
		{"Mon, 16 Mar 2026 08:12:08 +0100", "2026-03-16T07:12:08Z"},
		{"16 Mar 2026 08:12 +0100", "2026-03-16T07:12:00Z"},
		{"Mon, 16 Mar 2026 08:12:08 +0100 (CET)", "2026-03-16T07:12:08Z"},
		{"Mon, 16 Mar 2026 07:12:08 GMT", "2026-03-16T07:12:08Z"},
		{"Mon, 16 Mar 2026 07:12:08 -0000", "2026-03-16T07:12:08Z"},
		{"Mon, 16 Mar 26 08:12:08 MEZ", "2026-03-16T07:12:08Z"},
		{"Mon, 29 Jun 2026 08:12:08 CEST", "2026-06-29T06:12:08Z"},
		{"Mon Mar 16 08:12:08 2026", "2026-03-16T08:12:08Z"},
		{"Mon Mar 16 08:12:08 CET 2026", "2026-03-16T07:12:08Z"},
		{"Mon, 16-Mar-2026 08:12:08 GMT+0100", "2026-03-16T07:12:08Z"},
		{"2026-03-16 08:12:08 +01:00", "2026-03-16T07:12:08Z"},
		{"Mo, 16 Mär 2026 08:12:08 +0100", "2026-03-16T07:12:08Z"},
		{"Di, 1 Dez 2026 08:12:08 +0100", "2026-12-01T07:12:08Z"},
		{"Monday, March 16, 2026 8:12:08 +0100", "2026-03-16T07:12:08Z"},
		{"Mon,16 Mar 2026 08:12:08 +0100", "2026-03-16T07:12:08Z"},
		{"Mon, 16 Mar 2026 08:12:08.123 +0100", "2026-03-16T07:12:08Z"},
		{"Mon, 16 Mar 2026 08:12:08+0100", "2026-03-16T07:12:08Z"},
		{"Mon, 16 Mar 2026 24:12:08 +0100", ""},
		{"Mon, 36 Mar 2026 08:12:08 +0100", ""},
		{"Mon, 16 Foo 2026 08:12:08 +0100", ""},
		{"Thu, 01 Jan 1970 00:00:00 +0000", ""},
		{"yesterday", ""},
		{"", ""},
		{strings.Repeat("1 ", 50), ""},
	} {
		got := ""
		if d := parseDate(c.date); !d.IsZero() {
			got = d.UTC().Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%q gives %q, want %q", c.date, got, c.want)
		}
	}
}

// TestReceived: trace fields of several servers.
func TestReceived(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"from mail.firma.at (mail.firma.at [192.0.2.7]) (using TLSv1.3) by MX.notfall-hoster.at (Postfix) with ESMTPS id 4X for <support@notfall-hoster.at>; Mon, 16 Mar 2026 08:12:09 +0100 (CET)",
			"mail.firma.at>mx.notfall-hoster.at ESMTPS support@notfall-hoster.at 07:12:09"},
		{"from [192.168.40.77] (helo=PC) by relay.firma.at with esmtpa (Exim 4.96) (envelope-from <a@firma.at>) id 1t; Mon, 16 Mar 2026 08:12:09 +0100",
			"192.168.40.77>relay.firma.at esmtpa  07:12:09"},
		{"by 2002:a05:6402:1 with SMTP id x; Mon, 16 Mar 2026 00:12:09 -0700 (PDT)", ">2002:a05:6402:1 SMTP  07:12:09"},
		{"(qmail 30109 invoked from network); 16 Mar 2026 07:12:09 -0000", ">   07:12:09"},
		{"from AM0PR01.prod.outlook.com (2603::1) by VI1.prod.outlook.com (2603::2) with Microsoft SMTP Server (version=TLS1_2) id 15.20; Mon, 16 Mar 2026 07:12:09 +0000",
			"am0pr01.prod.outlook.com>vi1.prod.outlook.com Microsoft  07:12:09"},
		{"by mx.notfall-hoster.at (Postfix, from userid 1000; see log) id 3; nonsense", ">mx.notfall-hoster.at   00:00:00"},
		{"garbage", ">   00:00:00"},
	} {
		r := parseReceived(c.raw)
		if got := fmt.Sprintf("%s>%s %s %s %s", r.From, r.By, r.With, r.For, r.Time.UTC().Format(time.TimeOnly)); got != c.want {
			t.Errorf("%s\n got %q\nwant %q", c.raw, got, c.want)
		}
	}
}

// TestOwnReceived: the topmost field is our own server's.
func TestOwnReceived(t *testing.T) {
	m := Parse([]byte("Received: by mx.notfall-hoster.at; Mon, 16 Mar 2026 08:12:09 +0100\r\nReceived: by x; Mon, 16 Mar 2026 04:00:00 +0100\r\n\r\n"), Limits{})
	if got := m.OwnReceived().UTC().Format(time.TimeOnly); got != "07:12:09" {
		t.Errorf("%s", got)
	}
	if got := (&Mail{}).OwnReceived(); !got.IsZero() {
		t.Errorf("without any: %s", got)
	}
}

// TestMessageIDs: In-Reply-To and References.
func TestMessageIDs(t *testing.T) {
	for _, c := range []struct{ field, want string }{
		{"<a@b> <c@d>", "a@b c@d"},
		{"<a@b><c@d>", "a@b c@d"},
		{"a@b", "a@b"},
		{"a@b c@d", "a@b c@d"},
		{"<a@b> (comment <x@y>) <c@d>", "a@b x@y c@d"},
		{"Your message of \"Mon, 16 Mar 2026\" <a@b>", "a@b"},
		{"Message from eva@firma.at of Monday <a@b>", "eva@firma.at a@b"},
		{"< a@b >", "a@b"},
		{"<a@\tb>", "a@b"},
		{"<a@b> <a@b>", "a@b"},
		{"<no-at-sign>", "no-at-sign"},
		{"<a@b", "a@b"},
		{"<<a@b>>", "a@b"},
		{"<>", ""},
		{"", ""},
	} {
		if d := cmp.Diff(c.want, strings.Join(parseMessageIDs(c.field), " ")); d != "" {
			t.Errorf("%q (-want +got):\n%s", c.field, d)
		}
	}
	var long strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&long, "<%d@firma.at> ", i)
	}
	ids := parseMessageIDs(long.String())
	if len(ids) != maxMessageIDs || ids[0] != "0@firma.at" || ids[len(ids)-1] != "4999@firma.at" {
		t.Errorf("of 5000 ids %d are left, from %q to %q", len(ids), ids[0], ids[len(ids)-1])
	}
}

// TestHeaderFields: folding, odd lines, duplicates.
func TestHeaderFields(t *testing.T) {
	m := Parse([]byte("From old@mbox Mon Mar 16\r\nSubject : two\r\n  lines\r\nunindented\r\nX-Empty:\r\nX: 1\nX: 2\r\nFrom: a@b.at\r\nFrom: c@d.at\r\nReturn-Path: <>\r\nMessage-ID:  <id@b.at> \r\n\r\nx"), Limits{})
	if m.Subject != "two lines unindented" || !m.Header.Has("x-empty") || m.Header.Has("nope") || m.MessageID != "id@b.at" {
		t.Errorf("subject %q, id %q, header %v", m.Subject, m.MessageID, m.Header)
	}
	if got := strings.Join(m.Header.Values("x"), ","); got != "1,2" || m.Header.Get("X") != "1" {
		t.Errorf("values of X: %q", got)
	}
	if len(m.From) != 2 || !m.ReturnPath.Present || m.ReturnPath.Address != "" {
		t.Errorf("from %v, return path %v", m.From, m.ReturnPath)
	}
}
