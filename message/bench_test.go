package message

import (
	"fmt"
	"strings"
	"testing"
)

// benchMail is a mail of about 8 KB with text and HTML, as an Outlook user sends it.
func benchMail() []byte {
	var b strings.Builder
	b.WriteString("Return-Path: <eva@firma.at>\nReceived: from mail.firma.at (mail.firma.at [192.0.2.7])\n\tby mx.notfall-hoster.at (Postfix) with ESMTPS id 4XkT2z3vQbz1yR\n\tfor <support@notfall-hoster.at>; Mon, 16 Mar 2026 08:12:09 +0100 (CET)\n" +
		"Authentication-Results: mx.notfall-hoster.at; dkim=pass header.d=firma.at; spf=pass smtp.mailfrom=eva@firma.at; dmarc=pass (p=none dis=none) header.from=firma.at\n" +
		"From: Eva Lang <eva@firma.at>\nTo: support@notfall-hoster.at\nSubject: =?utf-8?Q?Notfall-Support=3A_St=C3=B6rung?=\nDate: Mon, 16 Mar 2026 08:12:08 +0100\nMessage-ID: <1@firma.at>\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=\"----=_NextPart_1\"\n\n" +
		"------=_NextPart_1\nContent-Type: text/plain; charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable\n\nSehr geehrte Damen und Herren,\n\n")
	for i := range 22 {
		fmt.Fprintf(&b, "%d. der Server web%02d.firma.at liefert seit 08:%02d Uhr nur noch HTTP 503 f=C3=BCr al=\nle Benutzer.\n", i+1, i, i)
	}
	b.WriteString("\nMit freundlichen Gr=C3=BC=C3=9Fen\n\nEva Lang\nFirma GmbH\nTel. +43 1 555 01 10\n\n------=_NextPart_1\nContent-Type: text/html; charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable\n\n<html><head><style>p.MsoNormal{margin:0}</style></head><body lang=3DDE-AT>\n")
	for i := range 28 {
		fmt.Fprintf(&b, "<p class=3DMsoNormal><span style=3D'font-size:11.0pt'>%d. der Server web%02d.firma.at liefert nur noch HTTP=\n 503 f=C3=BCr alle Benutzer.<o:p></o:p></span></p>\n", i+1, i)
	}
	b.WriteString("</body></html>\n------=_NextPart_1--\n")
	return []byte(strings.ReplaceAll(b.String(), "\n", "\r\n"))
}

func BenchmarkParse(b *testing.B) {
	raw := benchMail()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if m := Parse(raw, Limits{}); len(m.Text) < 1000 {
			b.Fatal(m.Text)
		}
	}
}

func BenchmarkParseHTMLOnly(b *testing.B) {
	raw := []byte(strings.Replace(string(benchMail()), "Content-Type: text/plain;", "Content-Type: text/x-none;", 1))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		Parse(raw, Limits{})
	}
}

func BenchmarkProof(b *testing.B) {
	m := Parse(benchMail(), Limits{})
	for b.Loop() {
		m.Proof(Trust{AuthservIDs: []string{"mx.notfall-hoster.at"}})
	}
}
