package templates

import (
	"slices"
	"time"
)

// Emergency is what an answer tells of an emergency, to somebody who may know it. The zero value: there
// is none to tell of. Times are in the location of the support hours; the zero time means "not yet".
type Emergency struct {
	Number         string // "NE-10001"
	TriggeredAt    time.Time
	CallbackBy     time.Time
	AcknowledgedAt time.Time
	CalledAt       time.Time
	EndedAt        time.Time
	Cancelled      bool   // it ended because it was cancelled, not resolved
	Phone          string // E.164; only its last two digits are ever shown. "": none that could be used
	Trouble        string // for the row Trouble: TroubleFailed, TroublePending or TroubleOverdue
}

// What is wrong with an alarm.
const (
	TroubleFailed  = "failed"  // no channel took the alarm
	TroublePending = "pending" // it is not confirmed for minutes
	TroubleOverdue = "overdue" // CallbackBy is past, and nobody has called
)

// What a correction takes back: that a mail belongs to an emergency (unlinked, moved), or that somebody
// comes for it (cancelled, ended), or that the alarm is on its way or a call will come in time.
const (
	CorrectUnlinked  = "unlinked"
	CorrectMoved     = "moved"
	CorrectCancelled = "cancelled"
	CorrectEnded     = "ended"
	CorrectFailed    = TroubleFailed
	CorrectPending   = TroublePending
	CorrectOverdue   = TroubleOverdue
)

// EmergencyBlock is what staff read of an emergency. Strings come raw.
type EmergencyBlock struct {
	Number      string // "NE-10001"
	State       string // "triggered", "acknowledged", "called_back", "resolved", "cancelled"
	Alarm       string // "accepted", "pending", "failed"
	External    bool   // somebody else sounds the alarm
	CallbackBy  time.Time
	TriggeredAt time.Time
	Overdue     bool
	NextTry     time.Time // we called and reached nobody, and try again then; zero: not so

	Name, CustomerNumber, Email, Phone, PhoneGiven, Problem string

	Servers, Incomplete, Tickets []string
	Reasons                      []string // why the ticket of this notice is linked, a line each
}

// ConfirmationKind says what a confirmation is about.
type ConfirmationKind string

// The kinds of confirmations.
const (
	ConfirmTrigger  ConfirmationKind = "trigger"   // to whoever triggered at our form
	ConfirmRecord   ConfirmationKind = "on_record" // to the contact on record: somebody has triggered
	ConfirmAttached ConfirmationKind = "attached"  // to the emergency's own address: a mail was attached to it
	ConfirmNoAnswer ConfirmationKind = "no_answer" // to whoever triggered: we called and reached nobody; CalledAt, NextTry
	ConfirmChange   ConfirmationKind = "change"    // to the same: the alarm failed, is late, or was confirmed after all; it was cancelled
)

// Confirmation is a mail to a customer about an emergency that no mail of his prompted.
type Confirmation struct {
	Kind      ConfirmationKind
	Languages []string // as in Answer
	InHours   bool
	Company   Company
	Service   Service
	Hours     Hours
	NextOpen  time.Time // as in Answer
	NextClose time.Time
	Now       time.Time

	Row       Row // how the emergency stands: AlarmPending, Alarmed, TakenOver, CalledBack, Trouble or Finished
	Emergency Emergency
	Name      string // who triggered, as given at the form
	TokenLine string // "NE-10001 · c2…"; "" leaves it out

	ConsentText, Price string // as shown at the form
	ConsentAt          time.Time

	OnRecord   bool      // the reader is a contact on record, and another address (or none) was given when triggering
	Attached   string    // ConfirmAttached: the sender's masked address, "m…@firma.at"
	CalledAt   time.Time // ConfirmNoAnswer: when we called in vain; zero: not known
	NextTry    time.Time // ConfirmNoAnswer: when we call again; zero: not known
	Correction string    // as in Answer
	ReplyTo    string    // where details are mailed to, besides simply replying; "" leaves it out
}

// AlarmMail is a mail to the gateway of a pager or a mobile phone.
type AlarmMail struct {
	Language                             string // "de" or "en"; anything else is "de"
	Kind                                 string // "triggered", "reminder", "overdue", "failed", "acknowledged", "cancelled", "resolved", "test"
	Number                               string // "NE-10001"
	Name, CustomerNumber, Phone, Problem string
	Servers                              []string
	CallbackBy                           time.Time
	Minutes                              int // since the trigger
}

