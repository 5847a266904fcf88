// Package postoffice is an IMAP and SMTP server inside the process, on loopback, with faults that can be switched on.
// The demo runs on it, and so do the tests of everything that talks to a mail server.
//
// An [Office] has users. Mail that its SMTP side accepts for an address of a user lands in that user's INBOX, with the
// trace headers that a real MX puts on top; mail for anybody else is only recorded ("the world"). All that was accepted can
// be looked at with [Office.Deliveries], and every mailbox with [Office.Messages].
//
// Faults are values ([Fault]): at which point of which protocol, how often, and what happens then. They are set with
// [Office.Inject] and act on what comes next, so that a test is the same each time it runs. Whole-server states (gone, silent,
// slow) are methods: [Office.Stop], [Office.Mute], [Office.Throttle].
//
// [StartDovecot] and [StartPostgres] start real servers, private to a test, where they are installed.
package postoffice
