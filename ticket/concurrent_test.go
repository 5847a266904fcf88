package ticket_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"notfalld/postoffice"
	"notfalld/store"
	"notfalld/ticket"
)

// Mails are taken by the daemon while a command triggers: two processes, each with a handle of its own on the same database. Whatever commits first,
// the other one sees it.

// onBothDatabases runs a test with two desks, each on a handle of its own.
func onBothDatabases(t *testing.T, test func(t *testing.T, daemon, command *ticket.Desk, s ticket.Store)) {
	for name, fresh := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "notfalld.db") },
		"postgres": postgresSchema,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			where := fresh(t)
			one, two := openStore(t, where), openStore(t, where)
			test(t, deskOn(t, one), deskOn(t, two), one)
		})
	}
}

func openStore(t *testing.T, where string) ticket.Store {
	t.Helper()
	s, err := store.Open(context.Background(), where, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func deskOn(t *testing.T, s ticket.Store) *ticket.Desk {
	t.Helper()
	o := options(t, s, ticket.SystemClock{})
	o.Alarm = alarmOptions("oncall")
	d, err := ticket.NewDesk(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// postgresSchema is a schema of its own in the database that NOTFALLD_TEST_POSTGRES names.
func postgresSchema(t *testing.T) string {
	dsn := os.Getenv("NOTFALLD_TEST_POSTGRES")
	if dsn == "" {
		postoffice.Needs(t, fmt.Errorf("NOTFALLD_TEST_POSTGRES not set: PostgreSQL is %w", postoffice.ErrNotInstalled))
	}
	var random [6]byte
	_, _ = rand.Read(random[:])
	schema := "t_" + hex.EncodeToString(random[:])
	admin, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
		_ = admin.Close()
	})
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	return u.String()
}

// together starts all at the same instant, and gives what went wrong.
func together(all ...func() error) error {
	var wg sync.WaitGroup
	start := make(chan struct{})
	errs := make([]error, len(all))
	for i, f := range all {
		wg.Add(1)
		go func() {
			defer wg.Done()
			<-start
			errs[i] = f()
		}()
	}
	close(start)
	wg.Wait()
	return errors.Join(errs...)
}

func takeFrom(d *ticket.Desk, uid int, from string) (ticket.Entry, error) {
	raw := []byte(fmt.Sprintf("From: %s\r\nTo: support@notfall-hoster.at\r\nSubject: Notfall-Support\r\nMessage-ID: <%d@firma.at>\r\n\r\nUnser Server ist nicht erreichbar.\r\n", from, uid))
	return d.Take(context.Background(), ticket.Fetched{
		Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: uint32(uid)}, InternalDate: ticket.SystemClock{}.Now(), Size: int64(len(raw)), Raw: raw,
	})
}

// TestMailAndTriggerSideBySide: 200 times a mail and its trigger are committed at the same moment, and always find each other.
func TestMailAndTriggerSideBySide(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, daemon, command *ticket.Desk, s ticket.Store) {
		const times = 200
		first := map[string]int{}
		for i := range times {
			from := fmt.Sprintf("eva@firma%d.at", i)
			var e ticket.Entry
			var v ticket.EmergencyView
			err := together(
				func() (err error) { e, err = takeFrom(daemon, i+1, from); return err },
				func() (err error) {
					if i%4 != 0 { // a trigger is quicker than a mail: with a mail of somebody else before it, sometimes the one is first and sometimes the other
						if _, err := takeFrom(command, times+i+1, fmt.Sprintf("ute@laden%d.de", i)); err != nil {
							return err
						}
					}
					v, _, err = command.Trigger(context.Background(), ticket.Trigger{Way: ticket.WayCLI, Email: from, Phone: fmt.Sprintf("+4366412%05d", i)})
					return err
				},
			)
			if err != nil {
				t.Fatal(err)
			}
			d, err := ticket.Show(context.Background(), s, e.TicketID)
			if err != nil {
				t.Fatal(err)
			}
			if d.Emergency != v.ID {
				t.Fatalf("round %d: %s is linked to %q, its trigger is %s", i, d.ID, d.Emergency, v.ID)
			}
			if len(v.Tickets) > 0 { // it found the ticket
				first["mail"]++
			} else {
				first["trigger"]++
			}
		}
		t.Logf("came first: %v", first)
	})
}

