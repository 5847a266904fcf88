package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// rawLink is the section `link` of a rule file. Each setting is that of the last file that gives it.
type rawLink struct {
	Before    *rawPeriod     `yaml:"before" short:"period"`
	After     *rawPeriod     `yaml:"after" short:"period"`
	Linked    *rawWeight     `yaml:"linked" short:"weight"`
	Margin    *rawWeight     `yaml:"margin" short:"weight"`
	Suggested *rawWeight     `yaml:"suggested" short:"weight"`
	Weights   rawLinkWeights `yaml:"weights"`
	Near      []rawNear      `yaml:"near"`
}

type rawLinkWeights struct {
	Token          *rawWeight `yaml:"token" short:"weight"`
	Number         *rawWeight `yaml:"number" short:"weight"`
	CustomerNumber *rawWeight `yaml:"customer_number" short:"weight"`
	Address        *rawWeight `yaml:"address" short:"weight"`
	Domain         *rawWeight `yaml:"domain" short:"weight"`
	Phone          *rawWeight `yaml:"phone" short:"weight"`
	Owner          *rawWeight `yaml:"owner" short:"weight"`
	Server         *rawWeight `yaml:"server" short:"weight"`
	BareServer     *rawWeight `yaml:"bare_server" short:"weight"`
}

// rawWeight is a number, or a number and why.
type rawWeight struct {
	Weight int    `yaml:"weight" range:"0..1000" required:"a number from 0 to 1000"`
	About  string `yaml:"about"`
}

// rawPeriod is a length of time, or one and why.
type rawPeriod struct {
	Period time.Duration `yaml:"period" required:"a duration: 6h"`
	About  string        `yaml:"about"`
}

type rawNear struct {
	Within time.Duration `yaml:"within" required:"a duration: 1h"`
	Weight int           `yaml:"weight" range:"0..1000" required:"a number from 0 to 1000"`
	About  string        `yaml:"about"`
}

// linkNumber is one number of the section, in a file and in the rules made of it.
type linkNumber struct {
	name string
	raw  *rawWeight
	to   *int
}

func (r *rawLink) numbers(to *LinkRules) []linkNumber {
	w, t := &r.Weights, &to.Weights
	return []linkNumber{
		{"linked", r.Linked, &to.Linked}, {"margin", r.Margin, &to.Margin}, {"suggested", r.Suggested, &to.Suggested},
		{"weights.token", w.Token, &t.Token}, {"weights.number", w.Number, &t.Number},
		{"weights.customer_number", w.CustomerNumber, &t.CustomerNumber}, {"weights.owner", w.Owner, &t.Owner},
		{"weights.address", w.Address, &t.Address}, {"weights.domain", w.Domain, &t.Domain}, {"weights.phone", w.Phone, &t.Phone},
		{"weights.server", w.Server, &t.Server}, {"weights.bare_server", w.BareServer, &t.BareServer},
	}
}

// linkLoader makes the rules for linking.
type linkLoader struct {
	*loader
	link *LinkRules
	by   map[string]*file // who gave a setting last
}

// linkRules makes the rules for linking, and says what is wrong with them.
func (l *loader) linkRules() {
	x := linkLoader{l, &LinkRules{freemail: l.set.v.freemail, private: l.set.v.privateEndings}, map[string]*file{}}
	for _, f := range l.files {
		x.take(f)
		x.freemailNames(f)
	}
	x.possible()
	l.set.link = x.link
}

// take takes what one file gives.
func (l *linkLoader) take(f *file) {
	raw := &f.raw.Link
	given := func(name string) bool { return f.doc.Given("link." + name) }
	for _, p := range []struct {
		name string
		raw  *rawPeriod
		to   *time.Duration
	}{{"before", raw.Before, &l.link.Before}, {"after", raw.After, &l.link.After}} {
		if p.raw == nil || !given(p.name) {
			continue
		}
		if p.raw.Period > maxWindow {
			f.doc.ProblemAt("link."+p.name, "is longer than 30 days", "mails so far from a trigger belong to something else")
		}
		*p.to = p.raw.Period
		l.took(f, p.name, shortDuration(*p.to), p.raw.About)
	}
	for _, n := range raw.numbers(l.link) {
		if n.raw != nil && given(n.name) {
			*n.to = n.raw.Weight
			l.took(f, n.name, fmt.Sprint(*n.to), n.raw.About)
		}
	}
	if len(raw.Near) > 0 && given("near") {
		l.nearSteps(f)
	}
}

// maxWindow bounds how far from a trigger mails are looked for.
const maxWindow = 30 * 24 * time.Hour

