package rules

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// keySet is keys by their kind, each kind sorted and without doubles.
type keySet map[KeyKind][]string

func sortKeys(keys []Key) keySet {
	set := keySet{}
	for _, k := range keys {
		set[k.Kind] = append(set[k.Kind], k.Value)
	}
	for kind, values := range set {
		set[kind] = sorted(values)
	}
	return set
}

func (k keySet) has(kind KeyKind, value string) bool { return slices.Contains(k[kind], value) }

// sorted sorts a list and leaves out doubles. The list is the caller's own.
func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// inBoth is what both lists hold, in the order of the first.
func inBoth(a, b []string) []string {
	var out []string
	for _, s := range a {
		if slices.Contains(b, s) {
			out = append(out, s)
		}
	}
	return out
}

// contradiction says what shows that ticket and emergency are of different customers, or "". Two numbers say it whatever
// else is alike. Whose the servers are says it unless the sender is who triggered: agencies have servers of many customers,
// and customers have several numbers.
func contradiction(ticket, emergency keySet) string {
	number, owner := ticket[KeyCustomer], ticket[KeyOwner]
	theirs, theirOwner := emergency[KeyCustomer], emergency[KeyOwner]
	if len(number) > 0 && len(theirs) > 0 && len(inBoth(number, theirs)) == 0 {
		return fmt.Sprintf("the mail names customer number %s, the emergency %s", some(number), some(theirs))
	}
	all, theirAll := slices.Concat(number, owner), slices.Concat(theirs, theirOwner)
	if len(owner) > 0 && len(theirOwner) > 0 && len(inBoth(owner, theirAll)) == 0 && len(inBoth(all, theirOwner)) == 0 {
		return fmt.Sprintf("the mail is about servers of customer %s, the emergency about those of %s", some(owner), some(theirOwner))
	}
	same := len(inBoth(ticket[KeyAddress], emergency[KeyAddress])) > 0 || len(inBoth(ticket[KeyPhone], emergency[KeyPhone])) > 0
	if len(all) > 0 && len(theirAll) > 0 && len(inBoth(all, theirAll)) == 0 && !same {
		return fmt.Sprintf("the mail is about customer %s, the emergency about %s", some(all), some(theirAll))
	}
	return ""
}

// sharedServers are servers that both name, of a name that nobody else has.
func (l *LinkRules) sharedServers(ticket, emergency keySet) []string {
	return slices.DeleteFunc(inBoth(ticket[KeyServer], emergency[KeyServer]), l.bare)
}

// bare says whether a server's name says nothing of whose it is: web01, web01.local, 192.168.1.5. web01.firma.local does.
func (l *LinkRules) bare(server string) bool {
	if a, err := netip.ParseAddr(server); err == nil {
		return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || sharedNet.Contains(a)
	}
	_, ending, dotted := strings.Cut(server, ".")
	return !dotted || l.private[ending] && ending != "example" // which stands for registered names (RFC 2606, 2)
}

// sharedNet is used within the nets of providers (RFC 6598, 7).
var sharedNet = netip.MustParsePrefix("100.64.0.0/10")

// sharedBare are names that are the same on both sides; with labels also where one is the first label of the other: web01
// and web01.firma.at. By that alone no search would find them.
func sharedBare(ticket, emergency []string, labels bool) []string {
	var out []string
	for _, a := range ticket {
		for _, b := range emergency {
			if a == b || labels && (labelOf(a, b) || labelOf(b, a)) {
				out = append(out, a)
			}
		}
	}
	return sorted(out)
}

// labelOf says whether a bare name is the first label of a longer one.
func labelOf(bare, name string) bool {
	return !strings.ContainsAny(bare, ".:") && strings.HasPrefix(name, bare+".") && string(firstLabel([]byte(name))) == bare
}

