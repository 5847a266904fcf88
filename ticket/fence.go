package ticket

import "time"

// Fence is what is remembered of the internal block of one notice, so that nothing of it reaches a customer.
type Fence struct {
	Code        string // stands in the lines that fence the block; random, so that no customer can write them
	OutID       int64  // the notice
	TicketID    int64
	EmergencyID int64
	Recipient   string // to whom the notice went
	Lines       []byte // hashes of its lines, 8 bytes each
	Created     time.Time
}
