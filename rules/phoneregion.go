package rules

import (
	"strings"

	"github.com/nyaruka/phonenumbers"

	"notfalld/message"
)

// regionOf guesses in which country's form numbers without country code are written: by the sender's
// domain, the hosts and numbers of the mail, its spelling; Austria, where the company is, in doubt.
func regionOf(d *doc) string {
	for _, list := range [][]message.Address{d.m.From, d.m.ReplyTo} {
		for _, a := range list {
			if r := domainRegion(a.Address); r != "" {
				return r
			}
		}
	}
	text := d.m.Signature + "\n" + d.body.text
	if r := statedRegion(text); r != "" {
		return r
	}
	best, most := "AT", 0
	for _, v := range regionMarks {
		n := 0
		for _, m := range v.marks {
			n += strings.Count(text, m)
		}
		if n > most {
			best, most = v.region, n
		}
	}
	return best
}

// statedRegion is the country of the first number with a country code.
func statedRegion(text string) string {
	for at := 0; ; {
		i := strings.IndexByte(text[at:], '+')
		if i < 0 {
			return ""
		}
		at += i + 1
		if n := phoneAt(text, at-1); n > 0 {
			if p, err := phonenumbers.Parse(text[at-1:at-1+n], ""); err == nil {
				return phonenumbers.GetRegionCodeForCountryCode(int(p.GetCountryCode()))
			}
		}
	}
}

// regionMarks: what is written in one country only, the first wins a draw.
var regionMarks = []struct {
	region string
	marks  []string
}{
	{"AT", []string{"0043", ".at", "Ges.m.b.H", "0664", "0676", "0650", "0699", "0660"}},
	{"DE", []string{"0049", ".de", "015", "016", "017", "HRB", "Amtsgericht"}},
	{"CH", []string{"0041", ".ch", "Grüezi", "Grüsse", "079 ", "078 ", "076 "}},
}

// domainRegion is the country whose domain an address is in, or "" for domains used everywhere.
func domainRegion(address string) string {
	tld := strings.ToLower(address[strings.LastIndexByte(address, '.')+1:])
	switch tld {
	case "wien", "tirol":
		return "AT"
	case "berlin", "hamburg", "koeln", "cologne", "bayern", "saarland", "nrw", "ruhr":
		return "DE"
	case "swiss", "zuerich":
		return "CH"
	case "uk":
		return "GB"
	case "io", "co", "me", "tv", "ai", "cc", "to", "ws", "fm", "ly", "gg", "im", "sh", "ac", "nu", "tk", "st", "la", "vc":
		return ""
	}
	if r := strings.ToUpper(tld); len(r) == 2 && phonenumbers.GetSupportedRegions()[r] {
		return r
	}
	return ""
}
