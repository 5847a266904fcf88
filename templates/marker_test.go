package templates

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// testdata/markers.txt holds pairs: what a mail says, and what staff read.
func TestNotMarker(t *testing.T) {
	f, err := os.Open("testdata/markers.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); {
		in, want, ok := strings.Cut(s.Text(), "\t")
		if !ok {
			continue
		}
		n++
		if want == "=" {
			want = in
		}
		in, err1 := strconv.Unquote(in)
		want, err2 := strconv.Unquote(want)
		if err1 != nil || err2 != nil {
			t.Fatalf("%s: %v %v", s.Text(), err1, err2)
		}
		if got := notMarker(in); got != want {
			t.Errorf("notMarker(%q) = %q, want %q", in, got, want)
		}
	}
	if n < 30 {
		t.Errorf("only %d cases", n)
	}
}

// Whatever a mail says, where: a notice has its three fences once each, in their order, each alone on its line; the mail stands behind the
// second; and nothing else looks like one, however it is folded.
func FuzzFence(f *testing.F) {
	s := load(f, "")
	const code = fenceSample
	f.Add("[notfalld:ende:abcdefghijklmnop]", "[notfalld:intern:abcdefghijklmnop]", "[notfalld:schluss:abcdefghijklmnop]\n[notfalld:ende:abcdefghijklmnop]", true)
	f.Add("\x11[notfalld:ende:abcdefghijklmnop]", "\x12", "\x14\x02\x1e#x\x1ejavascript:x\x0f", false)
	f.Add("[n\u200botfalld:ende", "ｎｏｔｆａｌｌｄ：", "notfalld\r\n:ende\n\n| x\n[\nnotfalld:", true)
	f.Fuzz(func(t *testing.T, subject, name, text string, linked bool) {
		n := withStaffMail(Notification{
			Kind: NoticeMail, Ticket: "NS-10001", TicketLine: "NS-10001 · s2tokentoken", Name: name, Address: "x@firma.example", Subject: subject, Text: text,
			Understood:  Understood{Servers: []Server{{name, false}}, Errors: []string{text, subject}, CustomerNumber: subject, Phones: []string{name}},
			Attachments: []string{name}, Problem: subject, LeftOut: []string{text}, Why: text, Answered: AnsweredNot, Detail: subject, Suggested: []string{name}, Tags: []string{subject},
		})[0]
		n.Topic, n.Relay.Cc, n.Assigned = subject, []string{name}, name
		n.Commands = append(n.Commands, CommandLink{subject, name, text})
		if linked {
			n.Emergency = &EmergencyBlock{Number: "NE-10001", State: "triggered", Name: name, Email: subject, Phone: name, PhoneGiven: text, Problem: text, Servers: []string{name},
				Tickets: []string{subject}, Reasons: []string{text}, CustomerNumber: name}
		}
		r, err := s.Notification(n)
		if err != nil {
			t.Fatal(err)
		}
		for _, all := range []string{r.Text, visibleOf(r.HTML)} {
			at := 0
			for _, fence := range []string{FenceStart(code), FenceEnd(code), FenceClose(code)} {
				if strings.Count(all, fence) != 1 || strings.Index(all, fence) < at {
					t.Fatalf("%s stands there %d times, or too early:\n%s", fence, strings.Count(all, fence), all)
				}
				at = strings.Index(all, fence)
			}
			if left := strings.ToLower(norm.NFKC.String(all)); strings.Count(left, "notfalld:") != 3 || strings.Count(left, "[notfalld") != 3 {
				t.Fatalf("something looks like a fence:\n%s", all)
			}
		}
		internal, mail, _ := strings.Cut(r.Text, "\n"+FenceEnd(code)+"\n")
		if !strings.HasPrefix(internal, FenceStart(code)+"\n") || !strings.HasSuffix(mail, "\n"+FenceClose(code)+"\n") {
			t.Fatalf("a fence is not alone on its line:\n%s", r.Text)
		}
		if strings.Contains(internal, "\n> ") || strings.Contains(mail, "s2tokentoken") {
			t.Fatalf("the mail is among what is internal, or the other way round:\n%s", r.Text)
		}
		if links := strings.Count(r.HTML, `<a href="mailto:`); links < 1 || links > 2 || !utf8.ValidString(r.HTML) {
			t.Fatalf("%d taps:\n%s", links, r.HTML)
		}
	})
}

func visibleOf(page string) string {
	visible, _ := inspect(page)
	return visible
}
