package ticket

import "time"

// A command is a line such as "#link NE-10001" at the top of a mail of staff.
type command struct {
	kind *commandKind
	line int    // of the new text, from 1
	said string // as it was written
	args []string
}

// commandKind is one row of the table of commands.
type commandKind struct {
	name    string
	aliases []string // German ones too, folded: "schliessen"
	usage   string   // "#link NE-10001"
	says    words
	right   Right
	not     []string                  // commands that contradict it in one mail
	check   func(args []string) words // what is wrong with the arguments, as far as that shows without the store; empty: nothing
	same    func(a, b []string) bool  // of two lines with different arguments: they can stand side by side; nil: never
	run     func(d *Desk, tx Tx, c *deed, args []string) error
}

// commandBlock is what the new text of a mail of staff asks for. The note is not one of its commands: whoever executes them writes it down.
type commandBlock struct {
	commands []command
	first    command // the line that comes first: one of commands, or the note
	note     string  // what stands behind #note; internal
	hasNote  bool
	skip     int    // lines of the new text that are commands: the rest goes to the customer
	rest     string // that rest, without blank lines around it
}

// Undone is a line of a mail of staff on whose account nothing was done, or the mail as a whole.
type Undone struct {
	Line int    // from 1; 0: the mail as a whole
	Said string // the line
	Why  string // in the reader's language, with what to do instead
}

// undoneError says that a command cannot be executed as things stand: then nothing of its mail is.
type undoneError struct{ why words }

func (e undoneError) Error() string { return e.why.en }

// deed is what one mail of staff does, in one transaction.
type deed struct {
	person    Person
	actor     string     // for histories: "Anna Berger"
	language  string     // of what the person reads
	ticket    *Ticket    // nil: the mail is about an emergency without a ticket
	emergency *Emergency // nil: the ticket is linked to none
	mailID    int64
	written   time.Time // when the mail arrived: what came later its writer has not seen
}
