package ingest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// peer is a server that says what a file tells it to, for what no sane server says. The file:
//
//	# a comment: what is odd about this server
//	set NAME VALUE       an option of the watcher: starttls, keyword, move_to, max_whole
//	greeting             the lines that follow are sent when a client connects
//	on BEGINNING         … to a command that begins so; of the rules that fit the longest counts, of these the last; "once": the
//	                     first time only, and before "on".
//	                     The last line is sent behind the tag, unless it begins with "*". A line "drop" ends the connection
//	                     there, "part N" sends N bytes of the next line and then does so.
//	expect taken N…      UIDs, in the order in which they are handed over
//	expect log TEXT      a line of the log holds it
//	expect sent TEXT     a command holds it
//	expect never TEXT    no command does
//	expect cut N TEXT    what is said of mail N
//	expect raw N MAIL    mail N was handed over as this
//
// {mail N} stands for the literal of mail N, {mail N FROM TO} for bytes of it, {xxx COUNT} for a repetition.
type peer struct {
	listener net.Listener
	rules    []*rule
	expect   []string
	set      map[string]string

	mu    sync.Mutex
	lines []string // commands that came
	odd   []string // of those, for which there was no rule
	conns map[net.Conn]bool
	done  sync.WaitGroup
}

type rule struct {
	begin string
	once  bool
	spent bool
	lines []string
}

func loadPeer(t *testing.T, file string) *peer {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{set: map[string]string{}, conns: map[net.Conn]bool{}}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case line == "" || word == "#":
		case word == "set":
			name, value, _ := strings.Cut(rest, " ")
			p.set[name] = value
		case word == "greeting" || word == "on" || word == "once":
			p.rules = append(p.rules, &rule{begin: rest, once: word == "once"})
		case word == "expect":
			p.expect = append(p.expect, rest)
		default:
			r := p.rules[len(p.rules)-1]
			r.lines = append(r.lines, line)
		}
	}
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.done.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *peer) close() {
	p.listener.Close()
	p.mu.Lock()
	for c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.done.Wait()
}

func (p *peer) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conns[c] = true
		p.mu.Unlock()
		p.done.Go(func() {
			defer c.Close()
			p.serve(c)
		})
	}
}

func (p *peer) serve(c net.Conn) {
	if !p.say(c, "*", p.find("")) {
		return
	}
	r := bufio.NewReader(c)
	idle := ""
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		tag, command, _ := strings.Cut(line, " ")
		p.mu.Lock()
		p.lines = append(p.lines, command)
		p.mu.Unlock()
		switch rule := p.find(command); {
		case line == "DONE":
			fmt.Fprintf(c, "%s OK done\r\n", idle)
		case command == "IDLE":
			idle = tag
			fmt.Fprint(c, "+ idling\r\n")
		case rule == nil:
			p.mu.Lock()
			p.odd = append(p.odd, command)
			p.mu.Unlock()
			fmt.Fprintf(c, "%s BAD no rule\r\n", tag)
		case !p.say(c, tag, rule):
			return
		}
	}
}

func (p *peer) find(command string) (found *rule) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.rules {
		fits := (r.begin == "") == (command == "") && strings.HasPrefix(command, r.begin) && !r.spent
		if fits && (found == nil || len(r.begin) > len(found.begin) || len(r.begin) == len(found.begin) && (r.once || !found.once)) {
			found = r
		}
	}
	if found != nil {
		found.spent = found.once
	}
	return found
}

var filler = regexp.MustCompile(`\{(mail|xxx) ([0-9]+)(?: ([0-9]+) ([0-9]+))?\}`)

func fill(s string) string {
	return filler.ReplaceAllStringFunc(s, func(m string) string {
		f := filler.FindStringSubmatch(m)
		n, _ := strconv.Atoi(f[2])
		if f[1] == "xxx" {
			return strings.Repeat("x", n)
		}
		text := emergency(n)
		if f[3] != "" {
			from, _ := strconv.Atoi(f[3])
			to, _ := strconv.Atoi(f[4])
			text = text[min(from, len(text)):min(to, len(text))]
		}
		return fmt.Sprintf("{%d}\r\n%s", len(text), text)
	})
}

