package ticket_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"notfalld/message"
	"notfalld/ticket"
)

// Further steps and marks, for what staff do from their own mail programs:
//
//	relays N [TO]              so many mails of staff were accepted (for this address)
//	relay "WORDS" / relay! "WORDS"       the last one holds them, or does not (its header as it travels, its words decoded)
//	receipts N                 so many mails about what was not done were accepted
//	receipt "WORDS" / receipt! "WORDS"   the last one holds them, or does not
//	sent FILE [ago=DURATION]   a mail lies in the folder of sent mails
//	trust off                  nothing has shown that our server strips forged headers
//	may NAME RIGHT,…           from now on this person has these rights alone
//	second-address ADDRESS     Anna writes from there, too
//	banners [LINE]             from now on gateways put this line on top of mails, or none
//	mailbox NAME               there is a further mailbox, NAME@notfall-hoster.at
//	reply-attachments N        from now on so many bytes can be attached to an answer
//	as NAME notice|relay|answer|confirmation ["WORDS"]   the last one accepted (that holds the words) is called so from now on
//	of NAME "WORDS" / of! NAME "WORDS"       it holds the words (as it travels, or decoded), or does not
//	history! NUMBER "WORDS"    no line of the history holds them
//	kinds NS-10001 KIND,…      of which kinds the mails of the ticket are, in their order
//
// {{n-id}}, {{n-reply-to}}, {{n-references}} are of the last notice, {{n-quote}} is what it says, quoted as mail programs do, {{r-id}} and so on are
// of the last mail of staff that was relayed; {{NAME-id}} and so on of one that was named. {{n-token}} is the staff token, or the customer's, of its
// Message-ID, {{n-subject}} its subject; {{n-block}} is its internal block without the marks. Staff are anna@ and bernd@notfall-hoster.at.
func init() {
	steps["may"] = (*stage).setRights
	steps["reply-attachments"] = func(s *stage, a string) {
		n, err := strconv.ParseInt(a, 10, 64)
		s.check(err)
		s.reopen(func(o *ticket.Options) { o.Bounds.ReplyAttachments = n })
	}
	steps["banners"] = func(s *stage, a string) { s.reopen(func(o *ticket.Options) { o.Staff.Banners = strings.Fields(a) }) }
	steps["mailbox"] = func(s *stage, a string) {
		address := a + "@notfall-hoster.at"
		s.reopen(func(o *ticket.Options) {
			o.Mailboxes = append(slices.Clone(o.Mailboxes), ticket.Mailbox{Name: a, Address: address, Plus: ticket.PlusYes})
			o.World.Own = append(slices.Clone(o.World.Own), address)
		})
	}
	steps["second-address"] = func(s *stage, a string) {
		s.reopen(func(o *ticket.Options) {
			o.Staff.People = slices.Clone(o.Staff.People)
			anna := &o.Staff.People[0]
			anna.Addresses, o.World.Staff = append(slices.Clone(anna.Addresses), a), append(slices.Clone(o.World.Staff), a)
		})
	}
	steps["as"] = (*stage).nameLast
	steps["of"] = func(s *stage, a string) { name, w, _ := strings.Cut(a, " "); s.holds(s.namedText(name), w, true) }
	steps["of!"] = func(s *stage, a string) { name, w, _ := strings.Cut(a, " "); s.holds(s.namedText(name), w, false) }
	steps["history!"] = (*stage).wantNoHistory
	steps["kinds"] = (*stage).wantKinds
	steps["relays"] = func(s *stage, a string) {
		want, to, _ := strings.Cut(a, " ")
		s.equal(want, strconv.Itoa(len(s.accepted(ticket.OutRelay, to))))
	}
	steps["relay"] = func(s *stage, a string) { s.holds(s.lastRelay(), a, true) }
	steps["relay!"] = func(s *stage, a string) { s.holds(s.lastRelay(), a, false) }
	steps["receipts"] = func(s *stage, a string) { s.equal(a, strconv.Itoa(len(s.receipts()))) }
	steps["receipt"] = func(s *stage, a string) { s.holds(s.lastReceipt(), a, true) }
	steps["receipt!"] = func(s *stage, a string) { s.holds(s.lastReceipt(), a, false) }
	steps["sent"] = func(s *stage, a string) { s.takeMail(a + " sent") }
	steps["trust"] = func(s *stage, a string) { s.reopen(func(o *ticket.Options) { o.TrustShown = a != "off" }) }
}

// lastRelay is the youngest relayed mail, as it travels and as it is read.
func (s *stage) lastRelay() string {
	all := s.accepted(ticket.OutRelay, "")
	if len(all) == 0 {
		s.Fatalf("%s: nothing was relayed", s.where)
	}
	raw := all[len(all)-1].Bytes
	return string(raw) + words(s.T, raw)
}

