package store

import (
	"strings"
	"testing"

	"notfalld/ticket"
)

// first makes a store as the first release made it, and fills it by that release's own columns.
func first(t *testing.T, url string) {
	t.Helper()
	e, err := newEngine(url, Options{})
	noError(t, err)
	db, err := e.openSchema()
	noError(t, err)
	defer func() { noError(t, db.Close()); noError(t, e.close()) }()
	p, err := provider(e, db)
	noError(t, err)
	_, err = p.UpTo(background, 1)
	noError(t, err)
	for _, text := range strings.Split(e.types.Replace(strings.TrimSpace(firstRows)), ";\n") {
		if _, err := db.ExecContext(background, text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

const firstRows = `
UPDATE counter SET last = 10002 WHERE name = 'ticket';
INSERT INTO ticket VALUES (10002, 'open', 'Notfall-Support: „web01“', '4711', 'max@kunde.example', 'de', '', '', '', '', 'support',
	1774749600000, 1774749600000, 0, 1774749600000, 0, 0, 0, 0, 1);
INSERT INTO mail (ticket_id, kind, entry_id, message_id, sender, sender_name, answer_to, subject, arrived, proof, thread, line, rules_hash, content_hash)
	VALUES (10002, 'customer', 1, 'a@kunde.example', 'max@kunde.example', 'Max', 'max@kunde.example', 'Notfall-Support', 1774749600000, 'pass', 'new', '{}', '', CAST('' AS {{blob}}));
INSERT INTO ledger (mailbox, folder, uidvalidity, uid, state, attempts, arrived, fetched, message_id, content_hash, raw_id, size, ticket_id, marked)
	VALUES ('support', 'INBOX', 1, 7, 'ticket', 1, 1774749600000, 1774749600000, 'a@kunde.example', CAST('hash' AS {{blob}}), 0, 99, 10002, FALSE);
INSERT INTO outbox (kind, state, rank, ticket_id, mail_id, mailbox, recipient, recipient_key, reason, detail, said, bare, stranger, language, unique_key,
	created, next_at, attempts, frozen_at, sent_at, message_id, envelope_from, last_code, last_error, bounced_at, delayed_at) VALUES
	('notice', 'waiting', 1, 10002, 1, 'support', 'team@hoster.example', 'team@hoster.example', 'new_ticket', '', '', FALSE, FALSE, 'de', 'notice:1',
		1774749600000, 1774749600000, 0, 0, 0, '', '', 0, '', 0, 0),
	('answer', 'frozen', 0, 10002, 1, 'support', 'max@kunde.example', 'max@kunde.example', 'mail', '', 'not_linked/outside', FALSE, TRUE, 'de', 'answer:1',
		1774749600000, 1774749660000, 1, 1774749600000, 0, 'b@hoster.example', 'support@hoster.example', 0, '', 0, 0),
	('answer', 'sent', 0, 10002, 1, 'support', 'max@kunde.example', 'max@kunde.example', 'closing', '', 'not_linked/outside', FALSE, TRUE, 'de', '',
		1774749600000, 1774749600000, 1, 1774749600000, 1774749600000, 'c@hoster.example', 'support@hoster.example', 250, '', 0, 0);
INSERT INTO outbox_bytes VALUES (2, CAST('From: support' AS {{blob}}));
INSERT INTO attempt (out_id, at, message_id, outcome, code, reply) VALUES (2, 1774749600000, 'b@hoster.example', 'unknown', 0, '')`

// A night begun with the first release goes on with this one: nothing is lost, and what was due is due in the same order.
func TestFromTheFirstRelease(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		first(t, url)
		if _, err := Open(background, url, Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "start the daemon once") {
			t.Errorf("opened for reading only: %v", err)
		}
		s := open(t, url, Options{Exclusive: true})
		alarm := ticket.Out{Kind: ticket.OutAlarm, State: ticket.OutWaiting, EmergencyID: 10001, Channel: "sms", NextAt: minute(60)} // later than all, and first
		page := ticket.Out{Kind: ticket.OutPage, State: ticket.OutWaiting, EmergencyID: 10001, Channel: "pager", NextAt: minute(0)}
		var e ticket.Emergency
		update(t, s, func(tx ticket.Tx) {
			must(tx.AddOut(&alarm))(t)
			must(tx.AddOut(&page))(t)
			noError(t, tx.AddEmergency(&e))
			noError(t, tx.PutLink(ticket.Link{TicketID: 10002, EmergencyID: e.ID, State: ticket.Linked}))
		})
		same(t, "the first emergency", e.ID, int64(ticket.FirstEmergency))
		view(t, s, func(tx ticket.Tx) {
			same(t, "due", outIDs(must(tx.DueOut(minute(1e6), 0))(t)), []int64{alarm.ID, 2, 1})
			same(t, "due pages", outIDs(must(tx.DuePages(minute(1e6), 0))(t)), []int64{page.ID})
			o := found(tx.OutByMessageID("b@hoster.example"))(t)
			same(t, "the frozen answer", string(o.Bytes), "From: support")
			same(t, "of no emergency", o.EmergencyID, int64(0))
			same(t, "by no channel", o.Channel, "")
			same(t, "the ticket", found(tx.Ticket(10002))(t).Subject, "Notfall-Support: „web01“")
			same(t, "its links", len(must(tx.Links(10002))(t)), 1)
			k, _, ok, err := tx.TicketOf([]string{"a@kunde.example"})
			same(t, "the ticket of a mail", []any{k, ok, err}, []any{int64(10002), true, error(nil)})
			same(t, "unmarked", len(must(tx.UnmarkedEntries("support", "INBOX", 1))(t)), 1)
			same(t, "the same mail", found(tx.SameMail("a@kunde.example", []byte("hash")))(t).TicketID, int64(10002))
		})
		// A mail of then whose turn comes now.
		update(t, s, func(tx ticket.Tx) {
			o := found(tx.Out(2))(t)
			o.State = ticket.OutSent
			noError(t, tx.PutOut(o))
			k := ticket.Ticket{}
			noError(t, tx.AddTicket(&k))
			same(t, "the next ticket", k.ID, int64(10003))
		})
		noError(t, s.Close())
		open(t, url, Options{}) // and nothing is migrated twice
	})
}
