package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"notfalld/ticket"
)

func TestManyWriters(t *testing.T) {
	const writers, each = 32, 12
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		var commits, updates atomic.Int64
		s := open(t, url, Options{Exclusive: true, OnCommit: func(n int, took time.Duration) {
			commits.Add(1)
			updates.Add(int64(n))
		}})
		var (
			wg      sync.WaitGroup
			mu      sync.Mutex
			numbers = map[int64]string{}
		)
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					k := ticket.Ticket{Subject: fmt.Sprintf("%d/%d", w, i)}
					if err := s.Update(background, func(tx ticket.Tx) error { return tx.AddTicket(&k) }); err != nil {
						t.Error(err)
					}
					mu.Lock()
					if before, taken := numbers[k.ID]; taken {
						t.Errorf("number %d was given to %s and %s", k.ID, before, k.Subject)
					}
					numbers[k.ID] = k.Subject
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		noError(t, s.Close()) // the writer tells of its last commit after it has answered those who wait for it
		if updates.Load() != writers*each || commits.Load() >= writers*each/2 {
			t.Errorf("%d commits for %d updates: not grouped", commits.Load(), updates.Load())
		}
		s = open(t, url, Options{})
		view(t, s, func(tx ticket.Tx) {
			list := must(tx.Tickets(ticket.TicketQuery{}))(t)
			same(t, "durable tickets", len(list), writers*each)
			for _, k := range list {
				same(t, k.Number(), k.Subject, numbers[k.ID])
			}
		})
	})
}

// together runs Updates that share one group: a first one holds the writer until the others are in line.
// It returns their errors in order.
func together(t *testing.T, s *Store, members ...func(tx ticket.Tx) error) []error {
	t.Helper()
	errs := make([]error, len(members))
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.Update(background, func(ticket.Tx) error { close(held); <-release; return nil }); err != nil {
			t.Logf("the holder: %v", err)
		}
	})
	<-held
	var inLine sync.WaitGroup
	for i, f := range members {
		inLine.Add(1)
		wg.Go(func() {
			done := make(chan struct{})
			go func() { // ended by FailNow, maybe
				defer close(done)
				errs[i] = errors.New("the goroutine ended")
				inLine.Done()
				errs[i] = s.Update(background, f)
			}()
			<-done
		})
	}
	inLine.Wait()
	for range 1000 { // not for correctness: lets them reach the queue, so that they are one group
		runtime.Gosched()
	}
	close(release)
	wg.Wait()
	return errs
}

func TestAFailingMemberIsUndoneAlone(t *testing.T) {
	broken := errors.New("broken")
	set := func(name string, err error) func(ticket.Tx) error {
		return func(tx ticket.Tx) error {
			if e := tx.SetSetting(name, "x"); e != nil {
				return e
			}
			return err
		}
	}
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		errs := together(t, s,
			set("good-1", nil),
			set("bad", broken),
			func(tx ticket.Tx) error { _ = tx.SetSetting("panics", "x"); panic("no such thing") },
			func(tx ticket.Tx) error { _ = tx.SetSetting("ends", "x"); runtime.Goexit(); return nil },
			func(tx ticket.Tx) error {
				_ = tx.SetSetting("swallows", "x")
				_ = tx.AddMail(&ticket.Mail{TicketID: 77}) // the database refuses it
				return nil
			},
			set("good-2", nil),
		)
		wants := []string{"", "broken", "panic in an update: no such thing", "the goroutine ended", "add a mail", ""}
		for i, want := range wants {
			got := fmt.Sprint(errs[i])
			if (want == "") != (errs[i] == nil) || !strings.Contains(got, want) {
				t.Errorf("member %d: %v, want %q", i, got, want)
			}
		}
		if !errors.Is(errs[1], broken) {
			t.Errorf("the member's own error came back as %v", errs[1])
		}
		view(t, s, func(tx ticket.Tx) {
			for name, want := range map[string]bool{"good-1": true, "bad": false, "panics": false, "ends": false, "swallows": false, "good-2": true} {
				_, ok, err := tx.Setting(name)
				if ok != want || err != nil {
					t.Errorf("%s: there %v, %v", name, ok, err)
				}
			}
		})
	})
}

// When a transaction is lost, those who had their turn are told so, and those still in line get theirs in the next.
func TestALostTransactionForgetsNobody(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		for round := range 20 {
			members := []func(ticket.Tx) error{func(x ticket.Tx) error {
				_, err := x.(*tx).s.exec("ROLLBACK") // as SQLite does by itself on a full disk
				return err
			}}
			for i := range 12 {
				members = append(members, func(tx ticket.Tx) error { return tx.SetSetting(fmt.Sprint(round, "/", i), "x") })
			}
			errs := together(t, s, members...) // returns only if everybody is answered
			if errs[0] == nil {
				t.Fatal("a lost transaction was committed")
			}
			view(t, s, func(tx ticket.Tx) {
				for i, err := range errs[1:] {
					_, there, e := tx.Setting(fmt.Sprint(round, "/", i))
					noError(t, e)
					if there != (err == nil) {
						t.Errorf("member %d: there %v, answered %v", i, there, err)
					}
				}
			})
		}
	})
}