// inWindow says whether a ticket has mails near enough to a trigger: none of them need lie exactly there.
func (l *LinkRules) inWindow(s LinkSubject, triggered time.Time) bool {
	from, until := l.Triggers(s)
	return !triggered.Before(from) && !triggered.After(until)
}

// Triggers is when an emergency may have been triggered to which a ticket belongs, both ends included.
func (l *LinkRules) Triggers(s LinkSubject) (from, until time.Time) {
	first, last := arrivals(s)
	return first.Add(-l.After), last.Add(l.Before)
}

// Mails is when a mail may have arrived that belongs to an emergency, both ends included: a ticket has its first mail not
// after until, and its last not before from.
func (l *LinkRules) Mails(triggered time.Time) (from, until time.Time) {
	return triggered.Add(-l.Before), triggered.Add(l.After)
}

// arrivals is when the first and last mails of a ticket arrived, in this order.
func arrivals(s LinkSubject) (first, last time.Time) {
	switch {
	case s.Last.IsZero():
		return s.First, s.First
	case s.First.IsZero() || s.Last.Before(s.First):
		return s.Last, s.Last
	}
	return s.First, s.Last
}

// SearchKeys are the keys, as emergencies have them, under which those emergencies are found that Decide could choose.
// Sorted; KeyEmergency stands for the id.
func (l *LinkRules) SearchKeys(s LinkSubject) []Key { return l.search(s.Keys, false) }

// SearchKeysOf are the keys, as tickets have them, under which those tickets are found that Decide could link to an
// emergency.
func (l *LinkRules) SearchKeysOf(t LinkTarget) []Key {
	return l.search(append(slices.Clone(t.Keys), Key{KeyEmergency, emergencyID(t.ID)}), true)
}

// search maps keys of one side to those of the other. What weighs nothing is not looked for.
func (l *LinkRules) search(keys []Key, ofEmergency bool) []Key {
	var out []Key
	add := func(weight int, kind KeyKind, value string) {
		if weight > 0 {
			out = append(out, Key{kind, value})
		}
	}
	w := l.Weights
	for _, k := range keys {
		switch k.Kind {
		case KeyEmergency:
			add(w.Token, KeyEmergency, k.Value)
			if ofEmergency {
				add(w.Number, KeyNumber, k.Value)
			}
		case KeyNumber:
			add(w.Number, KeyEmergency, k.Value)
		case KeyCustomer:
			add(w.CustomerNumber, KeyCustomer, k.Value)
			add(w.Owner, KeyOwner, k.Value)
		case KeyOwner:
			add(w.Owner, KeyCustomer, k.Value)
			add(w.Owner, KeyOwner, k.Value)
		case KeyAddress:
			add(w.Address, KeyAddress, k.Value)
		case KeyDomain:
			if !l.Freemail(k.Value) {
				add(w.Domain, KeyDomain, k.Value)
			}
		case KeyPhone:
			add(w.Phone, KeyPhone, k.Value)
		case KeyServer:
			weight := w.Server
			if l.bare(k.Value) {
				weight = w.BareServer
			}
			add(weight, KeyServer, k.Value)
		}
	}
	slices.SortFunc(out, func(a, b Key) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value)) })
	return slices.Compact(out)
}

func emergencyID(id int64) string { return strconv.FormatInt(id, 10) }

func emergencyName(id int64) string { return "NE-" + emergencyID(id) }

// some is a list as a signal shows it: of a long one the beginning.
func some(list []string) string {
	if n := len(list) - 3; n > 0 {
		return strings.Join(list[:3], ", ") + fmt.Sprintf(" and %d more", n)
	}
	return strings.Join(list, ", ")
}

// roughly is a length of time as people say it.
func roughly(d time.Duration) string {
	d = d.Round(time.Minute)
	hours, minutes := int(d.Hours()), int(d.Minutes())%60
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 90*time.Minute:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case minutes == 0:
		return fmt.Sprintf("%d h", hours)
	}
	return fmt.Sprintf("%d h %d min", hours, minutes)
}
