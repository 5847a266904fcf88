package templates

import (
	"slices"
	"strings"
	"time"
)

// maxProblem is how many characters of an emergency's problem staff are shown.
const maxProblem = 4000

// staffEmergency is what the template of notifications sees of an emergency; its strings are clean.
type staffEmergency struct {
	Number, State, Alarm         string
	External, Overdue            bool
	NextTry                      string // "02:50"; "" if nobody has called in vain, or it is over
	By, Triggered                string // "02:43"; "Montag, 16. März 2026, 02:13 Uhr"
	Ended                        bool   // resolved or cancelled
	Name, CustomerNumber, Email  string
	Phone                        string // E.164, to be called
	PhoneGiven                   string // as it was given, where that is not the same
	Problem                      []string
	ProblemCut                   bool
	Servers, Incomplete, Tickets []string
	Reasons                      []string
}

// emergency fills in what staff read of one.
func (v *noticeView) emergency(e *EmergencyBlock, lang string) {
	if e == nil {
		return
	}
	s := &staffEmergency{
		Number: literal(oneLine(e.Number)), State: e.State, Alarm: e.Alarm, External: e.External, Overdue: e.Overdue,
		Triggered: date(lang, e.TriggeredAt), Ended: e.State == "resolved" || e.State == "cancelled",
		Name: said(e.Name), CustomerNumber: said(e.CustomerNumber), Email: said(e.Email),
		Servers: saidAll(e.Servers), Incomplete: knownIncomplete(e.Incomplete), Tickets: saidAll(e.Tickets), Reasons: saidAll(e.Reasons),
	}
	if !e.CallbackBy.IsZero() {
		s.By = strings.TrimSuffix(clock(lang, e.CallbackBy), " Uhr")
	}
	if !e.NextTry.IsZero() && (e.State == "triggered" || e.State == "acknowledged") {
		s.NextTry = strings.TrimSuffix(clock(lang, e.NextTry), " Uhr")
	}
	if callable(e.Phone) {
		s.Phone = e.Phone
	}
	if given := oneLine(e.PhoneGiven); s.Phone == "" || given != "" && !sameNumber(given, s.Phone) {
		s.PhoneGiven = said(given)
	}
	s.Problem, s.ProblemCut = textLinesUpTo(e.Problem, maxProblem)
	v.Emergency = s
	if v.Proof != Forged {
		v.sayOnce()
	}
}

// sayOnce leaves out of what was understood of the mail what the emergency says already: every line less is read sooner.
func (v *noticeView) sayOnce() {
	e := v.Emergency
	v.Phones = slices.DeleteFunc(v.Phones, func(p string) bool { return p == e.Phone })
	same := func(a string) func(string) bool { return func(b string) bool { return strings.EqualFold(a, b) } }
	e.Servers = slices.DeleteFunc(e.Servers, func(s string) bool {
		return slices.ContainsFunc(v.Servers, same(s)) || slices.ContainsFunc(v.Unknown, same(s))
	})
	if v.CustomerNumber == e.CustomerNumber {
		v.CustomerNumber = ""
	}
	if same(v.Address)(e.Email) {
		e.Email = ""
		if same(v.Sender)(e.Name) {
			e.Name = ""
		}
	}
}

// knownIncomplete keeps what templates have words for.
func knownIncomplete(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool {
		return !slices.Contains([]string{"name", "customer_number", "email", "phone"}, s)
	})
}

// sameNumber says whether a number as given, national or not, is nothing but the other.
func sameNumber(given, number string) bool {
	d := strings.TrimLeft(digitsOf(given), "0")
	return len(d) >= 6 && strings.HasSuffix(digitsOf(number), d)
}

// callable says whether a number is in the form of E.164: only that is linked, and is free of anything else.
func callable(s string) bool {
	digits, plus := strings.CutPrefix(s, "+")
	return plus && len(digits) >= 6 && len(digits) <= 15 && strings.Trim(digits, "0123456789") == ""
}

