package rules

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// oddFolder has a good rule file, a test file whose mail has no end, and everything that must neither be opened nor hide the others.
func oddFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	big, err := os.Create(at("80-big.yaml"))
	if err == nil {
		err = errors.Join(big.Truncate(maxRuleFile+1), big.Close())
	}
	socket, serr := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if serr == nil {
		t.Cleanup(func() { syscall.Close(socket) })
		serr = syscall.Bind(socket, &syscall.SockaddrUnix{Name: at("45-socket.yaml")})
	}
	for _, err := range []error{err, serr,
		os.WriteFile(at("10-good.yaml"), []byte("classify:\n  - {name: own-word, text: 2, words: [zargelt]}\n"), 0o600),
		os.WriteFile(at("10-good.test.yaml"), []byte("tests:\n  - {name: endless, mail: n.eml, expect: {class: other}}\n"), 0o600),
		os.Symlink("10-good.yaml", at("15-link.yml")),
		os.Symlink("/dev/zero", at("20-zero.yaml")),
		os.Symlink("/dev/zero", at("20-zero.test.yaml")),
		os.Symlink("/dev/zero", at("n.eml")),
		os.Symlink("nowhere.yaml", at("30-dangling.yaml")),
		syscall.Mkfifo(at("40-pipe.yaml"), 0o600),
		syscall.Mkfifo(at("40-pipe.test.yaml"), 0o600),
		os.Mkdir(at("50-folder.yaml"), 0o700),
		os.Symlink("60-loop.yaml", at("60-loop.yaml")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFilesThatAreNone(t *testing.T) {
	dir := oddFolder(t)
	files, err := ReadFiles(os.DirFS(dir), "r")
	var got []string
	for _, f := range files {
		got = append(got, f.Name)
	}
	if s := strings.Join(got, " "); s != "r/10-good.yaml r/15-link.yml" {
		t.Errorf("read: %s", s)
	}
	want := []string{"r/20-zero.yaml: is a device", "r/30-dangling.yaml: cannot be read: no such file", "r/40-pipe.yaml: is a named pipe",
		"r/45-socket.yaml: is a socket", "r/50-folder.yaml: is a folder", "r/60-loop.yaml: cannot be read: too many levels", "r/80-big.yaml: the file has 1048577 bytes"}
	var wrong Problems
	if !errors.As(err, &wrong) || len(wrong) != len(want) {
		t.Fatalf("%d problems, want %d:\n%v", len(wrong), len(want), err)
	}
	for i, p := range wrong {
		if !strings.HasPrefix(p.String(), want[i]) {
			t.Errorf("%s\nwant %s", p, want[i])
		}
	}
}

func TestTestFilesThatAreNone(t *testing.T) {
	r, err := Shipped().Try(t.Context(), os.DirFS(oddFolder(t)), "r", TryOptions{Tests: true, Limit: generous})
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, p := range r.All() {
		all.WriteString(p.String() + "\n")
	}
	for _, want := range []string{"r/10-good.test.yaml:2:27: tests[0].mail: n.eml: is a device", "r/20-zero.test.yaml: is a device", "r/40-pipe.test.yaml: is a named pipe"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("%q is not in\n%s", want, all.String())
		}
	}
}

// Of files that tell no size, or a wrong one, no more is read than the limit.
func TestReadRegularGrows(t *testing.T) {
	if _, err := os.Stat("/proc/self/smaps"); err != nil {
		t.Skip("no file here hides its size:", err)
	}
	text, err := ReadRegular(os.DirFS("/proc/self"), "smaps", 100)
	var fe *FileError
	if text != nil || !errors.As(err, &fe) || !strings.Contains(fe.Text, "more than 100 bytes") {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}
