package rules

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"notfalld/message"
)

// emergencyNumbers are NE-10001 and what people and mail programs make of its hyphen.
var emergencyNumbers = regexp.MustCompile(`(?i)\bNE[-‐‑‒–—−_]([1-9][0-9]{4,11})\b`)

// maxNumbers bounds how many emergencies one mail can name.
const maxNumbers = 20

// TicketKeys are the keys that a mail gives its ticket, sorted: what it says of itself, and what the inventory says of its
// servers. author is the address of who wrote it, proof that of the sender ("pass", "fail", "unknown"): an address that is
// disowned says nothing. Tokens are the caller's business; LeaveOutOwn takes the company's own domains out.
func TicketKeys(m *message.Mail, f Facts, author, proof string, in *Inventory) []Key {
	var k keyList
	if proof != "fail" {
		k.address(author)
	}
	k.add(KeyCustomer, customerKey(f.CustomerNumber))
	for _, p := range f.Phones {
		k.add(KeyPhone, p)
	}
	for _, s := range f.Servers {
		k.server(s.Name, f.CustomerNumber, in)
	}
	named := 0
	for _, text := range []string{m.Subject, m.Text, m.Quoted, m.Forwarded} {
		for _, hit := range emergencyNumbers.FindAllStringSubmatch(cut(text, textLimit), maxNumbers-named) {
			k.add(KeyNumber, hit[1])
			named++
		}
	}
	return k.sorted()
}

// EmergencyKeys are the keys of an emergency, sorted: as it was triggered, and what the inventory says of its servers. Any
// of them may be "" or none. phone is in E.164. An owner by the contacts is the caller's business.
func EmergencyKeys(customer, email, phone string, servers []string, in *Inventory) []Key {
	var k keyList
	k.address(email)
	k.add(KeyCustomer, customerKey(customer))
	k.add(KeyPhone, phone)
	for _, given := range servers {
		for _, name := range hostsOf(given) {
			k.server(name, customer, in)
		}
	}
	return k.sorted()
}

// DomainKey is what a KeyDomain of an address holds: the domain that one owner registered, lower case, IDN in ASCII; "" of
// what is no address.
func DomainKey(address string) string { return siteOf(strings.TrimSpace(domainOf(address))) }

// LeaveOutOwn takes the domains of our own addresses out of keys: they tie nobody to a customer. The list is the caller's own.
func LeaveOutOwn(keys []Key, own []string) []Key {
	ours := map[string]bool{}
	for _, a := range own {
		ours[DomainKey(a)] = true
	}
	return slices.DeleteFunc(keys, func(k Key) bool { return k.Kind == KeyDomain && ours[k.Value] })
}

// siteOf is the registered part of a domain; of a name that is none the name itself.
func siteOf(domain string) string {
	name, err := hostKey(domain)
	if err != nil {
		return ""
	}
	if site, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
		return site
	}
	return name
}

// CustomerKey is what a KeyCustomer or KeyOwner holds: a customer number without the marks that people put into it, lower case.
func CustomerKey(number string) string { return customerKey(number) }

// customerKey is a customer number without the marks that people put between its digits.
func customerKey(number string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\u00a0-./", r) {
			return -1
		}
		return r
	}, number))
}

// hostsOf are the servers of an entry as people give it: "https://shop.firma.at/kasse, web01:8443".
func hostsOf(given string) []string {
	var out []string
	for _, part := range strings.FieldsFunc(given, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;()<>\"'", r) }) {
		if _, rest, ok := strings.Cut(part, "://"); ok {
			part = rest
		}
		part, _, _ = strings.Cut(part, "/")
		part = part[strings.LastIndexByte(part, '@')+1:]
		if host, port, ok := strings.Cut(part, ":"); ok && digits(port) == len(port) { // and no IPv6 address
			part = host
		}
		if len(part) > 1 {
			out = append(out, part)
		}
	}
	return out
}

// keyList collects keys.
type keyList []Key

func (k *keyList) add(kind KeyKind, value string) {
	if value != "" {
		*k = append(*k, Key{kind, value})
	}
}

func (k *keyList) address(address string) {
	local, domain, ok := strings.Cut(strings.ToLower(strings.TrimSpace(address)), "@")
	host, err := hostKey(domain)
	if !ok || local == "" || err != nil {
		return
	}
	k.add(KeyAddress, local+"@"+host)
	k.add(KeyDomain, siteOf(host))
}

// server adds a name, the full one by which the inventory knows the server, and its owner, if there is no doubt which one it
// is: web01 in the mail is web01.firma.at of the trigger. The servers of the customer who is named go first; a short name
// that only others have is one that the inventory lacks.
func (k *keyList) server(name, customer string, in *Inventory) {
	key, err := hostKey(name)
	if err != nil {
		return
	}
	k.add(KeyServer, withoutWWW(key))
	known, number := in.Lookup(name), customerKey(customer)
	if number != "" {
		theirs := slices.DeleteFunc(slices.Clone(known), func(x Known) bool { return customerKey(x.Owner) != number })
		if len(theirs) == 0 {
			theirs = slices.DeleteFunc(known, func(x Known) bool { return x.Short })
		}
		known = theirs
	}
	if len(known) == 0 {
		return
	}
	k.add(KeyOwner, customerKey(owner(known)))
	if !slices.ContainsFunc(known, func(x Known) bool { return x.Name != known[0].Name }) {
		k.add(KeyServer, withoutWWW(known[0].Name))
	}
}

func withoutWWW(name string) string {
	if bare, ok := strings.CutPrefix(name, "www."); ok && strings.Contains(bare, ".") {
		return bare
	}
	return name
}

func (k keyList) sorted() []Key {
	slices.SortFunc(k, func(a, b Key) int { return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Value, b.Value)) })
	return slices.Compact(k)
}
