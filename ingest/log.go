package ingest

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// journal is all that ingest logs: one function per event. What repeats is said once, again when it changes, and once more
// when it is over. Passwords and texts of mails are never in it.
type journal struct {
	log  *slog.Logger
	down string            // the outage that was told
	once map[string]string // what was told of things that stay as they are
}

func newJournal(l *slog.Logger, o *Options) *journal {
	l = l.With("mailbox", o.Name)
	if o.Sent {
		l = l.With("sent", true)
	}
	return &journal{log: l, once: map[string]string{}}
}

// failed: no connection, or no longer.
func (j *journal) failed(err error, retry time.Duration) {
	text := plain(err)
	if outage(text) == j.down {
		return
	}
	j.down = outage(text)
	j.log.Warn("mailbox cannot be watched, trying again", "err", text, "next_try", retry.Round(100*time.Millisecond))
}

// outage is what is wrong, whichever step met it: a server that says BYE within IDLE and again as its greeting is down once.
func outage(text string) string {
	if _, why, ok := strings.Cut(text, errLost.Error()+": "); ok {
		return why
	}
	return text
}

// connected: logged in and the folder selected.
func (j *journal) connected(f folder, caps string) {
	again := j.down != ""
	j.down = ""
	j.over("no sent")
	j.log.Info("watching mailbox", "folder", f.name, "mails", f.mails, "uidvalidity", f.uidValidity, "capabilities", caps, "recovered", again)
}

// first says whether a text about a thing is new.
func (j *journal) first(thing, text string) bool {
	if j.once[thing] == text {
		return false
	}
	j.once[thing] = text
	return true
}

// over forgets a thing, and says whether something had been told of it.
func (j *journal) over(thing string) bool {
	_, told := j.once[thing]
	delete(j.once, thing)
	return told
}

func (j *journal) revalidated(old, new uint32) {
	j.log.Warn("UIDVALIDITY has changed, the folder is scanned again", "old", old, "new", new)
}

func (j *journal) noSent(why error, again time.Duration) {
	j.down = ""
	if text := plain(why); j.first("no sent", text) {
		j.log.Warn("what is sent straight from the mailbox is not seen", "why", text, "looked_again_every", again)
	}
}

// sentInstead: another folder serves, because the server calls it \Sent.
func (j *journal) sentInstead(configured, used string) {
	if j.first("instead", used) {
		j.log.Warn(`folder of sent mails is not there, reading the one that the server calls \Sent`, "configured", configured, "folder", used)
	}
}

func (j *journal) sentAsConfigured() { j.over("instead") }

func (j *journal) readOnly(folder string) {
	if j.first("read-only", folder) {
		j.log.Warn("folder is read-only: mails are answered, and not marked", "folder", folder)
	}
}

func (j *journal) keywordRefused(keyword string) {
	if j.first("keyword", keyword) {
		j.log.Warn("server does not permit the keyword: mails are not marked with it", "keyword", keyword)
	}
}

func (j *journal) markFailed(what string, err error) {
	if text := plain(err); j.first("mark "+what, text) {
		j.log.Warn("mails could not be marked, it is tried again later", "step", what, "err", text)
	}
}

func (j *journal) markWorks(what string) {
	if j.over("mark " + what) {
		j.log.Info("mails are marked again", "step", what)
	}
}

func (j *journal) folderMade(name string) {
	j.log.Info("folder was missing and has been made", "folder", name)
}

func (j *journal) leftDeleted(target string) {
	if j.first("uidplus", target) {
		j.log.Warn(`server has neither MOVE nor UIDPLUS: moved mails stay in the folder with \Deleted`, "target", target)
	}
}

func (j *journal) deskFailed(err error) {
	if text := plain(err); j.first("desk", text) {
		j.log.Error("mails cannot be taken, trying again", "err", text)
	}
}

func (j *journal) deskWorks() {
	if j.over("desk") {
		j.log.Info("mails are taken again")
	}
}

func (j *journal) setAside(x *trouble, next time.Duration) {
	j.log.Error("server does not deliver a mail, it is tried again later", "uid", x.mail.uid, "size", x.mail.size,
		"tries", x.tries, "err", plain(x.why), "next_try", next.Round(time.Second))
}

func (j *journal) cut(uid uint32, why string) {
	j.log.Warn("mail was not fetched whole", "uid", uid, "why", why)
}

func (j *journal) gone(uid uint32) {
	j.log.Info("mail vanished before it could be fetched", "uid", uid)
}

func (j *journal) noIdle(err error) {
	if text := plain(err); j.first("idle", text) {
		j.log.Warn("server refuses IDLE, polling instead", "err", text)
	}
}

// plain is the text of an error without what changes from try to try (port numbers of our own side), so that the
// same failure is the same text.
func plain(err error) string {
	var op *net.OpError
	if !errors.As(err, &op) {
		return oneLine(err.Error())
	}
	reason := op.Err
	var sys *os.SyscallError
	if errors.As(op.Err, &sys) {
		reason = sys.Err
	}
	if errors.Is(reason, syscall.ECONNRESET) || errors.Is(reason, syscall.EPIPE) {
		return "the server ended the connection (" + oneLine(reason.Error()) + ")"
	}
	if op.Addr != nil && op.Op == "dial" {
		return oneLine(fmt.Sprintf("%s: %s", op.Addr, reason))
	}
	return oneLine(fmt.Sprintf("%s: %s", op.Op, reason))
}
