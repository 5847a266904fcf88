package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2/imapclient"

	"notfalld/postoffice"
	"notfalld/store"
	"notfalld/ticket"
)

// removeSent deletes the folder of sent mails, which the office has from its beginning.
func (h *house) removeSent() {
	h.Helper()
	c, err := imapclient.DialInsecure(h.office.IMAPAddr(), nil)
	if err != nil {
		h.Fatal(err)
	}
	defer c.Close()
	if err := c.Login("support", "geheim").Wait(); err != nil {
		h.Fatal(err)
	}
	if err := c.Delete("Sent").Wait(); err != nil {
		h.Fatal(err)
	}
}

func (h *house) page(path string) string {
	h.Helper()
	r, err := http.Get("http://" + h.http + path)
	if err != nil {
		h.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		h.Fatal(err)
	}
	return string(b)
}

// A missing folder of sent mails keeps nothing from working and is visible; as soon as it is there, what lies in it comes to the desk as sent.
func TestSentFolder(t *testing.T) {
	h := newHouse(t, postoffice.Options{})
	h.removeSent()
	var sent int
	d, stop := h.start(func(p *plan) {
		for i := range p.boxes {
			p.boxes[i].Reselect, p.boxes[i].Poll = 20*time.Millisecond, 5*time.Millisecond
			if p.boxes[i].Sent {
				sent++
			}
		}
	})
	if sent != 1 || len(d.watchers) != 2 {
		t.Fatalf("%d watchers, %d of sent mails", len(d.watchers), sent)
	}
	h.ready(200)
	ctx := patient(t)
	for metric := `notfalld_mailbox_sent_missing{mailbox="support"} 1`; !strings.Contains(h.page("/metrics"), metric); {
		if ctx.Err() != nil {
			t.Fatalf("no %s in\n%s", metric, h.page("/metrics"))
		}
	}
	if h.get("/readyz") != 200 || !strings.Contains(h.page("/readyz"), `"mailbox support, sent mails"`) {
		t.Errorf("not ready without the folder:\n%s", h.page("/readyz"))
	}
	if err := h.office.CreateFolder("support", "Sent"); err != nil {
		t.Fatal(err)
	}
	raw := "From: " + houseSupport + "\r\nTo: petra@almhof.at\r\nSubject: Guten Tag\r\nMessage-ID: <direkt@notfall-hoster.at>\r\n\r\nWir melden uns.\r\n"
	uid, err := h.office.Append("support", "Sent", []byte(raw), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	validity, err := h.office.UIDValidity("support", "Sent")
	if err != nil {
		t.Fatal(err)
	}
	place := ticket.Place{Mailbox: "support", Folder: "Sent", UIDValidity: validity, UID: uid}
	for {
		var known []uint32
		err := d.store.View(ctx, func(tx ticket.Tx) (err error) {
			known, err = tx.KnownUIDs("support", "Sent", validity, 0)
			return err
		})
		if err != nil {
			t.Fatalf("the mail was not taken: %v\n%s", err, h.stderr)
		}
		if len(known) == 1 {
			break
		}
	}
	stop()
	h.wantSentEntry(place)
	if ms, err := h.office.Messages("support", "Sent"); err != nil || len(ms) != 1 || len(ms[0].Flags) > 0 {
		t.Errorf("%+v, %v", ms, err)
	}
}

// wantSentEntry: the ledger remembers that the mail was sent, so that it is still known after a crash.
func (h *house) wantSentEntry(p ticket.Place) {
	h.Helper()
	cfg, problems := LoadConfig(h.conf)
	if Broken(problems) {
		h.Fatal(problems)
	}
	s, err := store.Open(patient(h.T), cfg.Store.URL, store.Options{})
	if err != nil {
		h.Fatal(err)
	}
	defer s.Close()
	e := ticket.Entry{Place: p}
	err = s.Update(patient(h.T), func(tx ticket.Tx) error {
		added, err := tx.AddEntry(&e)
		if err == nil && added {
			h.Error("the mail is not in the ledger")
		}
		return err
	})
	if err != nil || !e.Sent {
		h.Errorf("%+v, %v", e, err)
	}
}

// What check --online says of the folder of sent mails; none of it is wrong.
func TestCheckNamesTheSentFolder(t *testing.T) {
	cases := []struct {
		name, folder string // folder: as configured, in YAML
		gone         bool
		want         string // "" says nothing
	}{
		{"there", "Sent", false, "Sent holds 1 mail"},
		{"another", "Gesendet", false, `there is no folder "Gesendet", so "Sent" is read, which the server calls \Sent; it holds 1 mail`},
		{"none", "Sent", true, `there is no folder "Sent", and none that the server calls \Sent: replies sent straight from the mailbox are not seen`},
		{"not read", `""`, false, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, postoffice.Options{}, "trust: {}")
			h.replace(strings.Replace(h.mailboxLine, "poll: 1s", "poll: 1s, sent_folder: "+c.folder, 1))
			if _, err := h.office.Append("support", "Sent", []byte(houseMail), time.Now()); err != nil {
				t.Fatal(err)
			}
			if c.gone {
				h.removeSent()
			}
			code, _, all := h.check()
			text := ""
			for line := range strings.Lines(all) {
				var f finding
				if json.Unmarshal([]byte(line), &f) == nil && f.What == "sent mails support" {
					text = f.Text
				}
			}
			if code != exitDone || !strings.HasPrefix(text, c.want) || (text == "") != (c.want == "") {
				t.Errorf("%d, %q in\n%s", code, text, all)
			}
		})
	}
}

const houseMail = "From: support@notfall-hoster.at\r\nTo: petra@almhof.at\r\nSubject: Guten Tag\r\n\r\nText\r\n"
