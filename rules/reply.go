package rules

import (
	"fmt"
	"strings"

	"notfalld/message"
)

// Author is who really wrote the mail, and whether that can be said: the one address of From, or,
// where one of our groups put its own address there, that of X-Original-From or Reply-To.
func Author(m *message.Mail, groups []Group) (message.Address, bool) {
	if len(m.From) != 1 {
		return message.Address{}, false
	}
	from := m.From[0]
	if !isGroup(from.Address, groups) {
		return from, from.Address != ""
	}
	for _, name := range []string{"X-Original-From", "X-Original-Sender"} {
		if a, ok := headerAddress(m.Header.Get(name)); ok && !isGroup(a.Address, groups) {
			return a, true
		}
	}
	if len(m.ReplyTo) == 1 && !isGroup(m.ReplyTo[0].Address, groups) && m.ReplyTo[0].Address != "" {
		return m.ReplyTo[0], true
	}
	return message.Address{}, false
}

// headerAddress reads the single address of a field that the parser leaves alone.
func headerAddress(v string) (message.Address, bool) {
	name, addr := "", strings.TrimSpace(v)
	if i := strings.LastIndexByte(addr, '<'); i >= 0 {
		name, addr = strings.Trim(strings.TrimSpace(addr[:i]), `"`), strings.TrimSuffix(addr[i+1:], ">")
	}
	local, domain, ok := strings.Cut(addr, "@")
	if !ok || local == "" || domain == "" || strings.ContainsAny(addr, " ,;<>") {
		return message.Address{}, false
	}
	return message.Address{Name: name, Address: local + "@" + strings.ToLower(domain)}, true
}

// IsGroup says whether an address is one of the groups.
func IsGroup(address string, groups []Group) bool { return isGroup(address, groups) }

func isGroup(address string, groups []Group) bool {
	for _, g := range groups {
		if g.Address != "" && strings.EqualFold(g.Address, address) {
			return true
		}
	}
	return false
}

// mayReply says whether the mail itself allows an automatic answer; every reason names the header or
// the pattern that decides.
func mayReply(m *message.Mail, w World, class Class, auto message.Automatic) Reply {
	no := func(format string, a ...any) Reply { return Reply{Reason: fmt.Sprintf(format, a...)} }
	if class != Emergency {
		return no("class %s is never answered", class)
	}
	if auto.Kind != message.Human && auto.Kind != "" {
		return no("%s: %s", auto.Kind, auto.Why)
	}
	if m.ClaimsOwn() {
		return no("X-Notfalld: the mail says that it is ours")
	}
	author, ok := Author(m, w.Groups)
	switch {
	case len(m.From) == 0:
		return no("From: none that can be read")
	case len(m.From) > 1:
		return no("From: %d addresses", len(m.From))
	case !ok:
		return no("From: rewritten to a group, and nothing says who wrote it")
	case len(m.ReplyTo) > 1:
		return no("Reply-To: %d addresses", len(m.ReplyTo))
	}
	if why := refused(author.Address, m, w); why != "" {
		return no("From: %s is %s", author.Address, why)
	}
	if len(m.ReplyTo) == 1 && !isGroup(m.ReplyTo[0].Address, w.Groups) {
		if why := refused(m.ReplyTo[0].Address, m, w); why != "" {
			return no("Reply-To: %s is %s", m.ReplyTo[0].Address, why)
		}
	}
	return Reply{Send: true, Reason: "a human's mail about an emergency"}
}

// refused says what an address is that is never answered, or "".
func refused(address string, m *message.Mail, w World) string {
	plain := withoutTag(address)
	for _, own := range w.Own {
		if strings.EqualFold(plain, withoutTag(own)) {
			return "our own"
		}
	}
	for _, s := range w.Staff {
		if strings.EqualFold(plain, withoutTag(s)) {
			return "staff"
		}
	}
	if len(w.Own) == 0 { // nobody says which addresses are ours: the mail was sent to one
		for _, to := range m.To {
			if strings.EqualFold(plain, withoutTag(to.Address)) && !isGroup(to.Address, w.Groups) {
				return "the address that the mail was sent to"
			}
		}
	}
	if local, _, _ := strings.Cut(strings.ToLower(plain), "@"); daemons[local] {
		return "a daemon's"
	}
	if message.MachineAddress(address) {
		return "a program's"
	}
	return ""
}

// daemons are local parts behind which humans write at times, and programs more often: their mail is
// read as a human's, and not answered.
var daemons = map[string]bool{
	"root": true, "postmaster": true, "system": true, "nobody": true, "listserv": true, "majordomo": true, "mailman": true,
}

// withoutTag is an address without its plus tag.
func withoutTag(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		return address
	}
	local, _, _ = strings.Cut(local, "+")
	return local + "@" + domain
}
