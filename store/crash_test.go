package store

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"notfalld/ticket"
)

// crashURL tells the test binary that it is the process to be killed.
const crashURL = "NOTFALLD_STORE_CRASH_URL"

func TestMain(m *testing.M) {
	if url := os.Getenv(crashURL); url != "" {
		crash(url)
	}
	os.Exit(m.Run())
}

// crash writes from several goroutines without end, and says on stdout what was acknowledged.
func crash(url string) {
	s, err := Open(background, url, Options{Exclusive: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var out sync.Mutex
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				k := ticket.Ticket{Subject: fmt.Sprintf("%d/%d", w, i)}
				if err := s.Update(background, func(tx ticket.Tx) error {
					if err := tx.AddTicket(&k); err != nil {
						return err
					}
					return tx.AddEvent(ticket.Event{TicketID: k.ID, What: k.Subject})
				}); err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				out.Lock()
				fmt.Printf("%d %s\n", k.ID, k.Subject)
				out.Unlock()
			}
		}()
	}
	select {}
}

// A process is killed in the middle of its work, several times over: what Update acknowledged is there, whole.
func TestKilled(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		acknowledged := map[string]string{}
		for round := range 4 {
			killAfter(t, url, 40+30*round, acknowledged)
		}
		s := open(t, url, Options{Exclusive: true})
		view(t, s, func(tx ticket.Tx) {
			there := map[string]string{}
			for _, k := range must(tx.Tickets(ticket.TicketQuery{}))(t) {
				there[fmt.Sprint(k.ID)] = k.Subject
				events := must(tx.Events(k.ID))(t)
				if len(events) != 1 || events[0].What != k.Subject {
					t.Errorf("%s was written in part: %v", k.Number(), events)
				}
			}
			for id, subject := range acknowledged {
				if there[id] != subject {
					t.Errorf("%s was acknowledged as %q, and is %q", id, subject, there[id])
				}
			}
			t.Logf("%d acknowledged, %d there", len(acknowledged), len(there))
		})
		noError(t, s.Ping(background))
	})
}

// killAfter runs the crashing process until n lines have come, kills it, and collects all that it said.
func killAfter(t *testing.T, url string, n int, acknowledged map[string]string) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), crashURL+"="+url)
	stdout, err := c.StdoutPipe()
	noError(t, err)
	var stderr strings.Builder
	c.Stderr = &stderr
	noError(t, c.Start())
	lines := bufio.NewScanner(stdout)
	got := 0
	for lines.Scan() {
		id, subject, ok := strings.Cut(lines.Text(), " ")
		if !ok {
			continue // the last line, cut off
		}
		acknowledged[id] = subject
		if got++; got == n {
			noError(t, c.Process.Kill())
		}
	}
	_ = c.Wait()
	if got < n {
		t.Fatalf("the process ended by itself after %d lines: %s", got, stderr.String())
	}
}