// sampleNotices has one of every kind in both languages, and of every outcome.
func sampleNotices() []Notification {
	var all []Notification
	a := sampleAnswer()
	kinds := []Notice{NoticeTicket, NoticeMail, NoticeBundle, NoticeUndelivered, NoticeDelayed, NoticeDraft,
		NoticeEmergency, NoticeReminder, NoticeAlarm, NoticeForm, NoticeLink}
	for _, lang := range []string{"de", "en"} {
		for _, kind := range kinds {
			for _, answered := range []Answered{"", AnsweredFull, AnsweredBare, AnsweredNot, AnsweredBefore} {
				n := Notification{
					Kind: kind, Language: lang, Company: a.Company.Name, Ticket: a.Ticket, TicketLine: a.TicketLine, OldTicket: "NS-9000", Related: "NS-9001",
					Priority: "high", Tags: []string{"vip"}, Name: "Erika Muster", Address: "erika@firma.example", Proof: Proven, Subject: a.Subject, Arrived: a.Arrived, Understood: a.Understood,
					Missing: MissingFacts(), Attachments: []string{"error.log"}, Problem: "too deep", LeftOut: []string{"x.zip"}, Text: "Hallo,\n\nder Server steht.\n",
					Answered: answered, Recipient: "erika@firma.example", Why: "mailing list", Draft: &Rendered{Subject: "s", Text: "t"},
					Items:     []Item{{Ticket: "NS-1", Address: "a@b.example", Subject: "x", Answered: answered, Why: "w", Emergency: "NE-10001"}},
					Suggested: []string{"NE-10002: same customer number, 12 min before"}, Minutes: 20, Detail: "sms: 503",
				}
				all = append(all, n)
			}
			last := all[len(all)-1]
			if kind != NoticeBundle {
				all = append(all, withStaffMail(last)...)
			}
			if kind != NoticeBundle && kind != NoticeForm {
				all = append(all, emergencyNotices(last)...)
				all = append(all, emergencyNotices(withStaffMail(last)[0])[0])
			}
		}
		all = append(all, staffNotices(lang)...)
	}
	return all
}

// emergencyNotices are a notice with every state of an emergency.
func emergencyNotices(n Notification) []Notification {
	var all []Notification
	e := sampleEmergency(time.UTC)
	for _, state := range []string{"triggered", "acknowledged", "called_back", "resolved", "cancelled"} {
		for _, alarm := range []string{"accepted", "pending", "failed"} {
			for _, overdue := range []bool{false, true} {
				if state != "triggered" && (overdue || alarm != "accepted" || n.Kind == NoticeLink || n.Kind == NoticeDelayed || n.Kind == NoticeDraft || n.Kind == NoticeMail) {
					continue
				}
				n.Emergency = &EmergencyBlock{
					Number: e.Number, State: state, Alarm: alarm, Overdue: overdue, External: overdue, CallbackBy: e.CallbackBy, TriggeredAt: e.TriggeredAt,
					Name: "Erika Muster", CustomerNumber: "104711", Email: "erika@firma.example", Phone: e.Phone, PhoneGiven: "0664 1234589", Problem: "web01 steht\nseit 2 Uhr",
					Servers: []string{"web01.firma.example"}, Incomplete: []string{"email"}, Tickets: []string{"NS-10001: 502 Bad Gateway"}, Reasons: []string{"same customer number"},
				}
				if alarm == "pending" {
					n.Emergency.NextTry = e.CallbackBy
				}
				all = append(all, n)
			}
		}
	}
	return all
}

func sampleAlarms() []AlarmMail {
	var all []AlarmMail
	e := sampleEmergency(time.UTC)
	for _, lang := range []string{"de", "en"} {
		for _, kind := range alarmKinds() {
			all = append(all, AlarmMail{Language: lang, Kind: kind, Number: e.Number, Name: "Erika Muster", CustomerNumber: "104711", Phone: e.Phone,
				Problem: "web01 steht", Servers: []string{"web01.firma.example"}, CallbackBy: e.CallbackBy, Minutes: 20})
		}
	}
	return all
}

// sampleConfirmations crosses kinds, rows, hours and languages.
func sampleConfirmations() []Confirmation {
	var all []Confirmation
	a := sampleAnswer()
	for _, kind := range confirmationKinds() {
		for _, row := range rows()[1:] {
			for _, in := range []bool{false, true} {
				for _, langs := range [][]string{{"de"}, {"en"}, {"de", "en"}} {
					if thinned(in, langs) {
						continue
					}
					c := Confirmation{
						Kind: kind, Row: row, InHours: in, Languages: langs, Company: a.Company, Service: a.Service, Hours: a.Hours, NextOpen: a.NextOpen,
						NextClose: a.NextClose, Now: a.Now, Emergency: a.Emergency, Name: "Erika Muster", TokenLine: "NE-10001 · c2abcdefghijklmnopqrstuvwxyz234567",
						ConsentText: strings.Repeat("Ich löse einen kostenpflichtigen Notfall aus.\n", 20), Price: "200 € + MwSt.", ConsentAt: a.Now,
						CalledAt: a.Now.Add(-5 * time.Minute), NextTry: a.Now.Add(10 * time.Minute), Attached: "m…@firma.example", ReplyTo: "support@muster-hosting.example",
					}
					if row == Trouble {
						c.Emergency.Trouble = TroubleOverdue
						failed := c
						failed.Emergency.Trouble, failed.Correction = TroubleFailed, CorrectFailed
						pending := c
						pending.Emergency.Trouble, pending.Emergency.Phone = TroublePending, ""
						all = append(all, failed, pending)
					}
					all = append(all, c)
				}
			}
		}
	}
	return all
}
