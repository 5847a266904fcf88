package rules

import "time"

// Form is what a mail says that the company's own form for emergencies sent. Texts are one line each, except Problem and
// Text; they are as people typed them, with the trouble that this brings: whoever triggers by them looks at each.
type Form struct {
	Rule           string    `json:"rule"`
	Proven         bool      `json:"proven"` // it comes from the form; otherwise anybody can have written it
	Why            string    `json:"why"`    // one line: what proves it, or what does not
	Alarm          string    `json:"alarm"`  // who sounds the alarm: "external" or "channels"
	Name           string    `json:"name"`
	CustomerNumber string    `json:"customer_number"`
	Email          string    `json:"email"`
	Phone          string    `json:"phone"` // as typed: ReadPhone makes a number of it
	Problem        string    `json:"problem"`
	Language       string    `json:"language"` // "de", "en", or ""
	Servers        []string  `json:"servers"`
	TriggeredAt    time.Time `json:"triggered_at,omitzero"` // zero where the mail does not say, or says what cannot be
	Text           string    `json:"text"`                  // the mail's text, whole, its secret taken out
}
