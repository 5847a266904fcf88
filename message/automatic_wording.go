package message

import "strings"

// byBounceWording finds delivery failures and delays that no multipart/report wraps: qmail, Exim,
// Notes, Exchange, gateways. A human who complains of bounces quotes the same words, so either a mail
// system is the sender, or subject and text must both be a bounce's and nobody speaks of himself.
func byBounceWording(m *view) Automatic {
	if m.forwarded {
		return human()
	}
	subject, text := m.subject, m.text
	inSubject, bySubject := find(subject, bounceSubjects)
	inText, byText := m.says(saysBounce)
	kind := Bounce
	if m.delays(subject) {
		kind = Delay
	}
	prefix, begins := startsWith(subject, bounceSubjects)
	switch {
	case m.mailSystem() && bySubject:
		return wording(kind, "subject", inSubject)
	case m.mailSystem() && byText:
		return wording(kind, "text", inText)
	case byText && bySubject && m.fromPostmaster() && !speaksOfSelf(text):
		return wording(kind, "subject", inSubject)
	case byText && begins && !m.talksToUs() && !speaksOfSelf(text):
		return wording(kind, "subject", prefix)
	}
	if p, ok := m.byBounceShape(); ok {
		return wording(kind, "text", p)
	}
	// "Delivered: …", "Gelesen: …" without the report parts.
	if p, ok := startsWith(subject, receiptSubjects); ok {
		if _, ok := m.says(saysReceipt); ok || m.nullSender() {
			return wording(Receipt, "subject", p)
		}
	}
	return human()
}

// mailSystem reports whether a mail transfer agent is the sender.
func (m *view) mailSystem() bool {
	if m.nullSender() {
		return true
	}
	for _, a := range m.From {
		local, _, _ := strings.Cut(strings.ToLower(a.Address), "@")
		if strings.Contains(strings.ReplaceAll(local, "-", ""), "mailerdaemon") || strings.HasPrefix(local, "microsoftexchange") {
			return true
		}
		name := fold(a.Name)
		if strings.Contains(name, "mail delivery s") || strings.Contains(name, "mailer-daemon") {
			return true
		}
	}
	return false
}

// fromPostmaster: gateways write so, and so do the humans who run a mail server (RFC 2142, 5).
func (m *view) fromPostmaster() bool {
	for _, a := range m.From {
		if local, _, _ := strings.Cut(strings.ToLower(a.Address), "@"); local == "postmaster" {
			return true
		}
	}
	return false
}

// byReplyWording finds out-of-office notes and acknowledgements that carry no header. The subject
// prefix of a vacation program is enough. The text alone is not: it must answer something, say two
// such things at least, and nothing that only a human in need says.
func byReplyWording(m *view) Automatic {
	if m.forwarded {
		return human()
	}
	subject, text := m.subject, m.text
	if p, ok := startsWith(subject, absenceSubjects); ok {
		return wording(AutoReply, "subject", p)
	}
	// Notes: "AUTO: Franz Berger is out of the office (returning 16.03.2026)".
	if p, ok := find(subject, absencePhrases); ok && strings.HasPrefix(subject, "auto:") {
		return wording(AutoReply, "subject", p)
	}
	machine := m.statesMachine()
	need := m.talksToUs()
	thanks, thanksPhrase := m.count(saysReceived)
	if p, ok := find(subject, acknowledgeSubjects); ok {
		if machine || thanks > 0 && !need || text == "" {
			return wording(AutoReply, "subject", p)
		}
	}
	if thanks > 0 && (machine || !need && m.has(saysMachine)) {
		return wording(AutoReply, "text", thanksPhrase)
	}
	if !machine && (need || !m.answersSomething(subject)) {
		return human()
	}
	if thanks >= 2 && !m.speaksAsOne() {
		return wording(AutoReply, "text", thanksPhrase)
	}
	away, p := m.count(saysAbsence)
	more, _ := m.count(saysCompany)
	switch {
	case away > 0 && machine && (more > 0 || len(text) < 1000),
		away > 0 && more > 0 && away+more >= 3 && m.has(saysAway):
		return wording(AutoReply, "text", p)
	}
	return human()
}

// answersSomething: programs reply, they do not write first. The bare subject has lost its prefixes.
func (m *view) answersSomething(bare string) bool {
	if len(m.InReplyTo) > 0 || len(m.References) > 0 {
		return true
	}
	if _, ok := find(bare, absenceWeakSubjects); ok {
		return true
	}
	s := fold(m.Subject)
	return strings.HasPrefix(s, "re:") || strings.HasPrefix(s, "aw:") || strings.HasPrefix(s, "antw:") || strings.Contains(s, " re: ") || strings.Contains(s, " aw: ")
}

// speaksOfSelf reports whether folded text has an I or we that is not a mail system's.
func speaksOfSelf(text string) bool {
	return hasWord(text, "wir", "ich", "uns", "unser", "unsere", "unserem", "unseren", "unserer", "we", "our", "us")
}

// statesMachine reports whether the header already says that a program wrote the mail.
func (m *view) statesMachine() bool {
	return m.nullSender() || byMachineHeader(m).Kind != Human || bySender(m).Kind != Human
}

// talksToUs reports whether the text asks for help as only a human in need does.
func (m *view) talksToUs() bool { return m.has(saysNeed) }

func (m *view) has(l phraseList) bool {
	_, ok := m.says(l)
	return ok
}

// count says how many phrases of a list stand in the text, and names one.
func (m *view) count(l phraseList) (int, string) { return textPhrases.count(&m.said, l) }

// delays reports whether subject or text speak of a delay.
func (m *view) delays(subject string) bool {
	_, ok := find(subject, delayPhrases)
	return ok || m.has(saysDelay)
}

// byMachineWording finds mail of programs that say so only in their first or last lines, and alerts of
// monitors, whose form no human keeps.
func byMachineWording(m *view) Automatic {
	if p, ok := find(m.subject, digestSubjects); ok && !m.forwarded && !m.talksToUs() && !speaksOfSelf(m.text) {
		return wording(AutoGenerated, "subject", p)
	}
	if p, ok := m.says(saysMonitor); ok && !m.talksToUs() && !speaksOfSelf(m.text) {
		return wording(AutoGenerated, "text", p)
	}
	lines := nonEmptyLines(m.Text + "\n" + m.Signature)
	edge := lines
	if len(lines) > 6 {
		edge = append(append([]string{}, lines[:2]...), lines[len(lines)-4:]...)
	}
	for _, l := range edge {
		hits := textPhrases.in(fold(l))
		if p, ok := textPhrases.first(&hits, saysMachine); ok && !m.talksToUs() {
			return wording(AutoGenerated, "text", p)
		}
	}
	return human()
}

func nonEmptyLines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}
