package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"notfalld/postoffice"
)

// bodies and sizes tell the two kinds of FETCH apart.
func bodies(e postoffice.Event) bool { return strings.Contains(e.Line, "BODY.PEEK[]") }
func sizes(e postoffice.Event) bool  { return strings.Contains(e.Line, "RFC822.SIZE") }

// of limits a fault to commands that name a UID, or the sequence number that equals it here.
func of(uid string, kind func(postoffice.Event) bool) func(postoffice.Event) bool {
	return func(e postoffice.Event) bool {
		f := strings.Fields(e.Line)
		i := slices.IndexFunc(f, func(w string) bool { return strings.EqualFold(w, "FETCH") })
		if i < 0 || i+1 >= len(f) || !kind(e) {
			return false
		}
		for part := range strings.SplitSeq(f[i+1], ",") {
			from, to, isRange := strings.Cut(part, ":")
			if part == uid || isRange && from <= uid && uid <= to {
				return true
			}
		}
		return false
	}
}

const deep = 200

// faultTests: whatever the server does, five mails of a backlog and one that comes later are taken and marked, once each.
var faultTests = []struct {
	name   string
	office postoffice.Options
	fault  postoffice.Fault
	tune   func(*Options)
	cut    string         // what is said of mail 3, whose body cannot be had
	logged map[string]int // how many lines hold the text
}{
	{name: "nothing"},
	{name: "cut in a literal", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 1, Cut: true, CutAfter: 100},
		logged: map[string]int{"trying again": 1, "recovered=true": 1}},
	{name: "cut in a literal, again and again", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 4, Cut: true, CutAfter: 10}},
	{name: "cut before the first byte", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 1, Cut: true, CutAfter: 0}},
	{name: "malformed FETCH", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 1, Raw: "* 1 FETCH (("}},
	{name: "malformed sizes", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: sizes, Times: 1, Raw: "* 1 FETCH (UID x)"}},
	{name: "malformed SEARCH", fault: postoffice.Fault{At: postoffice.IMAPSearch, Times: 1, Raw: "* SEARCH 1 zwei"}},
	{name: "unknown response", fault: postoffice.Fault{At: postoffice.IMAPSearch, Times: 1, Raw: "* GREETINGS FROM MARS"}},
	{name: "capabilities without an end", fault: postoffice.Fault{At: postoffice.IMAPSearch, Times: 1, Raw: "* CAPABILITY IMAP4rev1 (IDLE)"},
		logged: map[string]int{"a parenthesis among the capabilities": 1}},
	{name: "deep BODYSTRUCTURE", fault: postoffice.Fault{At: postoffice.IMAPFetch, Times: 1, Raw: "* 1 FETCH (BODYSTRUCTURE " + strings.Repeat("(", deep)},
		logged: map[string]int{"parentheses more than 100 deep": 1}},
	{name: "huge literal that is no mail", fault: postoffice.Fault{At: postoffice.IMAPSearch, Times: 1, Raw: `* LIST () "/" {4000000000}`},
		logged: map[string]int{"a literal of 4000000000 bytes that is no mail": 1}},
	{name: "BYE at fetch", fault: postoffice.Fault{At: postoffice.IMAPFetch, Times: 1, Reply: "* BYE Shutting down", Drop: true},
		logged: map[string]int{"the server said BYE: Shutting down": 1}},
	{name: "BYE at login", fault: postoffice.Fault{At: postoffice.IMAPLogin, Times: 1, Reply: "* BYE Too many connections", Drop: true},
		logged: map[string]int{"Too many connections": 1}},
	{name: "BYE as greeting", fault: postoffice.Fault{At: postoffice.IMAPConnect, Times: 1, Reply: "* BYE Not now", Drop: true}},
	{name: "connection refused by closing", fault: postoffice.Fault{At: postoffice.IMAPConnect, Times: 5, Drop: true},
		logged: map[string]int{"trying again": 1, "recovered=true": 1}},
	{name: "wrong password, then right", fault: postoffice.Fault{At: postoffice.IMAPLogin, Times: 5, Reply: "NO [AUTHENTICATIONFAILED] Invalid credentials"},
		logged: map[string]int{"login refused by the server: Invalid credentials": 1, "recovered=true": 1, "geheim": 0}},
	{name: "directory is down", fault: postoffice.Fault{At: postoffice.IMAPLogin, Times: 2, Reply: "NO [UNAVAILABLE] LDAP"},
		logged: map[string]int{"login refused": 0, "LDAP": 1}},
	{name: "select refused", fault: postoffice.Fault{At: postoffice.IMAPSelect, Times: 2, Reply: "NO [INUSE] Locked"}, logged: map[string]int{"Locked": 1}},
	{name: "search refused", fault: postoffice.Fault{At: postoffice.IMAPSearch, Times: 2, Reply: "NO [SERVERBUG] Internal error"}},
	{name: "sizes refused", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: sizes, Times: 1, Reply: "NO [SERVERBUG] Internal error"}},
	{name: "bodies refused once", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 1, Reply: "NO [SERVERBUG] Internal error"}},
	{name: "bodies are BAD", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 2, Reply: "BAD What?"}},
	{name: "store refused", fault: postoffice.Fault{At: postoffice.IMAPStore, Times: 1, Reply: "NO [OVERQUOTA] Full"},
		tune: func(o *Options) { o.Reselect, o.Poll = time.Millisecond, time.Millisecond }, logged: map[string]int{"could not be marked": 1, "marked again": 1}},
	{name: "idle refused", fault: postoffice.Fault{At: postoffice.IMAPIdle, Reply: "NO Not now"},
		tune: func(o *Options) { o.Poll = 5 * time.Millisecond }, logged: map[string]int{"refuses IDLE": 1}},
	{name: "silent at connect", fault: postoffice.Fault{At: postoffice.IMAPConnect, Times: 1, Mute: true}, tune: impatient, logged: map[string]int{"the server is silent": 1}},
	{name: "silent at login", fault: postoffice.Fault{At: postoffice.IMAPLogin, Times: 1, Mute: true}, tune: impatient, logged: map[string]int{"the server is silent": 1}},
	{name: "silent at select", fault: postoffice.Fault{At: postoffice.IMAPSelect, Times: 1, Mute: true}, tune: impatient, logged: map[string]int{"the server is silent": 1}},
	{name: "silent at search", fault: postoffice.Fault{At: postoffice.IMAPSearch, Times: 1, Mute: true}, tune: impatient, logged: map[string]int{"the server is silent": 1}},
	{name: "silent at sizes", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: sizes, Times: 1, Mute: true}, tune: impatient, logged: map[string]int{"the server is silent": 1}},
	{name: "silent at bodies", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 1, Mute: true}, tune: impatient, logged: map[string]int{"the server is silent": 1}},
	{name: "silent at store", fault: postoffice.Fault{At: postoffice.IMAPStore, Times: 1, Mute: true}, tune: impatient, logged: map[string]int{"the server is silent": 1}},
	{name: "silent at idle", fault: postoffice.Fault{At: postoffice.IMAPIdle, Times: 1, Mute: true}, tune: impatient, logged: map[string]int{"the server is silent": 1}},
	{name: "silent at noop", fault: postoffice.Fault{At: postoffice.IMAPNoop, Times: 1, Mute: true},
		tune: func(o *Options) { impatient(o); o.Poll = 5 * time.Millisecond }},
	{name: "answer to the sizes lost", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: sizes, Times: 1, Drop: true, Act: true}},
	{name: "answer to the store lost", fault: postoffice.Fault{At: postoffice.IMAPStore, Times: 1, Drop: true, Act: true}},
	{name: "UID after the body, always", fault: postoffice.Fault{At: postoffice.IMAPFetch, UIDLast: true}, logged: map[string]int{"does not deliver": 0}},
	{name: "flags in between", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 1, Raw: `* 3 FETCH (UID 3 FLAGS (\Flagged))`}},
	{name: "one left out once", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 1, Omit: []uint32{3}}},
	{name: "one left out of the sizes", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: sizes, Times: 1, Omit: []uint32{3}}},
	{name: "the body of one is never sent", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Omit: []uint32{3}},
		cut: "sends nothing for this mail", logged: map[string]int{"not fetched whole": 1}},
	{name: "the body of one is refused", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: of("3", bodies), Reply: "NO [CORRUPTION] Cannot read"},
		cut: "Cannot read"},
	{name: "the body of one kills the connection", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: of("3", bodies), Cut: true, CutAfter: 20},
		cut: "connection lost"},
	{name: "the date of one is unreadable", fault: postoffice.Fault{At: postoffice.IMAPFetch, When: of("3", sizes), Raw: `* 3 FETCH (UID 3 INTERNALDATE "gestern")`}},
	{name: "no IDLE", office: postoffice.Options{Without: []string{"IDLE"}}, tune: func(o *Options) { o.Poll = 5 * time.Millisecond }},
	{name: "IDLE switched off", tune: func(o *Options) { o.Idle, o.Poll = false, 5*time.Millisecond }},
	{name: "STARTTLS", office: postoffice.Options{IMAPTLS: postoffice.StartTLS, RequireTLS: true}, tune: func(o *Options) { o.TLS = TLSStart }},
	{name: "implicit TLS", office: postoffice.Options{IMAPTLS: postoffice.ImplicitTLS}, tune: func(o *Options) { o.TLS = TLSImplicit }},
	{name: "cut in a literal under TLS", office: postoffice.Options{IMAPTLS: postoffice.ImplicitTLS}, tune: func(o *Options) { o.TLS = TLSImplicit },
		fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 1, Cut: true, CutAfter: 100}},
	{name: "silent under TLS", office: postoffice.Options{IMAPTLS: postoffice.StartTLS},
		tune:  func(o *Options) { o.TLS = TLSStart; impatient(o) },
		fault: postoffice.Fault{At: postoffice.IMAPFetch, When: bodies, Times: 1, Mute: true}, logged: map[string]int{"the server is silent": 1}},
}

