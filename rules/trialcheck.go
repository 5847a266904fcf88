package rules

import (
	"cmp"
	"fmt"
	"io/fs"
	"net/mail"
	"slices"
	"strings"
	"time"

	"notfalld/message"
)

// check finds what is wrong with a test file without running it.
func (f *trialFile) check(s *Set) {
	world := f.world()
	if f.doc.Given("tests") && len(f.raw.Tests) == 0 {
		f.doc.ProblemAt("tests", "holds no test", "")
	}
	known, names := s.ruleNames(), map[string]int{}
	for i := range f.raw.Tests {
		t, key := &f.raw.Tests[i], fmt.Sprintf("tests[%d]", i)
		if first, twice := names[t.Name]; twice && t.Name != "" {
			line, _ := f.doc.PlaceOf(fmt.Sprintf("tests[%d].name", first))
			f.doc.ProblemAt(key+".name", fmt.Sprintf("a test has this name already, in line %d", line), "give each its own")
		} else {
			names[t.Name] = i
		}
		f.checkMail(t, key)
		f.checkExpect(t, key, known)
		f.checkEmergencies(t, key)
		f.worlds = append(f.worlds, f.worldOf(t, key, world))
	}
}

// world is what all tests of the file have in common.
func (f *trialFile) world() World {
	w := World{Own: f.raw.Own, Now: defaultClock, Open: f.raw.SupportOpen == nil || *f.raw.SupportOpen, Inventory: f.inventory("inventory", f.raw.Inventory)}
	if !f.doc.Has("own") {
		w.Own = []string{defaultOwn}
	}
	for i, a := range f.raw.Own {
		if _, ok := headerAddress(a); !ok {
			f.doc.ProblemAt(fmt.Sprintf("own[%d]", i), fmt.Sprintf("%q is no address", a), "write name@domain")
		}
	}
	f.clock("clock", f.raw.Clock, &w.Now)
	return w
}

// worldOf is the world of one test.
func (f *trialFile) worldOf(t *rawTest, key string, w World) World {
	w.Proof, w.Signed = t.Proof, t.Proof == string(message.ProofPass)
	if t.SupportOpen != nil {
		w.Open = *t.SupportOpen
	}
	if f.doc.Has(key + ".inventory") {
		w.Inventory = f.inventory(key+".inventory", t.Inventory)
	}
	f.clock(key+".clock", t.Clock, &w.Now)
	return w
}

// inventory reads the servers of tests; nil if there are none.
func (f *trialFile) inventory(key, text string) *Inventory {
	if !f.doc.Given(key) || strings.TrimSpace(text) == "" {
		return nil
	}
	in, bad, err := ReadInventory(strings.NewReader(text))
	if err != nil {
		f.doc.ProblemAt(key, err.Error(), "")
	}
	for _, b := range bad {
		offset := 0
		for range b.Line - 1 {
			offset += strings.IndexByte(text[offset:], '\n') + 1
		}
		line, col := f.doc.Inside(key, offset)
		f.doc.Add(line, col, key, b.Why, "")
	}
	return in
}

// clock reads a time into at, if one is given.
func (f *trialFile) clock(key, text string, at *time.Time) {
	if !f.doc.Given(key) {
		return
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		f.doc.ProblemAt(key, fmt.Sprintf("%q is no time", text), `write it with its offset: "2026-03-04T03:00:00+01:00"`)
		return
	}
	*at = t
}

// checkMail says of a test without a mail, or with two, what is wrong.
func (f *trialFile) checkMail(t *rawTest, key string) {
	has := func(k string) bool { return f.doc.Has(key + "." + k) }
	given := slices.DeleteFunc(slices.Concat(wholeMail, mailFields), func(k string) bool { return !has(k) })
	switch {
	case len(given) == 0 && f.doc.BadBelow(key): // a wrong key was meant to be one of them
	case len(given) == 0:
		f.doc.ProblemAt(key, "has no mail", "give it mail: FILE.eml, raw:, or fields such as subject: and text:")
	case slices.Contains(wholeMail, given[0]) && len(given) > 1:
		f.doc.ProblemAt(key+"."+given[1], fmt.Sprintf("%s is a whole mail", given[0]), "remove one of the two")
	case !slices.Contains(wholeMail, given[0]) && !has("subject") && !has("text") && !has("forwarded") && !has("attachments"):
		f.doc.ProblemAt(key, "has a mail of which nobody says what stands in it", "give it subject: or text:")
	}
	if t.Mail != "" {
		if _, err := ReadRegular(f.folder, t.Mail, maxTrialMail); err != nil {
			f.doc.ProblemAt(key+".mail", f.noMail(t.Mail, err), f.likeMail(t.Mail))
		}
	}
	for name := range t.Headers {
		// RFC 5322, 2.2: printable, and no colon.
		if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
			f.doc.ProblemAt(key+".headers."+name, fmt.Sprintf("%q is no name of a header field", name), "letters, digits and hyphens: X-Priority")
		}
	}
	if _, err := mail.ParseAddress(t.From); t.From != "" && err != nil {
		f.doc.ProblemAt(key+".from", fmt.Sprintf("%q is no address", t.From), "write name@domain, and the name under from_name; a broken one stands in raw:")
	}
	for i, a := range t.To {
		if _, err := mail.ParseAddress(a); err != nil {
			f.doc.ProblemAt(fmt.Sprintf("%s.to[%d]", key, i), fmt.Sprintf("%q is no address", a), "write name@domain")
		}
	}
}

