package ticket

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"notfalld/message"
	"notfalld/rules"
	"notfalld/templates"
)

// Mailbox is one support mailbox, as far as the domain cares.
type Mailbox struct {
	Name    string
	Address string // the support address: answers come from it
	Plus    Plus
	Sent    string // the folder where the server, or the mail programs of staff, file what is sent from the mailbox; "" if it is not read
}

// Plus says whether support+something@… reaches the mailbox.
type Plus string

// PlusAuto uses plus addresses once a probe of ours has come back.
const (
	PlusAuto Plus = "auto"
	PlusYes  Plus = "true"
	PlusNo   Plus = "false"
)

// Staff is who works here, and who is told.
type Staff struct {
	Notify   []string // addresses that get a mail for each ticket and each customer mail
	Language string   // "de" or "en": what notices are written in
	People   []Person
	Banners  []string // lines that a gateway puts on top of mails: "[EXTERN]"
}

// Person is one member of staff.
type Person struct {
	Name      string
	Addresses []string // that the person writes from
	May       []Right  // nil: everything
}

// Right is what a mail of a person of staff may do.
type Right string

// The rights. RightRead is everybody's.
const (
	RightRead      Right = "read"      // be told what there is
	RightTicket    Right = "ticket"    // close it, note, link, assign
	RightEmergency Right = "emergency" // take it over, say that it is done
	RightCustomer  Right = "customer"  // have mail sent to a customer
)

// Bounds says how many answers go out, and how long things may take or lie. Nothing in it keeps a mail from becoming a ticket.
type Bounds struct {
	AgainAfter       time.Duration // the same answer to the same recipient in one ticket
	PerTicketDay     int
	KnownPerHour     int // to one recipient who is proven or known
	UnknownPerHour   int // to one recipient who is neither
	UnknownOverall   int // to all of those together, per hour
	BarePerAddress   time.Duration
	BarePerHour      int // all bare answers together
	NoticesPerHour   int // to one address of staff; more are bundled
	BundleEvery      time.Duration
	ReplyAttachments int64 // bytes: what the attachments of one mail of staff to a customer may have
	NoticeOriginal   int64 // bytes: a larger mail is not attached to its notice
	RepliesPerTicket int   // mails of staff to one customer within RepliesWithin; further ones are held
	RepliesWithin    time.Duration
	ReplyCollision   time.Duration // two people of staff answer one customer within this: the second mail is held
	TryAgainAfter    time.Duration // #noanswer: when the customer is called again, if nothing else is said
	GiveUpAnswers    time.Duration // an answer that could not be delivered for so long is given up
	UnderstandLimit  time.Duration // for one mail
	KnownAfter       time.Duration // an unproven sender counts as known so long after the first mail
	LateAfter        time.Duration // an answer says when the mail arrived if it is later than this
	ReplyMaxAge      time.Duration // older mails get a ticket and no answer
	FirstStartWindow time.Duration // how far back the very first start looks
}

// DefaultBounds are safe for a small support team.
func DefaultBounds() Bounds {
	return Bounds{
		AgainAfter: time.Hour, PerTicketDay: 3, KnownPerHour: 10, UnknownPerHour: 2, UnknownOverall: 600,
		BarePerAddress: 24 * time.Hour, BarePerHour: 30, NoticesPerHour: 20, BundleEvery: time.Minute,
		GiveUpAnswers: 24 * time.Hour, UnderstandLimit: 10 * time.Second, KnownAfter: 24 * time.Hour,
		LateAfter: 5 * time.Minute, ReplyMaxAge: 12 * time.Hour,
		ReplyAttachments: 20 << 20, NoticeOriginal: 5 << 20, RepliesPerTicket: 5, RepliesWithin: 10 * time.Minute, ReplyCollision: 2 * time.Minute,
		TryAgainAfter: 15 * time.Minute,
	}
}

// Options is everything a Desk works with. Store, Rules, Templates, Hours and one mailbox are required. The World's moment and sender
// proof are each mail's own: they are filled in.
type Options struct {
	Store        Store
	Clock        Clock
	Log          *slog.Logger
	Rules        *rules.Set // the set in force at first; see ProposeRules
	RuleFiles    RuleFiles
	Templates    *templates.Set
	World        rules.World // Own holds the addresses of Mailboxes, Staff everybody who works here or is notified
	Contacts     *Contacts
	Mailboxes    []Mailbox
	Company      templates.Company
	Service      templates.Service
	Hours        *Hours
	Staff        Staff
	Admins       []string
	Trust        message.Trust
	TrustShown   bool          // an admin vouches that our server strips forged copies of what Trust relies on; false: a test mail has to show it
	ReopenWithin time.Duration // a mail to a ticket closed longer ago opens a new one
	Observe      bool          // everything but mail to customers, whose drafts go to admins
	BouncePlus   Plus
	Limits       message.Limits
	Bounds       Bounds
	Alarm        AlarmOptions
	Secret       []byte // signs tokens; nil: made at the first start and kept in the store
}

