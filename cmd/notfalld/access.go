package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"notfalld/store"
	"notfalld/ticket"
)

// open opens the store of a configuration. A store that is not there yet is not made: the daemon does that.
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

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// view reads from the store, beside the daemon.
func (m *Main) view(ctx context.Context, config string, f func(ticket.Tx) error) error {
	s, _, err := m.open(ctx, config, store.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(s.View(ctx, f), s.Close())
}

// update changes the store, beside the daemon.
func (m *Main) update(ctx context.Context, config string, f func(ticket.Tx) error) error {
	s, _, err := m.open(ctx, config, store.Options{})
	if err != nil {
		return err
	}
	return errors.Join(s.Update(ctx, f), s.Close())
}
