package rules

import (
	"context"

	"notfalld/message"
)

func understand(ctx context.Context, m *message.Mail, w World) (Facts, error) {
	return Facts{}, ctx.Err()
}
