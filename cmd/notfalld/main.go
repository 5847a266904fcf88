// Command notfalld turns the emergency mails of a support mailbox into tickets, and tells every customer who may be
// answered where they stand.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // support hours need their time zone on machines without tzdata, too

	"github.com/alecthomas/kong"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	m := &Main{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.LookupEnv}
	os.Exit(m.Run(ctx, os.Args[1:]))
}

// Main is the whole program with its ways in and out, so that a test can start it within its process.
type Main struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Env            func(name string) (value string, set bool)
	Hangup         <-chan os.Signal // SIGHUP: the daemon reloads; nil: the process's own
}

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1 // failed, or found something
	exitUsage  = 2 // wrong usage or configuration; nothing was touched
)

// exitError ends the program with a code of its own. Without an error everything was said already.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

// usagef is a mistake of the caller's.
func usagef(format string, a ...any) error { return exitError{exitUsage, fmt.Errorf(format, a...)} }

// Run runs one command until it is done or ctx ends, and returns the exit code.
func (m *Main) Run(ctx context.Context, args []string) int {
	var c commands
	k, err := kong.New(&c, kong.Name("notfalld"), kong.Description(about), kong.NoDefaultHelp(),
		kong.Writers(m.Stdout, m.Stderr))
	if err != nil {
		fmt.Fprintf(m.Stderr, "notfalld: %v\n", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
		k.Stdout = m.Stderr
		_, _ = k.Parse(args)
		return exitUsage
	}
	parsed, err := k.Parse(args)
	if err == nil {
		parsed.BindTo(ctx, (*context.Context)(nil))
		err = parsed.Run(m)
		return m.report(err)
	}
	if errors.Is(err, errHelpShown) {
		return exitDone
	}
	command := "notfalld"
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context != nil && wrong.Context.Selected() != nil {
		command = wrong.Context.Selected().FullPath()
	}
	fmt.Fprintf(m.Stderr, "notfalld: %s (%s --help shows how)\n", inPlainWords(err.Error()), command)
	return exitUsage
}

// report says on one line what went wrong, and turns it into an exit code.
func (m *Main) report(err error) int {
	if err == nil {
		return exitDone
	}
	code := exitFailed
	var ee exitError
	if errors.As(err, &ee) {
		code = ee.code
		if ee.err == nil {
			return code
		}
	}
	fmt.Fprintf(m.Stderr, "notfalld: %s\n", oneLine(strings.TrimSpace(err.Error())))
	return code
}
