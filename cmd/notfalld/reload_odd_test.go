package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"notfalld/ticket"
)

// Pipes, devices and links in the folder: each is told by its name, once; the rules in force stay; the daemon goes on looking, and ends
// when it is told to.
func TestFolderOfOddFiles(t *testing.T) {
	w := newWorkshop(t, "")
	w.put("10-own.yaml", ownRule)
	w.open()
	w.inForce("10-own.yaml", ownRule)
	w.changes(func() {
		at := func(name string) string { return filepath.Join(w.dir, name) }
		for _, err := range []error{syscall.Mkfifo(at("20-pipe.yaml"), 0o600), os.Symlink("/dev/zero", at("30-zero.yaml")),
			os.Symlink("none", at("40-link.test.yaml")), os.Mkdir(at("50-folder.yaml"), 0o700)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		w.put("60-half.yaml", halfRule)
	})
	w.inForce("10-own.yaml", ownRule)
	w.count(ticket.RulesRefused, 1)
	odd := []string{"20-pipe.yaml: is a named pipe", "30-zero.yaml: is a device", "50-folder.yaml: is a folder", "60-half.yaml:2:"}
	w.says(w.told(1)[0], odd...)
	w.metric("notfalld_rules_refused 1")
	w.status(exitFailed, append(odd, "REFUSED ")...)
	for _, command := range []string{"check", "test"} {
		code, out := w.run("rules", command)
		for _, want := range odd {
			if code != exitFailed || !strings.Contains(out, want) {
				t.Errorf("rules %s: exit code %d, wanted %q\n%s", command, code, want, out)
			}
		}
	}
	w.changes(func() {
		for _, name := range []string{"20-pipe.yaml", "30-zero.yaml", "40-link.test.yaml", "50-folder.yaml"} {
			w.remove(name)
		}
		w.remove("60-half.yaml")
	})
	w.save("10-own.yaml", ownRule2)
	w.inForce("10-own.yaml", ownRule2)
	w.metric("notfalld_rules_refused 0")
	w.status(exitDone, "IN FORCE")
	w.told(1)
	w.stop()
}

// status holds what rules status says, and its exit code.
func (w *workshop) status(code int, want ...string) {
	w.Helper()
	got, out := w.run("rules", "status")
	for _, s := range want {
		if got != code || !strings.Contains(out, s) {
			w.Errorf("rules status: exit code %d, wanted %d and %q\n%s", got, code, s, out)
		}
	}
	if code == exitDone && strings.Contains(out, "REFUSED") {
		w.Errorf("rules status still says\n%s", out)
	}
}

// A folder that has become empty looks like one that is not mounted: what was in force stays, and the admin is told once.
func TestEmptiedFolder(t *testing.T) {
	w := newWorkshop(t, "")
	w.put("10-own.yaml", ownRule)
	w.open()
	w.changes(func() { w.remove("10-own.yaml") })
	w.inForce("10-own.yaml", ownRule)
	w.says(w.told(1)[0], "nicht lesbar", w.dir, "empty")
	w.count(ticket.RulesUnreadable, 1)
	w.metric("notfalld_rules_refused 1")
	w.status(exitFailed, "UNREADABLE", "empty")
	w.save("10-own.yaml", ownRule2)
	w.inForce("10-own.yaml", ownRule2)
	w.changes(func() { w.remove("10-own.yaml"); w.put("00-none.yaml", "{}\n") }) // no rules are meant
	w.inForce("00-none.yaml", "{}\n")
	w.told(1)
	w.stop()
}

// A set that waits and whose files have changed since can neither be accepted, nor be taken up if it was.
func TestAcceptWhatHasGone(t *testing.T) {
	w := newWorkshop(t, "")
	w.open()
	w.customer("petra@firma.at")
	w.save("20-lossy.yaml", lossyRule)
	held := setOf(t, "20-lossy.yaml", lossyRule)
	w.told(1)
	refused := func(what string) {
		t.Helper()
		if code, out := w.run("rules", "accept", held); code != exitFailed || !strings.Contains(out, "the files have changed since: ") {
			t.Errorf("%s: exit code %d\n%s", what, code, out)
		}
	}
	w.put("20-lossy.yaml", halfRule)
	refused("not looked at yet")
	w.changes(func() { w.put("20-lossy.yaml", halfRule) })
	refused("refused")
	w.told(2)
	w.save("20-lossy.yaml", lossyRule)
	if code, out := w.run("rules", "accept", held); code != exitDone {
		t.Errorf("exit code %d\n%s", code, out)
	}
	w.put("20-lossy.yaml", halfRule) // before the daemon takes it up
	w.pollAccepted(pollAccept)
	w.inForce()
	w.logged("accepted rules are not taken up", 1)
	w.pollAccepted(pollAccept)
	w.logged("accepted rules are not taken up", 1)
	w.changes(func() { w.put("20-lossy.yaml", lossyRule) })
	w.inForce("20-lossy.yaml", lossyRule)
	w.stop()
}
