package ticket

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"notfalld/templates"
)

// DeskFacts is what the form shows of the company, and of the hour.
type DeskFacts struct {
	Company             templates.Company
	Service             templates.Service
	Hours               *Hours
	Support             string // the support address
	Now                 time.Time
	Open                bool // support is staffed now
	NextOpen, NextClose time.Time
}

// Facts is what is true now of the company and its hours. Times are in the location of the support hours.
func (d *Desk) Facts() DeskFacts {
	now := d.now().In(d.o.Hours.Location)
	return DeskFacts{
		Company: d.o.Company, Service: d.o.Service, Hours: d.o.Hours, Support: d.o.Mailboxes[0].Address,
		Now: now, Open: d.o.Hours.Open(now), NextOpen: d.o.Hours.NextOpen(now), NextClose: d.o.Hours.NextClose(now),
	}
}

// Sign makes a string that Verify reads again, for this purpose alone. The text can be read by whoever has the string.
func (d *Desk) Sign(purpose, text string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(text)) + "." + base64.RawURLEncoding.EncodeToString(d.keys.sign(purpose, text))
}

// Verify gives back a text that Sign signed for the same purpose.
func (d *Desk) Verify(purpose, signed string) (text string, ok bool) {
	body, mac, found := strings.Cut(signed, ".")
	raw, err := base64.RawURLEncoding.DecodeString(body)
	given, oops := base64.RawURLEncoding.DecodeString(mac)
	if !found || err != nil || oops != nil || !hmac.Equal(given, d.keys.sign(purpose, string(raw))) {
		return "", false
	}
	return string(raw), true
}

// sign keeps purposes apart from each other, and from tokens, which are signed over a single letter and ten bytes.
func (k Keys) sign(purpose, text string) []byte {
	m := hmac.New(sha256.New, k.secret)
	m.Write([]byte("notfalld\x00" + purpose + "\x00" + text))
	return m.Sum(nil)
}
