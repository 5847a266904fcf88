package store

import (
	"context"
	"time"

	"notfalld/ticket"
)

// Purge drops the raw bytes of decided mails that were fetched before the given time, and says of how many. It goes in small
// steps, so that nobody waits for it; an interrupted one is continued by the next.
func (s *Store) Purge(ctx context.Context, rawBefore time.Time) (int, error) {
	total := 0
	for !rawBefore.IsZero() {
		var n int
		err := s.Update(ctx, func(t ticket.Tx) (err error) {
			n, err = t.(*tx).purge(rawBefore)
			return err
		})
		if err != nil {
			return total, err
		}
		total += n
		if n < chunk {
			break
		}
	}
	return total, nil
}

func (t *tx) purge(before time.Time) (int, error) {
	const doing = "drop old raw mails"
	var entries, raws []int64
	err := t.rows(doing, "SELECT id, raw_id FROM ledger WHERE raw_id <> 0 AND fetched < ?1 AND state <> 'fetched' ORDER BY fetched LIMIT ?2",
		func(scan func(...any) error) error {
			var entry, raw int64
			err := scan(&entry, &raw)
			entries, raws = append(entries, entry), append(raws, raw)
			return err
		}, before, chunk)
	if err != nil {
		return 0, err
	}
	for _, piece := range chunks(entries) {
		if _, err := t.exec(doing, "UPDATE ledger SET raw_id = 0 WHERE id IN ("+marks(1, len(piece))+")", piece...); err != nil {
			return 0, err
		}
	}
	for _, piece := range chunks(raws) {
		if _, err := t.exec(doing, "DELETE FROM raw WHERE id IN ("+marks(1, len(piece))+")", piece...); err != nil {
			return 0, err
		}
	}
	return len(entries), nil
}
