package message

import "strings"

// byBounceWording finds delivery failures and delays that no multipart/report wraps: qmail, Exim,
// Notes, Exchange, gateways. A human who complains of bounces quotes the same words, so either a mail
// system is the sender, or subject and text must both be a bounce's and nobody speaks of himself.
func byBounceWording(m *Mail, viaGroup bool) Automatic {
	subject, forwarded := bareSubject(m.Subject)
	if forwarded {
		return human()
	}
	text := fold(m.Text)
	inSubject, bySubject := find(subject, bounceSubjects)
	inText, byText := find(text, bouncePhrases)
	kind := Bounce
	if _, ok := find(subject+"\n"+text, delayPhrases); ok {
		kind = Delay
	}
	prefix, begins := startsWith(subject, bounceSubjects)
	switch {
	case m.mailSystem(viaGroup) && bySubject:
		return wording(kind, "subject", inSubject)
	case m.mailSystem(viaGroup) && byText:
		return wording(kind, "text", inText)
	case byText && bySubject && m.fromPostmaster() && !speaksOfSelf(text):
		return wording(kind, "subject", inSubject)
	case byText && begins && !talksToUs(text) && !speaksOfSelf(text):
		return wording(kind, "subject", prefix)
	}
	// "Delivered: …", "Gelesen: …" without the report parts.
	if p, ok := startsWith(subject, receiptSubjects); ok {
		if _, ok := find(text, receiptPhrases); ok || m.nullSender() && !viaGroup {
			return wording(Receipt, "subject", p)
		}
	}
	return human()
}

// mailSystem reports whether a mail transfer agent is the sender.
func (m *Mail) mailSystem(viaGroup bool) bool {
	if m.nullSender() && !viaGroup {
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
func (m *Mail) fromPostmaster() bool {
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
func byReplyWording(m *Mail, viaGroup bool) Automatic {
	subject, forwarded := bareSubject(m.Subject)
	if forwarded {
		return human()
	}
	text := fold(m.Text)
	if p, ok := startsWith(subject, absenceSubjects); ok {
		return wording(AutoReply, "subject", p)
	}
	// Notes: "AUTO: Franz Berger is out of the office (returning 16.03.2026)".
	if p, ok := find(subject, absencePhrases); ok && strings.HasPrefix(subject, "auto:") {
		return wording(AutoReply, "subject", p)
	}
	machine := m.statesMachine(viaGroup)
	need := talksToUs(text)
	thanks, thanksPhrase := count(text, acknowledgePhrases)
	if p, ok := find(subject, acknowledgeSubjects); ok {
		if machine || thanks > 0 && !need || text == "" {
			return wording(AutoReply, "subject", p)
		}
	}
	if thanks > 0 && (machine || !need && hasMachinePhrase(text)) {
		return wording(AutoReply, "text", thanksPhrase)
	}
	if !machine && (need || !m.answersSomething(subject)) {
		return human()
	}
	if thanks >= 2 {
		return wording(AutoReply, "text", thanksPhrase)
	}
	away, p := count(text, absencePhrases)
	more, _ := count(text, absenceCompany)
	switch {
	case away > 0 && machine && (more > 0 || len(text) < 1000),
		away > 0 && more > 0 && away+more >= 3 && saysAway(text):
		return wording(AutoReply, "text", p)
	}
	return human()
}

// answersSomething: programs reply, they do not write first. The bare subject has lost its prefixes.
func (m *Mail) answersSomething(bare string) bool {
	if len(m.InReplyTo) > 0 || len(m.References) > 0 {
		return true
	}
	if _, ok := find(bare, absenceWeakSubjects); ok {
		return true
	}
	s := fold(m.Subject)
	return strings.HasPrefix(s, "re:") || strings.HasPrefix(s, "aw:") || strings.HasPrefix(s, "antw:") || strings.Contains(s, " re: ") || strings.Contains(s, " aw: ")
}

// saysAway: it is the writer who is away, or the whole office, not a colleague he complains of.
func saysAway(text string) bool {
	_, ok := find(text, awaySelf)
	return ok
}

// speaksOfSelf reports whether folded text has an I or we that is not a mail system's.
func speaksOfSelf(text string) bool {
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r == '\'') }) {
		switch w {
		case "wir", "ich", "uns", "unser", "unsere", "unserem", "unseren", "unserer", "we", "our", "us":
			return true
		}
	}
	return false
}

// statesMachine reports whether the header already says that a program wrote the mail.
func (m *Mail) statesMachine(viaGroup bool) bool {
	return m.nullSender() && !viaGroup || byMachineHeader(m, viaGroup).Kind != Human || bySender(m, viaGroup).Kind != Human
}

// talksToUs reports whether folded text asks for help as only a human in need does.
func talksToUs(text string) bool {
	_, ok := find(text, needPhrases)
	return ok
}

func hasMachinePhrase(text string) bool {
	_, ok := find(text, machinePhrases)
	return ok
}

// byMachineWording finds mail of programs that say so only in their first or last lines, and alerts of
// monitors, whose form no human keeps.
func byMachineWording(m *Mail, _ bool) Automatic {
	text := fold(m.Text)
	if p, ok := find(text, monitorPhrases); ok && !talksToUs(text) && !speaksOfSelf(text) {
		return wording(AutoGenerated, "text", p)
	}
	lines := nonEmptyLines(m.Text + "\n" + m.Signature)
	edge := lines
	if len(lines) > 6 {
		edge = append(append([]string{}, lines[:2]...), lines[len(lines)-4:]...)
	}
	for _, l := range edge {
		l = fold(l)
		p, ok := find(l, machinePhrases)
		if ok && !talksToUs(fold(m.Text)) {
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
