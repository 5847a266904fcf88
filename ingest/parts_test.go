package ingest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestBackoff(t *testing.T) {
	b := Backoff{Min: time.Second, Max: time.Minute}
	tests := []struct {
		n        int
		random   float64
		from, to time.Duration
	}{
		{1, 0, 800 * time.Millisecond, 800 * time.Millisecond},
		{1, 0.5, time.Second, time.Second},
		{1, 0.999, 1199 * time.Millisecond, 1200 * time.Millisecond},
		{2, 0.5, 2 * time.Second, 2 * time.Second},
		{4, 0.5, 8 * time.Second, 8 * time.Second},
		{7, 0.5, time.Minute, time.Minute},
		{1000000, 0.5, time.Minute, time.Minute},
		{1000000, 0.999, 71 * time.Second, 72 * time.Second},
		{0, 0.5, time.Second, time.Second},
	}
	for _, tt := range tests {
		if got := b.Delay(tt.n, tt.random); got < tt.from || got > tt.to {
			t.Errorf("Delay(%d, %v) = %v, want %v to %v", tt.n, tt.random, got, tt.from, tt.to)
		}
	}
}

// TestSets: every UID is in one set, in order, and each set fits on a command line.
func TestSets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.Uint32Range(1, 1<<rapid.IntRange(0, 22).Draw(t, "bits"))
		var uids []uint32
		last := rapid.Uint32Range(0, 1<<30).Draw(t, "first")
		for range rapid.IntRange(0, 600).Draw(t, "n") {
			last += step.Draw(t, "step")
			uids = append(uids, last)
		}
		n := rapid.IntRange(1, 1000).Draw(t, "at most")
		var all []uint32
		for _, s := range sets(uids, n) {
			if len(s) == 0 || len(s) > n {
				t.Fatalf("a set of %d", len(s))
			}
			if text := uidSet(s).String(); len(text) > maxSet {
				t.Fatalf("a set of %d characters", len(text))
			}
			all = append(all, s...)
		}
		if !slices.Equal(all, uids) {
			t.Fatal("not the same UIDs")
		}
	})
	if got := sets([]uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 1000); len(got) != 1 {
		t.Errorf("a range in %d sets", len(got))
	}
	many := make([]uint32, 100000)
	for i := range many {
		many[i] = uint32(i + 1)
	}
	if got := sets(many, 1000); len(got) != 100 {
		t.Errorf("100,000 UIDs in %d sets", len(got))
	}
}

func TestBatch(t *testing.T) {
	m := func(sizes ...int64) (ms []mail) {
		for i, s := range sizes {
			ms = append(ms, mail{uid: uint32(i + 1), size: s})
		}
		return ms
	}
	tests := []struct {
		name string
		in   []mail
		n    int
	}{
		{"none", nil, 0},
		{"all", m(1, 2, 3), 3},
		{"too many", m(make([]int64, 200)...), batchMails},
		{"too many bytes", m(1<<20, 1<<20, 1), 2},
		{"one that is more than a batch", m(3<<20, 1), 1},
		{"just so", m(1<<20, 1<<20), 2},
	}
	for _, tt := range tests {
		l := slices.Clone(tt.in)
		got, bytes := batch(&l)
		var want int64
		for _, x := range got {
			want += x.size
		}
		if len(got) != tt.n || len(got)+len(l) != len(tt.in) || bytes != want {
			t.Errorf("%s: %d taken, %d left, %d bytes", tt.name, len(got), len(l), bytes)
		}
	}
}

// TestPlain: the same failure is the same text at each try, on one line.
func TestPlain(t *testing.T) {
	addr := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 993}
	at := func(port int) net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: port} }
	tests := []struct{ a, b error }{
		{&net.OpError{Op: "read", Net: "tcp", Source: at(40001), Addr: addr, Err: os.NewSyscallError("read", syscall.ECONNRESET)},
			&net.OpError{Op: "read", Net: "tcp", Source: at(40002), Addr: addr, Err: os.NewSyscallError("read", syscall.ECONNRESET)}},
		{fmt.Errorf("connect: %w", &net.OpError{Op: "dial", Net: "tcp", Source: at(1), Addr: addr, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}),
			fmt.Errorf("connect: %w", &net.OpError{Op: "dial", Net: "tcp", Source: at(2), Addr: addr, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)})},
		{&net.OpError{Op: "write", Net: "tcp", Source: at(1), Addr: addr, Err: syscall.ETIMEDOUT}, &net.OpError{Op: "write", Net: "tcp", Source: at(2), Addr: addr, Err: syscall.ETIMEDOUT}},
	}
	for _, tt := range tests {
		if a, b := plain(tt.a), plain(tt.b); a != b || a == "" {
			t.Errorf("%q\n%q", a, b)
		}
	}
	for in, want := range map[string]string{
		"two\r\nlines": "two  lines", "tab\there": "tab here", "\x1b[31mred": " [31mred", "bad \xff utf-8": "bad ? utf-8",
		strings.Repeat("ä", 300): strings.Repeat("ä", 100) + "…",
	} {
		if got := plain(errors.New(in)); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestWireCountsOnlyWaiting: silence counts while somebody reads and something is owed; if we are slow, the server is not to blame.
func TestWireCountsOnlyWaiting(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	w := newWire(a)
	w.expect(20*time.Millisecond, 0)
	<-time.After(40 * time.Millisecond) // nobody reads: this is the very thing that is tested
	go b.Write([]byte("x"))
	if n, err := w.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Fatalf("read %d, %v", n, err)
	}
	if _, err := w.Read(make([]byte, 8)); !errors.Is(err, errSilent) {
		t.Errorf("silence: %v", err)
	}
}

// TestWireDrip: a byte now and then is no answer.
func TestWireDrip(t *testing.T) {
	a, b := net.Pipe()
	defer a.Close()
	go func() {
		for {
			if _, err := b.Write([]byte("x")); err != nil {
				return
			}
			<-time.After(5 * time.Millisecond)
		}
	}()
	w := newWire(a)
	w.expect(time.Minute, 50*time.Millisecond)
	for {
		if _, err := w.Read(make([]byte, 8)); err != nil {
			if !errors.Is(err, errSlow) {
				t.Errorf("drip: %v", err)
			}
			b.Close()
			return
		}
	}
}
