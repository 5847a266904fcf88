package ticket

import (
	"context"
	"time"
)

// Store keeps everything. Implementations: the room store, on SQLite and PostgreSQL.
type Store interface {
	// Update runs f with the writer's lock held, alone, and commits. When it returns nil, everything is
	// durable (fsynced). Several Updates waiting at the same time are committed together; if f fails,
	// only its own writes are undone. f may be called again after a conflict, so it changes nothing but the Tx
	// and variables that it sets anew each time.
	Update(ctx context.Context, f func(Tx) error) error
	// View runs f on a consistent snapshot, beside writers.
	View(ctx context.Context, f func(Tx) error) error
	Close() error
}

// Tx is one transaction. Methods that look for one thing return ok=false when there is none; an
// error means that the store failed, never that something was not found.
type Tx interface {
	Setting(name string) (value string, ok bool, err error)
	SetSetting(name, value string) error

	Folder(mailbox, name string) (f Folder, ok bool, err error)
	PutFolder(f Folder) error // inserts or replaces by (Mailbox, Name)

	// AddEntry inserts a ledger entry and sets its ID. If the place is taken, added is false and *e becomes the row that is there.
	AddEntry(e *Entry) (added bool, err error)
	PutEntry(e Entry) error // writes all columns but Place by ID
	Entry(id int64) (e Entry, ok bool, err error)
	KnownUIDs(mailbox, folder string, validity, from uint32) ([]uint32, error) // ascending, UID >= from
	FetchedEntries(limit int) ([]Entry, error)                                 // State EntryFetched, by ID
	UnmarkedEntries(mailbox, folder string, validity uint32) ([]Entry, error)  // State.Ours() and not Marked
	SetMarked(ids []int64) error
	// AgainEntries turns what was left as EntryOther in a folder and arrived at or after since into EntryAgain, and says how many.
	AgainEntries(mailbox, folder string, validity uint32, since time.Time) (int, error)
	// AgainUIDs are the UIDs of State EntryAgain, ascending.
	AgainUIDs(mailbox, folder string, validity uint32) ([]uint32, error)
	// LeaveAgain turns entries of State EntryAgain back into EntryOther: their mails are gone from the folder.
	LeaveAgain(mailbox, folder string, validity uint32, uids []uint32) error
	// SameMail finds a decided entry (State.Ours) with this content hash and, if messageID is not "", this Message-ID; the oldest.
	SameMail(messageID string, hash []byte) (e Entry, ok bool, err error)

	AddRaw(packed []byte) (id int64, err error) // packed by the caller
	Raw(id int64) (packed []byte, ok bool, err error)
	DropRaw(id int64) error

	AddTicket(t *Ticket) error // sets ID: FirstNumber, or one above the highest ever given
	PutTicket(t Ticket) error
	Ticket(id int64) (t Ticket, ok bool, err error)
	// Tickets lists tickets, youngest first; states empty: all; limit 0: all.
	Tickets(q TicketQuery) ([]Ticket, error)
	AddMail(m *Mail) error // sets ID, and counts it in its ticket
	Mail(id int64) (m Mail, ok bool, err error)
	Mails(ticketID int64) ([]Mail, error) // oldest first
	// MailsBefore lists mails of all tickets that rules have decided about (not those of staff), youngest first: those with an ID below before (0: all) that arrived at or after since.
	MailsBefore(before int64, since time.Time, limit int) ([]Mail, error)
	CountMails(since time.Time) (int, error) // such mails that arrived at or after since
	// TicketOf finds the ticket of a mail known by one of these Message-IDs: a mail in a ticket, or an outgoing mail (also of
	// an earlier attempt). The last id of the list that is known wins (the youngest reference).
	TicketOf(messageIDs []string) (ticketID int64, messageID string, ok bool, err error)
	// TakesPart says whether the address takes part in the ticket: a customer or machine mail of it came from there, or it was added.
	TakesPart(ticketID int64, address string) (bool, error)
	// KnownSince says when the address first wrote a mail with the given proof ("pass", "unknown") into a ticket.
	KnownSince(address, proof string) (at time.Time, ok bool, err error)

	// MailsOfKind lists mails of one kind that arrived at or after since, of all tickets, oldest first.
	MailsOfKind(kind MailKind, since time.Time) ([]Mail, error)
	// AddParticipant lets an address take part in a ticket that has written nothing in it; once is enough.
	AddParticipant(p Participant) error
	Participants(ticketID int64) ([]Participant, error) // oldest first
	AddFence(f Fence) error
	Fence(code string) (f Fence, ok bool, err error)
	// Fences are those of a ticket's notices or, for ticketID 0, of an emergency's; youngest first, at most limit.
	Fences(ticketID, emergencyID int64, limit int) ([]Fence, error)

	AddEvent(e Event) error
	Events(ticketID int64) ([]Event, error) // oldest first

	AddEmergency(e *Emergency) error // sets ID: FirstEmergency, or one above the highest ever given
	PutEmergency(e Emergency) error
	Emergency(id int64) (e Emergency, ok bool, err error)
	EmergencyByKey(key string) (e Emergency, ok bool, err error)
	// RecentEmergency is the youngest unresolved emergency of this customer number and phone that reached us at or after since.
	RecentEmergency(customerNumber, phone string, since time.Time) (e Emergency, ok bool, err error)
	Emergencies(q EmergencyQuery) ([]Emergency, error) // youngest first
	AddEmergencyEvent(id int64, e Event) error
	EmergencyEvents(id int64) ([]Event, error) // oldest first

	// PutEmergencyKeys replaces the keys of an emergency.
	PutEmergencyKeys(id int64, keys []Key) error
	// AddTicketKeys adds those keys that a ticket does not have yet, and says for all of its keys when its first and last mails arrived.
	AddTicketKeys(ticketID int64, keys []Key, first, last time.Time) error
	// TicketKeys are all keys of a ticket, sorted, and when its first and last mails arrived.
	TicketKeys(ticketID int64) (keys []Key, first, last time.Time, err error)
	// OpenEmergencies are those neither resolved nor cancelled that were triggered from one instant to another (both included) and have
	// one of the keys (kind and value as the emergency has them; KeyEmergency stands for its id). At most limit of each key: the
	// youngest. By ID.
	OpenEmergencies(keys []Key, from, until time.Time, limit int) ([]Emergency, error)
	// OpenTickets are the ids of tickets that are not closed, have one of the keys and a mail between two instants (their last mail not
	// before from, their first not after until). At most limit of each key: the youngest. Ascending.
	OpenTickets(keys []Key, from, until time.Time, limit int) ([]int64, error)
	PutLink(l Link) error // inserts or replaces by ticket and emergency
	DropLink(ticketID, emergencyID int64) error
	Links(ticketID int64) ([]Link, error)             // by EmergencyID
	EmergencyLinks(emergencyID int64) ([]Link, error) // by TicketID

	PutRuleSet(r RuleSet) error // inserts or replaces by Hash; in force and waiting is one at most
	RuleSet(hash string) (r RuleSet, ok bool, err error)
	RuleSets(s RuleSetState) ([]RuleSet, error) // youngest Since first
	DropPastRuleSets(keep int) error            // all RulesPast but the youngest

	// AddOut inserts an outgoing mail and sets its ID; added is false if its Key exists.
	AddOut(o *Out) (added bool, err error)
	PutOut(o Out) error
	Out(id int64) (o Out, ok bool, err error)
	OutByMessageID(messageID string) (o Out, ok bool, err error) // also of an earlier attempt
	// DueOut are mails (not pages) that wait or are frozen, NextAt <= now, by NextAt: alarms first, then answers and confirmations, then
	// the rest; without Bytes.
	DueOut(now time.Time, limit int) ([]Out, error)
	NextOut() (at time.Time, ok bool, err error)      // the earliest NextAt of the mails that wait or are frozen
	DuePages(now time.Time, limit int) ([]Out, error) // as DueOut, of OutPage alone
	NextPage() (at time.Time, ok bool, err error)     // as NextOut
	Outs(q OutQuery) ([]Out, error)                   // youngest first, without Bytes
	CountOuts(q OutCount) (int, error)
	AddAttempt(a Attempt) error
	Attempts(outID int64) ([]Attempt, error)
}

// TicketQuery narrows a list of tickets. Zero fields do not narrow.
type TicketQuery struct {
	States   []State
	Previous int64  // continues this ticket
	From     string // lower case
	Limit    int
}

// EmergencyQuery narrows a list of emergencies. Zero fields do not narrow.
type EmergencyQuery struct {
	States []EmergencyState
	Since  time.Time // reached us at or after
	Limit  int
}

// OutQuery narrows a list of outgoing mails. Zero fields do not narrow.
type OutQuery struct {
	TicketID  int64
	Emergency int64 // EmergencyID
	Kinds     []OutKind
	States    []OutState
	Reasons   []string
	Recipient string
	Row       string
	Since     time.Time // Created not before
	Limit     int
}

// OutCount counts outgoing mails that were not withdrawn and, unless Failed, have not failed, created at or after Since and not after
// Until (a clock that was set back must not find answers of tomorrow). Zero fields do not narrow.
type OutCount struct {
	Kind      OutKind
	TicketID  int64
	Recipient string // compared in lower case
	Row       string
	Reason    string
	Bare      *bool
	Unknown   *bool
	States    []OutState
	Failed    bool // count failed ones, too
	Since     time.Time
	Until     time.Time
}
