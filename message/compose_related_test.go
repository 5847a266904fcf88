package message

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	gomessage "github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
	"github.com/google/go-cmp/cmp"
)

// relay is an answer of a person, with a picture in it, a file behind it, and a colleague of the customer who reads along.
func relay() Outgoing {
	o := outgoing()
	o.From.Name = "Anna Berger"
	o.Cc = []Address{{"Huber, Josef", "josef@blumen-huber.example"}, {"", "buero@blumen-huber.example"}, {"Zoë Grünwald-Österreicher von der Blumenhandlung Huber", "zoe@blumen-huber.example"}}
	o.Text = "Der Zähler steht auf 3, siehe Bild.\n"
	o.HTML = "<div><p>Der Zähler steht auf <b>3</b>:</p><p><img src=\"cid:image001.png@01DC7A\"/></p></div>\n"
	o.Inline = []Attachment{{Name: "image001.png", Type: "image/png", ContentID: "image001.png@01DC7A", Data: picture}}
	o.Attach = []Attachment{{Name: "zähler.log", Type: "text/plain", Data: []byte("3\r\n")}}
	return o
}

var picture = []byte("\x89PNG\r\n\x1a\n not much of a picture")

// shape is the tree of a mail: media types, dispositions, Content-IDs.
func shape(t *testing.T, raw []byte) string {
	t.Helper()
	e, err := gomessage.Read(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	err = e.Walk(func(path []int, e *gomessage.Entity, err error) error {
		if err != nil {
			return err
		}
		kind, params, _ := e.Header.ContentType()
		disposition, _, _ := e.Header.ContentDisposition()
		line := strings.Repeat("  ", len(path)) + kind
		for _, v := range []string{params["type"], disposition, e.Header.Get("Content-Id")} {
			if v != "" {
				line += " " + v
			}
		}
		out = append(out, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n")
}

func TestComposeRelated(t *testing.T) {
	one := Attachment{Name: "a.png", Type: "image/png", ContentID: "1@a.at", Data: picture}
	two := Attachment{Name: "b.jpg", Type: "image/jpeg", ContentID: "2@a.at", Data: picture}
	file := Attachment{Name: "c.pdf", Type: "application/pdf", Data: []byte("%PDF")}
	for _, c := range []struct {
		name           string
		html           string
		attach, inline []Attachment
		want           string
	}{
		{"pictures", "<p>x</p>", nil, []Attachment{one, two}, "multipart/alternative\n  text/plain\n  multipart/related text/html\n    text/html\n    image/png inline <1@a.at>\n    image/jpeg inline <2@a.at>"},
		{"a picture and a file", "<p>x</p>", []Attachment{file}, []Attachment{one}, "multipart/mixed\n  multipart/alternative\n    text/plain\n    multipart/related text/html\n      text/html\n      image/png inline <1@a.at>\n  application/pdf attachment"},
		{"a picture that nothing shows", "", []Attachment{file}, []Attachment{one}, "multipart/mixed\n  text/plain\n  image/png attachment\n  application/pdf attachment"},
	} {
		o := outgoing()
		o.HTML, o.Attach, o.Inline = c.html, c.attach, c.inline
		raw := compose(t, o)
		if d := cmp.Diff(c.want, shape(t, raw)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		m := Parse(raw, Limits{})
		for i, a := range m.Inline {
			if !bytes.Equal(a.Data, picture) || a.ContentID != c.inline[i].ContentID || a.Name != c.inline[i].Name {
				t.Errorf("%s: the picture came as %+v", c.name, a)
			}
		}
	}
}

// The golden file is what a reader of raw mail sees.
func TestComposeRelayGolden(t *testing.T) {
	raw := compose(t, relay())
	const path = "testdata/compose/relay.eml"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(raw)); d != "" {
		t.Error(d)
	}
}

func TestComposeCopies(t *testing.T) {
	h, _ := leaves(t, compose(t, relay()))
	list, err := (&gomail.Header{Header: h}).AddressList("Cc")
	if err != nil {
		t.Fatal(err)
	}
	var got []Address
	for _, a := range list {
		got = append(got, Address{a.Name, a.Address})
	}
	if d := cmp.Diff(relay().Cc, got); d != "" {
		t.Error(d)
	}
	many := relay()
	many.Cc = nil
	for i := range 100 {
		many.Cc = append(many.Cc, Address{fmt.Sprintf("Kollege %d", i), fmt.Sprintf("kollege%d@blumen-huber.example", i)})
	}
	if m := Parse(compose(t, many), Limits{}); !cmp.Equal(m.Cc, many.Cc) {
		t.Error(cmp.Diff(many.Cc, m.Cc))
	}
}

func TestComposeRelayRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*Outgoing){
		"a copy with a line break":         func(o *Outgoing) { o.Cc[1].Name = "x\r\nBcc: y@z.at" },
		"a copy without an address":        func(o *Outgoing) { o.Cc[2].Address = "" },
		"a picture of no name":             func(o *Outgoing) { o.Inline[0].ContentID = "" },
		"a picture whose name ends early":  func(o *Outgoing) { o.Inline[0].ContentID = "a>\r\nX: y" },
		"a picture that is none":           func(o *Outgoing) { o.Inline[0].Type = "text/html" },
		"a picture's file with line break": func(o *Outgoing) { o.Inline[0].Name = "a\r\n.png" },
	} {
		o := relay()
		spoil(&o)
		if raw, err := Compose(o); err == nil {
			t.Errorf("%s: composed\n%s", name, raw)
		} else if strings.Contains(name, "line break") && !errors.Is(err, ErrHeaderBreak) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What a person writes comes to the customer as it was written: taken out of the answer, composed, and read again.
func TestRelayRoundTrip(t *testing.T) {
	o := relay()
	o.Text = "Der Zähler steht auf 3:\n\n[cid:image001.png@01DC7A]\n"
	first := Parse(compose(t, o), Limits{}).Fresh(0)
	o.Text, o.HTML, o.Attach, o.Inline = first.Text, first.HTML, first.Attach, first.Inline
	second := Parse(compose(t, o), Limits{}).Fresh(0)
	if d := cmp.Diff(first, second); d != "" {
		t.Error(d)
	}
	if len(first.Inline) != 1 || len(first.Attach) != 1 || !bytes.Equal(first.Inline[0].Data, picture) || first.Attach[0].Name != "zähler.log" {
		t.Errorf("%+v", first)
	}
}
