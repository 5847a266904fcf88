package message

import (
	"regexp"
	"strings"
)

// history is what announces, at a line, that an older mail follows.
type history struct {
	length       int  // lines of the announcement; 0: there is none
	attribution  bool // "… schrieb:", as clients write it that quote with ">"
	quotesFollow bool // and ">" does follow
	forward      bool // it says that a mail was passed on
}

// historyAt looks whether an older mail is announced at line i.
func (s *splitter) historyAt(i int) history {
	line := strings.TrimSpace(s.lines[i])
	if line == "" || len(line) > 1000 {
		return history{}
	}
	if isRuler(line) {
		if n := s.headerBlock(i + 1); n > 0 && s.believed(i, n) {
			return history{length: 1}
		}
		return history{}
	}
	switch {
	case forwardLine(line):
		return history{length: 1, forward: true}
	case separatorLine(line):
		if s.reply || s.forward || s.headerBlock(i+1) > 0 {
			return history{length: 1}
		}
		return history{}
	case replyAboveLine(line) && s.reply:
		return history{length: 1}
	}
	if n := s.headerBlock(i); n > 0 {
		if s.believed(i, n) {
			return history{length: n}
		}
		return history{}
	}
	return s.attributionAt(i)
}

// believed says whether a block of header lines is a mail's history and no mail that the sender pasted
// to show it: the mail must answer or forward one, or the block must be complete and stand below the
// sender's own farewell.
func (s *splitter) believed(i, labels int) bool {
	if s.reply || s.forward {
		return true
	}
	if labels < 4 {
		return false
	}
	for j, n := i-1, 0; j >= 0 && n < 25; j-- {
		if l := strings.TrimSpace(s.lines[j]); l != "" {
			n++
			if isClosing(l) {
				return true
			}
		}
	}
	return false
}

var headerLabels = map[string]string{
	"von": "from", "from": "from", "de": "from", "da": "from", "van": "from", "od": "from", "absender": "from", "expéditeur": "from",
	"gesendet": "date", "gesendet am": "date", "sent": "date", "date": "date", "datum": "date", "envoyé": "date", "inviato": "date",
	"verzonden": "date", "data": "date", "wysłano": "date", "date sent": "date", "gesendet von": "date", "enviado": "date",
	"feladó": "from", "elküldve": "date", "címzett": "to", "másolatot kap": "cc", "tárgy": "subject", // hu
	"odesláno": "date", "odoslané": "date", "poslano": "date", "komu": "to", "za": "to", "předmět": "subject", "predmet": "subject", "zadeva": "subject", // cs, sk, hr, sl
	"an": "to", "to": "to", "à": "to", "a": "to", "aan": "to", "do": "to", "empfänger": "to", "para": "to",
	"cc": "cc", "kopie": "cc", "bcc": "cc", "kopie (cc)": "cc", "kopia": "cc",
	"betreff": "subject", "subject": "subject", "objet": "subject", "oggetto": "subject", "onderwerp": "subject", "betr.": "subject", "temat": "subject", "asunto": "subject",
	"antwort an": "other", "reply-to": "other", "priorität": "other", "wichtigkeit": "other", "importance": "other", "priority": "other",
	"anlagen": "other", "anlage": "other", "attachments": "other", "message-id": "other", "organisation": "other", "organization": "other",
}

// headerLabel says which header field of a quoted mail the line shows, "" if none.
func headerLabel(line string) string {
	line = strings.TrimLeft(line, " \t*_")
	colon := strings.IndexByte(line, ':')
	if colon < 1 || colon > 24 {
		return ""
	}
	label := strings.ToLower(strings.TrimRight(line[:colon], " \t*_\u00a0"))
	return headerLabels[label]
}

// headerBlock counts the different fields of the header lines that start at line i (an empty line before
// and between them is let pass); 0 if they do not make the head of a mail: from, and two more.
func (s *splitter) headerBlock(i int) int {
	for skipped := 0; i < len(s.lines) && strings.TrimSpace(s.lines[i]) == "" && skipped < 2; skipped++ {
		i++
	}
	if i >= len(s.lines) {
		return 0
	}
	first := headerLabel(s.lines[i])
	if first == "" || first == "other" || first == "cc" {
		return s.headByName(i)
	}
	if oneLineHeader.MatchString(s.lines[i]) {
		return 4
	}
	seen := map[string]bool{}
	empty, unlabelled := 0, 0
	for j := i; j < len(s.lines) && j < i+30; j++ {
		line := s.lines[j]
		label := headerLabel(line)
		switch {
		case strings.TrimSpace(line) == "":
			if empty++; empty > 1 {
				j = len(s.lines) // the head is over
			}
		case label != "":
			seen[label] = true
			empty, unlabelled = 0, 0
		case empty > 0: // text behind the head
			j = len(s.lines)
		default: // a long list of recipients goes on
			if unlabelled++; unlabelled > 8 || !strings.ContainsAny(line, "@;,") && unlabelled > 1 {
				j = len(s.lines)
			}
		}
	}
	delete(seen, "other")
	if !seen["from"] || len(seen) < 3 || !seen["date"] && !seen["subject"] {
		return s.headByName(i)
	}
	return len(seen)
}

