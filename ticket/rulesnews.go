package ticket

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// RulesNews is what admins are told of changed rules that did not come into force. It is kept as the Detail of their mails.
type RulesNews struct {
	Outcome  RulesOutcome `json:"outcome"`
	Hash     string       `json:"hash,omitempty"`     // of a set that waits
	InForce  string       `json:"in_force,omitempty"` // what goes on deciding
	Problems []string     `json:"problems,omitempty"` // what is wrong, a line each
	Losses   []Replayed   `json:"losses,omitempty"`   // what a set that waits would lose
	At       time.Time    `json:"at"`
}

// Bounds of a mail to admins; `rules check` and `rules replay` show the rest.
const (
	toldProblems = 40
	toldLosses   = 20
)

// RefuseRules tells admins, once for each content (which names it), that changed rules are not taken and why.
func (d *Desk) RefuseRules(ctx context.Context, content string, problems []string) error {
	return d.newsOfRules(ctx, "refused:"+content, RulesNews{Outcome: RulesRefused, Problems: problems})
}

// MissRules tells admins, once a day, that the folder of rule files cannot be read.
func (d *Desk) MissRules(ctx context.Context, why string) error {
	return d.newsOfRules(ctx, "unreadable:"+d.now().Format(time.DateOnly), RulesNews{Outcome: RulesUnreadable, Problems: []string{why}})
}

func (d *Desk) newsOfRules(ctx context.Context, key string, n RulesNews) error {
	err := d.o.Store.Update(ctx, func(tx Tx) error {
		if err := d.keepRefusal(tx, key, n); err != nil {
			return err
		}
		return d.tellOfRules(tx, key, n)
	})
	d.wake()
	return err
}

// tellOfRules enters one mail for each admin; key names what it tells of, so that it is told once.
func (d *Desk) tellOfRules(tx Tx, key string, n RulesNews) error {
	n.InForce, n.At = d.RulesHash(), d.now()
	if len(n.Losses) > toldLosses {
		n.Losses = n.Losses[:toldLosses+1] // one more shows that these are not all
	}
	if len(n.Problems) > toldProblems {
		n.Problems = n.Problems[:toldProblems+1]
	}
	detail, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("news of the rules: %w", err)
	}
	for _, admin := range d.o.Admins {
		o := Out{Kind: OutNotice, State: OutWaiting, Mailbox: d.o.Mailboxes[0].Name, Recipient: strings.ToLower(admin), Reason: ReasonRules,
			Detail: string(detail), Language: d.o.Staff.Language, Created: d.now(), NextAt: d.now(), Key: "rules:" + key + ":" + strings.ToLower(admin)}
		if _, err := tx.AddOut(&o); err != nil {
			return err
		}
	}
	return nil
}

// writeRulesNews composes the mail. It is text alone: lines of problems are made for a terminal.
func (d *Desk) writeRulesNews(tx Tx, o *Out) error {
	var n RulesNews
	if err := json.Unmarshal([]byte(o.Detail), &n); err != nil {
		return unwritableError{err}
	}
	out, err := d.envelope(tx, o, d.mailbox(o.Mailbox))
	if err != nil {
		return err
	}
	w := rulesWords[o.Language == "en"]
	out.Subject = w.subject[n.Outcome]
	switch {
	case len(n.Losses) > toldLosses:
		out.Subject = fmt.Sprintf(w.manyLose, toldLosses)
	case len(n.Losses) > 0:
		out.Subject = fmt.Sprintf(w.someLose, len(n.Losses))
	}
	out.Text = d.rulesText(w, n, o)
	return seal(o, out)
}

// rulesWording is one language of these mails.
type rulesWording struct {
	subject            map[RulesOutcome]string
	someLose, manyLose string
	intro              map[RulesOutcome]string
	shipped            string // instead of a folder
	inForce            string
	accept             string
	more               string
	mend               map[RulesOutcome]string
	aspects            map[string]string
	yesNo              *strings.Replacer
}

