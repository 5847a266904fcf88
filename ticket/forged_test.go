package ticket_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"notfalld/ticket"
)

// TestForgedStaff plays each mail of testdata/forged against a desk with an open ticket of Franz (NS-10001, linked to NE-10001), one of Eva
// (NS-10002), an emergency without ticket (NE-10002), and notices to the list, to Anna and to Bernd. Not one of them may change anything,
// have anything sent to a customer, or tell its sender more than any stranger is told. It is kept, and staff are told.
//
// In the mails, {{team-…}} is the list's notice of NS-10001, {{anna-…}} and {{bernd-…}} are receipts in it, {{other-…}} is the list's notice of
// NS-10002, {{ne-…}} that of NE-10002, {{r-…}} is what Anna wrote to Franz; see scenario_staff_test.go for what stands behind the hyphen.
//
// A line "quiet NAME: why" in a file's comment names a mail of which staff need not be told; "own NAME: why" one of a customer in his own ticket, who
// is answered as ever. A file NAME.first.eml is a genuine mail that comes before NAME.eml.
func TestForgedStaff(t *testing.T) {
	files, err := filepath.Glob("testdata/forged/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("forged mails are missing: %v", err)
	}
	count := 0
	for _, f := range files {
		a, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		quiet, own := marked(a, "quiet"), marked(a, "own")
		for _, m := range a.Files {
			name := strings.TrimSuffix(m.Name, ".eml")
			if strings.HasSuffix(name, ".first") {
				continue
			}
			count++
			t.Run(strings.TrimSuffix(filepath.Base(f), ".txtar")+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := forgedStage(t)
				for _, m := range a.Files {
					s.mails[m.Name] = bytes.ReplaceAll(m.Data, []byte("\n"), []byte("\r\n"))
				}
				s.playForged(name, slices.Contains(quiet, name), slices.Contains(own, name))
			})
		}
	}
	if count < 60 {
		t.Errorf("only %d forged mails", count)
	}
}

// marked are the names behind a word at the start of a line of the comment.
func marked(a *txtar.Archive, word string) (names []string) {
	for l := range strings.SplitSeq(string(a.Comment), "\n") {
		if rest, ok := strings.CutPrefix(l, word+" "); ok {
			list, _, _ := strings.Cut(rest, ":")
			names = append(names, strings.Fields(list)...)
		}
	}
	return names
}

// forgedSetUp is what has happened before: see TestForgedStaff.
const forgedSetUp = `
trigger name=Franz_Huber customer=104712 email=franz@tischlerei-huber.at phone=+436641234567
mail franz.eml pass
mail eva.eml pass
trigger name=Otto_Lang customer=104713 email=otto@autohaus-lang.at phone=+436647654321
deliver
linked NS-10001 NE-10001
as team notice "NS-10001"
as other notice "NS-10002"
as ne notice "NE-10002"
mail annawrong.eml pass
deliver
as anna notice "#clsoe"
mail bernd.eml pass
deliver
as bernd notice "#ashcon"
mail reply.eml pass
deliver
relays 1 franz@tischlerei-huber.at
wait 30m
mail thanks.eml pass
deliver
ticket NS-10001 state=open
`

var forgedMails = map[string]string{
	"franz.eml":     "From: Franz Huber <franz@tischlerei-huber.at>\nTo: support@notfall-hoster.at\nSubject: Notfall-Support\nMessage-ID: <1@tischlerei-huber.at>\n\nDer Server web01.tischlerei-huber.at ist nicht erreichbar.\nKundennummer: 104712\n",
	"eva.eml":       "From: Eva Lang <eva@kanzlei-lang.at>\nTo: support@notfall-hoster.at\nSubject: Notfall-Support\nMessage-ID: <1@kanzlei-lang.at>\n\nDer Server srv1.kanzlei-lang.at ist nicht erreichbar.\n",
	"annawrong.eml": "From: Anna Berger <anna@notfall-hoster.at>\nTo: {{team-reply-to}}\nSubject: AW\nIn-Reply-To: <{{team-id}}>\nMessage-ID: <a1@notfall-hoster.at>\n\n#clsoe\n",
	"bernd.eml":     "From: Bernd Huber <bernd@notfall-hoster.at>\nTo: {{team-reply-to}}\nSubject: AW\nIn-Reply-To: <{{team-id}}>\nMessage-ID: <b1@notfall-hoster.at>\n\n#ashcon\n",
	"reply.eml":     "From: Anna Berger <anna@notfall-hoster.at>\nTo: {{team-reply-to}}\nSubject: AW\nIn-Reply-To: <{{team-id}}>\nMessage-ID: <a2@notfall-hoster.at>\n\nWir sehen uns den Server an.\n",
	"thanks.eml":    "From: Franz Huber <franz@tischlerei-huber.at>\nTo: {{r-reply-to}}\nSubject: AW: Notfall-Support\nIn-Reply-To: <{{r-id}}>\nMessage-ID: <2@tischlerei-huber.at>\n\nDanke. Es ist noch nicht besser.\n",
}

