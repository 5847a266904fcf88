package outbox

import (
	"context"
	"log/slog"

	"notfalld/ticket"
)

// pageEvents is everything that is logged of pages, one function for each.
type pageEvents struct{ *slog.Logger }

func (l pageEvents) attempt(o ticket.Out, out ticket.Outcome) {
	level := slog.LevelInfo
	if out.Result != ticket.Accepted {
		level = slog.LevelError
	}
	l.Log(context.Background(), level, "alarm", "channel", o.Channel, "event", o.Reason, "emergency", ticket.EmergencyNumber(o.EmergencyID),
		"message_id", o.MessageID, "result", string(out.Result), "code", out.Code, "text", out.Text)
}

func (l pageEvents) storeFailed(err error) {
	l.Error("pages: the store failed; trying again", "error", err.Error())
}

func (l pageEvents) storeBack() {
	l.Info("pages: the store works again")
}

func (l pageEvents) outcomeLost(o ticket.Out, out ticket.Outcome) {
	l.Error("pages: an outcome could not be stored; after the restart the same page goes out again", "out", o.ID, "channel", o.Channel, "result", string(out.Result))
}
