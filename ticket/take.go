package ticket

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"notfalld/message"
	"notfalld/rules"
)

// Fetched is one mail as it came out of the mailbox.
type Fetched struct {
	Place        Place
	InternalDate time.Time
	Size         int64  // RFC822.SIZE; more than len(Raw) if the mail was reduced
	Raw          []byte // the mail, or of a very large one its header and text parts (message.Reduce)
	Cut          string // "" or why not all of it was fetched
	Sent         bool   // it lies in the folder of sent mails
}

// triesBeforeMinimal is how often a mail may take us down while it is being understood.
const triesBeforeMinimal = 3

// Take brings one mail from the mailbox to its ticket. It returns when the outcome is durable, and the
// entry says whether the mail is ours. First the raw bytes are stored with their ledger entry, in one transaction: from then on
// no crash can lose the mail. Then it is understood, outside any transaction, and decided in a second one.
// A mail whose place is in the ledger already is not decided again, unless it is of State EntryAgain.
func (d *Desk) Take(ctx context.Context, f Fetched) (Entry, error) {
	packed := pack(f.Raw)
	var e Entry
	err := d.o.Store.Update(ctx, func(tx Tx) error {
		e = Entry{Place: f.Place, State: EntryFetched, Attempts: 1, Arrived: f.InternalDate, Fetched: d.now(), Size: f.Size, Sent: f.Sent}
		added, err := tx.AddEntry(&e)
		switch {
		case err != nil || !added && e.State != EntryAgain:
			return err
		case !added: // its Arrived stays: an old mail does not get young, and an answer, by being taken up again
			e.State, e.Attempts, e.Fetched, e.Size = EntryFetched, 1, d.now(), f.Size
		}
		if e.RawID, err = tx.AddRaw(packed); err != nil {
			return err
		}
		return tx.PutEntry(e)
	})
	if err != nil || e.State != EntryFetched {
		return e, err
	}
	if !d.begin(e.ID) {
		return e, nil // Recover has it
	}
	defer d.done(e.ID)
	return d.settle(ctx, e, f.Raw, f.Cut)
}

// begin takes a mail into this process's hands; false if it is there already.
func (d *Desk) begin(id int64) bool {
	_, taken := d.settling.LoadOrStore(id, true)
	return !taken
}

func (d *Desk) done(id int64) { d.settling.Delete(id) }

// Recover decides the mails that are stored and not decided: the last run ended in between, or the store failed. It is
// to be called before any mailbox is opened, and again from time to time. One mail's failure does not keep it from the others.
func (d *Desk) Recover(ctx context.Context) (n int, err error) {
	err = d.fillKeys(ctx) // no mail waits for it
	var es []Entry
	if err := d.o.Store.View(ctx, func(tx Tx) (err error) { es, err = tx.FetchedEntries(0); return err }); err != nil {
		return 0, err
	}
	for _, e := range es {
		if ctx.Err() != nil {
			return n, ctx.Err()
		}
		if oops := d.recoverOne(ctx, e); oops != nil {
			err = errors.Join(err, oops)
			continue
		}
		n++
	}
	return n, err
}

func (d *Desk) recoverOne(ctx context.Context, e Entry) error {
	if !d.begin(e.ID) {
		return nil // it is in our hands
	}
	defer d.done(e.ID)
	var packed []byte
	err := d.o.Store.Update(ctx, func(tx Tx) (err error) {
		e.Attempts++
		if packed, _, err = tx.Raw(e.RawID); err != nil {
			return err
		}
		return tx.PutEntry(e)
	})
	if err != nil {
		return err
	}
	raw, err := unpack(packed)
	cut := ""
	if err != nil {
		cut = "the stored mail cannot be read: " + err.Error()
	}
	_, err = d.settle(ctx, e, raw, cut)
	return err
}

// settle understands a stored mail and decides what becomes of it.
func (d *Desk) settle(ctx context.Context, e Entry, raw []byte, cut string) (Entry, error) {
	u := d.understand(ctx, d.Rules(), raw, e, d.now())
	if err := ctx.Err(); err != nil {
		return e, err // we are being stopped: the mail is decided after the restart
	}
	u.sent = e.Sent
	if cut != "" && u.mail.Problem == "" {
		u.mail.Problem = cut
	}
	if err := d.routeReply(ctx, &u); err != nil {
		return e, fmt.Errorf("look for the ticket of a mail: %w", err)
	}
	e.Arrived = arrival(e.Arrived, u.mail)
	decided, err := d.decideStored(ctx, e, u)
	var held heldError
	if errors.As(err, &held) { // everything that it did is undone; now it is written down
		u.held = held.undone
		decided, err = d.decideStored(ctx, e, u)
	}
	if err != nil {
		return e, fmt.Errorf("decide mail %s/%s UID %d: %w", e.Place.Mailbox, e.Place.Folder, e.Place.UID, err)
	}
	d.wakeAll()
	d.Count.decided(decided.State)
	return decided, nil
}

// decideStored decides a mail in one transaction.
func (d *Desk) decideStored(ctx context.Context, e Entry, u understood) (decided Entry, err error) {
	err = d.o.Store.Update(ctx, func(tx Tx) error {
		decided = e
		if now, ok, err := tx.Entry(e.ID); err != nil || ok && now.State != EntryFetched {
			decided = now
			return err
		}
		return d.decide(underRules{tx, u.set.Hash()}, &decided, u)
	})
	return decided, err
}

