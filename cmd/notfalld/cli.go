package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

const about = `Turns the emergency mails of a support mailbox into tickets, and tells every customer at once that a mail alone alarms no technician.`

// commands is the grammar of the command line. Each command's Help is what --help adds to its flags.
type commands struct {
	ShowHelp helpFlag `name:"help" short:"h" help:"Show how it is used."`

	Demo      demoCmd       `cmd:"" help:"Everything on loopback, nothing to install: watch a night of mails."`
	Run       runCmd        `cmd:"" help:"The daemon: reads the mailboxes, answers, tells staff."`
	Check     checkCmd      `cmd:"" help:"Look at configuration, rules, templates and tables; online at the servers, too."`
	Parse     parseCmd      `cmd:"" help:"Say what is understood of mails in files. Keeps nothing."`
	Rules     RulesCmd      `cmd:"" help:"Check rule files, try them, and see how they understand a mail."`
	Ticket    ticketCmds    `cmd:"" help:"List, show, link, note and close tickets."`
	Emergency emergencyCmds `cmd:"" help:"Trigger emergencies, see what is due, and take them further."`
	Outbox    outboxCmds    `cmd:"" help:"See what is to be sent, and try again."`
	Version   versionCmd    `cmd:"" help:"Print the version."`
}

type ticketCmds struct {
	List   ticketListCmd   `cmd:"" help:"All tickets, youngest first."`
	Show   ticketShowCmd   `cmd:"" help:"One ticket with its mails, answers and history."`
	Link   ticketLinkCmd   `cmd:"" help:"Tie a ticket to an emergency."`
	Unlink ticketUnlinkCmd `cmd:"" help:"Take tickets from their emergencies."`
	Note   ticketNoteCmd   `cmd:"" help:"Write a note into a ticket's history."`
	Close  ticketCloseCmd  `cmd:"" help:"Close tickets."`
}

type outboxCmds struct {
	List  outboxListCmd  `cmd:"" help:"The outgoing mails, youngest first."`
	Retry outboxRetryCmd `cmd:"" help:"Make mails due now; failed ones get another chance."`
}

// Help is the detail that --help shows.
func (commands) Help() string {
	return `For example:

    notfalld demo
    notfalld check -c notfalld.yaml --online
    notfalld run -c notfalld.yaml`
}

// Help is the detail that --help shows.
func (ticketCmds) Help() string {
	return `For example:

    notfalld ticket list --state new
    notfalld ticket show NS-10001`
}

// Help is the detail that --help shows.
func (outboxCmds) Help() string {
	return `For example:

    notfalld outbox list --state failed
    notfalld outbox retry --all`
}

// withConfig is the flag of the commands that need the configuration.
type withConfig struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration; else $NOTFALLD_CONFIG, ./notfalld.yaml, /etc/notfalld/notfalld.yaml."`
}

type withJSON struct {
	JSON bool `name:"json" help:"One JSON object per line."`
}

// helpFlag prints the help of the command it stands with. kong's own calls an exit function that must not return;
// an error can be returned through it instead.
type helpFlag bool

var errHelpShown = errors.New("help was shown")

// IgnoreDefault keeps kong from calling BeforeReset for a flag that was not given.
func (helpFlag) IgnoreDefault() {}

// BeforeReset is called by kong when the flag was given.
func (helpFlag) BeforeReset(kctx *kong.Context) error {
	o := kong.HelpOptions{Compact: true, WrapUpperBound: 100, ValueFormatter: kong.DefaultHelpValueFormatter}
	if err := kong.DefaultHelpPrinter(o, kctx); err != nil {
		return err
	}
	return errHelpShown
}

type demoCmd struct {
	withJSON
	Once     bool   `help:"End after the script instead of staying up for a mail client."`
	Lang     string `enum:"de,en" default:"de" help:"Language of the timeline: de or en."`
	PortIMAP int    `name:"port-imap" default:"0" help:"Port of the IMAP server; 0: a free one."`
	PortSMTP int    `name:"port-smtp" default:"0" help:"Port of the SMTP server; 0: a free one."`
	PortHTTP int    `name:"port-http" default:"0" help:"Port of the API; 0: a free one."`
}

// Help is the detail that --help shows.
func (demoCmd) Help() string {
	return `An invented hoster on 127.0.0.1 with its own mail servers: mails come in, are understood and answered. Then everything stays up, and the addresses and passwords for a real mail client are printed.

    notfalld demo
    notfalld demo --once --lang en`
}

// Run runs the demo.
func (c *demoCmd) Run(ctx context.Context, m *Main) error { return runDemo(ctx, m, c) }

type runCmd struct {
	withConfig
}

// Help is the detail that --help shows.
func (runCmd) Help() string {
	return `SIGTERM ends it cleanly, SIGHUP reloads. Look at the configuration with notfalld check first.

    notfalld run -c /etc/notfalld/notfalld.yaml`
}

// Run runs the daemon. SIGHUP is caught here and nowhere else: it ends the other commands, as a closed terminal should.
func (c *runCmd) Run(ctx context.Context, m *Main) error {
	if m.Hangup == nil {
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		m.Hangup = hangup
	}
	return runDaemon(ctx, m, c)
}
