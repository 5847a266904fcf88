package templates

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// statement is what every automatic answer says first: that a mail alone alarms no technician. The
// load check looks for exactly these sentences, so they are not for a template to reword. The two
// of outside support hours fit together into the 80 characters that a lock screen shows.
func statement(lang string, inHours bool) string {
	switch {
	case lang == "de" && inHours:
		return "Ihre E-Mail allein alarmiert keinen Bereitschaftstechniker."
	case lang == "de":
		return "Ihre E-Mail hat keinen Techniker alarmiert."
	case inHours:
		return "Your mail alone alarms no on-call technician."
	}
	return "Your mail has alarmed no technician."
}

func weekday(lang string, d time.Weekday) string {
	if lang == "de" {
		return [...]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"}[d]
	}
	return d.String()
}

func month(lang string, m time.Month) string {
	if lang == "de" {
		return [...]string{"Jänner", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
			"Oktober", "November", "Dezember"}[m-1]
	}
	return m.String()
}

// date writes day and time: "Montag, 16. März 2026, 08:00 Uhr".
func date(lang string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if lang == "de" {
		return fmt.Sprintf("%s, %d. %s %d, %s Uhr", weekday(lang, t.Weekday()), t.Day(), month(lang, t.Month()), t.Year(), t.Format("15:04"))
	}
	return fmt.Sprintf("%s, %d %s %d, %s", weekday(lang, t.Weekday()), t.Day(), month(lang, t.Month()), t.Year(), t.Format("15:04"))
}

// dateOrToday writes the time alone where it is of the day of now.
func dateOrToday(lang string, t, now time.Time) string {
	if t.IsZero() || t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		return date(lang, t)
	}
	if lang == "de" {
		return "heute um " + t.Format("15:04") + " Uhr"
	}
	return "today at " + t.Format("15:04")
}

// money writes an amount of hundredths: "240 €", "236,81 CHF"; "€240", "CHF 236.81".
func money(lang, currency string, cents int) string {
	sign := currency
	switch currency {
	case "EUR", "":
		sign = "€"
	case "GBP":
		sign = "£"
	case "USD":
		sign = "$"
	}
	n := strconv.Itoa(cents / 100)
	if c := cents % 100; c != 0 {
		point := "."
		if lang == "de" {
			point = ","
		}
		n += fmt.Sprintf("%s%02d", point, c)
	}
	switch {
	case lang == "de":
		return n + " " + sign
	case len(sign) == 3 && sign[0] < 0x80:
		return sign + " " + n
	}
	return sign + n
}

// price writes an amount net and gross: "200 € netto = 240 € inkl. 20 % USt.".
func price(lang string, s Service, net int) string {
	if s.VAT == 0 {
		return money(lang, s.Currency, net*100)
	}
	gross := money(lang, s.Currency, net*(100+s.VAT))
	if lang == "de" {
		return fmt.Sprintf("%s netto = %s inkl. %d %% USt.", money(lang, s.Currency, net*100), gross, s.VAT)
	}
	return fmt.Sprintf("%s net = %s incl. %d %% VAT", money(lang, s.Currency, net*100), gross, s.VAT)
}

// duration writes one: minutes, or whole hours from two hours on.
func duration(lang string, d time.Duration) string {
	n, unit, units := int(d/time.Minute), "minute", "minutes"
	if lang == "de" {
		unit, units = "Minute", "Minuten"
	}
	if d >= 2*time.Hour && d%time.Hour == 0 {
		n, units = int(d/time.Hour), "hours"
		if lang == "de" {
			units = "Stunden"
		}
	}
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + units
}

// hours writes the support hours: "Montag bis Freitag, 08:00–17:00 Uhr (Europe/Vienna), nicht an
// österreichischen Feiertagen".
func hours(lang string, h Hours) string {
	if len(h.Days) == 0 {
		return ""
	}
	s := days(lang, h.Days) + ", " + h.From + "–" + h.To
	if lang == "de" {
		s += " Uhr"
	}
	if h.Timezone != "" {
		s += " (" + h.Timezone + ")"
	}
	switch {
	case h.Holidays == "":
	case lang == "de" && h.Holidays == "at":
		s += ", nicht an österreichischen Feiertagen"
	case lang == "de":
		s += ", nicht an Feiertagen"
	case h.Holidays == "at":
		s += ", not on Austrian public holidays"
	default:
		s += ", not on public holidays"
	}
	return s
}