func impatient(o *Options) { o.Silence = 300 * time.Millisecond }

func TestFaults(t *testing.T) {
	for _, tt := range faultTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, tt.office)
			h.opts.RootCAs = h.office.CertPool()
			if tt.tune != nil {
				tt.tune(&h.opts)
			}
			for n := range 5 {
				h.append(emergency(n + 1))
			}
			var fault *postoffice.Injected
			if tt.fault.At != "" {
				fault = h.office.Inject(tt.fault)
			}
			h.watch()
			h.desk.waitMarked(t, h.ctx, 5)
			if fault != nil {
				if err := fault.Wait(h.ctx, 1); err != nil {
					t.Fatal(err)
				}
			}
			h.append(emergency(6))
			h.desk.waitMarked(t, h.ctx, 6)
			h.wantFlags("INBOX", "1: "+keyword, "2: "+keyword, "3: "+keyword, "4: "+keyword, "5: "+keyword, "6: "+keyword)
			h.wantWhole(6, tt.cut)
			for text, n := range tt.logged {
				if n > 0 {
					h.log.wait(t, h.ctx, text, n)
				}
				if got := h.log.count(text); got != n {
					t.Errorf("%d log lines with %q, want %d", got, text, n)
				}
			}
		})
	}
}

// wantWhole checks that each mail was handed over whole, but the third, of which cut is said.
func (h *house) wantWhole(n int, cut string) {
	h.Helper()
	if len(h.desk.taken) != n || h.desk.again > 0 {
		h.Errorf("%d mails were taken, %d of them again", len(h.desk.taken), h.desk.again)
	}
	for i := range n {
		f, ok := h.desk.find(uint32(i + 1))
		if i == 2 && cut != "" {
			if header, _, _ := strings.Cut(emergency(3), "\r\n\r\n"); !strings.HasPrefix(string(f.Raw), header) || len(f.Raw) > len(header)+4 || !strings.Contains(f.Cut, cut) {
				h.Errorf("mail 3: %q, cut %q", f.Raw, f.Cut)
			}
			continue
		}
		if !ok || string(f.Raw) != emergency(i+1) || f.Cut != "" {
			h.Errorf("mail %d: %q, cut %q", i+1, f.Raw, f.Cut)
		}
	}
}
