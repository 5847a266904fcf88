package templates

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// sample is an answer that the load check renders. Its name tells an admin when such an answer is sent.
type sample struct {
	name   string
	answer Answer
}

// template names the text template that renders the sample.
func (sm sample) template() string { return sm.answer.template() }

// samples crosses every row, and the bare answer, with support hours, languages and circumstances.
func samples() []sample {
	var all []sample
	variants := sampleVariants()
	for _, row := range rows() {
		for _, isBare := range []bool{false, true} {
			for _, in := range []bool{false, true} {
				for _, langs := range [][]string{{"de"}, {"en"}, {"de", "en"}} {
					for _, v := range variants {
						if isBare && (v.facts || row != NotLinked) {
							continue // a bare answer holds none, and tells of no emergency
						}
						if v.rows != nil && !slices.Contains(v.rows, row) {
							continue
						}
						a := sampleAnswer()
						a.Row, a.Bare, a.InHours, a.Languages = row, isBare, in, langs
						if (v.rows != nil || a.told()) && thinned(in, langs) {
							continue
						}
						if row == Trouble {
							a.Emergency.Trouble = TroubleOverdue
						}
						v.change(&a)
						all = append(all, sample{sampleName(a, v.name), a})
					}
				}
			}
		}
	}
	return all
}

// thinned leaves out what would make loading slow: the other hours have this language alone, and these hours have it
// together with the other one.
func thinned(inHours bool, langs []string) bool {
	return len(langs) == 1 && inHours == (langs[0] == "de")
}

func sampleName(a Answer, variant string) string {
	row, hours := string(a.Row), "outside support hours"
	if a.Bare {
		row = bare
	}
	if a.InHours {
		hours = "in support hours"
	}
	return fmt.Sprintf("%s, %s, %s, %s", row, hours, strings.Join(a.Languages, "+"), variant)
}

type variant struct {
	name   string
	facts  bool // it differs only in what comes from the mail
	change func(*Answer)
	rows   []Row // only with these; nil: with all
}

func sampleVariants() []variant {
	return append(mailVariants(), emergencyVariants()...)
}

// emergencyVariants are the circumstances of emergencies.
func emergencyVariants() []variant {
	told := []Row{AlarmPending, Alarmed, TakenOver, CalledBack, Trouble}
	all := []variant{
		{"as a second mail", true, func(a *Answer) { a.Second = true }, told},
		{"as a second mail about the same emergency", true, func(a *Answer) { a.Second, a.OldEmergency = true, a.Emergency.Number }, told},
		{"without a telephone number", true, func(a *Answer) { a.Emergency.Phone = "" }, told},
		{"without any number to call", true, func(a *Answer) {
			a.Emergency.Phone, a.Company.Phone, a.Company.EmergencyPhone = "", "", ""
		}, told},
		{"of another day", true, func(a *Answer) { a.Now = a.Now.AddDate(0, 0, 3) }, append([]Row{Finished}, told...)},
		{"with an emergency of which little is known", true, func(a *Answer) {
			a.Emergency = Emergency{Number: a.Emergency.Number, CallbackBy: a.Emergency.CallbackBy, Trouble: a.Emergency.Trouble}
		}, append([]Row{Finished}, told...)},
		{"failed", true, func(a *Answer) { a.Emergency.Trouble = TroubleFailed }, []Row{Trouble}},
		{"not confirmed", true, func(a *Answer) { a.Emergency.Trouble = TroublePending }, []Row{Trouble}},
		{"cancelled", true, func(a *Answer) { a.Emergency.Cancelled = true }, []Row{Finished}},
	}
	for _, c := range []struct {
		what string
		rows []Row
	}{
		{CorrectUnlinked, []Row{NotLinked}}, {CorrectMoved, append([]Row{NotLinked}, told...)}, {CorrectCancelled, []Row{Finished, NotLinked}}, {CorrectEnded, []Row{Finished, NotLinked}},
		{CorrectFailed, []Row{Trouble}}, {CorrectPending, []Row{Trouble, AlarmPending}}, {CorrectOverdue, []Row{Trouble}},
	} {
		all = append(all, variant{"with a correction: " + c.what, true, func(a *Answer) {
			if c.what == CorrectMoved { // the longest words of ours, with the longest of the mail
				longest(a)
			}
			a.Second, a.Correction, a.OldEmergency = true, c.what, "NE-9999999"
			if isTrouble(c.what) {
				a.Emergency.Trouble = c.what
			}
		}, c.rows})
	}
	return all
}

func isTrouble(s string) bool {
	return slices.Contains([]string{TroubleFailed, TroublePending, TroubleOverdue}, s)
}