// statement is what this answer has to say of mails and alarms, as the load check looks for it. Whoever belongs to
// an emergency is told of mails in general: his emergency has alarmed somebody, or is about to.
func (a *Answer) statement(lang string) string {
	if a.told() {
		return linkedStatement(lang)
	}
	return statement(lang, a.InHours)
}

// told says whether the answer tells of an emergency that somebody still may come for.
func (a *Answer) told() bool { return !a.Bare && a.Row != NotLinked && a.Row != Finished }

// template names the text template that renders the answer.
func (a *Answer) template() string {
	if a.Bare {
		return bare
	}
	return string(a.Row)
}

// emergencyView is what templates see of an emergency. Times are ready to follow a verb: "um 02:43 Uhr", "am Montag, …".
type emergencyView struct {
	Number                                 string
	Triggered, Acknowledged, Called, Ended string
	By, ByShort                            string // the end of "bis …"; for subjects: "02:43", "17.3. 00:15"
	Cancelled                              bool
	Digits                                 string // the last two of the telephone number; "" if there is none
	Trouble                                string
}

// newEmergencyView prepares an emergency; callback is for one that does not say when it is to be called back.
func newEmergencyView(e *Emergency, callback time.Duration, now time.Time, lang string) emergencyView {
	by := e.CallbackBy
	if by.IsZero() && !e.TriggeredAt.IsZero() {
		by = e.TriggeredAt.Add(callback)
	}
	in := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.In(now.Location())
	}
	return emergencyView{
		Number:    literal(oneLine(e.Number)),
		Triggered: when(lang, in(e.TriggeredAt), now), Acknowledged: when(lang, in(e.AcknowledgedAt), now),
		Called: when(lang, in(e.CalledAt), now), Ended: when(lang, in(e.EndedAt), now),
		By: until(lang, in(by), now), ByShort: untilShort(lang, in(by), now),
		Cancelled: e.Cancelled, Digits: lastDigits(e.Phone), Trouble: e.Trouble,
	}
}

// blank stands for whatever differs from one emergency to the next.
const blank = "⧗"

// blank replaces the values that subjects hold.
func (v *emergencyView) blank() {
	v.Number, v.By, v.ByShort = blank, blank, blank
	v.Triggered, v.Acknowledged, v.Called, v.Ended = blank, blank, blank, blank
	if v.Digits != "" {
		v.Digits = blank
	}
}

// lastDigits masks a telephone number: its owner knows which one ends so, nobody else can call it.
func lastDigits(phone string) string {
	d := digitsOf(phone)
	if len(d) < 6 {
		return ""
	}
	return d[len(d)-2:]
}

// emergency fills in what the answer tells of one. An answer without one tells nothing, whatever a holds.
func (v *view) emergency(a *Answer, lang string) {
	if a.Row != NotLinked {
		v.Emergency = newEmergencyView(&a.Emergency, a.Service.Callback, a.Now, lang)
	}
	v.correct(a.Correction, a.OldEmergency)
	if a.Row == NotLinked {
		return
	}
	v.Second = a.Second
	v.Changed = a.Second && a.OldEmergency != "" && a.OldEmergency == a.Emergency.Number
	if v.Emergency.Digits != "" { // to ask for a number while naming one would confuse
		v.Missing = slices.DeleteFunc(v.Missing, func(m string) bool { return m == "phone" })
	}
}

// correct notes what is taken back, of the old emergency or, where none was named, of the one there is.
func (v *view) correct(correction, old string) {
	if v.OldEmergency = literal(oneLine(old)); v.OldEmergency == "" {
		v.OldEmergency = v.Emergency.Number
	}
	if isCorrection(correction) && v.OldEmergency != "" {
		v.Correction = correction
	}
}

func isCorrection(s string) bool {
	return slices.Contains([]string{CorrectUnlinked, CorrectMoved, CorrectCancelled, CorrectEnded, CorrectFailed, CorrectPending, CorrectOverdue}, s)
}

// stateSamples are the answers whose subjects differ.
func stateSamples() []Answer {
	all := []Answer{}
	for _, in := range []bool{false, true} {
		for _, row := range rows() {
			for _, phone := range []string{"", "+436641234589"} {
				for _, trouble := range []string{TroubleFailed, TroublePending, TroubleOverdue} {
					a := sampleAnswer()
					a.Row, a.InHours = row, in
					a.Emergency.Phone, a.Emergency.Trouble = phone, trouble
					all = append(all, a)
				}
			}
		}
		a := sampleAnswer()
		a.Bare, a.InHours = true, in
		all = append(all, a)
	}
	return all
}