// rulesWords are the words, for English: true and for German: false.
var rulesWords = map[bool]rulesWording{
	false: {
		subject: map[RulesOutcome]string{
			RulesRefused:    "notfalld: geänderte Regeln sind fehlerhaft, die bisherigen gelten weiter",
			RulesUnreadable: "notfalld: der Ordner der Regeln ist nicht lesbar, die bisherigen gelten weiter",
		},
		someLose: "notfalld: geänderte Regeln warten; Mails, die etwas verlieren würden: %d",
		manyLose: "notfalld: geänderte Regeln warten; Mails, die etwas verlieren würden: mehr als %d",
		shipped:  "(kein Ordner mehr, nur die mitgelieferten)",
		intro: map[RulesOutcome]string{
			RulesHeld:       "Die Regeldateien in %s wurden geändert. Sie sind in Ordnung, aber von den letzten 200 Mails würden diese unter ihnen etwas verlieren:",
			RulesRefused:    "Die Regeldateien in %s wurden geändert und werden nicht übernommen:",
			RulesUnreadable: "Der Ordner der Regeldateien kann nicht gelesen werden: %s",
		},
		inForce: "Bis auf Weiteres gilt der bisherige Regelsatz %s (Stand %s). Kunden merken davon nichts.",
		accept:  "Ist das so gewollt, gelten die neuen Regeln mit diesem Befehl innerhalb von Sekunden:",
		more:    "… und weitere; alles zeigt:",
		mend: map[RulesOutcome]string{
			RulesHeld:       "Sonst die Dateien ändern: zwei Sekunden, nachdem sie gespeichert sind, werden sie von selbst neu geprüft. Mail für Mail zeigt es:",
			RulesRefused:    "Zwei Sekunden, nachdem die Dateien verbessert und gespeichert sind, werden sie von selbst neu geprüft. Vorher zeigt es:",
			RulesUnreadable: "Sobald er wieder lesbar ist, wird er von selbst geprüft.",
		},
		aspects: map[string]string{"class": "Klasse", "answer": "Antwort", "understood": "verstanden", "link": "Verknüpfung"},
		yesNo:   strings.NewReplacer("yes", "ja", "none", "keine", "no", "nein"),
	},
	true: {
		subject: map[RulesOutcome]string{
			RulesRefused:    "notfalld: changed rules are wrong, the old ones stay in force",
			RulesUnreadable: "notfalld: the folder of rules cannot be read, the old ones stay in force",
		},
		someLose: "notfalld: changed rules wait; mails that would lose something: %d",
		manyLose: "notfalld: changed rules wait; mails that would lose something: more than %d",
		shipped:  "(no folder any more, only the shipped ones)",
		intro: map[RulesOutcome]string{
			RulesHeld:       "The rule files in %s were changed. They are in order, but of the last 200 mails these would lose something under them:",
			RulesRefused:    "The rule files in %s were changed, and are not taken:",
			RulesUnreadable: "The folder of rule files cannot be read: %s",
		},
		inForce: "Until then the old rule set %s stays in force (as of %s). Customers notice nothing.",
		accept:  "If that is what you want, this command puts the new rules in force within seconds:",
		more:    "… and more; this shows all of them:",
		mend: map[RulesOutcome]string{
			RulesHeld:       "Else change the files: two seconds after they are saved they are looked at again. Mail for mail this shows it:",
			RulesRefused:    "Two seconds after the files are mended and saved they are looked at again. Before that this shows it:",
			RulesUnreadable: "As soon as it can be read again it is looked at.",
		},
		aspects: map[string]string{"class": "class", "answer": "answer", "understood": "understood", "link": "link"},
		yesNo:   strings.NewReplacer(),
	},
}

func (d *Desk) rulesText(w rulesWording, n RulesNews, o *Out) string {
	var b strings.Builder
	fmt.Fprintf(&b, w.intro[n.Outcome]+"\n\n", cmp.Or(d.o.RuleFiles.Dir, w.shipped))
	show, more := "test", false
	switch n.Outcome {
	case RulesHeld:
		show = "replay"
		for i, r := range n.Losses {
			if more = i == toldLosses; more {
				break
			}
			d.writeLoss(&b, w, r, o)
		}
	default:
		for i, p := range n.Problems {
			if more = i == toldProblems; more {
				break
			}
			fmt.Fprintf(&b, "    %s\n", harmless(p))
		}
	}
	if more {
		fmt.Fprintf(&b, "%s\n\n    %s\n", w.more, d.rulesCommand(show))
	}
	fmt.Fprintf(&b, "\n"+w.inForce+"\n\n", n.InForce, n.At.In(d.o.Hours.Location).Format("2006-01-02 15:04"))
	if n.Outcome == RulesHeld {
		fmt.Fprintf(&b, "%s\n\n    %s\n\n", w.accept, d.rulesCommand("accept "+n.Hash))
	}
	fmt.Fprintf(&b, "%s\n", w.mend[n.Outcome])
	if n.Outcome != RulesUnreadable {
		fmt.Fprintf(&b, "\n    %s\n", d.rulesCommand(show))
	}
	return b.String()
}

func (d *Desk) rulesCommand(words string) string {
	c := "notfalld rules " + words
	if d.o.RuleFiles.Config != "" {
		c += " -c " + d.o.RuleFiles.Config
	}
	return c
}

// writeLoss is one mail that would lose something. A bare notice leaves out the customer's words: a server may have refused them.
func (d *Desk) writeLoss(b *strings.Builder, w rulesWording, r Replayed, o *Out) {
	fmt.Fprintf(b, "%s, %s", r.Ticket, r.Arrived.In(d.o.Hours.Location).Format("2006-01-02 15:04"))
	if !o.Bare {
		fmt.Fprintf(b, ", %s: %s", harmless(r.From), harmless(r.Subject))
	}
	b.WriteString("\n")
	for _, c := range r.Changes {
		name, ok := w.aspects[c.What]
		if !ok {
			continue
		}
		verdict, why, _ := strings.Cut(c.New, ": ")
		if c.What != "class" {
			c.Old, verdict = w.yesNo.Replace(c.Old), w.yesNo.Replace(verdict)
		}
		if c.New = verdict; why != "" && !o.Bare { // the reason may name a header
			c.New += ": " + inLanguage(o.Language, why)
		}
		fmt.Fprintf(b, "    %s: %s\n", name, harmless(c.Says()))
	}
}

// harmless is one line without characters that turn or hide text.
func harmless(s string) string {
	return oneLine(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, s))
}
