package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// No file that is none keeps a command waiting: each is refused by its name.
func TestCommandsOnOddFiles(t *testing.T) {
	dir := t.TempDir()
	pipe, zero, big, mail := filepath.Join(dir, "pipe"), filepath.Join(dir, "zero"), filepath.Join(dir, "big"), filepath.Join(dir, "m.eml")
	f, err := os.Create(big)
	if err == nil {
		err = errors.Join(f.Truncate(maxMailFile+1), f.Close())
	}
	err = errors.Join(err, syscall.Mkfifo(pipe, 0o600), os.Symlink("/dev/zero", zero),
		os.WriteFile(mail, []byte("From: petra@firma.at\r\nSubject: Notfall-Support\r\n\r\nweb01.firma.at steht\r\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"parse", pipe, mail}, exitFailed, pipe + ": is no regular file (p"},
		{[]string{"parse", zero}, exitFailed, zero + ": is no regular file (D"},
		{[]string{"parse", big}, exitFailed, big + ": has 1073741825 bytes"},
		{[]string{"rules", "explain", "--rules", dir, pipe}, exitFailed, pipe + ": is no regular file"},
		{[]string{"rules", "explain", "--rules", dir, zero}, exitFailed, zero + ": is no regular file"},
		{[]string{"parse", "--inventory", pipe, mail}, exitUsage, pipe + ": cannot read the inventory: is no regular file"},
		{[]string{"parse", "--inventory", zero, mail}, exitUsage, zero + ": cannot read the inventory: is no regular file"},
		{[]string{"parse", "-c", pipe, mail}, exitUsage, pipe},
	} {
		b := &syncBuffer{}
		m := &Main{Stdin: strings.NewReader(""), Stdout: b, Stderr: b, Env: os.LookupEnv}
		if code := m.Run(t.Context(), c.args); code != c.code || !strings.Contains(b.String(), c.says) {
			t.Errorf("%v: exit code %d\n%s", c.args, code, b)
		}
	}
}

// A signal ends a command that waits for its standard input.
func TestSignalWhileStdinIsSilent(t *testing.T) {
	for _, args := range [][]string{{"parse", "-"}, {"rules", "explain", "--rules", t.TempDir(), "-"}} {
		r, w := io.Pipe()
		ctx, cancel := context.WithCancel(t.Context())
		b := &syncBuffer{}
		m := &Main{Stdin: &toldReader{r, cancel}, Stdout: b, Stderr: b, Env: os.LookupEnv}
		if code := m.Run(ctx, args); code != exitFailed || !strings.Contains(b.String(), "canceled") {
			t.Errorf("%v: exit code %d\n%s", args, code, b)
		}
		w.Close()
	}
}

// toldReader tells when it is read.
type toldReader struct {
	io.Reader
	told func()
}

func (r *toldReader) Read(p []byte) (int, error) {
	r.told()
	return r.Reader.Read(p)
}