func (f *trialFile) noMail(name string, err error) string {
	switch {
	case !strings.HasSuffix(strings.ToLower(name), ".eml") && strings.ContainsAny(name, " \n"):
		return "names a file, and this is none: the text of a mail stands under raw:"
	case !fs.ValidPath(name):
		return fmt.Sprintf("%q is no file of this folder", name)
	}
	if _, missing := fs.Stat(f.folder, name); missing != nil {
		return fmt.Sprintf("there is no file %q beside this one", name)
	}
	return fmt.Sprintf("%s: %s", name, err)
}

func (f *trialFile) likeMail(name string) string {
	files, err := fs.Glob(f.folder, "*.eml")
	if n := nearest(name, files); err == nil && n != "" && n != name {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return ""
}

// checkExpect finds expectations that no mail could fulfil.
func (f *trialFile) checkExpect(t *rawTest, above string, rules []string) {
	key := above + ".expect"
	if !slices.ContainsFunc(expectKeys, func(k string) bool { return f.doc.Has(key + "." + k) }) {
		if !f.doc.BadBelow(above) { // a wrong key was meant to be the one
			f.doc.ProblemAt(key, "expects nothing", "say under expect: what is to be found: "+strings.Join(expectKeys[:6], ", ")+", …")
		}
		return
	}
	e := &t.Expect
	one := func(k, value, mend string, choices ...string) {
		if f.doc.Given(key+"."+k) && !slices.Contains(choices, value) {
			f.doc.ProblemAt(key+"."+k, fmt.Sprintf("%q is none that could be found", value), mend)
		}
	}
	if f.doc.Given(key+".reply") && e.Reply == nil {
		f.doc.ProblemAt(key+".reply", "is empty", "write true or false")
	}
	one("class", e.Class, "write emergency, auto, bounce or other", "emergency", "auto", "bounce", "other")
	one("language", e.Language, `write de, en, or "" for neither`, "", "de", "en")
	one("priority", e.Priority, `write high, normal, low, or "" for none`, "", "high", "normal", "low")
	for k, list := range map[string][]string{"servers": e.Servers, "known_servers": e.KnownServers, "errors": e.Errors, "phones": e.Phones, "tags": e.Tags, "notify": e.Notify} {
		for i, v := range list {
			if at := fmt.Sprintf("%s.%s[%d]", key, k, i); strings.TrimSpace(v) == "" && f.doc.Given(at) {
				f.doc.ProblemAt(at, "is empty", fmt.Sprintf("%s: [] says that there must be none", k))
			}
		}
	}
	for i, p := range e.Phones {
		if !strings.HasPrefix(p, "+") && p != "" {
			f.doc.ProblemAt(fmt.Sprintf("%s.phones[%d]", key, i), "phones are found in international form", "write "+cmp.Or(e164(p, "", "AT"), "+43…"))
		}
	}
	for k, list := range map[string][]string{"fired": e.Fired, "not_fired": e.NotFired} {
		for i, name := range list {
			if at := fmt.Sprintf("%s.%s[%d]", key, k, i); !slices.Contains(rules, name) && f.doc.Given(at) {
				f.doc.ProblemAt(at, fmt.Sprintf("there is no rule %q", name), meantName(name, rules))
			}
		}
	}
	f.checkForm(&e.Form, key+".form", rules)
	for i, name := range e.Fired {
		if slices.Contains(e.NotFired, name) {
			f.doc.ProblemAt(fmt.Sprintf("%s.fired[%d]", key, i), "stands under not_fired as well", "remove one of the two")
		}
	}
}

func meantName(name string, known []string) string {
	if n := nearest(name, known); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return ""
}

// ruleNames are the names that tests may use: the rules of the set, and those that it switched off.
func (s *Set) ruleNames() []string {
	var out []string
	for _, r := range s.rules {
		if r.Section != "lists" && r.Section != linkSection {
			out = append(out, r.Name)
		}
	}
	return out
}
