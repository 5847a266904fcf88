package ingest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestGuard(t *testing.T) {
	tests := []struct {
		name, in string
		refused  string
		said     said
	}{
		{"greeting", "* OK [CAPABILITY IMAP4rev1 IDLE] Dovecot (Debian) ready.\r\n", "", said{}},
		{"tagged capability", "T1 OK Capability completed (0.001 + 0.000 secs).\r\n", "", said{}},
		{"capability", "* CAPABILITY IMAP4rev1 IDLE\r\n", "", said{}},
		{"capability with a list", "* CAPABILITY IMAP4rev1 (IDLE)\r\n", "a parenthesis among the capabilities", said{}},
		{"in small letters", "* capability (", "a parenthesis among the capabilities", said{}},
		{"capability code with a list", "* OK [CAPABILITY (IDLE)] hi\r\n", "a parenthesis among the capabilities", said{}},
		{"tagged capability code with a list", "T1 OK [CAPABILITY IDLE(", "a parenthesis among the capabilities", said{}},
		{"bye", "* OK hi\r\n* BYE Too many (10) connections\r\n", "", said{bye: "Too many (10) connections"}},
		{"read-only", "T2 OK [READ-ONLY] Examine completed.\r\n", "", said{readOnly: true}},
		{"read-write", "T2 OK [READ-WRITE] Select completed.\r\n", "", said{}},
		{"permanent flags", "* OK [PERMANENTFLAGS (\\Seen \\*)] Flags permitted.\r\n", "", said{permanent: true}},
		{"words of a mail are no words of the server", "* 1 FETCH (UID 1 BODY[] {29}\r\n* BYE you\r\n* OK [READ-ONLY] \r\n)\r\n", "", said{}},
		{"a mail full of parentheses", "* 1 FETCH (UID 1 BODY[] {300}\r\n" + strings.Repeat("(", 300) + ")\r\n", "", said{}},
		{"behind a mail the guard is awake", "* 1 FETCH (UID 1 BODY[] {3}\r\n((()\r\n* CAPABILITY (", "a parenthesis among the capabilities", said{}},
		{"two literals on a line", "* 1 FETCH (UID 1 BODY[HEADER] {3}\r\n((( BODY[TEXT] {4}\r\n(((()\r\n* CAPABILITY (", "a parenthesis among the capabilities", said{}},
		{"depth that is used", "* 1 FETCH (FLAGS (\\Seen) BODY[HEADER.FIELDS (DATE)] {2}\r\n\r\n)\r\n", "", said{}},
		{"depth", "* 1 FETCH (BODYSTRUCTURE " + strings.Repeat("(", 100), "more than 100 deep", said{}},
		{"depth over several lines", strings.Repeat("* 1 FETCH (FLAGS ((((((((((()))))))))))\r\n", 50), "", said{}},
		{"parentheses in quotes", `* LIST (\Marked) "/" "` + strings.Repeat("(", 200) + "\"\r\n", "", said{}},
		{"escaped quotes", `* LIST (\Marked) "/" "\"` + strings.Repeat("(", 200) + "\"\r\n", "", said{}},
		{"quotes end with the line", "* LIST () \"/\" \"\r\n* 1 FETCH " + strings.Repeat("(", 101), "more than 100 deep", said{}},
		{"quotes in free text", "* OK [ALERT] 5\" disk\r\n* CAPABILITY (", "a parenthesis among the capabilities", said{}},
		{"literal that is no mail", "* LIST () \"/\" {7}\r\nINBOX.x\r\n", "", said{}},
		{"huge literal that is no mail", "* LIST () \"/\" {65537}\r\n", "a literal of 65537 bytes that is no mail", said{}},
		{"huge mail", "* 1 FETCH (UID 1 BODY[] {4000000000}\r\n", "", said{}},
		{"huge mail in small letters", "* 1 fetch (uid 1 body[]<0> {1048576}\r\n", "", said{}},
		{"number that is none", "* 1 FETCH (BODY[] {99999999999999999999}\r\n", "a literal of", said{}},
		{"free text that looks like a literal", "* OK the size is {99999999}\r\n* CAPABILITY (", "a parenthesis among the capabilities", said{}},
		{"a brace that is none", "* 1 FETCH (BODY[] {12 }\r\n* CAPABILITY (", "a parenthesis among the capabilities", said{}},
		{"a literal in the middle of a line is none", "* 1 FETCH (BODY[] {12} x\r\n* CAPABILITY (", "a parenthesis among the capabilities", said{}},
		{"a line without an end", strings.Repeat("x", maxLine+1), "a line of more than", said{}},
		{"lone line feeds", "* OK [READ-ONLY] x\n* CAPABILITY (", "a parenthesis among the capabilities", said{readOnly: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, step := range []int{len(tt.in), 1, 7} {
				if len(tt.in) > 1<<20 && step != len(tt.in) {
					continue
				}
				g := &guard{}
				err := feed(g, tt.in, step)
				if tt.refused == "" && err != nil || tt.refused != "" && (err == nil || !strings.Contains(err.Error(), tt.refused) || !errors.Is(err, errHostile)) {
					t.Errorf("in steps of %d: %v, want %q", step, err, tt.refused)
				}
				if g.heard() != tt.said {
					t.Errorf("in steps of %d: heard %+v, want %+v", step, g.heard(), tt.said)
				}
			}
		})
	}
}

func feed(g *guard, in string, step int) error {
	for b := []byte(in); len(b) > 0; {
		n := min(step, len(b))
		if err := g.check(b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// FuzzServer lets a server say anything at all: the session ends, and never takes the process with it.
func FuzzServer(f *testing.F) {
	files, _ := filepath.Glob("testdata/servers/*.txt")
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(strings.ReplaceAll(fill(string(b)), "\n", "\r\n")))
	}
	f.Add([]byte("* PREAUTH hi\r\nT1 OK x\r\nT2 OK x\r\n* OK [UIDVALIDITY 1] x\r\nT3 OK x\r\nT4 OK x\r\n* 1 FETCH (UID 1 BODY[] {5}\r\nhallo)\r\nT5 OK x\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		client, server := net.Pipe()
		go io.Copy(io.Discard, server)
		go func() {
			io.Copy(server, bytes.NewReader(data))
			server.Close()
		}()
		o := testOptions("127.0.0.1:1", &logbook{}).withDefaults()
		o.Silence, o.MaxWhole, o.InHand = 5*time.Second, 1<<20, 1<<20
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		w := newWire(client)
		s, err := begin(ctx, &o, &lane{wire: w, top: w, guard: &guard{}})
		if err != nil {
			return
		}
		defer s.close()
		watcher := New(o, newDesk())
		r := &run{Watcher: watcher, s: s, in: newIntake(&o, watcher.desk), hand: map[uint32]held{}}
		if r.begin(ctx) == nil {
			r.round(ctx)
		}
		r.in.wait()
		if ctx.Err() != nil {
			t.Error("it did not end")
		}
	})
}