func forgedStage(t *testing.T) *stage {
	s := newStage(t)
	for name, m := range forgedMails {
		s.mails[name] = []byte(strings.ReplaceAll(m, "\n", "\r\n"))
	}
	for line := range strings.SplitSeq(strings.TrimSpace(forgedSetUp), "\n") {
		s.where = "set up: " + line
		s.step(line)
	}
	if t.Failed() {
		t.FailNow()
	}
	return s
}

func (s *stage) playForged(name string, quiet, own bool) {
	if _, ok := s.mails[name+".first.eml"]; ok {
		s.where = name + ".first.eml"
		s.takeMail(name + ".first.eml")
		s.deliver("")
	}
	s.where = name
	before, sent := s.domain(), len(s.sent)
	e := s.takeMail(name + ".eml")
	s.deliver("")
	if diff := cmp.Diff(before, s.domain()); diff != "" {
		s.Errorf("it changed something (-before +after):\n%s", diff)
	}
	s.keptAs(e, quiet)
	told := false
	for _, o := range s.sent[sent:] {
		switch {
		case o.Kind == ticket.OutNotice && slices.Contains([]string{"team@notfall-hoster.at", "admin@notfall-hoster.at"}, o.Recipient):
			told = true
		case o.Kind == ticket.OutAnswer && own && o.Recipient == "franz@tischlerei-huber.at":
		case o.Kind == ticket.OutAnswer:
			s.forStrangers(o)
		default:
			s.Errorf("%s to %s (%s):\n%s", o.Kind, o.Recipient, o.Reason, words(s.T, o.Bytes))
		}
	}
	if !told && !quiet {
		s.Errorf("staff were not told")
	}
}

// domain is all that a mail of staff can change, and who gets what they write. Mails of strangers may open tickets of their own.
func (s *stage) domain() (all []string) {
	s.check(s.store.View(s.ctx, func(tx ticket.Tx) error {
		for _, id := range []int64{10001, 10002} {
			t, ok, err := tx.Ticket(id)
			if err != nil || !ok {
				return fmt.Errorf("ticket %d: %v", id, err)
			}
			ps, err := tx.Participants(id)
			if err != nil {
				return err
			}
			all = append(all, fmt.Sprintf("%s %s NE-%d assigned %q answered by %q at %s closed %s, servers %v, customer %s", t.Number(), t.State, t.EmergencyID, t.Assigned,
				t.AnsweredBy, t.LastStaffAt, t.ClosedAt, t.Servers, t.CustomerNumber), fmt.Sprint(ps))
			es, err := tx.Events(id)
			if err != nil {
				return err
			}
			for _, e := range es {
				if e.Actor != "notfalld" {
					all = append(all, fmt.Sprintf("%s: %s %s %s", t.Number(), e.Actor, e.What, e.Why))
				}
			}
		}
		return s.emergenciesAndRelays(tx, &all)
	}))
	return all
}

func (s *stage) emergenciesAndRelays(tx ticket.Tx, all *[]string) error {
	for _, id := range []int64{10001, 10002} {
		e, ok, err := tx.Emergency(id)
		if err != nil || !ok {
			return fmt.Errorf("emergency %d: %v", id, err)
		}
		es, err := tx.EmergencyEvents(id)
		if err != nil {
			return err
		}
		e.Updated = e.Created
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		*all = append(*all, string(text))
		for _, x := range es {
			if x.Actor != "notfalld" {
				*all = append(*all, fmt.Sprintf("%s: %s %s %s", e.Number(), x.Actor, x.What, x.Why))
			}
		}
	}
	os, err := tx.Outs(ticket.OutQuery{Kinds: []ticket.OutKind{ticket.OutRelay, ticket.OutConfirmation}})
	for _, o := range os {
		*all = append(*all, fmt.Sprintf("%s %d to %s: %s", o.Kind, o.ID, o.Recipient, o.State))
	}
	return err
}

