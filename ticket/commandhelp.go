package ticket

import (
	"fmt"
	"strings"

	"notfalld/templates"
)

// helpLines are the commands as staff read them.
func (d *Desk) helpLines(language string) []templates.HelpLine {
	var all []templates.HelpLine
	for _, k := range commandTable() {
		all = append(all, templates.HelpLine{Usage: k.usage, Says: k.says.in(language), Aliases: aliasWords(k)})
	}
	return all
}

// aliasWords are the other names of a command, as they are written.
func aliasWords(k commandKind) string {
	var all []string
	for _, a := range k.aliases {
		all = append(all, "#"+a)
	}
	return strings.Join(all, ", ")
}

// runHelp enters the mail that lists the commands, to the address that the person wrote from.
func (d *Desk) runHelp(tx Tx, c *deed, _ []string) error {
	to, ticketID, emergencyID := "", int64(0), int64(0)
	if len(c.person.Addresses) > 0 {
		to = c.person.Addresses[0]
	}
	if c.mailID != 0 {
		m, ok, err := tx.Mail(c.mailID)
		if err != nil {
			return err
		}
		if ok {
			to = m.From
		}
	}
	if c.ticket != nil {
		ticketID = c.ticket.ID
	} else if c.emergency != nil {
		emergencyID = c.emergency.ID
	}
	cause := fmt.Sprintf("help:m%d", c.mailID)
	if c.mailID == 0 { // there is no mail in a ticket to tell two of them apart by
		cause = fmt.Sprintf("help:ne%d:%d", emergencyID, d.now().UnixMilli())
	}
	return d.tellPerson(tx, to, ticketID, emergencyID, c.mailID, ReasonHelp, "", cause)
}
