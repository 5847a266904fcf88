package outbox

import (
	"context"
	"log/slog"
	"time"

	"notfalld/ticket"
)

// events is everything that this room logs, one function for each.
type events struct {
	*slog.Logger
	host string
	port int
}

func (l events) serverGone(err error, retry time.Time) {
	l.Error("mail server cannot be used; answers wait", "host", l.host, "port", l.port, "error", err.Error(), "retry_at", retry.Format(time.RFC3339))
}

func (l events) serverBack() {
	l.Info("mail server is back", "host", l.host, "port", l.port)
}

func (l events) fewer(open int, err error) {
	l.Warn("mail server takes no further connection; going on with those there are", "host", l.host, "port", l.port, "open", open, "error", err.Error())
}

func (l events) storeFailed(err error) {
	l.Error("outbox: the store failed; trying again", "error", err.Error())
}

func (l events) storeBack() {
	l.Info("outbox: the store works again")
}

func (l events) outcomeLost(id int64, out ticket.Outcome) {
	l.Error("outbox: an outcome could not be stored; after the restart the same mail goes out again", "out", id, "result", string(out.Result))
}

func (l events) attempt(o ticket.Out, out ticket.Outcome) {
	level := slog.LevelInfo
	if out.Result != ticket.Accepted {
		level = slog.LevelWarn
	}
	about := []any{"kind", string(o.Kind)} // a mail may be about a ticket, an emergency, both or neither
	if o.TicketID != 0 {
		about = append(about, "ticket", ticket.Number(o.TicketID))
	}
	if o.EmergencyID != 0 {
		about = append(about, "emergency", ticket.EmergencyNumber(o.EmergencyID))
	}
	about = append(about, "to", o.Recipient, "message_id", o.MessageID, "result", string(out.Result), "code", out.Code, "text", out.Text)
	l.Log(context.Background(), level, "delivery", about...)
}
