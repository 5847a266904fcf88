package rules

import "notfalld/message"

// MayAnswer says whether a mail may be answered, whatever class its wording gives it: a human mail that
// continues a ticket is an emergency.
func MayAnswer(m *message.Mail, w World) Reply {
	return mayReply(m, w, Emergency, m.AutomaticThrough(w.Groups))
}

// MayWriteTo says whether an address may be written to at all, and why not: it is ours, staff's, or a program's.
func MayWriteTo(address string, w World) Reply {
	if why := refused(address, &message.Mail{}, w); why != "" {
		return Reply{Reason: address + " is " + why}
	}
	return Reply{Send: true}
}

// Minimal is what is known of a mail that could not be understood: an emergency, unless its header says that a machine wrote it
// for another reason. Everything is missing.
func Minimal(m *message.Mail, w World) Facts {
	auto := m.AutomaticThrough(w.Groups)
	f := Facts{Class: Emergency, Automatic: auto, Missing: []string{
		MissingProblem, MissingServers, MissingError, MissingCustomerNumber, MissingPhone, MissingReproduction, MissingChanges}}
	switch auto.Kind {
	case message.AutoReply, message.Receipt:
		f.Class = Auto
	case message.Bounce, message.Delay:
		f.Class = Bounce
	case message.List:
		f.Class = Other
	}
	f.Reply = mayReply(m, w, f.Class, auto)
	return f
}
