package ingest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// subjects are those of the mails in a folder, with their flags.
func (h *house) subjects(folder string) (out []string) {
	h.Helper()
	ms, err := h.office.Messages("support", folder)
	if err != nil {
		return []string{"no folder"}
	}
	for _, m := range ms {
		_, rest, _ := strings.Cut(string(m.Raw), "Subject: ")
		subject, _, _ := strings.Cut(rest, "\r\n")
		fs := slices.Sorted(slices.Values(m.Flags))
		out = append(out, strings.TrimSpace(subject+" "+strings.Join(fs, " ")))
	}
	return out
}

var markTests = []struct {
	name          string
	office        postoffice.Options
	readOnly      bool
	keyword, move string
	make          bool // the target exists from the start
	inbox, target []string
	marked        bool // the desk is told so
	logged        []string
}{
	{name: "keyword", keyword: keyword, marked: true,
		inbox: []string{"Notfall-Support 1 " + keyword, "Rechnung 2", "Notfall-Support 3 " + keyword}, target: []string{"no folder"}},
	{name: "nothing at all", marked: true,
		inbox: []string{"Notfall-Support 1", "Rechnung 2", "Notfall-Support 3"}, target: []string{"no folder"}},
	{name: "keyword not permitted", office: postoffice.Options{NoKeywords: true}, keyword: keyword, marked: true,
		inbox: []string{"Notfall-Support 1", "Rechnung 2", "Notfall-Support 3"}, target: []string{"no folder"}, logged: []string{"does not permit the keyword"}},
	{name: "read-only", readOnly: true, keyword: keyword,
		inbox: []string{"Notfall-Support 1", "Rechnung 2", "Notfall-Support 3"}, target: []string{"no folder"}, logged: []string{"read-only"}},
	{name: "move", keyword: keyword, move: "Erledigt", make: true, marked: true,
		inbox: []string{"Rechnung 2"}, target: []string{"Notfall-Support 1 " + keyword, "Notfall-Support 3 " + keyword}},
	{name: "move to a folder that is missing", keyword: keyword, move: "Erledigt", marked: true,
		inbox: []string{"Rechnung 2"}, target: []string{"Notfall-Support 1 " + keyword, "Notfall-Support 3 " + keyword}, logged: []string{"has been made"}},
	{name: "move without a keyword", move: "Erledigt", make: true, marked: true,
		inbox: []string{"Rechnung 2"}, target: []string{"Notfall-Support 1", "Notfall-Support 3"}},
	{name: "move where keywords are not permitted", office: postoffice.Options{NoKeywords: true}, keyword: keyword, move: "Erledigt", make: true, marked: true,
		inbox: []string{"Rechnung 2"}, target: []string{"Notfall-Support 1", "Notfall-Support 3"}},
	{name: "no MOVE", office: postoffice.Options{Without: []string{"MOVE"}}, keyword: keyword, move: "Erledigt", make: true, marked: true,
		inbox: []string{"Rechnung 2"}, target: []string{"Notfall-Support 1 " + keyword, "Notfall-Support 3 " + keyword}},
	{name: "no MOVE, target missing", office: postoffice.Options{Without: []string{"MOVE"}}, move: "Erledigt", marked: true,
		inbox: []string{"Rechnung 2"}, target: []string{"Notfall-Support 1", "Notfall-Support 3"}, logged: []string{"has been made"}},
	{name: "neither MOVE nor UIDPLUS", office: postoffice.Options{Without: []string{"MOVE", "UIDPLUS"}}, keyword: keyword, move: "Erledigt", make: true, marked: true,
		inbox:  []string{"Notfall-Support 1 $NotfallTicket \\Deleted", "Rechnung 2", "Notfall-Support 3 $NotfallTicket \\Deleted"},
		target: []string{"Notfall-Support 1 " + keyword, "Notfall-Support 3 " + keyword}, logged: []string{`with \\Deleted`}},
}

func TestMarks(t *testing.T) {
	for _, tt := range markTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, tt.office)
			h.opts.Keyword, h.opts.MoveTo = tt.keyword, tt.move
			if tt.make {
				if err := h.office.CreateFolder("support", "Erledigt"); err != nil {
					t.Fatal(err)
				}
			}
			h.append(emergency(1))
			h.append(ordinary(2))
			h.append(emergency(3))
			if err := h.office.SetReadOnly("support", "INBOX", tt.readOnly); err != nil {
				t.Fatal(err)
			}
			h.watch()
			if tt.marked {
				h.desk.waitMarked(t, h.ctx, 3)
			} else {
				h.desk.waitTaken(t, h.ctx, 3)
			}
			h.idling()
			if got := h.subjects("INBOX"); !same(got, tt.inbox) {
				t.Errorf("inbox:\n got %q\nwant %q", got, tt.inbox)
			}
			if got := h.subjects("Erledigt"); !same(got, tt.target) {
				t.Errorf("target:\n got %q\nwant %q", got, tt.target)
			}
			for _, text := range tt.logged {
				h.log.wait(t, h.ctx, text, 1)
			}
			before := h.subjects("Erledigt")
			h.end()
			h.watch() // a restart finds nothing to do
			h.idling()
			if got := h.subjects("Erledigt"); !slices.Equal(got, before) || h.desk.again > 0 {
				t.Errorf("after a restart the target holds %q, %d mails came again", got, h.desk.again)
			}
		})
	}
}

