package main

import (
	"context"
	"strings"
)

// needsTrustMail says whether a test mail has something to show: who is staff rests on headers, and nobody vouches that forged ones are stripped.
func (c *Config) needsTrustMail() bool { return c.Trust.configured() && !c.Trust.Verified }

// relied names the headers that the proof of being staff rests on.
func (t Trust) relied() string {
	var on []string
	for _, id := range t.AuthRes {
		on = append(on, "Authentication-Results of "+id)
	}
	if t.Microsoft365 {
		on = append(on, "Authentication-Results and X-MS-Exchange-Organization-AuthAs of Microsoft 365")
	}
	for _, host := range t.ReceivedAuth {
		on = append(on, "Received of "+host)
	}
	return strings.Join(on, ", ")
}

// sayTrust logs what keeps replies of staff off: they only find out when they have written one.
func (d *parts) sayTrust(ctx context.Context) {
	if len(d.config.Staff.People) == 0 {
		return // that was warned of with the configuration
	}
	for _, box := range d.config.Mailboxes {
		s, err := d.desk.TrustState(ctx, box.Name)
		if err == nil && !s.Shown {
			d.log.Warn("replies and commands of staff are off", "mailbox", box.Name, "why", s.Why)
		}
	}
}

// staffIsHeard says whether somebody can be proven to be staff. A store that does not answer hears nobody.
func (d *parts) staffIsHeard(mailbox string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), pulsePatience)
	defer cancel()
	s, err := d.desk.TrustState(ctx, mailbox)
	return err == nil && s.Shown && len(d.config.Staff.People) > 0
}
