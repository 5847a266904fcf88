package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/rules"
	"notfalld/ticket"
)

// turnedClock is a clock that a test turns, and that says what is waited for.
type turnedClock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[chan time.Time]time.Time
	asked  map[time.Duration]int
	change chan struct{} // closed when somebody begins to wait
}

func newTurnedClock() *turnedClock {
	return &turnedClock{now: time.Now(), timers: map[chan time.Time]time.Time{}, asked: map[time.Duration]int{}, change: make(chan struct{})}
}

func (c *turnedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *turnedClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time, 1)
	if d <= 0 {
		ch <- c.now
	} else {
		c.timers[ch] = c.now.Add(d)
	}
	c.asked[d]++
	close(c.change)
	c.change = make(chan struct{})
	return ch
}

func (c *turnedClock) turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for ch, at := range c.timers {
		if !at.After(c.now) {
			ch <- c.now
			delete(c.timers, ch)
		}
	}
}

// times is how often somebody began to wait for so long.
func (c *turnedClock) times(d time.Duration) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked[d]
}

// await blocks until somebody has begun n times to wait for so long.
func (c *turnedClock) await(t *testing.T, d time.Duration, n int) {
	t.Helper()
	ctx := patient(t)
	for {
		c.mu.Lock()
		ok, change := c.asked[d] >= n, c.change
		c.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-change:
		case <-ctx.Done():
			t.Fatalf("nobody waits for %s the %dth time", d, n)
		}
	}
}

// workshop is a house with a folder of rule files, whose watcher goes by a clock that the test turns.
type workshop struct {
	*house
	dir     string
	outside string // files are written there, and then renamed into the folder: one event each
	clock   *turnedClock
	d       *parts
	stop    func()
}

const houseAdmin = "admin@notfall-hoster.at"

// newWorkshop makes a house on the store at url ("": SQLite) with an empty folder of rules. No daemon runs yet.
func newWorkshop(t *testing.T, url string) *workshop {
	t.Helper()
	w := &workshop{house: newHouse(t, postoffice.Options{}), dir: filepath.Join(t.TempDir(), "rules"), outside: t.TempDir(), clock: newTurnedClock()}
	if err := os.Mkdir(w.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	more := []string{"rules: {dir: \"" + w.dir + "\"}", "admin: {notify: [" + houseAdmin + "]}"}
	if url != "" {
		more = append(more, "store: {url: \""+url+"\"}")
	}
	w.configure(w.office.IMAPAddr(), more...)
	return w
}

// open starts the daemon, and waits for its first look at the folder.
func (w *workshop) open() {
	w.Helper()
	w.d, w.stop = w.start(func(p *plan) { p.clock = w.clock })
	<-w.d.rules.looked
}

// put saves a file as editors do.
func (w *workshop) put(name, text string) {
	w.Helper()
	tmp := filepath.Join(w.outside, name)
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
	if err := os.Rename(tmp, filepath.Join(w.dir, name)); err != nil {
		w.Fatal(err)
	}
}

// save puts a file, lets the two seconds pass, and waits until it was looked at.
func (w *workshop) save(name, text string) {
	w.Helper()
	w.changes(func() { w.put(name, text) })
}

// changes is save for any change of the folder.
func (w *workshop) changes(change func()) {
	w.Helper()
	looks, waits := w.looks(), w.clock.times(settleRules)
	change()
	ctx := patient(w.T)
	for w.looks() == looks {
		if n := w.clock.times(settleRules); n > waits { // something was noticed
			waits = n
			w.clock.turn(settleRules)
		}
		if ctx.Err() != nil {
			w.Fatalf("the folder was not looked at\n%s", w.stderr)
		}
	}
}

func (w *workshop) looks() (n int64) {
	for _, o := range ruleOutcomes {
		n += w.d.rules.count(o).Load()
	}
	return n
}

// count is how many looks had this outcome.
func (w *workshop) count(o ticket.RulesOutcome, want int64) {
	w.Helper()
	if n := w.d.rules.count(o).Load(); n != want {
		w.Errorf("%d times %s, want %d", n, o, want)
	}
}

// inForce holds which rules decide: those of the folder's files as given, by name and text.
func (w *workshop) inForce(files ...string) string {
	w.Helper()
	set := setOf(w.T, files...)
	if got := w.d.desk.RulesHash(); got != set {
		w.Errorf("in force is %s, want %s\n%s", got, set, w.stderr)
	}
	stored, _, err := ticket.StoredRules(context.Background(), w.d.store)
	if err != nil || stored.Hash != set {
		w.Errorf("stored is %s, want %s: %v", stored.Hash, set, err)
	}
	return set
}

// setOf is the hash of a rule set of files, each a name and a text.
func setOf(t *testing.T, files ...string) string {
	t.Helper()
	var list []rules.File
	for i := 0; i < len(files); i += 2 {
		list = append(list, rules.File{Name: files[i], Text: []byte(files[i+1])})
	}
	set, err := rules.Load(list)
	if err != nil {
		t.Fatal(err)
	}
	return set.Hash()
}

// run runs a command as another process would, and returns its exit code and what it printed.
func (w *workshop) run(args ...string) (code int, out string) {
	w.Helper()
	b := &syncBuffer{}
	m := &Main{Stdin: strings.NewReader(""), Stdout: b, Stderr: b, Env: os.LookupEnv}
	code = m.Run(context.Background(), append(args, "-c", w.conf))
	return code, b.String()
}

// told waits until the admin has n mails, and says that there are no more.
func (w *workshop) told(n int) []postoffice.Delivery {
	w.Helper()
	all := w.answered(houseAdmin, n)
	if len(all) > n {
		w.Errorf("the admin has %d mails, want %d", len(all), n)
	}
	return all
}
