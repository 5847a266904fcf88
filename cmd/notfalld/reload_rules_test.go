package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	gomail "github.com/emersion/go-message/mail"

	"notfalld/postoffice"
	"notfalld/store"
	"notfalld/ticket"
)

const (
	ownRule    = "classify:\n  - {name: own-word, text: 2, words: [zargelt]}\n"
	ownRule2   = "classify:\n  - {name: own-word, text: 2, words: [zargelt, brumft]}\n"
	lossyRule  = "classify:\n  - {name: not-ours, when: 'mail.from_domain == \"firma.at\"', class: other}\n"
	halfRule   = "classify:\n  - {name: own-word, text: 2, wor"
	silentForm = "forms:\n  - {name: page, when: 'mail.from == \"form@firma.at\"', proof: {dkim: firma.at}, alarm: channels, fields: {phone: Telefon}}\n"
	failing    = "classify:\n  - {name: own-word, text: 2, words: [zargelt], examples: {match: [alles gut]}}\n"
)

// onBothStores runs one body on SQLite and on PostgreSQL.
func onBothStores(t *testing.T, body func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) { body(t, "") })
	t.Run("postgres", func(t *testing.T) {
		p, err := postoffice.StartPostgres(t.TempDir())
		postoffice.Needs(t, err)
		t.Cleanup(func() { p.Close() })
		url, err := p.NewDatabase()
		if err != nil {
			t.Fatal(err)
		}
		body(t, url)
	})
}