// headByName counts the lines of a head whose labels are of a language that headerLabels does not know: three or more lines
// "Label: value" together, one of them the subject that the mail itself answers to. 0 if there is none.
func (s *splitter) headByName(i int) int {
	if !(s.reply || s.forward) || len(s.subject) < 8 {
		return 0
	}
	n, named := 0, false
	for ; i+n < len(s.lines) && n < 8; n++ {
		line := strings.Trim(s.lines[i+n], " \t*_")
		colon := strings.IndexByte(line, ':')
		if colon < 1 || colon > 24 || strings.ContainsAny(line[:colon], "@<>/,;[#") {
			break
		}
		value := strings.TrimSpace(line[colon+1:])
		named = named || n > 0 && len(value) >= 8 && strings.HasSuffix(s.subject, value)
	}
	if n < 3 || !named {
		return 0
	}
	return n
}

// oneLineHeader is a head whose line ends were lost on the way.
var oneLineHeader = regexp.MustCompile(`^\W*(?:Von|From): .{3,200}(?:Gesendet|Sent|Datum|Date): .{6,80}(?:An|To): .{3,300}(?:Betreff|Subject): `)

var separators = regexp.MustCompile(`(?i)^[-_=*> ]{2,}\s*(?:urspr(?:ü|ue)ngliche[rs]? (?:nachricht|e-?mail|mail|termin)|original(?:-?\s?nachricht|-?\s?mail| message| e-?mail| appointment|e nachricht)?|message d'origine|messaggio originale|oorspronkelijk bericht|reply message|antwort(?:nachricht)?)\b[^-]{0,60}[-_=* ]{2,}:?$`)

// notesSeparator is how Lotus Notes announces the mail it answers: -----"Max Huber" <a@b.at> schrieb: -----
var notesSeparator = regexp.MustCompile(`^-{3,} ?.{3,200}(?:schrieb|wrote|geschrieben)(?: am .{5,40}| on .{5,40})?: ?-{3,}$`)

func separatorLine(line string) bool {
	return strings.HasPrefix(line, "-") && notesSeparator.MatchString(line) || startsRule(line) && separators.MatchString(line)
}

// startsRule spares the regular expressions on ordinary lines.
func startsRule(line string) bool {
	return len(line) > 4 && strings.IndexByte("-_=*", line[0]) >= 0 && strings.IndexByte("-_=*> ", line[1]) >= 0
}

// isRuler is the line that Outlook on the web and on phones draws above the head.
func isRuler(line string) bool {
	return len(line) >= 10 && (strings.Trim(line, "_") == "" || strings.Trim(line, "-") == "")
}

var forwards = regexp.MustCompile(`(?i)^(?:[-_=* ]{2,}\s*(?:weitergeleitete[rs]? (?:nachricht|e-?mail|mail)|forwarded message|forwarded by .{2,80}|forwarded mail|weitergeleitet von .{2,120}|message transféré|messaggio inoltrato|doorgestuurd bericht)\b[^-]{0,80}[-_=* ]{2,}:?|(?:anfang der weitergeleiteten (?:nachricht|e-?mail)|begin forwarded message|début du message réexpédié|inizio messaggio inoltrato)\s*:)$`)

func forwardLine(line string) bool {
	if !startsRule(line) && (len(line) > 60 || !strings.HasSuffix(line, ":")) {
		return false
	}
	return forwards.MatchString(line)
}

var replyAbove = regexp.MustCompile(`(?i)^[-#=~* ]*(?:bitte )?(?:(?:schreiben|antworten|geben) sie .{0,40}(?:über|oberhalb)(?: von)? dieser (?:linie|zeile)|(?:please )?(?:reply|type your reply|write your reply|respond) above this line)`)

func replyAboveLine(line string) bool {
	return len(line) < 200 && strings.Contains(line, " ") && replyAbove.MatchString(line)
}

// attributionAt reads "Am 12. März 2026 um 10:22 schrieb Max Huber <max@firma.at>:", also broken over
// up to four lines.
func (s *splitter) attributionAt(i int) history {
	first := strings.TrimSpace(s.lines[i])
	if !attributionStart(first) {
		return history{}
	}
	if !s.colonWithin(i, 4) {
		return history{}
	}
	joined := ""
	for n := 1; n <= 4 && i+n <= len(s.lines); n++ {
		l := strings.TrimSpace(s.lines[i+n-1])
		if l == "" && n > 1 || strings.HasPrefix(l, markStart) {
			break
		}
		joined = strings.TrimSpace(joined + " " + l)
		if len(joined) > 400 {
			break
		}
		if !strings.HasSuffix(joined, ":") {
			continue
		}
		if !attribution.MatchString(joined) {
			if s.reply && anyAttribution.MatchString(joined) && s.quotesFollow(i+n) {
				return history{length: n, attribution: true, quotesFollow: true}
			}
			continue
		}
		h := history{length: n, attribution: true, quotesFollow: s.quotesFollow(i + n)}
		if h.quotesFollow || s.reply && surelyAttribution(joined) || surelyAttribution(joined) && strings.Contains(joined, "@") {
			return h
		}
		return history{}
	}
	return history{}
}