// arrival is the older of INTERNALDATE and our own server's topmost Received: moving a mail renews the one, and
// the sender's Date means nothing.
func arrival(internal time.Time, m *message.Mail) time.Time {
	if own := m.OwnReceived(); !own.IsZero() && (internal.IsZero() || own.Before(internal)) {
		return own
	}
	return internal
}

// understood is a mail with everything that was read out of it.
type understood struct {
	set    *rules.Set // by which
	mail   *message.Mail
	world  rules.World // beside which
	facts  rules.Facts
	author message.Address   // who really wrote it, groups seen through; zero if that cannot be said
	auto   message.Automatic // with the doings of our groups left out
	proof  message.Proof
	sent   bool     // it lay in the folder of what was sent
	held   []Undone // a mail of staff is not to be done, because of these
	failed bool     // it could not be understood: the facts are those of a minimal ticket
}

// understand reads a mail by a set of rules, as of a moment. It never fails: a mail that is broken, kills us, or takes too long is an emergency as far
// as we know, with the raw mail kept: failing open is the rule for tickets.
func (d *Desk) understand(ctx context.Context, set *rules.Set, raw []byte, e Entry, at time.Time) understood {
	if e.Attempts > triesBeforeMinimal {
		return d.minimal(set, raw, fmt.Sprintf("understanding this mail was begun %d times and never ended", e.Attempts-1))
	}
	limited, cancel := context.WithTimeout(ctx, d.o.Bounds.UnderstandLimit)
	defer cancel()
	done := make(chan understood, 1)
	go func() {
		var u understood
		defer func() {
			if p := recover(); p != nil {
				d.o.Log.Error("understanding a mail panicked", "mailbox", e.Place.Mailbox, "uid", e.Place.UID, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				u = d.minimal(set, raw, "this mail could not be understood (internal error)")
			}
			done <- u
		}()
		u = d.read(limited, set, raw, at)
	}()
	select {
	case u := <-done:
		return u
	case <-limited.Done():
		return d.minimal(set, raw, fmt.Sprintf("understanding this mail took longer than %s", d.o.Bounds.UnderstandLimit))
	}
}

func (d *Desk) read(ctx context.Context, set *rules.Set, raw []byte, at time.Time) understood {
	m := message.Parse(raw, d.o.Limits)
	u := understood{set: set, mail: m, auto: m.AutomaticThrough(d.o.World.Groups)}
	d.nameAuthor(&u)
	w := d.o.World
	w.Now, w.Open, w.Proof, w.Signed = at.In(d.o.Hours.Location), d.o.Hours.Open(at), string(u.proof.Verdict), u.proof.Signed
	facts, err := set.Understand(ctx, m, w)
	m = set.Conceal(m) // what is kept and shown holds no form's secret
	u.mail = m
	u.facts, u.world = facts, w
	if err != nil {
		if m.Problem == "" {
			m.Problem = "not everything in this mail was looked at: " + err.Error()
		}
		if errors.Is(err, context.DeadlineExceeded) && facts.Class == "" {
			least := d.minimalOf(set, m)
			least.facts.Form = facts.Form // read before anything else: an alarm does not wait for the rest
			return least
		}
	}
	return u
}

// nameAuthor says who wrote the mail, and what proves it. What our server proved of a From that a group put there says nothing of the
// person behind the group.
func (d *Desk) nameAuthor(u *understood) {
	u.author, _ = rules.Author(u.mail, d.o.World.Groups)
	u.proof = u.mail.Proof(d.o.Trust)
	if len(u.mail.From) == 1 && !strings.EqualFold(u.mail.From[0].Address, u.author.Address) {
		u.proof = message.Proof{Verdict: message.ProofUnknown, Why: "written through a group"}
	}
}

// minimal is the ticket of last resort, from the header alone.
func (d *Desk) minimal(set *rules.Set, raw []byte, problem string) understood {
	m := d.header(raw)
	m.Problem = problem
	m.ContentHash = sha256.Sum256(raw) // two mails with the same header are not the same mail
	return d.minimalOf(set, m)
}

// header reads a mail's header, or, where even that takes us down, nothing.
func (d *Desk) header(raw []byte) (m *message.Mail) {
	defer func() {
		if recover() != nil {
			m = &message.Mail{}
		}
	}()
	return message.Parse(headerOf(raw), d.o.Limits)
}

// headerOf is a mail without its body: whatever it is that could not be understood stands there.
func headerOf(raw []byte) []byte {
	const most = 256 << 10
	raw = raw[:min(len(raw), most)]
	for _, blank := range []string{"\r\n\r\n", "\n\n"} {
		if i := bytes.Index(raw, []byte(blank)); i >= 0 {
			raw = raw[:i+len(blank)]
		}
	}
	return raw
}

func (d *Desk) minimalOf(set *rules.Set, m *message.Mail) understood {
	u := understood{set: set, mail: m, failed: true, auto: m.AutomaticThrough(d.o.World.Groups), facts: rules.Minimal(m, d.o.World)}
	d.nameAuthor(&u)
	return u
}

// Raw mails are kept compressed (RFC 8878); level and window are small because mails are.
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
)

func pack(raw []byte) []byte               { return packer.EncodeAll(raw, nil) }
func unpack(packed []byte) ([]byte, error) { return unpacker.DecodeAll(packed, nil) }
