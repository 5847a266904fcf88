package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"notfalld/ticket"
)

//go:embed form
var formFiles embed.FS

// formPages are the templates of the form; formSheet is its style sheet.
var formPages = template.Must(template.ParseFS(formFiles, "form/*.html"))

// words are what people read, by key and language. {name} stands for a value.
var words = func() map[string]map[string]string {
	m := map[string]map[string]string{}
	b, err := formFiles.ReadFile("form/words.json")
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		panic(err) // embedded: it cannot differ from what was tested
	}
	return m
}()

// German comes first: it is the language of who asks for none that we have.
var formLanguages = language.NewMatcher([]language.Tag{language.German, language.English})

// languageOf is the language to answer in: the one that was switched to, else what the browser asks for (RFC 9110, 12.5.4).
// Whoever reads neither German nor English gets English.
func languageOf(asked, accept string) string {
	if asked == "de" || asked == "en" {
		return asked
	}
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil || len(tags) == 0 {
		return "de"
	}
	_, i, sure := formLanguages.Match(tags...)
	if i == 0 && sure > language.No {
		return "de"
	}
	return "en"
}

// weekdays and months in German; time knows the English ones. Jänner is what January is called in Austria.
var (
	weekdays = [...]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}
	months   = [...]string{"Jänner", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}
)

// moment writes an instant: "02:43 Uhr", and with its date where that is not the date of now. Both are in the location to be shown.
func moment(lang string, t, now time.Time) string {
	clock := t.Format("15:04")
	if lang == "de" {
		clock += " Uhr"
	}
	switch {
	case t.IsZero():
		return ""
	case t.YearDay() == now.YearDay() && t.Year() == now.Year():
		return clock
	case lang == "de":
		return fmt.Sprintf("%s, %d. %s %d, %s", weekdays[t.Weekday()], t.Day(), months[t.Month()-1], t.Year(), clock)
	}
	return fmt.Sprintf("%s, %d %s %d, %s", t.Weekday(), t.Day(), t.Month(), t.Year(), clock)
}

// span writes a duration: minutes, or whole hours from two hours on.
func span(lang string, d time.Duration) string {
	n, one, many := int(d/time.Minute), "minute", "minutes"
	if lang == "de" {
		one, many = "Minute", "Minuten"
	}
	if d >= 2*time.Hour && d%time.Hour == 0 {
		n, many = int(d/time.Hour), "hours"
		if lang == "de" {
			many = "Stunden"
		}
	}
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + many
}

// money writes an amount of hundredths: "240 €", "236,81 CHF"; "€240", "CHF 236.81".
func money(lang, currency string, cents int) string {
	sign, ok := map[string]string{"EUR": "€", "": "€", "GBP": "£", "USD": "$"}[currency]
	if !ok {
		sign = currency
	}
	n := strconv.Itoa(cents / 100)
	if c := cents % 100; c != 0 && lang == "de" {
		n += fmt.Sprintf(",%02d", c)
	} else if c != 0 {
		n += fmt.Sprintf(".%02d", c)
	}
	switch {
	case lang == "de":
		return n + " " + sign
	case !ok:
		return sign + " " + n
	}
	return sign + n
}

// price writes an amount net and gross: "200 € netto (240 € inkl. 20 % MwSt.)".
func price(lang string, f ticket.DeskFacts, net int) string {
	s := f.Service
	switch {
	case s.VAT == 0:
		return money(lang, s.Currency, net*100)
	case lang == "de":
		return fmt.Sprintf("%s netto (%s inkl. %d %% MwSt.)", money(lang, s.Currency, net*100), money(lang, s.Currency, net*(100+s.VAT)), s.VAT)
	}
	return fmt.Sprintf("%s net (%s incl. %d %% VAT)", money(lang, s.Currency, net*100), money(lang, s.Currency, net*(100+s.VAT)), s.VAT)
}

// shortPrice is the fee as the button says it: "200 € + MwSt.".
func shortPrice(lang string, f ticket.DeskFacts) string {
	s := money(lang, f.Service.Currency, f.Service.Fee*100)
	switch {
	case f.Service.VAT == 0:
		return s
	case lang == "de":
		return s + " + MwSt."
	}
	return s + " + VAT"
}

// telLink is a telephone number as a link (RFC 3966): digits and a plus, so that it is safe as it stands.
func telLink(number string) template.URL {
	number, _, _ = strings.Cut(strings.ReplaceAll(number, "(0)", ""), ",")
	return template.URL("tel:" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number))
}

// mailLink is an address with subject and text filled in (RFC 6068, 5: lines end in %0D%0A, blanks are %20).
func mailLink(to, subject, body string) template.URL {
	escape := func(s string) string {
		return strings.ReplaceAll(url.QueryEscape(strings.ReplaceAll(s, "\n", "\r\n")), "+", "%20")
	}
	return template.URL("mailto:" + strings.ReplaceAll(escape(to), "%40", "@") + "?subject=" + escape(subject) + "&body=" + escape(body))
}