// colonWithin says whether one of the next n lines ends with a colon, as every attribution does.
func (s *splitter) colonWithin(i, n int) bool {
	for _, l := range s.lines[i:min(i+n, len(s.lines))] {
		if strings.HasSuffix(strings.TrimRight(l, " \t"), ":") {
			return true
		}
	}
	return false
}

// quotesFollow says whether the next line with words is quoted with ">".
func (s *splitter) quotesFollow(i int) bool {
	for n := 0; i < len(s.lines) && n < 4; i, n = i+1, n+1 {
		l := s.lines[i]
		if isQuoted(l) || initialled.MatchString(l) {
			return true
		}
		if strings.TrimSpace(l) != "" && !strings.HasPrefix(l, markStart) {
			return false
		}
	}
	return false
}

// initialled is a line that carries the initials of who wrote it before the quote mark (The Bat).
var initialled = regexp.MustCompile(`^ ?[A-ZÄÖÜ]{1,4}>`)

// attributionStart spares the regular expressions: an attribution names a day or a person first.
func attributionStart(line string) bool {
	if len(line) < 3 || len(line) > 300 {
		return false
	}
	c := line[0]
	return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80 || strings.IndexByte("<\"'*[", c) >= 0 || strings.Contains(line, "@")
}

const dayLike = `(?:\d{1,4}[./-]\d{1,2}[./-]?(?:\d{2,4})?|\d{1,2}\.? ?[A-Za-zäÄé]{3,9}\.?,? ?\d{2,4}|[A-Za-zäÄé]{3,9}\.? \d{1,2},? ?\d{2,4})`

var attribution = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`(?:am|den|vom) .{0,60}` + dayLike + `.{0,120}\bschrieb\b.{0,200}:`,
	`(?:am|den) .{0,60}` + dayLike + `.{0,200}(?:geschrieben|schrieb):`,
	`.{1,120} schrieb (?:am|um) .{0,60}\d.{0,60}:`,
	`.{1,160} hat (?:am|um) .{0,40}` + dayLike + `.{0,60} geschrieben:`,
	`[^:]{1,120} (?:schrieb|wrote|writes|schreibt):`,
	`(?:am|den) .{0,60}` + dayLike + `.{0,60} (?:schrieben sie|schriebst du):`,
	`on .{0,60}` + dayLike + `.{0,250} wrote:`,
	`(?:at|in) .{0,200}(?:you wrote|wrote|writes):`,
	`.{1,120} wrote on .{0,60}\d.{0,60}:`,
	`(?:zitat von|zitiere|quoting) .{2,160}:`,
	`(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}),? \d{1,2}:\d{2}.{0,80}<[^<>@ ]+@[^<>@ ]+>:`,
	`\* .{2,100} \[\d.{6,40}\]:`,
	`le .{0,60}\d.{0,200}a écrit ?:`,
	`il .{0,60}\d.{0,200}ha scritto:`,
	`el .{0,60}\d.{0,200}escribió:`,
	`op .{0,60}\d.{0,200}(?:schreef|het volgende geschreven).{0,100}:`,
}, "|") + `)$`)

// anyAttribution is one in whatever language, if in an answer quoted lines follow: it names a time and an address.
var anyAttribution = regexp.MustCompile(`\d{1,2}[:.]\d{2}\b.*<[^<>@ ]* ?[^<>@ ]+@[^<>@ ]+>|<[^<>@ ]* ?[^<>@ ]+@[^<>@ ]+>.*\d{1,2}[:.]\d{2}\b`)

// surely is an attribution whose form no sentence has: who wrote is an address, or a few names with
// capitals at the end.
var surely = regexp.MustCompile(`(?:<[^<>@ ]+@[^<>@ ]+>|\[mailto:[^\]]+\]|\S+@\S+\.\S+)(?:\)|"| \(.{1,60}\))?,?(?: (?:schrieb|wrote|a écrit|ha scritto|geschrieben|hat am .{5,60} geschrieben) ?)?:$` +
	`|^(?:Am|On) .{0,40}\d{1,4}.{0,60}\d{1,2}[:.]\d{2}.{0,30} schrieb(?: [A-ZÄÖÜ][\p{L}.'-]+| von| van| de| der| d'| ?"[^"]{2,60}"){1,5}:$` +
	`|^On .{0,40}\d{4}.{0,30}\d{1,2}[:.]\d{2}.{0,20},(?: [A-ZÄÖÜ][\p{L}.'-]+){1,5} wrote:$` +
	`|^.{2,80} hat am .{6,40} geschrieben:$` +
	`|^(?:Am|On) .{0,40}\d{1,4}.{0,40}\d{1,2}[:.]\d{2}.{0,30} (?:schrieben Sie|schriebst [Dd]u|you wrote):$`)

func surelyAttribution(line string) bool { return surely.MatchString(line) }
