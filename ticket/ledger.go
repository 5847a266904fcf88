package ticket

import "time"

// Place is where a mail lies: a UID means nothing without its UIDVALIDITY (RFC 3501, 2.3.1.1).
type Place struct {
	Mailbox     string // the configured name
	Folder      string
	UIDValidity uint32
	UID         uint32
}

// EntryState is what became of a mail of the mailbox.
type EntryState string

// The states of a ledger entry. All but EntryFetched and EntryAgain are final.
const (
	EntryFetched EntryState = "fetched" // raw bytes stored, not yet decided
	EntryTicket  EntryState = "ticket"  // a mail in a ticket
	EntryNote    EntryState = "note"    // a note in a ticket
	EntryCopy    EntryState = "copy"    // the same mail once more
	EntryBounce  EntryState = "bounce"  // told us of a mail of ours
	EntryProbe   EntryState = "probe"   // our own test mail came back
	EntryForm    EntryState = "form"    // the mail of a form that triggered an emergency
	EntryStaff   EntryState = "staff"   // a mail of staff: relayed, executed, recorded, or kept as unverified
	EntryOther   EntryState = "other"   // none of our business: only its UID is remembered
	EntryAgain   EntryState = "again"   // was left as other, and is to be fetched and decided once more
)

// Ours says whether the mail in the mailbox is to be marked as taken care of.
func (s EntryState) Ours() bool {
	return s == EntryTicket || s == EntryNote || s == EntryCopy || s == EntryBounce || s == EntryProbe || s == EntryForm || s == EntryStaff
}

// Entry is the ledger's row for one mail of one mailbox.
type Entry struct {
	ID          int64
	Place       Place
	State       EntryState
	Attempts    int       // how often understanding it was begun: a mail that kills us is not tried for ever
	Arrived     time.Time // see Arrival
	Fetched     time.Time
	MessageID   string
	ContentHash []byte
	RawID       int64 // 0 when the raw bytes are gone
	Size        int64 // as the server says (RFC822.SIZE)
	TicketID    int64 // 0 if none
	Marked      bool  // the keyword (or the move) has been set in the mailbox
	Sent        bool  // it lay in the folder of sent mails: from the mailbox, not to it
}

// Folder is what is known of one folder of one mailbox.
type Folder struct {
	Mailbox     string
	Name        string
	UIDValidity uint32
	FirstUID    uint32    // mails below are older than the first start, and not ours to take
	Since       time.Time // nor are those with an earlier INTERNALDATE, if their UID is below Baseline
	Baseline    uint32    // UIDNEXT when the folder (or this UIDVALIDITY of it) was first seen
}