// nearSteps takes the steps of a file instead of those before.
func (l *linkLoader) nearSteps(f *file) {
	l.link.Near = nil
	var said, about []string
	for i, n := range f.raw.Link.Near {
		key := fmt.Sprintf("link.near[%d]", i)
		switch {
		case n.Within == 0:
			f.doc.ProblemAt(key+".within", "nothing is so near", "write a duration: 1h")
		case i > 0 && n.Within <= f.raw.Link.Near[i-1].Within:
			f.doc.ProblemAt(key+".within", "is no longer than the step before", "the nearest stands first")
		case i > 0 && n.Weight > f.raw.Link.Near[i-1].Weight:
			f.doc.ProblemAt(key+".weight", "weighs more than a nearer step", "the nearest weighs most")
		}
		l.link.Near = append(l.link.Near, NearStep{n.Within, n.Weight})
		said = append(said, fmt.Sprintf("%d within %s", n.Weight, shortDuration(n.Within)))
		about = append(about, filled(n.About)...)
	}
	l.took(f, "near", strings.Join(said, ", "), strings.Join(about, "; "))
}

// took keeps who gave a setting, for problems and for those who ask what is in force.
func (l *linkLoader) took(f *file, name, value, about string) {
	l.by[name] = f
	if group, _, ok := strings.Cut(name, "."); ok {
		l.by[group] = f
	}
	r := Rule{linkSection, name, StateShipped, f.place("link." + name), value}
	if !f.shipped {
		r.State = StateChanged
	}
	rules := &l.set.rules
	k := slices.IndexFunc(*rules, func(o Rule) bool { return o.Section == linkSection && o.Name == name })
	if k >= 0 && about == "" {
		_, about, _ = strings.Cut((*rules)[k].About, ": ")
	}
	if about != "" {
		r.About += ": " + oneLine(about)
	}
	if k >= 0 {
		(*rules)[k] = r
		return
	}
	*rules = append(*rules, r)
}

// linkSection is the name of the section, and freemailList that of the list that belongs to it.
const (
	linkSection  = "link"
	freemailList = "freemail"
)

// possible refuses settings under which linking could not work. What is wrong is told where it was given last.
func (l *linkLoader) possible() {
	r, w := l.link, &l.link.Weights
	if r.Before+r.After == 0 {
		l.problem("no mail could come within a window of no length", "write how long before and after the trigger a mail may come: 24h", "after", "before")
	}
	for _, name := range []string{"linked", "margin", "suggested"} {
		for _, n := range (&rawLink{}).numbers(r) {
			if n.name == name && *n.to == 0 {
				l.problem("expected a number from 1 to 1000, found 0", "", name)
			}
		}
	}
	if r.Suggested > r.Linked {
		l.problem(fmt.Sprintf("suggested from %d on, and linked from %d on: nothing could be suggested", r.Suggested, r.Linked), "suggested is at most as much as linked", "suggested", "linked")
	}
	if w.Token > 0 && w.Token < r.Linked {
		l.problem(fmt.Sprintf("a token weighs %d, and it takes %d to link: our token is certain", w.Token, r.Linked), "write a weight that links, or 0 to leave tokens aside", "weights.token", "linked")
	}
	if n := r.most(); n < r.Linked {
		l.problem(fmt.Sprintf("all weights together are %d, and it takes %d to link: nothing could be linked", n, r.Linked), "", "linked", "weights", "near")
	}
}

// problem stands at that of the settings which was given last: of several by one file, at the first.
func (l *linkLoader) problem(text, mend string, names ...string) {
	at := names[0]
	for _, n := range names[1:] {
		if slices.Index(l.files, l.by[n]) > slices.Index(l.files, l.by[at]) {
			at = n
		}
	}
	if f := l.by[at]; f != nil {
		f.doc.ProblemAt("link."+at, text, mend)
	}
}

// most is what everything together weighs, but a token.
func (r *LinkRules) most() int {
	w, near := r.Weights, 0
	if len(r.Near) > 0 {
		near = r.Near[0].Weight
	}
	return w.Number + max(w.CustomerNumber, w.Owner) + max(w.Address, w.Domain) + w.Phone + max(w.Server, w.BareServer) + near
}

// freemailNames refuses entries with which no address could end.
func (l *linkLoader) freemailNames(f *file) {
	raw := f.raw.Lists[freemailList]
	for key, list := range map[string][]string{"words": raw.Words, "add": raw.Add} {
		for i, name := range list {
			at := fmt.Sprintf("lists.%s.%s[%d]", freemailList, key, i)
			if f.doc.BadBelow(at) || strings.Contains(name, ".") && siteOf(name) == strings.ToLower(name) {
				continue
			}
			mend := "write it as it stands behind the @: gmx.at"
			if site := siteOf(cmp.Or(domainOf(name), name)); site != name && strings.Contains(site, ".") {
				mend = fmt.Sprintf("write %q", site)
			}
			f.doc.ProblemAt(at, fmt.Sprintf("%q is no domain that somebody registered", name), mend)
		}
	}
}

// shortDuration is a length of time as it is written in files: 6h, 90m.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
