package outbox

import (
	"context"
	"time"

	"notfalld/ticket"
)

// TryPage makes one attempt to page, of which nothing is kept: for a test alarm.
func TryPage(ctx context.Context, o PageOptions, e Endpoint, id string, body []byte) ticket.Outcome {
	o = o.withDefaults()
	within, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	out, _ := newPoster(o).page(within, e, id, body, time.Now())
	return out
}

// TryMail makes one attempt to hand over a mail, of which nothing is kept: Recipient, EnvelopeFrom and Bytes are needed.
func TryMail(ctx context.Context, o Options, mail ticket.Out) ticket.Outcome {
	c, err := dial(ctx, o.withDefaults())
	if err != nil {
		return ticket.Outcome{Result: ticket.Temporary, Text: err.Error()}
	}
	defer c.quit()
	return c.send(ctx, mail).Outcome
}
