package store

import (
	"context"
	"testing"

	"notfalld/ticket"
)

func TestSettings(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{Exclusive: true})
		ctx := context.Background()
		if err := s.Update(ctx, func(tx ticket.Tx) error { return tx.SetSetting("a", "1") }); err != nil {
			t.Fatal(err)
		}
		if err := s.Ping(ctx); err != nil {
			t.Fatal(err)
		}
		if err := s.View(ctx, func(tx ticket.Tx) error {
			v, ok, err := tx.Setting("a")
			if v != "1" || !ok || err != nil {
				t.Errorf("got %q, %v, %v", v, ok, err)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}
