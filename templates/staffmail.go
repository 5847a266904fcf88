package templates

import "time"

// Further kinds of mails to staff.
const (
	NoticeReceipt    Notice = "receipt"    // to a person: what of his mail was not done, and why: Undone, Text is his mail
	NoticeHelp       Notice = "help"       // to a person who asked: Help
	NoticeUnverified Notice = "unverified" // a mail that claims to be of staff, without proof; Why says what is missing
	NoticeDigest     Notice = "digest"     // at the start of support hours: Digest
)

// FenceStart, FenceEnd and FenceClose are the lines that part a mail to staff: from the start to the end stands what must never reach a
// customer, from there to the close the customer's own mail. One word of ASCII each, without blanks, so that no mail program wraps, quotes or
// converts it apart.
func FenceStart(code string) string { return "[notfalld:intern:" + code + "]" }

// FenceEnd is the line behind the internal block.
func FenceEnd(code string) string { return "[notfalld:ende:" + code + "]" }

// FenceClose is the last line of the mail.
func FenceClose(code string) string { return "[notfalld:schluss:" + code + "]" }

// Relay says what becomes of an answer to a mail to staff.
type Relay struct {
	To  string   // the customer's address, shortened: "h…@firma.at"
	Cc  []string // who gets it too, shortened likewise
	Off string   // "" or why an answer reaches nobody, a sentence in Language without its stop
}

// CommandLink is one tap for the reader: a mail that holds a command.
type CommandLink struct {
	Command string // "#ack"
	Says    string // "take it over", in Language
	Target  string // mailto:…
}

// Undone is a line of a person's mail on whose account nothing was done; Line 0 is the mail as a whole.
type Undone struct {
	Line int
	Said string
	Why  string // in Language, with what to do instead
}

// HelpLine is one command: "#link NE-10001", "ties the ticket to an emergency", "#verknuepfen".
type HelpLine struct{ Usage, Says, Aliases string }

// Digest is what the night has left. Each list is in the order in which it is to be worked through, and may be empty.
type Digest struct {
	Since, At  time.Time    // from the last closing time until now
	Untold     []DigestItem // the customer does not know where he stands
	Unalarmed  []DigestItem // no emergency triggered, and nobody of staff has answered
	Overdue    []DigestItem // emergencies whose customer was not called in time, or that nobody has taken over
	Unverified []DigestItem // mails that claim to be of staff
	Bounced    []DigestItem // what was sent to customers and did not arrive
}

// DigestItem is one line of it.
type DigestItem struct {
	Number   string // "NS-10001" or "NE-10001"
	Address  string
	Subject  string
	Why      string    // in Language
	At       time.Time // when it came
	Assigned string    // who looks after it
}