// days writes weekdays, runs of three and more as "Montag bis Freitag". The week starts on Monday.
func days(lang string, ds []time.Weekday) string {
	to, and := " to ", " and "
	if lang == "de" {
		to, and = " bis ", " und "
	}
	var open [7]bool
	for _, d := range ds {
		open[(int(d)+6)%7] = true
	}
	name := func(i int) string { return weekday(lang, time.Weekday((i+1)%7)) }
	var parts []string
	for i := 0; i < 7; i++ {
		j := i
		for j < 7 && open[j] {
			j++
		}
		switch n := j - i; {
		case n > 2:
			parts = append(parts, name(i)+to+name(j-1))
			i = j
		case n > 0:
			parts = append(parts, name(i))
		}
	}
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + and + parts[len(parts)-1]
}

// linkedStatement is the form of the statement for those whose emergency somebody may come for.
func linkedStatement(lang string) string {
	if lang == "de" {
		return "Ihre E-Mail allein alarmiert keinen Techniker."
	}
	return "Your mail alone alarms no technician."
}

// anyStatement is its form in mails that answer none.
func anyStatement(lang string) string {
	if lang == "de" {
		return "Eine E-Mail allein alarmiert keinen Techniker."
	}
	return "A mail alone alarms no technician."
}

// corrected begins whatever takes something back.
func corrected(lang string) string {
	if lang == "de" {
		return "Korrektur: "
	}
	return "Correction: "
}

// clock writes the time of day: "02:43". In the night in which an hour comes twice it says which one is meant.
func clock(lang string, t time.Time) string {
	s := t.Format("15:04")
	twice := t.Add(time.Hour).Format("15:04") == s || t.Add(-time.Hour).Format("15:04") == s
	switch {
	case lang == "de" && twice && t.IsDST():
		return s + " Uhr Sommerzeit"
	case lang == "de" && twice:
		return s + " Uhr Winterzeit"
	case lang == "de":
		return s + " Uhr"
	case twice && t.IsDST():
		return s + " summer time"
	case twice:
		return s + " winter time"
	}
	return s
}

func sameDay(t, now time.Time) bool { return t.YearDay() == now.YearDay() && t.Year() == now.Year() }

// dayOf writes weekday and day, with the year where it is another one: "Montag, 16. März".
func dayOf(lang string, t, now time.Time) string {
	dot := ""
	if lang == "de" {
		dot = "."
	}
	s := fmt.Sprintf("%s, %d%s %s", weekday(lang, t.Weekday()), t.Day(), dot, month(lang, t.Month()))
	if t.Year() != now.Year() {
		s += fmt.Sprintf(" %d", t.Year())
	}
	return s
}

// when writes an instant as it follows a verb: "um 02:43 Uhr", "am Montag, 16. März, um 02:43 Uhr".
func when(lang string, t, now time.Time) string {
	at, on := "at ", "on "
	if lang == "de" {
		at, on = "um ", "am "
	}
	switch {
	case t.IsZero():
		return ""
	case sameDay(t, now):
		return at + clock(lang, t)
	}
	return on + dayOf(lang, t, now) + ", " + at + clock(lang, t)
}

// until writes an instant as it follows "bis" and "by": "02:43 Uhr", "Montag, 16. März, 02:43 Uhr".
func until(lang string, t, now time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case sameDay(t, now):
		return clock(lang, t)
	}
	return dayOf(lang, t, now) + ", " + clock(lang, t)
}

// untilShort is until for subjects: "02:43", "16.3. 02:43", "16 March 02:43".
func untilShort(lang string, t, now time.Time) string {
	s := strings.Replace(clock(lang, t), " Uhr", "", 1)
	switch {
	case t.IsZero():
		return ""
	case sameDay(t, now):
		return s
	case lang == "de":
		return fmt.Sprintf("%d.%d. %s", t.Day(), t.Month(), s)
	}
	return fmt.Sprintf("%d %s %s", t.Day(), month(lang, t.Month()), s)
}
