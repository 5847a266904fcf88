package outbox

import (
	"context"
	"fmt"
)

// Probe connects and logs in as a delivery would, sends nothing, and says what it found in one line.
func Probe(ctx context.Context, o Options) (string, error) {
	c, err := dial(ctx, o.withDefaults())
	if err != nil {
		return "", err
	}
	defer c.quit()
	if err := c.client.Noop(); err != nil {
		return "", fmt.Errorf("NOOP: %w", err)
	}
	said := "ready"
	if _, ok := c.client.TLSConnectionState(); ok {
		said += ", encrypted"
	}
	if o.Username != "" {
		said += ", logged in as " + o.Username
	}
	return said, nil
}