// say sends the lines of a rule, and says whether the connection goes on.
func (p *peer) say(c net.Conn, tag string, r *rule) bool {
	part := -1
	for i, line := range r.lines {
		if line == "drop" {
			return false
		}
		if n, ok := strings.CutPrefix(line, "part "); ok {
			part, _ = strconv.Atoi(n)
			continue
		}
		text := fill(line) + "\r\n"
		if i == len(r.lines)-1 && !strings.HasPrefix(line, "*") {
			text = tag + " " + text
		}
		if part >= 0 {
			c.Write([]byte(text)[:part])
			return false
		}
		if _, err := c.Write([]byte(text)); err != nil {
			return false
		}
	}
	return true
}

// tune sets the options that the file names.
func (p *peer) tune(t *testing.T, o *Options) {
	for name, value := range p.set {
		switch name {
		case "starttls":
			o.TLS = TLSStart
		case "keyword":
			o.Keyword = value
		case "move_to":
			o.MoveTo = value
		case "max_whole":
			o.MaxWhole, _ = strconv.ParseInt(value, 10, 64)
		default:
			t.Fatalf("unknown option %q", name)
		}
	}
}

func (p *peer) commands() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

// TestOddServers runs the watcher against each server in testdata/servers.
func TestOddServers(t *testing.T) {
	files, err := filepath.Glob("testdata/servers/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no servers", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			p := loadPeer(t, file)
			log := &logbook{}
			o := testOptions(p.listener.Addr().String(), log)
			o.Poll = 5 * time.Millisecond
			o.Workers = 1 // mails are decided in the order in which they come
			p.tune(t, &o)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			desk := newDesk()
			desk.lookBack = 1000 * 24 * time.Hour
			t.Cleanup(func() {
				if t.Failed() {
					t.Logf("log:\n%scommands:\n%s", log.buf.String(), strings.Join(p.commands()[:min(40, len(p.commands()))], "\n"))
				}
			})
			ended := make(chan error, 1)
			run, end := context.WithCancel(ctx)
			go func() { ended <- New(o, desk).Run(run) }()
			for _, e := range p.expect {
				p.check(t, ctx, e, desk, log)
			}
			end()
			<-ended
			if desk.doubled > 0 || desk.again > 0 {
				t.Errorf("mails handed over again: %d", desk.doubled+desk.again)
			}
			for _, e := range p.expect {
				if text, ok := strings.CutPrefix(e, "never "); ok && slices.ContainsFunc(p.commands(), func(c string) bool { return strings.Contains(c, text) }) {
					t.Errorf("%q was sent", text)
				}
			}
			if len(p.odd) > 0 {
				t.Errorf("commands without a rule: %q", p.odd)
			}
			for _, c := range p.commands() {
				if forbidden.MatchString(c) {
					t.Errorf("%q was sent", c)
				}
			}
		})
	}
}

// forbidden are commands that would change what is not ours to change, or make the server say what kills the library.
var forbidden = regexp.MustCompile(`(?i)BODY\[|RFC822\]|\\Seen|ENVELOPE|BODYSTRUCTURE|^EXPUNGE|^CLOSE|^DELETE|^RENAME`)

func (p *peer) check(t *testing.T, ctx context.Context, e string, desk *memoryDesk, log *logbook) {
	t.Helper()
	what, rest, _ := strings.Cut(e, " ")
	switch what {
	case "taken":
		var want []uint32
		for _, w := range strings.Fields(rest) {
			n, _ := strconv.Atoi(w)
			want = append(want, uint32(n))
		}
		desk.waitMarked(t, ctx, len(want))
		if got := desk.uids(); !slices.Equal(got, want) {
			t.Errorf("taken %v, want %v", got, want)
		}
	case "log":
		log.wait(t, ctx, rest, 1)
	case "sent":
		if !slices.ContainsFunc(p.commands(), func(c string) bool { return strings.Contains(c, rest) }) {
			t.Errorf("%q was not sent, but\n%s", rest, strings.Join(p.commands(), "\n"))
		}
	case "cut", "raw":
		uid, text, _ := strings.Cut(rest, " ")
		n, _ := strconv.Atoi(uid)
		f, ok := desk.find(uint32(n))
		m, _ := strconv.Atoi(text)
		if what == "cut" && !strings.Contains(f.Cut, text) || what == "raw" && string(f.Raw) != emergency(m) || !ok {
			t.Errorf("mail %d: %q, cut %q", n, f.Raw, f.Cut)
		}
	case "never":
	default:
		t.Errorf("unknown expectation %q", e)
	}
}
