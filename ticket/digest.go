package ticket

import (
	"context"
	"errors"
	"time"

	"notfalld/templates"
)

// At the start of support hours whoever comes in reads in one mail what the night has left, even if that is nothing: a mail that does not come
// says that something is broken.

// settingDigest holds when the last digest was entered, or when a daemon first looked: until then nobody watched, and there is nothing to hand over.
const settingDigest = "digest"

// EnterDigest enters the digest of the present support day, once for each address of staff. It may be called as often as one likes. After a
// support day nobody reads its digest any more. It says how many mails it entered.
func (d *Desk) EnterDigest(ctx context.Context) (n int, err error) {
	err = d.o.Store.Update(ctx, func(tx Tx) error {
		n = 0
		last, ok, err := tx.Setting(settingDigest)
		if err != nil {
			return err
		}
		now := d.now()
		if !ok {
			return tx.SetSetting(settingDigest, now.UTC().Format(time.RFC3339))
		}
		opened, _, open := d.o.Hours.day(now)
		if open = open && d.o.Hours.Open(now); !open {
			return nil
		}
		since, err := time.Parse(time.RFC3339, last)
		if err != nil {
			since = now // a damaged setting: what is still open is found without it
		}
		if !since.Before(opened) && !since.After(now) {
			return nil // this day's digest, or the first look of a daemon that was started today
		}
		o := Out{Mailbox: d.o.Mailboxes[0].Name, Reason: ReasonDigest, Detail: last}
		if err := d.addNotices(tx, o, "digest:"+opened.Format(time.DateOnly)); err != nil {
			return err
		}
		n = len(d.o.Staff.Notify)
		return tx.SetSetting(settingDigest, now.UTC().Format(time.RFC3339))
	})
	if n > 0 {
		d.wake()
	}
	return n, err
}

// RunOpening waits for each start of support hours until ctx ends. It looks at once too: the daemon may have been down then.
func (d *Desk) RunOpening(ctx context.Context) error {
	for {
		wait := d.untilOpening()
		if _, err := d.EnterDigest(ctx); err != nil && ctx.Err() == nil {
			d.o.Log.Error("the digest of the start of support hours could not be entered; trying again in a minute", "error", err)
			wait = time.Minute
		}
		select {
		case <-ctx.Done():
			return nil
		case <-d.o.Clock.After(wait):
		}
	}
}

// untilOpening looks again at least every hour, as untilClosing does.
func (d *Desk) untilOpening() time.Duration {
	wait := time.Hour
	if next := d.o.Hours.NextOpen(d.now()); !next.IsZero() {
		wait = min(wait, next.Sub(d.now()))
	}
	return max(wait, time.Millisecond)
}

// digestBack is how far a digest looks back for what is still open: what is older has stood in each digest for two weeks.
const digestBack = 14 * 24 * time.Hour

// mostDigestTickets bounds the tickets that are looked at for a digest.
const mostDigestTickets = 2000

// writeDigest writes what the night has left, as things stand now.
func (d *Desk) writeDigest(tx Tx, o *Out) error {
	b := digestBook{d: d, tx: tx, now: d.now(), language: o.Language}
	since, err := time.Parse(time.RFC3339, o.Detail)
	if err != nil || since.After(b.now) {
		since = b.now.Add(-24 * time.Hour)
	}
	b.since = later(since, b.now.Add(-digestBack))
	in := d.o.Hours.Location
	opened, closed := d.o.Hours.LastClose(o.Created)
	if b.since.Before(opened) || b.since.After(closed) { // a day was left out, or the daemon is new
		closed = b.since
	}
	b.digest.Since, b.digest.At = closed.In(in), b.now.In(in)
	if err := errors.Join(b.tickets(), b.emergencies(), b.unverified(), b.bounced()); err != nil {
		return err
	}
	n := templates.Notification{Kind: templates.NoticeDigest, Language: o.Language, Company: d.o.Company.Name, Digest: &b.digest}
	return d.writeNotice(tx, o, Ticket{}, n)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
