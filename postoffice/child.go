package postoffice

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrNotInstalled is wrapped by StartDovecot and StartPostgres when the machine has no such server: skip the test.
var ErrNotInstalled = errors.New("not installed")

const (
	startPatience = 30 * time.Second // a loaded machine may be slow to start a server
	stopPatience  = 15 * time.Second // then it is killed
)

// child is a server process that was started here and is ended here, by its process id.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	err  error         // how; valid after done
	log  string        // file with its output
}

// runAs is the user of a child process; the zero value is the user who runs this program.
type runAs struct {
	uid, gid uint32
	set      bool
}

// startChild runs a program in the foreground, its output in a log file. The kernel ends it if this process dies.
func startChild(log, dir string, as runAs, argv ...string) (*child, error) {
	out, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	c := &child{cmd: exec.Command(argv[0], argv[1:]...), done: make(chan struct{}), log: log}
	c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr, c.cmd.SysProcAttr = dir, out, out, attributes(as)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	go func() {
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// ready calls probe, with growing pauses, until it succeeds; it fails when the process ends or patience does.
func (c *child) ready(probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), startPatience)
	defer cancel()
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 250*time.Millisecond) {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(pause):
		case <-c.done:
			return fmt.Errorf("%s ended: %v; its log: %s", c.cmd.Path, c.err, c.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w; its log: %s", c.cmd.Path, err, c.tail())
		}
	}
}

// stop asks the process to end, waits for it, and kills it when it does not.
func (c *child) stop(ask os.Signal) error {
	if err := c.cmd.Process.Signal(ask); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-c.done:
		return nil
	case <-time.After(stopPatience):
	}
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-c.done
	return fmt.Errorf("%s did not end when asked and was killed", c.cmd.Path)
}

func (c *child) tail() string {
	b, _ := os.ReadFile(c.log)
	return strings.TrimSpace(string(b[max(0, len(b)-2000):]))
}

// freePort returns a loopback port that was free a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// findBinary looks in PATH, and where Debian keeps servers: those folders are in the PATH of root alone.
func findBinary(name string) (string, error) {
	for _, p := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name} {
		if p, err := exec.LookPath(p); err == nil {
			return p, nil
		}
	}
	return "", fmt.Errorf("postoffice: %s: %w", name, ErrNotInstalled)
}

// openWay lets another user pass through the folders above dir, as far as they are temporary ones: testing.T.TempDir makes
// them for its own user alone.
func openWay(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	temp := filepath.Clean(os.TempDir())
	for p := dir; p != temp && strings.HasPrefix(p, temp+string(filepath.Separator)); p = filepath.Dir(p) {
		info, err := os.Stat(p)
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o011 != 0o011 {
			if err := os.Chmod(p, info.Mode().Perm()|0o011); err != nil {
				return err
			}
		}
	}
	return nil
}

// chownAll gives a tree to the user, if there is one.
func chownAll(dir string, as runAs) error {
	if !as.set {
		return nil
	}
	return filepath.WalkDir(dir, func(p string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, int(as.uid), int(as.gid))
	})
}