// keptAs says whether the mail is kept, and not as one of staff.
func (s *stage) keptAs(e ticket.Entry, quiet bool) {
	if e.State == ticket.EntryOther && quiet || e.State == ticket.EntryCopy || e.State == ticket.EntryBounce {
		return
	}
	if e.State == ticket.EntryOther {
		s.Errorf("it was left untouched")
	}
	s.check(s.store.View(s.ctx, func(tx ticket.Tx) error {
		if e.TicketID == 0 {
			return nil
		}
		ms, err := tx.Mails(e.TicketID)
		i := slices.IndexFunc(ms, func(m ticket.Mail) bool { return m.EntryID == e.ID })
		if err != nil || i < 0 {
			s.Errorf("it is not in %s", ticket.Number(e.TicketID))
			return err
		}
		if ms[i].Kind == ticket.StaffMail {
			s.Errorf("it is kept as a mail of staff")
		}
		return nil
	}))
}

// secretOfOthers is what no stranger is told: what the tickets are, whose they are, and who works here.
var secretOfOthers = regexp.MustCompile(`(?i)NS-1000[12]|NE-1000|\bs[a-z2-7]{32}\b|franz|eva|tischlerei|kanzlei|anna|bernd|berger|web01|srv1|team@|internal|intern:`)

// forStrangers says whether an answer holds no more than any stranger gets: in a ticket that others have, the bare answer.
func (s *stage) forStrangers(o ticket.Out) {
	text := words(s.T, o.Bytes)
	if found := secretOfOthers.FindString(text); found != "" {
		s.Errorf("%s is told %q:\n%s", o.Recipient, found, text)
	}
	if o.TicketID < 10003 && !o.Bare {
		s.Errorf("%s got more than the bare answer:\n%s", o.Recipient, text)
	}
	if slices.Contains([]string{"anna@notfall-hoster.at", "bernd@notfall-hoster.at", "team@notfall-hoster.at", "support@notfall-hoster.at"}, o.Recipient) {
		s.Errorf("an answer to staff: %s", o.Recipient)
	}
}

// What the forged mails try does work where it is genuine: else they would show nothing.
func TestForgedStaffWouldWork(t *testing.T) {
	for name, body := range map[string]string{"command": "#close\n", "reply": "Der Server laeuft wieder, danke fuer die Geduld.\n", "resolve": "#resolve\n"} {
		t.Run(name, func(t *testing.T) {
			s := forgedStage(t)
			before := s.domain()
			s.mails["x.eml"] = []byte(strings.ReplaceAll("From: anna@notfall-hoster.at\nTo: {{team-reply-to}}\nIn-Reply-To: <{{team-id}}>\nMessage-ID: <x@notfall-hoster.at>\n\n"+body, "\n", "\r\n"))
			s.takeMail("x.eml pass")
			s.deliver("")
			if cmp.Diff(before, s.domain()) == "" {
				t.Error("nothing changed")
			}
		})
	}
}

// That one mailbox's server strips forged headers says nothing of another's: what comes by that is not believed, though the ticket is of the first.
func TestProofIsOfTheMailboxOfArrival(t *testing.T) {
	s := newStage(t)
	s.reopen(func(o *ticket.Options) {
		o.TrustShown = false
		o.Mailboxes = append(o.Mailboxes, ticket.Mailbox{Name: "office", Address: "office@notfall-hoster.at", Plus: ticket.PlusYes})
		o.World.Own = append(o.World.Own, "office@notfall-hoster.at")
	})
	m, err := s.desk.TrustMail(s.ctx, "support")
	s.check(err)
	if v, err := s.desk.JudgeTrust(s.ctx, "support", strips(m.Raw)); err != nil || !v.OK {
		t.Fatalf("the test mail: %+v, %v", v, err)
	}
	s.mails["franz.eml"] = []byte(strings.ReplaceAll(forgedMails["franz.eml"], "\n", "\r\n"))
	s.mails["x.eml"] = []byte("From: anna@notfall-hoster.at\r\nTo: {{team-reply-to}}\r\nMessage-ID: <{{n}}@notfall-hoster.at>\r\n\r\nDer Server laeuft wieder.\r\n")
	for _, step := range []string{"mail franz.eml pass", "deliver", "as team notice", "mail x.eml pass in=office", "deliver", "relays 0", "kinds NS-10001 customer,unverified",
		"mail x.eml pass", "deliver", "relays 1 franz@tischlerei-huber.at"} {
		s.where = step
		s.step(step)
	}
}
