package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/rules"
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

// The volume of BenchmarkOpenEmergencies.
const (
	benchOld  = 1_000_000 // resolved, over ten years
	benchOpen = 10_000    // in two days: a data centre is dark
)

// BenchmarkOpenEmergencies is what finding the emergency of one mail asks of the store, in a View of its own: twelve keys, most of which
// several open emergencies have. p50-ms and p99-ms are the half and ninety-nine of a hundred mails.
func BenchmarkOpenEmergencies(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			s := open(b, benchURL(b, engine), Options{Exclusive: true})
			update(b, s, func(x ticket.Tx) {
				benchEmergencies(b, x.(*tx))
				if engine == "postgres" {
					must(x.(*tx).exec("analyze", "ANALYZE emergency, emergency_key"))(b) // as its autovacuum would do soon
				}
			})
			var each []time.Duration
			found := 0
			for i := 0; b.Loop(); i++ {
				began := time.Now()
				view(b, s, func(tx ticket.Tx) {
					list := must(tx.OpenEmergencies(benchKeys(i), day.Add(-24*time.Hour), day.Add(6*time.Hour), 50))(b)
					found += len(list)
				})
				each = append(each, time.Since(began))
			}
			if found < 10*len(each) {
				b.Fatalf("%d mails found %d emergencies", len(each), found)
			}
			slices.Sort(each)
			b.ReportMetric(float64(found)/float64(len(each)), "found/op")
			for name, percent := range map[string]int{"p50-ms": 50, "p99-ms": 99} {
				b.ReportMetric(float64(each[len(each)*percent/100].Microseconds())/1000, name)
			}
		})
	}
}

// benchURL is a fresh store; without a PostgreSQL at hand it starts a private one.
func benchURL(b *testing.B, engine string) string {
	b.Helper()
	if engine == "sqlite" {
		return sqliteURL(b)
	}
	if os.Getenv("NOTFALLD_TEST_POSTGRES") == "" {
		p, err := postoffice.StartPostgres(b.TempDir())
		postoffice.Needs(b, err)
		b.Cleanup(func() { noError(b, p.Close()) })
		b.Setenv("NOTFALLD_TEST_POSTGRES", p.DSN())
	}
	return postgresURL(b)
}

// benchKeys are those of a mail that names two customers' numbers, two phones and five servers, one of them unknown, and that holds a token.
func benchKeys(i int) []ticket.Key {
	n := benchOld + i*37%benchOpen // one of those that are open
	return []ticket.Key{keyOf(int64(ticket.FirstEmergency + n)),
		key(rules.KeyCustomer, fmt.Sprint(n%3000)), key(rules.KeyCustomer, fmt.Sprint((n+1)%3000)), key(rules.KeyOwner, fmt.Sprint(n%3000)),
		key(rules.KeyAddress, fmt.Sprintf("a%d@kunde.example", n%5000)), key(rules.KeyDomain, fmt.Sprintf("d%d.example", n%300)),
		key(rules.KeyPhone, fmt.Sprintf("+43%d", n%9000)), key(rules.KeyServer, fmt.Sprintf("web%d", n%2000)),
		key(rules.KeyServer, fmt.Sprintf("web%d", (n+7)%2000)), key(rules.KeyServer, fmt.Sprintf("web%d", (n+8)%2000)),
		key(rules.KeyServer, fmt.Sprintf("web%d", (n+9)%2000)), key(rules.KeyServer, "unknown")}
}

// benchEmergencies writes the rows by the database itself: generated data, for their number alone.
func benchEmergencies(b *testing.B, t *tx) {
	b.Helper()
	count := "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < " + fmt.Sprint(benchOld+benchOpen-1) + ") "
	begin := fmt.Sprint(millis(day))
	at := "CASE WHEN i < " + fmt.Sprint(benchOld) + " THEN " + begin + " - 315 * CAST(" + fmt.Sprint(benchOld) + " - i AS BIGINT) * 1000" +
		" ELSE " + begin + " + (i % 2880 - 1440) * 60000 END"
	isOpen := "i >= " + fmt.Sprint(benchOld)
	text := func(before, mod string) string { return "'" + before + "' || CAST(i % " + mod + " AS TEXT)" }
	bench := func(text string) { must(t.exec("generate", text))(b) }
	bench(count + "INSERT INTO emergency (id, " + emergencyColumns + ") SELECT 10001 + i, CASE WHEN " + isOpen + " THEN 'triggered' ELSE 'resolved' END, " +
		"'accepted', FALSE, 'form', 'Max Muster', " + text("", "3000") + ", " + text("a", "5000") + " || '@kunde.example', " + text("+43", "9000") + ", '', " +
		"'Der Server antwortet seit einer halben Stunde nicht mehr, weder auf Ping noch im Browser.', '[\"web01.kunde.example\"]', '', 'de', " +
		at + ", 0, " + at + ", 0, 0, 0, 0, 0, '', '', '', '' FROM n")
	for kind, value := range map[ticket.KeyKind]string{
		rules.KeyEmergency: "CAST(10001 + i AS TEXT)", rules.KeyCustomer: text("", "3000"), rules.KeyOwner: text("", "3000"),
		rules.KeyAddress: text("a", "5000") + " || '@kunde.example'", rules.KeyDomain: text("d", "300") + " || '.example'",
		rules.KeyPhone: text("+43", "9000"), rules.KeyServer: text("web", "2000"),
	} {
		bench(count + "INSERT INTO emergency_key (emergency_id, kind, value, triggered_at, is_open) SELECT 10001 + i, '" + string(kind) + "', " +
			value + ", " + at + ", " + isOpen + " FROM n")
	}
	bench("UPDATE counter SET last = 10000 + " + fmt.Sprint(benchOld+benchOpen) + " WHERE name = 'emergency'")
}