// A working day of an admin, with customers writing all the while.
func TestRulesChangeWhileItRuns(t *testing.T) {
	onBothStores(t, func(t *testing.T, url string) {
		w := newWorkshop(t, url)
		w.open()
		w.inForce()
		w.customer("petra@firma.at")

		w.save("10-own.yaml", ownRule)
		w.inForce("10-own.yaml", ownRule)
		w.customer("eva@firma.at")

		w.save("10-own.yaml", halfRule)
		w.inForce("10-own.yaml", ownRule)
		w.says(w.told(1)[0], "10-own.yaml:2:", "geänderte Regeln sind fehlerhaft")
		w.customer("karl@kunde.at")
		w.save("10-own.yaml", halfRule) // the same once more
		w.save("20-more.yaml", failing)
		w.says(w.told(2)[1], "10-own.yaml:2:")

		w.changes(func() { w.remove("20-more.yaml") })
		w.save("10-own.yaml", ownRule2) // mended
		w.inForce("10-own.yaml", ownRule2)

		w.save("20-lossy.yaml", lossyRule)
		held := setOf(t, "10-own.yaml", ownRule2, "20-lossy.yaml", lossyRule)
		w.inForce("10-own.yaml", ownRule2)
		w.says(w.told(3)[2], "NS-10001", "NS-10002", "accept "+held, w.dir)
		w.customer("maria@firma.at") // and is answered, by the rules in force
		w.metric("notfalld_rules_waiting 1", `notfalld_rules_reloads_total{outcome="waiting"} 1`)
		if code, out := w.run("rules", "status"); code != exitFailed || !strings.Contains(out, held) {
			t.Errorf("exit code %d\n%s", code, out)
		}

		w.changes(func() { w.remove("20-lossy.yaml") }) // back to what is in force
		w.inForce("10-own.yaml", ownRule2)
		w.metric("notfalld_rules_waiting 0")
		if code, out := w.run("rules", "accept", held); code != exitFailed || !strings.Contains(out, "does not wait") {
			t.Errorf("exit code %d\n%s", code, out)
		}

		lossier := lossyRule + "# and with a word about why\n"
		w.save("20-lossy.yaml", lossier)
		held = setOf(t, "10-own.yaml", ownRule2, "20-lossy.yaml", lossier)
		w.told(4)
		w.accept(held)
		w.inForce("10-own.yaml", ownRule2, "20-lossy.yaml", lossier)
		w.metric(`notfalld_rules_info{hash="`+held+`"} 1`, "notfalld_rules_waiting 0", `notfalld_rules_reloads_total{outcome="taken"} 3`)
		w.mail("anna@firma.at", "Notfall-Support", "web01.firma.at ist nicht erreichbar") // left alone now
		w.customer("karl@kunde.at")
		if n := len(to(w.office.Deliveries(), "anna@firma.at")); n > 0 {
			t.Errorf("a mail that is none of our business any more was answered %d times", n)
		}
		w.ready(200)

		old := w.dir + ".gone"
		w.changes(func() { rename(t, w.dir, old); w.clock.turn(pollRules) })
		w.inForce("10-own.yaml", ownRule2, "20-lossy.yaml", lossier)
		w.says(w.told(5)[4], "Ordner", w.dir)
		w.changes(func() { rename(t, old, w.dir); w.clock.turn(pollRules) })
		w.inForce("10-own.yaml", ownRule2, "20-lossy.yaml", lossier)
		w.save("10-own.yaml", ownRule) // the watcher has the new folder
		w.inForce("10-own.yaml", ownRule, "20-lossy.yaml", lossier)
		w.told(5)
		w.stop()
	})
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func (w *workshop) remove(name string) {
	w.Helper()
	if err := os.Remove(filepath.Join(w.dir, name)); err != nil {
		w.Fatal(err)
	}
}

// customer reports an outage and is answered; the ticket was made by the rules in force.
func (w *workshop) customer(from string) {
	w.Helper()
	n := len(to(w.office.Deliveries(), from))
	w.mail(from, "Notfall-Support "+string(rune('a'+n)), "web01."+from[strings.IndexByte(from, '@')+1:]+" ist nicht erreichbar "+string(rune('a'+n)))
	w.answered(from, n+1)
	err := w.d.store.View(context.Background(), func(tx ticket.Tx) error {
		ms, err := tx.MailsBefore(0, w.clock.Now().AddDate(-1, 0, 0), 1)
		if err == nil && ms[0].RulesHash != w.d.desk.RulesHash() {
			w.Errorf("a mail was decided by %s, in force is %s", ms[0].RulesHash, w.d.desk.RulesHash())
		}
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
}

// says holds words that a mail to the admin must have.
func (w *workshop) says(d postoffice.Delivery, want ...string) {
	w.Helper()
	r, err := gomail.CreateReader(bytes.NewReader(d.Data))
	if err != nil {
		w.Fatal(err)
	}
	subject, err := r.Header.Subject()
	if err != nil {
		w.Fatal(err)
	}
	p, err := r.NextPart()
	if err != nil {
		w.Fatal(err)
	}
	body, err := io.ReadAll(p.Body)
	if err != nil {
		w.Fatal(err)
	}
	for _, s := range want {
		if !strings.Contains(subject+"\n"+string(body), s) {
			w.Errorf("%q is not in\n%s\n%s", s, subject, body)
		}
	}
}

func (w *workshop) metric(want ...string) {
	w.Helper()
	r, err := http.Get("http://" + w.http + "/metrics")
	if err != nil {
		w.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.Fatal(err)
	}
	for _, s := range want {
		if !strings.Contains(string(body), "\n"+s+"\n") {
			w.Errorf("/metrics does not hold %s", s)
		}
	}
}

// accept has another process accept a set, and waits until the daemon has it.
func (w *workshop) accept(hash string) {
	w.Helper()
	bin := filepath.Join(w.TempDir(), "notfalld")
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, bin) // TestMain runs the program under this name
	}
	if err != nil {
		w.Fatal(err)
	}
	if out, err := exec.Command(bin, "rules", "accept", hash, "-c", w.conf).CombinedOutput(); err != nil {
		w.Fatalf("%v\n%s", err, out)
	}
	w.pollAccepted(pollAccept)
}

// A form that leaves the alarm to notfalld is refused where there is no channel, while it runs as well.
func TestFormWithoutChannelWhileItRuns(t *testing.T) {
	w := newWorkshop(t, "")
	w.open()
	w.save("20-form.yaml", silentForm)
	w.inForce()
	w.says(w.told(1)[0], "20-form.yaml:2:", "alarm.channels")
	w.save("20-form.yaml", strings.Replace(silentForm, "alarm: channels", "alarm: external", 1))
	w.inForce("20-form.yaml", strings.Replace(silentForm, "alarm: channels", "alarm: external", 1))
	w.stop()
}

// Two files saved within two seconds are looked at once, two seconds after the second.
func TestTwoEditsAreOne(t *testing.T) {
	w := newWorkshop(t, "")
	w.open()
	for round := range 5 {
		more := strings.Repeat("#\n", round+1)
		looks, waits := w.looks(), w.clock.times(settleRules)
		w.pollAccepted(pollAccept) // the next such poll is then due exactly two seconds after the first edit
		w.clock.turn(pollAccept - settleRules)
		w.put("10-own.yaml", more+ownRule)
		w.clock.await(t, settleRules, waits+1)
		w.clock.turn(settleRules / 2)
		w.put("20-own.yaml", more+strings.ReplaceAll(ownRule, "own-word", "another"))
		w.clock.await(t, settleRules, waits+2)
		w.pollAccepted(settleRules / 2)
		if n := w.looks(); n != looks {
			t.Fatalf("round %d: looked at before it was left alone", round)
		}
		ctx := patient(t)
		for w.clock.turn(settleRules / 2); w.looks() == looks && ctx.Err() == nil; {
		}
		if n := w.looks(); n != looks+1 {
			t.Fatalf("round %d: %d looks", round, n-looks)
		}
	}
	w.count(ticket.RulesTaken, 5)
}

// pollAccepted turns the clock so far that the daemon looks for what was accepted, and waits until it has.
func (w *workshop) pollAccepted(d time.Duration) {
	w.Helper()
	polls := w.clock.times(pollAccept)
	w.clock.turn(d)
	w.clock.await(w.T, pollAccept, polls+1)
}

// The process ends while somebody writes a rule file: the next one has the rules that were in force, answers customers, and tells the admin once.
func TestRestartOverBrokenRules(t *testing.T) {
	onBothStores(t, func(t *testing.T, url string) {
		w := newWorkshop(t, url)
		w.put("10-own.yaml", ownRule)
		w.open()
		w.inForce("10-own.yaml", ownRule)
		w.stop()
		w.put("10-own.yaml", halfRule)
		for range 2 { // and once more, as systemd does
			w.open()
			w.inForce("10-own.yaml", ownRule)
			w.count(ticket.RulesRefused, 1)
			w.customer("petra@firma.at")
			w.says(w.told(1)[0], "10-own.yaml:2:")
			w.stop()
		}
		rename(t, w.dir, w.dir+".gone")
		w.open()
		w.inForce("10-own.yaml", ownRule)
		w.customer("karl@kunde.at")
		w.told(2)
		w.changes(func() { rename(t, w.dir+".gone", w.dir); w.put("10-own.yaml", ownRule2); w.clock.turn(pollRules) })
		w.inForce("10-own.yaml", ownRule2)
		w.stop()
	})
}

// Before the first start nothing stands in for files that are wrong: exit code 2, all problems, and nothing is touched.
func TestFirstStartWithBrokenRules(t *testing.T) {
	for _, c := range []struct{ rule, says string }{{halfRule, "10-own.yaml:2:"}, {failing, "10-own.yaml:2:"}, {silentForm, "10-own.yaml:2:5: the form page says alarm: channels, and alarm.channels"}, {"clasify: []\n", "10-own.yaml:1:1: clasify"}} {
		w := newWorkshop(t, "")
		w.put("10-own.yaml", c.rule)
		code, out := w.run("run")
		if code != exitUsage || !strings.Contains(out, c.says) {
			t.Errorf("exit code %d\n%s", code, out)
		}
		if strings.Contains(out, "notfalld runs") {
			t.Errorf("it ran\n%s", out)
		}
	}
	onBothStores(t, func(t *testing.T, url string) {
		w := newWorkshop(t, url)
		if err := os.Remove(w.dir); err != nil {
			t.Fatal(err)
		}
		if code, out := w.run("run"); code != exitUsage || !strings.Contains(out, w.dir) {
			t.Errorf("exit code %d\n%s", code, out)
		}
	})
}

// A start whose folder was changed meanwhile passes the same gate; what was accepted meanwhile is in force before the first mail.
func TestStartWithChangedRules(t *testing.T) {
	onBothStores(t, func(t *testing.T, url string) {
		w := newWorkshop(t, url)
		w.open()
		w.customer("petra@firma.at")
		w.stop()
		w.put("10-own.yaml", ownRule)
		w.mail("eva@firma.at", "Notfall-Support", "db01.firma.at antwortet nicht")
		w.open()
		w.answered("eva@firma.at", 1)
		w.inForce("10-own.yaml", ownRule)
		w.stop()
		w.put("10-own.yaml", lossyRule)
		w.open()
		w.inForce("10-own.yaml", ownRule)
		held := setOf(t, "10-own.yaml", lossyRule)
		w.says(w.told(1)[0], held)
		w.stop()
		w.open() // and still waits, without another mail
		w.count(ticket.RulesHeld, 1)
		w.stop()
		if code, out := w.run("rules", "accept", held); code != exitDone {
			t.Errorf("exit code %d\n%s", code, out)
		}
		w.mail("anna@firma.at", "Notfall-Support", "db02.firma.at antwortet nicht")
		w.open()
		w.inForce("10-own.yaml", lossyRule)
		w.customer("karl@kunde.at")
		if n := len(to(w.office.Deliveries(), "anna@firma.at")); n > 0 {
			t.Errorf("decided by the rules before: answered %d times", n)
		}
		w.told(1)
		w.stop()
	})
}

// A rule that takes the process down while it is tried does so three times; then customers are answered by the rules before.
func TestRulesThatEndTheDaemon(t *testing.T) {
	w := newWorkshop(t, "")
	w.open()
	w.stop()
	w.put("10-own.yaml", ownRule)
	content, _, _, err := contentOf(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	s, _, err := (&Main{Stderr: w.stderr, Env: os.LookupEnv}).open(context.Background(), w.conf, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(context.Background(), func(tx ticket.Tx) error { return tx.SetSetting("rules_tried", content+" 3") })
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	w.open()
	w.inForce()
	w.says(w.told(1)[0], "notfalld ended several times while it tried these files")
	w.customer("petra@firma.at")
	w.save("10-own.yaml", ownRule2)
	w.inForce("10-own.yaml", ownRule2)
	w.stop()
}

// SIGHUP while a set waits: all is read anew, and it still waits.
func TestHangupWhileRulesWait(t *testing.T) {
	w := newWorkshop(t, "")
	w.open()
	w.customer("petra@firma.at")
	w.stop()
	w.put("10-own.yaml", lossyRule)
	held := setOf(t, "10-own.yaml", lossyRule)
	hangup := make(chan os.Signal)
	m := &Main{Stdin: strings.NewReader(""), Stdout: w.stderr, Stderr: w.stderr, Env: os.LookupEnv, Hangup: hangup}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- runDaemon(ctx, m, &runCmd{withConfig{w.conf}}) }()
	w.logged("changed rules wait", 1)
	hangup <- syscall.SIGHUP
	w.logged("reloaded", 1)
	w.logged("changed rules wait", 2)
	w.mail("eva@firma.at", "Notfall-Support", "db01.firma.at antwortet nicht")
	w.answered("eva@firma.at", 1)
	w.told(1)
	if code, out := w.run("rules", "accept", held); code != exitDone {
		t.Errorf("exit code %d\n%s", code, out)
	}
	w.logged("accepted rules are in force", 1) // by the machine's clock: within seconds
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A new version with other shipped rules takes them, and says so once.
func TestOtherShippedRules(t *testing.T) {
	w := newWorkshop(t, "")
	w.open()
	w.inForce()
	w.stop()
	path, _ := sqlitePath(storeURL(t, w.house))
	db, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec("UPDATE rule_set SET hash = '0123456789abcdef' WHERE state = 'in_force'")
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w.open()
		w.inForce()
		if n := strings.Count(w.stderr.String(), "this version of notfalld brings other shipped rules"); n != 1 {
			t.Errorf("said %d times\n%s", n, w.stderr)
		}
		w.stop()
	}
}