// same compares without regard to order: mails are marked in the order in which the desk is done with them.
func same(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// TestMarksAfterCrash: the last run ended at each point between the desk's decision and its note of the mark.
func TestMarksAfterCrash(t *testing.T) {
	const moved = "Erledigt"
	tests := []struct {
		name    string
		without []string
		move    string
		before  func(h *house) // what the last run had done in the mailbox
		entries []uint32       // what the ledger owes a mark
		inbox   []string
		target  []string
	}{
		{name: "before the keyword", entries: []uint32{1, 2}, inbox: []string{"Notfall-Support 1 " + keyword, "Notfall-Support 2 " + keyword}, target: []string{}},
		{name: "after the keyword", before: func(h *house) { h.office.SetFlags("support", "INBOX", 1, keyword, `\Seen`) },
			entries: []uint32{1, 2}, inbox: []string{"Notfall-Support 1 $NotfallTicket \\Seen", "Notfall-Support 2 " + keyword}, target: []string{}},
		{name: "a mail is gone", before: func(h *house) { h.office.Expunge("support", "INBOX", 1) },
			entries: []uint32{1, 2}, inbox: []string{"Notfall-Support 2 " + keyword}, target: []string{}},
		{name: "after MOVE", move: moved, before: func(h *house) {
			h.office.Expunge("support", "INBOX", 1)
			h.office.Append("support", moved, []byte(emergency(1)), time.Now(), keyword)
		}, entries: []uint32{1, 2}, inbox: []string{}, target: []string{"Notfall-Support 1 " + keyword, "Notfall-Support 2 " + keyword}},
		{name: "after COPY", without: []string{"MOVE"}, move: moved, before: func(h *house) {
			h.office.Append("support", moved, []byte(emergency(1)), time.Now(), keyword)
		}, entries: []uint32{1, 2}, inbox: []string{}, target: []string{"Notfall-Support 1 " + keyword, "Notfall-Support 2 " + keyword}},
		{name: "after COPY, and the Message-ID was used before", without: []string{"MOVE"}, move: moved, before: func(h *house) {
			h.office.Append("support", moved, []byte(emergency(1)+"Ein anderer Text.\r\n"), time.Now())
		}, entries: []uint32{1}, inbox: []string{"Notfall-Support 2 " + keyword}, target: []string{"Notfall-Support 1", "Notfall-Support 1 " + keyword}},
		{name: "after Deleted", without: []string{"MOVE"}, move: moved, before: func(h *house) {
			h.office.Append("support", moved, []byte(emergency(1)), time.Now(), keyword)
			h.office.SetFlags("support", "INBOX", 1, keyword, `\Deleted`)
		}, entries: []uint32{1}, inbox: []string{"Notfall-Support 2 " + keyword}, target: []string{"Notfall-Support 1 " + keyword}},
		{name: "after COPY, neither MOVE nor UIDPLUS", without: []string{"MOVE", "UIDPLUS"}, move: moved, before: func(h *house) {
			h.office.Append("support", moved, []byte(emergency(1)), time.Now(), keyword)
		}, entries: []uint32{1}, inbox: []string{"Notfall-Support 1 $NotfallTicket \\Deleted", "Notfall-Support 2 " + keyword}, target: []string{"Notfall-Support 1 " + keyword}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, postoffice.Options{Without: tt.without})
			h.opts.MoveTo = tt.move
			h.office.CreateFolder("support", moved)
			h.append(emergency(1))
			h.append(emergency(2))
			validity, err := h.office.UIDValidity("support", "INBOX")
			if err != nil {
				t.Fatal(err)
			}
			for uid := range uint32(2) {
				raw := emergency(int(uid + 1))
				h.desk.put(ticket.Entry{
					Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: validity, UID: uid + 1}, State: ticket.EntryTicket,
					MessageID: messageID([]byte(raw)), Size: int64(len(raw)), Marked: !slices.Contains(tt.entries, uid+1),
				})
			}
			h.office.SetFlags("support", "INBOX", 2, keyword)
			if slices.Contains(tt.entries, 2) {
				h.office.SetFlags("support", "INBOX", 2)
			}
			if tt.before != nil {
				tt.before(h)
			}
			h.watch()
			h.desk.waitMarked(t, h.ctx, 0)
			h.idling()
			if got := h.subjects("INBOX"); !same(got, tt.inbox) {
				t.Errorf("inbox:\n got %q\nwant %q", got, tt.inbox)
			}
			if got := h.subjects(moved); !same(got, tt.target) {
				t.Errorf("target:\n got %q\nwant %q", got, tt.target)
			}
			if len(h.desk.taken) > 0 {
				t.Errorf("taken again: %v", h.desk.uids())
			}
			h.append(emergency(4)) // the folder is still the one that is watched
			h.desk.waitMarked(t, h.ctx, 1)
		})
	}
}

// TestMarksFail: refused marks stop nothing, and are set when the server takes them again.
func TestMarksFail(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.opts.MoveTo = "Erledigt"
	full := h.office.Inject(postoffice.Fault{At: postoffice.IMAPMove, Reply: "NO [OVERQUOTA] Quota exceeded"})
	h.append(emergency(1))
	h.watch()
	h.desk.waitTaken(t, h.ctx, 1)
	h.log.wait(t, h.ctx, "Quota exceeded", 1)
	h.idling()
	h.append(emergency(2))
	h.desk.waitTaken(t, h.ctx, 2)
	h.idling()
	full.Clear()
	h.office.DropConnections(postoffice.IMAP)
	h.desk.waitMarked(t, h.ctx, 2)
	if got, want := h.subjects("Erledigt"), []string{"Notfall-Support 1 " + keyword, "Notfall-Support 2 " + keyword}; !same(got, want) {
		t.Errorf("target: %q", got)
	}
	if n := h.log.count("Quota exceeded"); n != 1 {
		t.Errorf("said %d times", n)
	}
	h.log.wait(t, h.ctx, "marked again", 1)
}
