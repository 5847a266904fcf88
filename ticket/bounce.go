package ticket

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"notfalld/message"
)

// recordBounce finds which mail of ours a delivery status speaks of, and notes it there. It proves itself by a token or a Message-ID
// of ours; without, anybody could make us believe that a customer does not know.
func (d *Desk) recordBounce(tx Tx, m *message.Mail) (ok bool, ticketID int64, err error) {
	o, ok, err := d.bouncedOut(tx, m)
	if err != nil || !ok {
		return false, 0, err
	}
	said := whatBounceSays(m)
	if m.Automatic.Kind == message.Delay {
		return true, o.TicketID, d.recordDelay(tx, o, said)
	}
	o.BouncedAt = d.now()
	if o.State == OutFailed {
		return true, o.TicketID, tx.PutOut(o)
	}
	o.LastError = said
	return true, o.TicketID, d.failed(tx, &o, "it came back: "+said)
}

// recordDelay: a warning is no failure; the server there is still trying (RFC 3464, 2.3.3).
func (d *Desk) recordDelay(tx Tx, o Out, said string) error {
	o.DelayedAt = d.now()
	if err := tx.PutOut(o); err != nil || o.Kind != OutAnswer && o.Kind != OutRelay {
		return err
	}
	if err := d.event(tx, o.TicketID, "delayed", fmt.Sprintf("%s may not know yet: %s", o.Recipient, said)); err != nil {
		return err
	}
	return d.tellStaffOf(tx, &o, ReasonDelayed, fmt.Sprintf("%s: %s", o.Recipient, said))
}

// statusShape finds what a delivery status says of the cause (RFC 3464, 2.3.4 and 2.3.6).
var statusShape = regexp.MustCompile(`(?im)^(?:diagnostic-code|status):[ \t]*(.+(?:\r?\n[ \t]+.+)*)`)

// whatBounceSays is the cause that the report names, or its subject.
func whatBounceSays(m *message.Mail) string {
	var said []string
	for _, a := range slices.Concat(m.Inline, m.Attachments) {
		if !strings.Contains(a.Type, "delivery-status") {
			continue
		}
		for _, found := range statusShape.FindAllStringSubmatch(string(a.Data), 4) {
			said = append(said, found[1])
		}
	}
	if len(said) == 0 {
		return oneLine(m.Subject)
	}
	return oneLine(strings.Join(said, ", "))
}

var msgIDShape = regexp.MustCompile(`(?i)message-id:\s*<([^<>\s]{1,250})>`)

func (d *Desk) bouncedOut(tx Tx, m *message.Mail) (Out, bool, error) {
	texts := append(deliveryAddresses(m), m.Text, m.Quoted, m.Forwarded)
	for _, a := range slices.Concat(m.Attachments, m.Inline) { // a report's parts (RFC 3462) are the mail's own
		texts = append(texts, string(a.Data))
	}
	for _, s := range texts {
		if tok, ok := d.keys.Find(s, BounceToken); ok && tok.Subject == AboutOut {
			return tx.Out(tok.ID)
		}
	}
	ids := append(append([]string{}, m.InReplyTo...), m.References...)
	for _, s := range texts {
		for _, found := range msgIDShape.FindAllStringSubmatch(s, 20) {
			ids = append(ids, found[1])
		}
	}
	for _, id := range ids {
		if o, ok, err := tx.OutByMessageID(id); err != nil || ok {
			return o, ok, err
		}
	}
	return Out{}, false, nil
}
