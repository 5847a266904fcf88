package ticket

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"notfalld/rules"
)

// FieldFault is what a person at the form can mend.
type FieldFault struct {
	Field string // "name", "customer_number", "email", "phone", "problem", "servers"
	Fault string // "missing", "invalid", "premium", "satellite", "unknown", "too_long"
}

// CheckTrigger says what is wrong with the fields of the form. Nobody else is asked to correct anything.
func (d *Desk) CheckTrigger(t Trigger) []FieldFault {
	var all []FieldFault
	say := func(field, fault string) {
		if fault != "" {
			all = append(all, FieldFault{field, fault})
		}
	}
	say("name", faultOf(t.Name, 200, func(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }))
	number := faultOf(t.CustomerNumber, 60, func(s string) bool { return customerNumber(s) != "" })
	if number == "" && !d.KnowsCustomer(t.CustomerNumber) {
		number = "unknown"
	}
	say("customer_number", number)
	email := faultOf(t.Email, 254, func(s string) bool { return emailOf(s) != "" })
	if email == "" && !rules.MayWriteTo(emailOf(t.Email), d.o.World).Send {
		email = "invalid" // our own address: nobody would read the confirmation
	}
	say("email", email)
	phone := faultOf(t.Phone, 100, func(string) bool { return true })
	if phone == "" {
		_, fault := rules.ReadPhone(t.Phone, "")
		phone = string(fault)
	}
	say("phone", phone)
	if utf8.RuneCountInString(t.Problem) > mostProblem {
		say("problem", "too_long")
	}
	if servers := strings.Join(t.Servers, " "); len(servers) > 4000 {
		say("servers", "too_long")
	}
	return all
}

func faultOf(s string, most int, good func(string) bool) string {
	switch s = strings.TrimSpace(s); {
	case s == "":
		return "missing"
	case utf8.RuneCountInString(s) > most:
		return "too_long"
	case !good(s):
		return "invalid"
	}
	return ""
}

// KnowsCustomer says whether a customer number is in the inventory or the contacts. Where neither is configured, every number is known.
func (d *Desk) KnowsCustomer(number string) bool {
	number = customerNumber(number)
	in := d.o.World.Inventory
	if in == nil && d.o.Contacts.Empty() {
		return true
	}
	return in != nil && in.HasCustomer(number) || d.o.Contacts.HasCustomer(number)
}

// printable drops what is no text: control and format characters; blanks of any kind become a blank.
func printable(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs), r == utf8.RuneError:
		return -1
	}
	return r
}