// mailVariants are the circumstances of mails. Those that differ in facts alone are for the rows that have more to say of
// them than the facts that all answers share.
func mailVariants() []variant {
	facts := []Row{NotLinked, Finished}
	return []variant{
		{"with everything", false, func(*Answer) {}, nil},
		{"late", false, func(a *Answer) { a.Late = true }, nil},
		{"at closing time", false, func(a *Answer) { a.Closing = true }, facts},
		{"after a closed ticket", true, func(a *Answer) { a.OldTicket = "NS-9000" }, nil},
		{"with nothing understood", true, func(a *Answer) { a.Understood, a.Missing, a.Subject = Understood{}, MissingFacts(), "" }, facts},
		{"with one of each", true, func(a *Answer) {
			a.Understood.Servers, a.Understood.Errors = a.Understood.Servers[:1], a.Understood.Errors[:1]
			a.Missing = nil
		}, facts},
		{"with little configured", false, func(a *Answer) {
			a.Company, a.Hours, a.TicketLine = Company{Name: "X"}, Hours{}, ""
			a.NextOpen, a.NextClose = time.Time{}, time.Time{}
			a.Service.VAT = 0
		}, nil},
		{"with the longest facts", true, longest, nil},
	}
}

// longest fills in as much as a mail can bring.
func longest(a *Answer) {
	a.Late, a.Closing, a.OldTicket = true, true, "NS-9999999"
	a.Understood = Understood{CustomerNumber: strings.Repeat("9", 300)}
	for i := range 20 {
		a.Understood.Servers = append(a.Understood.Servers, Server{Name: strings.Repeat("sehr-lang.", 30) + fmt.Sprint(i)})
		a.Understood.Errors = append(a.Understood.Errors, strings.Repeat("Fehler <&> \"x\" 錯誤 ", 20))
		a.Understood.Phones = append(a.Understood.Phones, "+43123456789012345")
	}
	a.Missing = MissingFacts()
	a.Subject = strings.Repeat("Notfall-Support äöü ", 60)
}

// sampleAnswer holds something in every field.
func sampleAnswer() Answer {
	vienna := time.FixedZone("CET", 3600)
	return Answer{
		Row: NotLinked,
		Company: Company{
			Name: "Muster Hosting", Phone: "+43 1 2345670", EmergencyPhone: "+43 1 2345679",
			FormURL: "https://www.muster-hosting.example/notfall", StatusURL: "https://status.muster-hosting.example/",
			LegalFooter: "Muster Hosting GmbH, Musterweg 1, 1010 Wien\nFN 12345x, HG Wien", PrivacyURL: "https://www.muster-hosting.example/datenschutz",
		},
		Service: Service{Fee: 200, Hourly: 200, VAT: 20, Currency: "EUR", Included: 30 * time.Minute, Callback: 30 * time.Minute},
		Hours: Hours{
			Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
			From: "08:00", To: "17:00", Timezone: "Europe/Vienna", Holidays: "at",
		},
		NextOpen:  time.Date(2026, 3, 16, 8, 0, 0, 0, vienna),
		NextClose: time.Date(2026, 3, 16, 17, 0, 0, 0, vienna),
		Subject:   "Notfall-Support", Ticket: "NS-10001", TicketLine: "NS-10001 · c2abcdefghijklmnopqrstuvwxyz234567",
		Now: time.Date(2026, 3, 16, 2, 13, 0, 0, vienna), Arrived: time.Date(2026, 3, 16, 2, 1, 0, 0, vienna),
		Understood: Understood{
			Servers:        []Server{{"web01.firma.example", true}, {"db2", false}, {"192.0.2.10", false}, {"a", false}, {"b", false}, {"c", false}},
			Errors:         []string{"502 Bad Gateway", "Too many connections", "No space left on device", "Connection refused"},
			CustomerNumber: "104711", Phones: []string{"+436641234567", "+4312345"},
		},
		Missing:   []string{"reproduction", "changes"},
		Emergency: sampleEmergency(vienna),
	}
}

// sampleEmergency holds something in every field.
func sampleEmergency(in *time.Location) Emergency {
	return Emergency{
		Number: "NE-10001", TriggeredAt: time.Date(2026, 3, 16, 1, 58, 0, 0, in), CallbackBy: time.Date(2026, 3, 16, 2, 28, 0, 0, in),
		AcknowledgedAt: time.Date(2026, 3, 16, 2, 4, 0, 0, in), CalledAt: time.Date(2026, 3, 16, 2, 11, 0, 0, in), EndedAt: time.Date(2026, 3, 16, 2, 12, 0, 0, in),
		Phone: "+436641234589",
	}
}