func (s *stage) receipts() (all []ticket.Out) {
	for _, o := range s.sent {
		if o.Reason == ticket.ReasonNotDone || o.Reason == ticket.ReasonHelp {
			all = append(all, o)
		}
	}
	return all
}

func (s *stage) lastReceipt() string {
	all := s.receipts()
	if len(all) == 0 {
		s.Fatalf("%s: there was no receipt", s.where)
	}
	return words(s.T, all[len(all)-1].Bytes)
}

// setRights narrows what a person may do.
func (s *stage) setRights(a string) {
	name, list, _ := strings.Cut(a, " ")
	s.reopen(func(o *ticket.Options) {
		o.Staff.People = slices.Clone(o.Staff.People)
		for i, p := range o.Staff.People {
			if !strings.HasPrefix(strings.ToLower(p.Name), name) {
				continue
			}
			o.Staff.People[i].May = []ticket.Right{}
			for r := range strings.SplitSeq(list, ",") {
				o.Staff.People[i].May = append(o.Staff.People[i].May, ticket.Right(r))
			}
		}
	})
}

// nameLast gives the last mail of a kind a name.
func (s *stage) nameLast(a string) {
	name, rest, _ := strings.Cut(a, " ")
	kind, quoted, _ := strings.Cut(rest, " ")
	word := ""
	if quoted != "" {
		w, err := strconv.Unquote(quoted)
		s.check(err)
		word = w
	}
	for _, o := range slices.Backward(s.sent) {
		if o.Kind == ticket.OutKind(kind) && strings.Contains(string(o.Bytes)+words(s.T, o.Bytes), word) {
			s.named[name] = o
			return
		}
	}
	s.Fatalf("%s: there is none", s.where)
}

func (s *stage) namedText(name string) string {
	o, ok := s.named[name]
	if !ok {
		s.Fatalf("%s: nothing has that name", s.where)
	}
	return string(o.Bytes) + words(s.T, o.Bytes)
}

func (s *stage) wantNoHistory(a string) {
	name, quoted, _ := strings.Cut(a, " ")
	d, err := ticket.Show(s.ctx, s.store, s.ticketID(name))
	s.check(err)
	for _, e := range d.History {
		s.holds(e.What+" "+e.Why, quoted, false)
	}
}

func (s *stage) wantKinds(a string) {
	name, want, _ := strings.Cut(a, " ")
	var got []string
	s.check(s.store.View(s.ctx, func(tx ticket.Tx) error {
		ms, err := tx.Mails(s.ticketID(name))
		for _, m := range ms {
			got = append(got, string(m.Kind))
		}
		return err
	}))
	s.equal(want, strings.Join(got, ","))
}

// fillNamed puts what mails that were given a name say into a mail.
func (s *stage) fillNamed(raw string) string {
	for name, o := range s.named {
		raw = s.fillOut(s.fillWords(raw, "{{"+name+"-", o), "{{"+name+"-", o)
	}
	return raw
}

// fillLast puts what the last notice said into a mail.
func (s *stage) fillLast(raw string) string {
	if !strings.Contains(raw, "{{n-") {
		return raw
	}
	all := s.accepted(ticket.OutNotice, "")
	if len(all) == 0 {
		s.Fatalf("%s: there is no notice", s.where)
	}
	return s.fillWords(raw, "{{n-", all[len(all)-1])
}

// fillWords puts what a mail says into another: quoted as answers quote it, its internal block alone, its token.
func (s *stage) fillWords(raw, mark string, o ticket.Out) string {
	if !strings.Contains(raw, mark) {
		return raw
	}
	whole := strings.TrimSpace(message.Parse(o.Bytes, message.DefaultLimits()).Whole)
	token, _, _ := strings.Cut(o.MessageID, ".")
	block := whole
	if marks := fenceLine.FindAllStringIndex(whole, -1); len(marks) > 1 {
		block = strings.TrimSpace(whole[marks[0][1]:marks[1][0]])
	}
	changed := []byte(token)
	changed[20] = 'a' + (changed[20]-'a'+1)%26
	for old, with := range map[string]string{
		"quote": quotedBy("> ", whole), "plainquote": quotedBy("", whole), "block": quotedBy("", block), "quotedblock": quotedBy("> ", block), "token": token,
		"token-upper": strings.ToUpper(token), "token-cut": token[:len(token)-1], "token-changed": string(changed),
		"subject": message.Parse(o.Bytes, message.DefaultLimits()).Subject,
	} {
		raw = strings.ReplaceAll(raw, mark+old+"}}", with)
	}
	return raw
}

var fenceLine = regexp.MustCompile(`\[notfalld:[a-z]+:[a-z2-7]{16}\]`)

func quotedBy(sign, text string) string {
	var b strings.Builder
	for l := range strings.SplitSeq(text, "\n") {
		fmt.Fprintf(&b, "%s%s\r\n", sign, l)
	}
	return strings.TrimSuffix(b.String(), "\r\n")
}
