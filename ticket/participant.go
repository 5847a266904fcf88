package ticket

import "time"

// Participant is an address that takes part in a ticket besides those who have written in it: a customer had it in To or Cc.
type Participant struct {
	TicketID int64
	Address  string // lower case
	Since    time.Time
	Why      string
}
