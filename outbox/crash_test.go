package outbox

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"notfalld/postoffice"
	"notfalld/store"
	"notfalld/ticket"
)

// The victim is this test binary, started once more with these in its environment.
const (
	victimStore  = "OUTBOX_TEST_VICTIM_STORE"
	victimServer = "OUTBOX_TEST_VICTIM_SERVER"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(victimStore); path != "" {
		if err := deliverUntilKilled(path, os.Getenv(victimServer)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func deliverUntilKilled(path, server string) error {
	ctx := context.Background()
	o, err := deskOptions()
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, "sqlite:"+path, store.Options{})
	if err != nil {
		return err
	}
	o.Store = s
	desk, err := ticket.NewDesk(ctx, o)
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		return err
	}
	p, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	return New(Options{Host: host, Port: p}, desk).Run(ctx)
}

// Each case: where in its session the daemon is killed, and how often the server has the answer at last.
var crashCases = []struct {
	name   string
	fault  postoffice.Fault
	frozen bool
	copies int
}{
	{"before anything was frozen", postoffice.Fault{At: postoffice.SMTPHello, Times: 1, Mute: true}, false, 1},
	{"before anything was sent", postoffice.Fault{At: postoffice.SMTPMail, Times: 1, Mute: true}, true, 1},
	{"before the data", postoffice.Fault{At: postoffice.SMTPData, Times: 1, Mute: true}, true, 1},
	{"after the dot, not accepted", postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Mute: true}, true, 1},
	{"after the dot, accepted", postoffice.Fault{At: postoffice.SMTPDot, Times: 1, Mute: true, Act: true}, true, 2},
}

func TestCrash(t *testing.T) {
	for _, c := range crashCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, noStaff, systemClock)
			s.take(1)
			fault := s.office.Inject(c.fault)
			s.killAt(fault)
			if c.copies == 2 {
				_, err := s.office.WaitDeliveries(s.ctx, 1)
				s.check(err)
			}
			before := s.answers()[0]
			if (before.State == ticket.OutFrozen) != c.frozen || before.Attempts != 0 {
				t.Fatalf("the crash left it %s, with %d attempts", before.State, before.Attempts)
			}
			s.start(s.options())
			s.untilDone()
			after := s.answers()[0]
			if after.State != ticket.OutSent || c.frozen && !bytes.Equal(before.Bytes, after.Bytes) {
				t.Errorf("now it is %s, the same bytes: %v", after.State, bytes.Equal(before.Bytes, after.Bytes))
			}
			s.wantArrived(after, c.copies)
		})
	}
}

// killAt has a process of its own deliver, and kills it when it has come to the fault.
func (s *stage) killAt(fault *postoffice.Injected) {
	s.Helper()
	exe, err := os.Executable()
	s.check(err)
	victim := exec.Command(exe)
	victim.Env = append(os.Environ(), victimStore+"="+s.path, victimServer+"="+s.office.SMTPAddr())
	var said bytes.Buffer
	victim.Stderr = &said
	s.check(victim.Start())
	err = fault.Wait(s.ctx, 1)
	if kill := victim.Process.Kill(); kill != nil { // SIGKILL
		s.Errorf("kill: %v", kill)
	}
	_ = victim.Wait()
	if err != nil {
		s.Fatalf("%v; the victim said %q", err, said.String())
	}
}
