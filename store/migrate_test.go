package store

import (
	"strings"
	"testing"

	"notfalld/ticket"
)

// as makes a store of an earlier version of the schema, and fills it by that version's own columns.
func as(t *testing.T, url string, version int64, rows string) {
	t.Helper()
	e, err := newEngine(url, Options{})
	noError(t, err)
	db, err := e.openSchema()
	noError(t, err)
	defer func() { noError(t, db.Close()); noError(t, e.close()) }()
	p, err := provider(e, db)
	noError(t, err)
	_, err = p.UpTo(background, version)
	noError(t, err)
	for _, text := range strings.Split(e.types.Replace(strings.TrimSpace(rows)), ";\n") {
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
		as(t, url, 1, firstRows)
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

const secondRows = `
UPDATE counter SET last = 10001;
INSERT INTO ticket VALUES (10001, 'waiting', 'Server „web01“ tot', '4711', 'max@kunde.example', 'de', '', '', 'high', '["vip"]', 'support',
	1774749600000, 1774749600000, 0, 1774749600000, 1774749600001, 0, 0, 10001, 1);
INSERT INTO mail (ticket_id, kind, entry_id, message_id, sender, sender_name, answer_to, subject, arrived, proof, thread, line, rules_hash, content_hash)
	VALUES (10001, 'customer', 1, 'a@kunde.example', 'max@kunde.example', 'Max', 'max@kunde.example', 'Server', 1774749600000, 'pass', 'new', '{}', '', CAST('' AS {{blob}}));
INSERT INTO ledger (mailbox, folder, uidvalidity, uid, state, attempts, arrived, fetched, message_id, content_hash, raw_id, size, ticket_id, marked)
	VALUES ('support', 'INBOX', 1, 7, 'form', 1, 1774749600000, 1774749600000, 'a@kunde.example', CAST('hash' AS {{blob}}), 0, 99, 10001, FALSE);
INSERT INTO emergency VALUES (10001, 'acknowledged', 'alarmed', FALSE, 'form', 'Max', '4711', 'max@kunde.example', '+43112', '112', 'tot', '["web01"]', '', 'de',
	1774749600000, 1774750500000, 1774749600000, 1774749600000, 1774749660000, 0, 0, 1774749601000, 'form:1', '', 'all', '{}');
INSERT INTO link VALUES (10001, 10001, 'linked', 'notfalld', TRUE, 1774749600000, 90, '');
INSERT INTO outbox (kind, state, rank, ticket_id, mail_id, mailbox, recipient, recipient_key, reason, detail, said, bare, stranger, language, unique_key,
	created, next_at, attempts, frozen_at, sent_at, message_id, envelope_from, last_code, last_error, bounced_at, delayed_at, emergency_id, channel) VALUES
	('notice', 'frozen', 1, 10001, 1, 'support', 'team@hoster.example', 'team@hoster.example', 'new_ticket', '', '', FALSE, FALSE, 'de', 'notice:1',
		1774749600000, 1774749600000, 0, 1774749600000, 0, 'n@hoster.example', '', 0, '', 0, 0, 10001, '');
INSERT INTO outbox_bytes VALUES (1, CAST('From: support' AS {{blob}}))`

// What the version before knew of tickets and emergencies is there, the new is empty, and a mail of staff finds its place.
func TestFromBeforeStaffWrote(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		url := fresh()
		as(t, url, 2, secondRows)
		s := open(t, url, Options{Exclusive: true})
		relay := ticket.Out{Kind: ticket.OutRelay, State: ticket.OutWaiting, TicketID: 10001, NextAt: minute(60)} // later than the notice, and before it
		staff := ticket.Entry{State: ticket.EntryStaff, Place: ticket.Place{Mailbox: "support", Folder: "INBOX", UIDValidity: 1, UID: 8}, ContentHash: []byte("reply")}
		var k ticket.Ticket
		var e ticket.Emergency
		update(t, s, func(tx ticket.Tx) {
			k, e = found(tx.Ticket(10001))(t), found(tx.Emergency(10001))(t)
			same(t, "the new of a ticket", k.Assigned+k.AnsweredBy+k.Topic, "")
			same(t, "no next try", e.NextTry.IsZero(), true)
			same(t, "the old of a ticket", []any{k.State, k.EmergencyID, k.Tags, k.Mails}, []any{ticket.Waiting, int64(10001), []string{"vip"}, 1})
			same(t, "the old of an emergency", []any{e.State, e.Stage, e.Raw, e.Key}, []any{ticket.Acknowledged, "all", "{}", "form:1"})
			k.Assigned, k.AnsweredBy, k.Topic, e.NextTry = "Anna Berger", "Bernd", "Huber GmbH", minute(15)
			noError(t, tx.PutTicket(k))
			noError(t, tx.PutEmergency(e))
			must(tx.AddOut(&relay))(t)
			must(tx.AddEntry(&staff))(t)
			noError(t, tx.AddFence(ticket.Fence{Code: "abcd", OutID: 1, TicketID: 10001}))
			noError(t, tx.AddParticipant(ticket.Participant{TicketID: 10001, Address: "cc@kunde.example"}))
		})
		view(t, s, func(tx ticket.Tx) {
			same(t, "the ticket", found(tx.Ticket(10001))(t), k)
			same(t, "the emergency", found(tx.Emergency(10001))(t), e)
			same(t, "due", outIDs(must(tx.DueOut(minute(1e6), 0))(t)), []int64{relay.ID, 1})
			same(t, "the frozen notice", string(found(tx.Out(1))(t).Bytes), "From: support")
			same(t, "to be marked", len(must(tx.UnmarkedEntries("support", "INBOX", 1))(t)), 2)
			same(t, "the same mail of staff", found(tx.SameMail("", []byte("reply")))(t).ID, staff.ID)
			same(t, "takes part", must(tx.TakesPart(10001, "cc@kunde.example"))(t), true)
			same(t, "of then", len(must(tx.MailsOfKind(ticket.CustomerMail, minute(-1e6)))(t)), 1)
		})
		noError(t, s.Close())
		open(t, url, Options{})
	})
}
