package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// post lays a mail into a folder of support's and returns its UID.
func (h *house) post(folder, raw string) uint32 {
	h.Helper()
	uid, err := h.office.Append("support", folder, []byte(raw), time.Now())
	if err != nil {
		h.Fatal(err)
	}
	return uid
}

// do speaks to the office as another mail program of support.
func (h *house) do(f func(*imapclient.Client) error) {
	h.Helper()
	c, err := imapclient.DialInsecure(h.office.IMAPAddr(), nil)
	if err != nil {
		h.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("support", "geheim").Wait(); err != nil {
		h.Fatal(err)
	}
	if err := f(c); err != nil {
		h.Fatal(err)
	}
}

func (h *house) rename(from, to string) {
	h.Helper()
	h.do(func(c *imapclient.Client) error { return c.Rename(from, to, nil).Wait() })
}

func (h *house) remove(name string) {
	h.Helper()
	h.do(func(c *imapclient.Client) error { return c.Delete(name).Wait() })
}

// sentHouse watches the folder of sent mails. The configured keyword must not matter.
func sentHouse(t *testing.T, o postoffice.Options) *house {
	h := newHouse(t, o)
	h.opts.Sent, h.opts.Folder, h.opts.MoveTo, h.opts.Reselect = true, "Sent", "Erledigt", 20*time.Millisecond
	h.opts.Poll = 5 * time.Millisecond
	return h
}

func TestSentIsReadAndNeverChanged(t *testing.T) {
	h := sentHouse(t, postoffice.Options{})
	h.opts.Reselect, h.opts.Poll = time.Hour, time.Hour
	h.desk.lookBack = 0 // from now on
	selects := h.office.Inject(postoffice.Fault{At: postoffice.IMAPSelect, When: func(e postoffice.Event) bool { return strings.Contains(strings.ToUpper(e.Line), " SELECT ") }})
	h.post("Sent", emergency(1))
	h.watch()
	if err := h.office.WaitIdle(h.ctx, "support", 1); err != nil {
		t.Fatal(err)
	}
	h.post("Sent", ordinary(2)) // pushed: the poll is an hour away
	h.desk.waitTaken(t, h.ctx, 1)
	h.post("Sent", emergency(3))
	h.append(emergency(4)) // in the inbox, which is another watcher's
	h.desk.waitMarked(t, h.ctx, 2)
	h.wantFlags("Sent", "1:", "2:", "3:")
	for _, f := range h.desk.taken {
		if !f.Sent || f.Place.Folder != "Sent" {
			t.Errorf("handed over: %+v", f.Place)
		}
	}
	if got := h.desk.uids(); !slices.Equal(got, []uint32{2, 3}) {
		t.Errorf("taken: %d", got)
	}
	if s := h.w.Status(); !s.Connected || !s.Sent || s.Missing || s.LastError != "" || s.Taken != 2 {
		t.Errorf("status: %+v", s)
	}
	// What an earlier run has not noted as marked needs no command to the server.
	h.end()
	h.desk.put(ticket.Entry{Place: ticket.Place{Mailbox: "support", Folder: "Sent", UIDValidity: h.desk.taken[0].Place.UIDValidity, UID: 1}, State: ticket.EntryStaff})
	stores := h.office.Inject(postoffice.Fault{At: postoffice.IMAPStore})
	h.watch()
	h.desk.waitMarked(t, h.ctx, 2)
	if stores.Strikes() > 0 || selects.Strikes() > 0 {
		t.Error("a flag was set, or could have been, in the folder of sent mails")
	}
}

// An inbox is not read for mails of staff.
func TestInboxIsNotSent(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.append(emergency(1))
	h.watch()
	h.desk.waitMarked(t, h.ctx, 1)
	if h.desk.taken[0].Sent || h.w.Status().Sent {
		t.Error("a mail of the inbox counts as sent")
	}
}

// A missing folder is no fault: it is said once, and the first mail that makes the folder is not lost.
func TestSentAppearsLater(t *testing.T) {
	h := sentHouse(t, postoffice.Options{})
	h.desk.lookBack = 0
	h.remove("Sent")
	h.watch()
	h.log.wait(t, h.ctx, "what is sent straight from the mailbox is not seen", 1)
	h.desk.wait(t, h.ctx, "the folder to be expected", func() bool { return h.desk.folders["support/Sent"].Name != "" })
	if err := h.office.CreateFolder("support", "Sent"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.office.Append("support", "Sent", []byte(emergency(1)), time.Now().Add(-24*time.Hour)); err != nil { // moved there: an old one
		t.Fatal(err)
	}
	h.post("Sent", emergency(2))
	h.desk.waitMarked(t, h.ctx, 1)
	h.post("Sent", emergency(3))
	h.desk.waitMarked(t, h.ctx, 2)
	got := h.desk.uids()
	slices.Sort(got)
	// The old one is ours only if the watcher looked before it came.
	if !slices.Equal(got, []uint32{2, 3}) && !slices.Equal(got, []uint32{1, 2, 3}) {
		t.Errorf("taken: %d", got)
	}
	if n := h.log.count("is not seen"); n != 1 {
		t.Errorf("said %d times", n)
	}
	if s := h.w.Status(); !s.Connected || s.Missing || s.Failures > 0 || s.Connections != 1 {
		t.Errorf("status: %+v", s)
	}
	h.remove("Sent") // and goes again
	h.log.wait(t, h.ctx, "is not seen", 2)
	if s := h.w.Status(); !s.Connected || !s.Missing || s.LastError != "" {
		t.Errorf("status: %+v", s)
	}
}

// Which folder is read, by what there is.
func TestWhichFolderIsSent(t *testing.T) {
	special := func(name string) func(*house) {
		return func(h *house) {
			h.do(func(c *imapclient.Client) error {
				return c.Create(name, &imap.CreateOptions{SpecialUse: []imap.MailboxAttr{imap.MailboxAttrSent}}).Wait()
			})
		}
	}
	away := func(to string) func(*house) { return func(h *house) { h.rename("Sent", to) } }
	gone := func(h *house) { h.remove("Sent") }
	tests := []struct {
		name       string
		office     postoffice.Options
		configured string
		prepare    []func(*house)
		want       string // "" for none
		why        string
	}{
		{"as configured", postoffice.Options{}, "Sent", nil, "Sent", ""},
		{"as configured, though the server calls another so", postoffice.Options{}, "Gesendet", []func(*house){func(h *house) {
			_ = h.office.CreateFolder("support", "Gesendet")
		}}, "Gesendet", ""},
		{"another that the server calls so", postoffice.Options{}, "Sent", []func(*house){away("Gesendete Elemente")}, "Gesendete Elemente", ""},
		{"letters beyond ASCII", postoffice.Options{}, "Sent", []func(*house){away("Éléments envoyés & 送信済み")}, "Éléments envoyés & 送信済み", ""},
		{"in a hierarchy", postoffice.Options{}, "Sent", []func(*house){away("INBOX/Gesendet")}, "INBOX/Gesendet", ""},
		{"letter case is another name", postoffice.Options{}, "sent", nil, "Sent", ""},
		{"none", postoffice.Options{}, "Sent", []func(*house){gone}, "", `there is no folder "Sent", and none that the server calls \Sent`},
		{"two that the server calls so", postoffice.Options{}, "Gesendet", []func(*house){special("Archiv")}, "",
			`there is no folder "Gesendet", and the server calls several \Sent: Archiv, Sent`},
		{"an old server, as configured", postoffice.Options{Without: []string{"SPECIAL-USE", "LIST-EXTENDED"}}, "Sent", nil, "Sent", ""},
		{"SPECIAL-USE alone is said unasked", postoffice.Options{Without: []string{"LIST-EXTENDED"}}, "Gesendet", nil, "Sent", ""},
		{"a pattern is no name", postoffice.Options{}, "S*", []func(*house){gone}, "", `there is no folder "S*"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := sentHouse(t, tt.office)
			h.opts.Folder = tt.configured
			for _, p := range tt.prepare {
				p(h)
			}
			r, err := Probe(h.ctx, h.opts)
			if err != nil || tt.want != "" && (r.Folder != tt.want || r.Missing != "") || !strings.HasPrefix(r.Missing, tt.why) || (tt.want == "") != (r.Missing != "") {
				t.Errorf("probed: %q, %q, %v", r.Folder, r.Missing, err)
			}
			h.watch()
			if tt.want == "" {
				h.log.wait(t, h.ctx, "is not seen", 1)
				return
			}
			h.post(tt.want, emergency(1))
			h.desk.waitMarked(t, h.ctx, 1)
			if f := h.desk.taken[0]; f.Place.Folder != tt.want || !f.Sent {
				t.Errorf("taken from %q", f.Place.Folder)
			}
			if n, want := h.log.count("is not there, reading the one"), tt.want != tt.configured; (n == 1) != want || n > 1 {
				t.Errorf("that another folder serves was said %d times", n)
			}
		})
	}
}

// A folder of the configured name wins as soon as it is there, from its first mail on; nothing is taken twice on the way.
func TestSentAsConfiguredTakesOver(t *testing.T) {
	h := sentHouse(t, postoffice.Options{})
	h.opts.Folder = "Gesendet"
	h.desk.lookBack = 0
	h.watch()
	h.log.wait(t, h.ctx, "watching mailbox", 1)
	h.post("Sent", emergency(1))
	h.desk.waitMarked(t, h.ctx, 1)
	if err := h.office.CreateFolder("support", "Gesendet"); err != nil {
		t.Fatal(err)
	}
	h.post("Gesendet", emergency(2))
	h.desk.waitMarked(t, h.ctx, 2)
	if got := h.desk.taken[1].Place.Folder; got != "Gesendet" || h.desk.again > 0 {
		t.Errorf("taken from %q, %d twice", got, h.desk.again)
	}
	if n := h.log.count("UIDVALIDITY has changed"); n > 0 {
		t.Errorf("another folder was taken for a changed one %d times", n)
	}
}

// A folder that is there and cannot be opened is a fault, and not a missing one: nobody is to look for another name.
func TestSentThatIsRefused(t *testing.T) {
	h := sentHouse(t, postoffice.Options{})
	h.opts.Folder = "Gesendet" // beside Sent, which the server calls \Sent
	if err := h.office.CreateFolder("support", "Gesendet"); err != nil {
		t.Fatal(err)
	}
	f := h.office.Inject(postoffice.Fault{At: postoffice.IMAPSelect, When: func(e postoffice.Event) bool { return strings.Contains(e.Line, "Gesendet") }, Reply: "NO [NOPERM] not yours"})
	h.watch()
	h.log.wait(t, h.ctx, "not yours", 1)
	if s := h.w.Status(); s.Connected || s.Missing {
		t.Errorf("status: %+v", s)
	}
	f.Clear()
	h.log.wait(t, h.ctx, "watching mailbox", 1)
	h.post("Gesendet", emergency(1))
	h.desk.waitMarked(t, h.ctx, 1)
}

// A connection that ends while there is no folder is made anew.
func TestConnectionLostWithoutSent(t *testing.T) {
	h := sentHouse(t, postoffice.Options{})
	h.opts.Reselect, h.opts.Poll = time.Hour, time.Hour
	h.remove("Sent")
	h.watch()
	h.log.wait(t, h.ctx, "is not seen", 1)
	if err := h.office.CreateFolder("support", "Sent"); err != nil {
		t.Fatal(err)
	}
	h.post("Sent", emergency(1))
	h.office.DropConnections(postoffice.IMAP)
	h.desk.waitMarked(t, h.ctx, 1)
}

// Debian's Dovecot: another folder serves because it is called \Sent, mails come by IDLE, the configured folder takes over with its first
// mail, and what other programs see of the folders is as it was.
func TestDovecotSent(t *testing.T) {
	for _, format := range []string{"maildir", "sdbox"} {
		t.Run(format, func(t *testing.T) {
			k := newKitchen(t, postoffice.DovecotOptions{Format: format})
			k.desk.lookBack = 0
			k.opts.Sent, k.opts.Folder = true, "Gesendete Objekte (Büro)"
			k.file("Sent", emergency(1), imap.FlagSeen) // older than the first start
			end := k.watch()
			k.log.wait(t, k.ctx, "watching mailbox", 1)
			k.file("Sent", emergency(2), imap.FlagSeen) // pushed: the poll is an hour away
			k.desk.waitMarked(t, k.ctx, 1)
			end()

			k.opts.Poll, k.opts.Reselect = 10*time.Millisecond, 20*time.Millisecond
			defer k.watch()()
			k.log.wait(t, k.ctx, "watching mailbox", 2)
			k.file(k.opts.Folder, emergency(3))
			k.desk.waitMarked(t, k.ctx, 2)
			k.file(k.opts.Folder, ordinary(4), imap.FlagSeen, imap.FlagAnswered)
			k.desk.waitMarked(t, k.ctx, 3)
			for i, want := range []string{"Sent", k.opts.Folder, k.opts.Folder} {
				if f := k.desk.taken[i]; f.Place.Folder != want || !f.Sent || f.InternalDate.IsZero() {
					t.Errorf("%d: taken from %q, %v", i, f.Place.Folder, f.Sent)
				}
			}
			k.wantFlags("Sent", `1 \Seen`, `2 \Seen`)
			k.wantFlags(k.opts.Folder, "1", `2 \Answered \Seen`)
			if k.desk.again > 0 {
				t.Errorf("%d mails came twice", k.desk.again)
			}
		})
	}
}
