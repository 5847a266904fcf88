package rules

import (
	"encoding/json"
	"fmt"
	"time"

	"notfalld/message"
)

// Line is one line of `parse --json`, and what a ticket stores of a mail. Lists are never null.
type Line struct {
	File           string               `json:"file"`
	MessageID      string               `json:"message_id"`
	From           message.Address      `json:"from"`
	Subject        string               `json:"subject"`
	Date           string               `json:"date"` // RFC 3339, or "" if the mail has none that can be read
	Class          Class                `json:"class"`
	Automatic      message.Automatic    `json:"automatic"`
	AutoReply      Reply                `json:"auto_reply"`
	Language       string               `json:"language"` // "de" or "en", the likelier one where it is uncertain
	CustomerNumber string               `json:"customer_number"`
	Phones         []string             `json:"phones"` // E.164
	Servers        []Server             `json:"servers"`
	Errors         []Error              `json:"errors"`
	Problem        string               `json:"problem"`
	Reproduction   string               `json:"reproduction"`
	Changes        string               `json:"changes"`
	Missing        []string             `json:"missing"`
	Text           string               `json:"text"`
	Quoted         string               `json:"quoted"`
	Signature      string               `json:"signature"`
	Attachments    []message.Attachment `json:"attachments"`
	Inline         []message.Attachment `json:"inline"`
	ProblemParsing string               `json:"problem_parsing,omitempty"`
	Cut            []Cut                `json:"cut,omitempty"` // what limits kept from being looked at
	Route          Route                `json:"route,omitzero"`
}

// NewLine puts a mail and its facts together. file is the name under which the mail was read.
func NewLine(file string, m *message.Mail, f Facts) Line {
	l := Line{
		File: file, MessageID: m.MessageID, Subject: m.Subject,
		Class: f.Class, Automatic: f.Automatic, AutoReply: f.Reply,
		Language: f.Language, CustomerNumber: f.CustomerNumber,
		Phones: notNil(f.Phones), Servers: notNil(f.Servers), Errors: notNil(f.Errors),
		Problem: f.Problem, Reproduction: f.Reproduction, Changes: f.Changes, Missing: notNil(f.Missing),
		Text: whole(m), Quoted: m.Quoted, Signature: m.Signature,
		Attachments: notNil(m.Attachments), Inline: notNil(m.Inline), ProblemParsing: m.Problem, Cut: f.Cut, Route: f.Route,
	}
	if l.Automatic.Kind == "" { // facts that a time-out cut short
		l.Automatic = m.Automatic
	}
	if l.Automatic.Kind == "" {
		l.Automatic.Kind = message.Human
	}
	if len(m.From) > 0 {
		l.From = m.From[0]
	}
	if !m.Date.IsZero() {
		l.Date = m.Date.Format(time.RFC3339)
	}
	if l.Language == "" {
		l.Language = likelierLanguage(Shipped().v, m)
	}
	return l
}

// whole is the new text, and below it what a forwarded mail says: it is what the sender wants to be read.
func whole(m *message.Mail) string {
	if m.Passed == "" || m.Text == "" {
		return m.Text + m.Passed
	}
	return m.Text + "\n\n" + m.Passed
}

// JSON is the line as it is printed and stored.
func (l Line) JSON() ([]byte, error) {
	b, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("facts of %s: %w", l.File, err)
	}
	return b, nil
}

func notNil[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
