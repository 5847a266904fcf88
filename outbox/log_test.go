package outbox

import (
	"log/slog"
	"strings"
	"testing"

	"notfalld/ticket"
)

// TestLogOfDelivery: a line names the ticket and the emergency that there are, and none that there is not.
func TestLogOfDelivery(t *testing.T) {
	for _, c := range []struct {
		out  ticket.Out
		want string
	}{
		{ticket.Out{Kind: ticket.OutAnswer, TicketID: 10001}, `"kind":"answer","ticket":"NS-10001","to"`},
		{ticket.Out{Kind: ticket.OutConfirmation, EmergencyID: 10002}, `"kind":"confirmation","emergency":"NE-10002","to"`},
		{ticket.Out{Kind: ticket.OutNotice, TicketID: 10001, EmergencyID: 10002}, `"kind":"notice","ticket":"NS-10001","emergency":"NE-10002","to"`},
		{ticket.Out{Kind: ticket.OutNotice}, `"kind":"notice","to"`},
	} {
		var book logBook
		events{Logger: slog.New(book.handler())}.attempt(c.out, ticket.Outcome{Result: ticket.Accepted})
		if got := book.String(); !strings.Contains(got, c.want) {
			t.Errorf("no %s in %s", c.want, got)
		}
	}
}