func TestAFailedMemberSeesNothingMore(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var kept ticket.Tx
		err := s.Update(background, func(tx ticket.Tx) error {
			kept = tx
			first := tx.AddMail(&ticket.Mail{TicketID: 77})
			second := tx.SetSetting("a", "b")
			if first == nil || second == nil || first.Error() != second.Error() {
				t.Errorf("after %v came %v", first, second)
			}
			return nil
		})
		if err == nil {
			t.Error("a failed statement was committed")
		}
		if err := kept.SetSetting("a", "b"); err != errOver {
			t.Errorf("a transaction that has ended answers %v", err)
		}
		if _, _, err := kept.Setting("a"); err != errOver {
			t.Errorf("a transaction that has ended answers %v", err)
		}
	})
}

func TestCancelledBeforeItsTurn(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		held, release := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			noError(t, s.Update(background, func(ticket.Tx) error { close(held); <-release; return nil }))
		})
		<-held
		ctx, cancel := context.WithCancel(background)
		wg.Go(func() {
			err := s.Update(ctx, func(tx ticket.Tx) error { t.Error("it ran"); return nil })
			if !errors.Is(err, context.Canceled) {
				t.Errorf("a cancelled Update answers %v", err)
			}
			close(release)
		})
		cancel()
		wg.Wait()
		if err := s.Update(ctx, func(ticket.Tx) error { t.Error("it ran"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("an Update with an ended context answers %v", err)
		}
		if err := s.View(ctx, func(ticket.Tx) error { t.Error("it ran"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("a View with an ended context answers %v", err)
		}
		noError(t, s.Ping(background))
	})
}

// Taken into a group, but not yet at its turn: the writer must not wait for a caller who has gone.
func TestCancelledWithinAGroup(t *testing.T) {
	s := open(t, sqliteURL(t), Options{})
	r := &request{turn: make(chan *tx), ran: make(chan error, 1), gone: make(chan struct{}), result: make(chan error, 1)}
	close(r.gone)
	s.queue <- r
	if err := <-r.result; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	noError(t, s.Ping(background))
}

func TestCancelledAfterItsTurnIsAnsweredByTheCommit(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		ctx, cancel := context.WithCancel(background)
		noError(t, s.Update(ctx, func(tx ticket.Tx) error {
			cancel()
			return tx.SetSetting("a", "b")
		}))
		view(t, s, func(tx ticket.Tx) { same(t, "a", found(tx.Setting("a"))(t), "b") })
	})
}

func TestCancelledView(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		ctx, cancel := context.WithCancel(background)
		err := s.View(ctx, func(tx ticket.Tx) error {
			absent[string](t)(tx.Setting("a"))
			cancel()
			_, _, err := tx.Setting("a")
			return err
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		for range 2 * readers { // the session is usable, or was replaced
			view(t, s, func(tx ticket.Tx) { absent[string](t)(tx.Setting("a")) })
		}
	})
}

func TestViewGivesItsSessionBack(t *testing.T) {
	broken := errors.New("broken")
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		for range 2 * readers {
			if err := s.View(background, func(ticket.Tx) error { return broken }); err != broken {
				t.Fatalf("got %v", err)
			}
			func() {
				defer func() { _ = recover() }()
				_ = s.View(background, func(ticket.Tx) error { panic("x") })
				t.Error("the panic was lost")
			}()
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = s.View(background, func(ticket.Tx) error { runtime.Goexit(); return nil })
			}()
			<-done
		}
		view(t, s, func(tx ticket.Tx) { absent[string](t)(tx.Setting("a")) })
	})
}

func TestClose(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		s := open(t, url, Options{Exclusive: true})
		held, release := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			noError(t, s.Update(background, func(tx ticket.Tx) error {
				close(held)
				<-release
				return tx.SetSetting("last", "one")
			}))
		})
		<-held
		wg.Go(func() {
			<-s.quit // Close has begun
			if err := s.Update(background, func(ticket.Tx) error { return nil }); err != ErrClosed {
				t.Errorf("an Update after Close answers %v", err)
			}
			if err := s.View(background, func(ticket.Tx) error { return nil }); err != ErrClosed {
				t.Errorf("a View after Close answers %v", err)
			}
			close(release)
		})
		noError(t, s.Close())
		wg.Wait()
		noError(t, s.Close())
		s = open(t, url, Options{Exclusive: true}) // its locks are free again
		view(t, s, func(tx ticket.Tx) { same(t, "last", found(tx.Setting("last"))(t), "one") })
	})
}