// TestSameTriggerSideBySide: fifty presses at the same moment are one emergency, one page, one mail to staff and one to the contact on record:
// whether they have one key, or a key each and the same customer and phone.
func TestSameTriggerSideBySide(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, daemon, command *ticket.Desk, s ticket.Store) {
		ctx := context.Background()
		for n, key := range []func(i int) string{
			func(int) string { return "form-1" },
			func(i int) string { return fmt.Sprintf("press-%d", i) },
		} {
			var mu sync.Mutex
			ids, made := map[string]int{}, 0
			var all []func() error
			for i := range 50 {
				desk := daemon
				if i%2 == 1 {
					desk = command
				}
				all = append(all, func() error {
					v, created, err := desk.Trigger(ctx, ticket.Trigger{Way: ticket.WayAPI, CustomerNumber: "104711", Email: "eva@firma.at", Phone: fmt.Sprintf("+43664123450%d", n), Key: key(i)})
					mu.Lock()
					defer mu.Unlock()
					ids[v.ID]++
					if created {
						made++
					}
					return err
				})
			}
			if err := together(all...); err != nil {
				t.Fatal(err)
			}
			if len(ids) != 1 || made != 1 {
				t.Fatalf("%d presses made %d emergencies: %v", len(all), made, ids)
			}
		}
		pages, err := daemon.DuePages(ctx, 1000)
		if err != nil {
			t.Fatal(err)
		}
		mails, err := daemon.DueOut(ctx, 1000)
		if err != nil {
			t.Fatal(err)
		}
		kinds := map[ticket.OutKind]int{ticket.OutPage: len(pages)}
		for _, o := range mails {
			kinds[o.Kind]++
		}
		if kinds[ticket.OutPage] != 2 || kinds[ticket.OutNotice] != 2 || kinds[ticket.OutConfirmation] != 2 {
			t.Errorf("two emergencies, and %v go out", kinds)
		}
	})
}

// TestStaffAndTriggerSideBySide: while staff tie a ticket to one emergency, rules would tie it to another; it is tied to one, and what staff did holds.
func TestStaffAndTriggerSideBySide(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, daemon, command *ticket.Desk, s ticket.Store) {
		ctx := context.Background()
		other, _, err := daemon.Trigger(ctx, ticket.Trigger{Way: ticket.WayAPI, Email: "jemand@anderswo.example", Phone: "+436641234599"})
		if err != nil {
			t.Fatal(err)
		}
		id, _ := ticket.ParseEmergencyNumber(other.ID)
		for i := range 50 {
			from := fmt.Sprintf("ute@firma%d.at", i)
			e, err := takeFrom(daemon, i+1, from)
			if err != nil {
				t.Fatal(err)
			}
			err = together(
				func() error { return daemon.LinkTicket(ctx, e.TicketID, id, "anna", "") },
				func() error {
					_, _, err := command.Trigger(ctx, ticket.Trigger{Way: ticket.WayCLI, Email: from, Phone: fmt.Sprintf("+4366413%05d", i)})
					return err
				},
			)
			if err != nil {
				t.Fatal(err)
			}
			d, err := ticket.Show(ctx, s, e.TicketID)
			if err != nil {
				t.Fatal(err)
			}
			linked := 0
			for _, l := range d.Links {
				if l.State == ticket.Linked {
					linked++
				}
			}
			if d.Emergency != other.ID || linked != 1 {
				t.Fatalf("round %d: %s is linked to %q by %d links, staff tied it to %s: %+v", i, d.ID, d.Emergency, linked, other.ID, d.Links)
			}
		}
	})
}