// RuleFiles says where admins find what they are told of, in their words.
type RuleFiles struct {
	Dir    string // the folder of rule files; "" if there is none
	Config string // the configuration, for the commands that mails to admins name
}

// Desk is where mails are taken in, decided, and answered. Its methods may be called concurrently.
type Desk struct {
	o     Options
	keys  Keys
	rules atomic.Pointer[rules.Set]
	due   chan struct{} // something new is in the outbox
	pages chan struct{} // the same, for pages
	tick  chan struct{} // an emergency has changed: see RunEmergencies
	// settling holds the ids of the ledger entries that are being decided in this process.
	settling sync.Map
	// plus remembers for each mailbox whether plus addresses work, so that not every answer asks the store.
	plus sync.Map
	// looked says when each waiting emergency was last looked after by this process.
	looked looks
	// Counters for /metrics; they only grow.
	Count Counters
	// Tended is how emergencies stood when they were last looked after.
	Tended Gauges
}

// Gauges are numbers that rise and fall.
type Gauges struct {
	Waiting, Overdue, Unalarmed atomic.Int64 // emergencies whose customer was not called yet; of these late; of these without an accepted alarm
}

// Counters is what a Desk has done since it was made.
type Counters struct {
	Tickets, Notes, Copies, Bounces, Staff, Untouched atomic.Int64 // mails, by what became of them
	Undelivered                                       atomic.Int64 // answers that did not reach their customer
	Emergencies, AlarmsFailed                         atomic.Int64 // triggers; alarms that no channel took
}

func (c *Counters) decided(s EntryState) {
	switch s {
	case EntryTicket:
		c.Tickets.Add(1)
	case EntryNote:
		c.Notes.Add(1)
	case EntryCopy:
		c.Copies.Add(1)
	case EntryBounce:
		c.Bounces.Add(1)
	case EntryStaff:
		c.Staff.Add(1)
	case EntryOther:
		c.Untouched.Add(1)
	}
}

const settingSecret = "secret"

// NewDesk opens the desk; with no Secret given it reads or makes the one in the store.
func NewDesk(ctx context.Context, o Options) (*Desk, error) {
	d := bareDesk(o)
	if len(o.Secret) == 0 {
		if err := o.Store.Update(ctx, func(tx Tx) (err error) { o.Secret, err = storedSecret(tx); return err }); err != nil {
			return nil, fmt.Errorf("secret of the tokens: %w", err)
		}
	}
	d.keys = NewKeys(o.Secret)
	return d, nil
}

// bareDesk can understand mails, and needs no store for that.
func bareDesk(o Options) *Desk {
	if o.Clock == nil {
		o.Clock = SystemClock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Contacts == nil {
		o.Contacts = &Contacts{}
	}
	if o.Alarm.Reminders == nil {
		o.Alarm.Reminders = DefaultReminders()
	}
	if o.Alarm.EscalateAfter <= 0 {
		o.Alarm.EscalateAfter = DefaultEscalateAfter
	}
	d := &Desk{o: o, due: make(chan struct{}, 1), pages: make(chan struct{}, 1), tick: make(chan struct{}, 1)}
	d.rules.Store(o.Rules)
	return d
}

// storedSecret reads the secret, or makes one: tokens must outlive a restart.
func storedSecret(tx Tx) ([]byte, error) {
	s, ok, err := tx.Setting(settingSecret)
	if err != nil {
		return nil, err
	}
	if ok {
		return hex.DecodeString(s)
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, err
	}
	return secret, tx.SetSetting(settingSecret, hex.EncodeToString(secret))
}

// Clock is the clock that the desk lives by.
func (d *Desk) Clock() Clock { return d.o.Clock }

// now is to the millisecond, as the store keeps it: who asks again is shown the same.
func (d *Desk) now() time.Time { return d.o.Clock.Now().Truncate(time.Millisecond) }

// Due receives a value after something was put into the outbox.
func (d *Desk) Due() <-chan struct{} { return d.due }

// Pages receives a value after something was put into the outbox that may be a page.
func (d *Desk) Pages() <-chan struct{} { return d.pages }

func (d *Desk) wake() {
	for _, c := range []chan struct{}{d.due, d.pages} {
		knock(c)
	}
}

// wakeAll wakes the outbox, and whoever tends emergencies.
func (d *Desk) wakeAll() {
	d.wake()
	knock(d.tick)
}

func knock(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // a wake-up is waiting already
	}
}

func (d *Desk) mailbox(name string) Mailbox {
	for _, m := range d.o.Mailboxes {
		if m.Name == name {
			return m
		}
	}
	return d.o.Mailboxes[0] // a mailbox that is no longer configured: its tickets are answered from the first
}
