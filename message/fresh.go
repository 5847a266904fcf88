package message

// Fresh is what a person wrote anew in an answer, as it may be passed on: without history, signature, footers and disclaimers.
type Fresh struct {
	Text string
	// HTML is the same words with their formatting, sanitised: nothing remote, no script, no style that hides; "" if the mail has none, or if it
	// cannot be made sure that it says the same as Text.
	HTML   string
	Attach []Attachment // in their order
	Inline []Attachment // the images that HTML shows, by ContentID
}

// Fresh takes it out of a mail, without the first skip lines of Text (commands).
func (m *Mail) Fresh(skip int) Fresh { return Fresh{Text: m.Text, Attach: m.Attachments} }
