package main

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"notfalld/web"
)

// handler is the HTTP side of the running daemon.
func (d *parts) handler() http.Handler {
	o := web.Options{Store: d.store, Desk: d.desk, Tokens: d.config.HTTP.Tokens, Ready: d.ready, Metrics: d.metrics(), Log: d.log}
	if d.config.HTTP.Form {
		o.Form = &web.FormOptions{Proxies: d.config.proxies()}
	}
	return web.Handler(o)
}

// ready names every part that must work, and what is wrong with it. Details of the network are for the log: whoever can reach the port
// learns only which part it is.
func (d *parts) ready(ctx context.Context) []web.Check {
	checks := []web.Check{{Part: "store", Wrong: d.pulse.feel(ctx, d.store.Ping)}}
	for _, w := range d.watchers {
		s := w.Status()
		c := web.Check{Part: "mailbox " + s.Name}
		if s.Sent {
			c.Part += ", sent mails"
		}
		if !s.Connected { // a folder of sent mails that is not there is no fault
			c.Wrong = "not connected"
		}
		checks = append(checks, c)
	}
	c := web.Check{Part: "smtp"}
	if !d.sender.Status().Reachable {
		c.Wrong = "cannot be reached"
	}
	return append(checks, c)
}

// metrics reads what the parts count anyway; nothing is counted twice.
func (d *parts) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	counter := func(name, help string, labels prometheus.Labels, f func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "notfalld", Name: name, Help: help, ConstLabels: labels}, f))
	}
	gauge := func(name, help string, labels prometheus.Labels, f func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "notfalld", Name: name, Help: help, ConstLabels: labels}, f))
	}
	n := &d.desk.Count
	for became, c := range map[string]interface{ Load() int64 }{
		"ticket": &n.Tickets, "note": &n.Notes, "copy": &n.Copies, "bounce": &n.Bounces, "staff": &n.Staff, "untouched": &n.Untouched,
	} {
		counter("mails_total", "Mails decided, by what became of them.", prometheus.Labels{"became": became}, func() float64 { return float64(c.Load()) })
	}
	counter("answers_undelivered_total", "Answers that did not reach their customer.", nil, func() float64 { return float64(n.Undelivered.Load()) })
	counter("emergencies_total", "Emergencies triggered by the HTTP interface and the form.", nil, func() float64 { return float64(n.Emergencies.Load()) })
	counter("alarms_failed_total", "Alarms that no channel took.", nil, func() float64 { return float64(n.AlarmsFailed.Load()) })
	gauge("emergencies_waiting", "Emergencies whose customer has not been called back.", nil, func() float64 { return float64(d.desk.Tended.Waiting.Load()) })
	gauge("emergencies_overdue", "Of these, those whose call back is overdue.", nil, func() float64 { return float64(d.desk.Tended.Overdue.Load()) })
	gauge("emergencies_unalarmed", "Of these, those whose alarm nobody has accepted.", nil, func() float64 { return float64(d.desk.Tended.Unalarmed.Load()) })
	counter("sent_total", "Mails accepted by the mail server, answers and notices.", nil, func() float64 { return float64(d.sender.Status().Sent) })
	gauge("smtp_reachable", "1 if the last attempt to reach the mail server succeeded.", nil, func() float64 { return oneIf(d.sender.Status().Reachable) })
	r.MustRegister(newRuleMetrics(d.desk))
	gauge("rules_waiting", "Rule sets that wait for notfalld rules accept.", nil, func() float64 { return oneIf(d.rules.waiting.Load() != "") })
	gauge("rules_refused", "1 while the folder of rules is not in force because it is wrong or cannot be read.", nil, func() float64 { return oneIf(d.rules.refused.Load()) })
	for _, o := range ruleOutcomes {
		counter("rules_reloads_total", "Looks at the folder of rules, by what became of its files.", prometheus.Labels{"outcome": string(o)},
			func() float64 { return float64(d.rules.count(o).Load()) })
	}
	for _, m := range d.config.Mailboxes {
		gauge("staff_replies_on", "1 while replies and commands of staff by way of the mailbox are obeyed: who is staff can be proven.",
			prometheus.Labels{"mailbox": m.Name}, func() float64 { return oneIf(d.staffIsHeard(m.Name)) })
	}
	for _, w := range d.watchers {
		box := prometheus.Labels{"mailbox": w.Status().Name, "folder": "read"}
		if w.Status().Sent {
			box["folder"] = "sent"
			gauge("mailbox_sent_missing", "1 while there is no folder of sent mails: what is sent straight from the mailbox is not seen.",
				prometheus.Labels{"mailbox": w.Status().Name}, func() float64 { return oneIf(w.Status().Missing) })
		}
		gauge("mailbox_connected", "1 while logged in with the folder selected.", box, func() float64 { return oneIf(w.Status().Connected) })
		gauge("mailbox_backlog", "Mails listed and not yet taken.", box, func() float64 { return float64(w.Status().Backlog) })
		gauge("mailbox_set_aside", "Mails that the server does not deliver.", box, func() float64 { return float64(w.Status().SetAside) })
		gauge("mailbox_progress_timestamp_seconds", "When the server last answered.", box, func() float64 { return float64(w.Status().LastProgress.Unix()) })
		counter("mailbox_failures_total", "Connections that failed or were lost.", box, func() float64 { return float64(w.Status().Failures) })
	}
	return r
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// pulse asks the store whether it takes writes: at most once a second, however many ask, and nobody waits for longer than that.
type pulse struct {
	mu    sync.Mutex
	asked chan struct{} // closed when the question under way is answered
	at    time.Time     // of the last answer
	wrong string
}

const pulsePatience = time.Second

func (p *pulse) feel(ctx context.Context, ping func(context.Context) error) (wrong string) {
	p.mu.Lock()
	if p.asked == nil {
		if time.Since(p.at) < pulsePatience {
			defer p.mu.Unlock()
			return p.wrong
		}
		p.asked = make(chan struct{})
		go p.ask(context.WithoutCancel(ctx), ping, p.asked)
	}
	asked := p.asked
	p.mu.Unlock()
	select {
	case <-asked:
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.wrong
	case <-time.After(pulsePatience):
		return "has not taken a write for a second or more"
	}
}

func (p *pulse) ask(ctx context.Context, ping func(context.Context) error, asked chan struct{}) {
	err := ping(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.wrong, p.asked = time.Now(), "", nil
	if err != nil {
		p.wrong = "does not take writes"
	}
	close(asked)
}
