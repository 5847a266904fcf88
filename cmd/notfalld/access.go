package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"notfalld/store"
)

// open opens the store of a configuration, beside the daemon. A store that is not there yet is not made: the daemon does that.
func (m *Main) open(ctx context.Context, path string, o store.Options) (*store.Store, *Config, error) {
	cfg, err := m.config(path, false)
	if err != nil {
		return nil, nil, err
	}
	if file, ok := sqlitePath(cfg.Store.URL); ok && !exists(file) {
		return nil, nil, fmt.Errorf("there is no store yet: %s is made when notfalld run starts for the first time", file)
	}
	s, err := store.Open(ctx, cfg.Store.URL, o)
	return s, cfg, err
}

// reader opens the store for reading only.
func (m *Main) reader(ctx context.Context, path string) (*store.Store, *Config, error) {
	return m.open(ctx, path, store.Options{ReadOnly: true})
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// printLines prints one JSON object per line.
func printLines[T any](w io.Writer, list []T) error {
	out := bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false) // addresses in <> are read by people, too
	for _, v := range list {
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	return out.Flush()
}

// stamp is an instant as RFC 3339 in UTC, "" for never.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
