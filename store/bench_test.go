package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"notfalld/ticket"
)

// BenchmarkMails is what one mail asks of the store: an Update that keeps it, and one that makes it a ticket with an
// answer and a notice. Every mail is durable twice over; fsyncs/mail says how well the group commit shares them.
func BenchmarkMails(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, writers := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/%d", engine, writers), func(b *testing.B) {
				url := sqliteURL
				if engine == "postgres" {
					url = postgresURL
				}
				var commits atomic.Int64
				s := open(b, url(b), Options{Exclusive: true, OnCommit: func(int, time.Duration) { commits.Add(1) }})
				var next atomic.Int64
				before := cpu()
				b.ResetTimer()
				done := make(chan error, writers)
				for range writers {
					go func() { done <- benchWriter(s, &next, int64(b.N)) }()
				}
				for range writers {
					if err := <-done; err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
				b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/mail")
				b.ReportMetric(float64(commits.Load())/float64(b.N), "fsyncs/mail")
			})
		}
	}
}

// cpu is the processor time of this process so far: it tells more than the clock where others share the machine.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchWriter(s *Store, next *atomic.Int64, n int64) error {
	for {
		i := next.Add(1)
		if i > n {
			return nil
		}
		if err := benchMail(s, i); err != nil {
			return err
		}
	}
}

func benchMail(s *Store, i int64) error {
	ctx := context.Background()
	now := time.Now()
	e := ticket.Entry{Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: uint32(i)},
		State: ticket.EntryFetched, Arrived: now, Fetched: now, Size: 8000}
	raw := bytes.Repeat([]byte{byte(i), byte(i >> 8), 'x', 'y'}, 640)
	if err := s.Update(ctx, func(tx ticket.Tx) (err error) {
		if e.RawID, err = tx.AddRaw(raw); err != nil {
			return err
		}
		_, err = tx.AddEntry(&e)
		return err
	}); err != nil {
		return err
	}
	return s.Update(ctx, func(tx ticket.Tx) error { return benchDecide(tx, e, now) })
}

func benchDecide(tx ticket.Tx, e ticket.Entry, now time.Time) error {
	e.MessageID, e.ContentHash = fmt.Sprintf("m%d@kunde.example", e.Place.UID), fmt.Appendf(nil, "%032d", e.Place.UID)
	if _, _, err := tx.SameMail(e.MessageID, e.ContentHash); err != nil {
		return err
	}
	if _, _, _, err := tx.TicketOf([]string{"unknown@kunde.example"}); err != nil {
		return err
	}
	k := ticket.Ticket{State: ticket.New, Subject: "Notfall-Support", From: "max@kunde.example", Mailbox: "support", Created: now,
		Updated: now, LastCustomerAt: now}
	if err := json.Unmarshal([]byte(`[{"name":"web01.kunde.example","source":"body"}]`), &k.Servers); err != nil {
		return err
	}
	if err := tx.AddTicket(&k); err != nil {
		return err
	}
	m := ticket.Mail{TicketID: k.ID, Kind: ticket.CustomerMail, EntryID: e.ID, MessageID: e.MessageID, From: k.From, AnswerTo: k.From,
		Subject: k.Subject, Arrived: now, Proof: "pass", Thread: "new", Line: bytes.Repeat([]byte(" "), 1500), ContentHash: e.ContentHash}
	if err := tx.AddMail(&m); err != nil {
		return err
	}
	if err := tx.AddEvent(ticket.Event{TicketID: k.ID, At: now, Actor: "notfalld", What: "created", Why: "the subject is ours"}); err != nil {
		return err
	}
	for _, kind := range []ticket.OutKind{ticket.OutAnswer, ticket.OutNotice} {
		if _, err := tx.AddOut(&ticket.Out{Kind: kind, State: ticket.OutWaiting, TicketID: k.ID, MailID: m.ID, Mailbox: "support",
			Recipient: fmt.Sprintf("k%d@kunde.example", k.ID), Reason: "mail", Created: now, NextAt: now, Key: fmt.Sprintf("%s:%d", kind, m.ID)}); err != nil {
			return err
		}
	}
	e.State, e.TicketID = ticket.EntryTicket, k.ID
	return tx.PutEntry(e)
}
