package outbox

import (
	"context"
	"log/slog"
	"time"

	"notfalld/ticket"
)

// events is everything that this room logs, one function for each.
type events struct{ *slog.Logger }

func (l events) serverGone(host string, port int, err error, retry time.Time) {
	l.Error("mail server cannot be used; answers wait", "host", host, "port", port, "error", err.Error(), "retry_at", retry.Format(time.RFC3339))
}

func (l events) serverBack(host string, port int) {
	l.Info("mail server is back", "host", host, "port", port)
}

func (l events) storeFailed(ctx context.Context, err error) {
	if ctx.Err() == nil {
		l.Error("outbox: the store failed", "error", err.Error())
	}
}

func (l events) attempt(o ticket.Out, out ticket.Outcome) {
	level := slog.LevelInfo
	if out.Result != ticket.Accepted {
		level = slog.LevelWarn
	}
	l.Log(context.Background(), level, "delivery", "kind", string(o.Kind), "ticket", ticket.Number(o.TicketID), "to", o.Recipient, "message_id", o.MessageID,
		"result", string(out.Result), "code", out.Code, "text", out.Text)
}
