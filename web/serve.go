package web

import (
	"context"
	"net"
	"net/http"
	"time"
)

// patience says how long a client may take.
type patience struct {
	header, read, write, idle, end time.Duration
}

func defaultPatience() patience {
	return patience{header: 5 * time.Second, read: 10 * time.Second, write: 30 * time.Second, idle: time.Minute, end: 5 * time.Second}
}

// Serve answers on l until ctx ends, then lets requests under way finish. Every time-out is set: a slow client holds nothing up.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	return serve(ctx, l, h, defaultPatience())
}

func serve(ctx context.Context, l net.Listener, h http.Handler, p patience) error {
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: p.header, ReadTimeout: p.read, WriteTimeout: p.write, IdleTimeout: p.idle, MaxHeaderBytes: 16 << 10,
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.end)
	defer cancel()
	if err := srv.Shutdown(limited); err != nil {
		return srv.Close()
	}
	return nil
}
