-- +goose Up
-- One text for SQLite and PostgreSQL. {{id}}, {{number}} (a key that we give ourselves) and
-- {{blob}} stand for what the two name differently.
-- Times are epoch milliseconds in UTC, 0 is "never". "No such thing" is 0 or '', never NULL.

CREATE TABLE setting (
	name  TEXT NOT NULL PRIMARY KEY,
	value TEXT NOT NULL
);

-- The highest number ever given to a ticket: numbers are not used again, even when a ticket is deleted.
CREATE TABLE counter (
	name TEXT   NOT NULL PRIMARY KEY,
	last BIGINT NOT NULL
);
INSERT INTO counter (name, last) VALUES ('ticket', 10000);

CREATE TABLE folder (
	mailbox     TEXT   NOT NULL,
	name        TEXT   NOT NULL,
	uidvalidity BIGINT NOT NULL,
	first_uid   BIGINT NOT NULL,
	since       BIGINT NOT NULL,
	baseline    BIGINT NOT NULL,
	PRIMARY KEY (mailbox, name)
);

CREATE TABLE raw (
	id     {{id}},
	packed {{blob}} NOT NULL
);

CREATE TABLE ledger (
	id           {{id}},
	mailbox      TEXT    NOT NULL,
	folder       TEXT    NOT NULL,
	uidvalidity  BIGINT  NOT NULL,
	uid          BIGINT  NOT NULL,
	state        TEXT    NOT NULL,
	attempts     BIGINT  NOT NULL,
	arrived      BIGINT  NOT NULL,
	fetched      BIGINT  NOT NULL,
	message_id   TEXT    NOT NULL,
	content_hash {{blob}} NOT NULL,
	raw_id       BIGINT  NOT NULL,
	size         BIGINT  NOT NULL,
	ticket_id    BIGINT  NOT NULL,
	marked       BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX ledger_place ON ledger (mailbox, folder, uidvalidity, uid);
CREATE INDEX ledger_fetched ON ledger (id) WHERE state = 'fetched';
CREATE INDEX ledger_unmarked ON ledger (mailbox, folder, uidvalidity, uid)
	WHERE NOT marked AND state IN ('ticket', 'note', 'copy', 'bounce', 'probe');
CREATE INDEX ledger_content ON ledger (content_hash, message_id, id)
	WHERE state IN ('ticket', 'note', 'copy', 'bounce', 'probe');
CREATE INDEX ledger_raw ON ledger (fetched) WHERE raw_id <> 0;
CREATE INDEX ledger_again ON ledger (mailbox, folder, uidvalidity, uid) WHERE state = 'again';

-- The rule sets of the admin's folder: the one in force, one that waits, and those before. files and losses are JSON.
CREATE TABLE rule_set (
	hash        TEXT   NOT NULL PRIMARY KEY,
	state       TEXT   NOT NULL,
	since       BIGINT NOT NULL,
	accepted_by TEXT   NOT NULL,
	accepted_at BIGINT NOT NULL,
	files       TEXT   NOT NULL,
	losses      TEXT   NOT NULL
);
CREATE UNIQUE INDEX rule_set_one ON rule_set (state) WHERE state IN ('in_force', 'waiting');
CREATE INDEX rule_set_state ON rule_set (state, since);

CREATE TABLE ticket (
	id               {{number}},
	state            TEXT   NOT NULL,
	subject          TEXT   NOT NULL,
	customer_number  TEXT   NOT NULL,
	sender           TEXT   NOT NULL,
	language         TEXT   NOT NULL,
	servers          TEXT   NOT NULL,
	errors           TEXT   NOT NULL,
	priority         TEXT   NOT NULL,
	tags             TEXT   NOT NULL,
	mailbox          TEXT   NOT NULL,
	created          BIGINT NOT NULL,
	updated          BIGINT NOT NULL,
	closed_at        BIGINT NOT NULL,
	last_customer_at BIGINT NOT NULL,
	last_staff_at    BIGINT NOT NULL,
	previous         BIGINT NOT NULL,
	related          BIGINT NOT NULL,
	emergency_id     BIGINT NOT NULL,
	mails            BIGINT NOT NULL
);
CREATE INDEX ticket_state ON ticket (state, id);
CREATE INDEX ticket_previous ON ticket (previous, id) WHERE previous <> 0;

CREATE TABLE mail (
	id           {{id}},
	ticket_id    BIGINT  NOT NULL REFERENCES ticket (id),
	kind         TEXT    NOT NULL,
	entry_id     BIGINT  NOT NULL,
	message_id   TEXT    NOT NULL,
	sender       TEXT    NOT NULL,
	sender_name  TEXT    NOT NULL,
	answer_to    TEXT    NOT NULL,
	subject      TEXT    NOT NULL,
	arrived      BIGINT  NOT NULL,
	proof        TEXT    NOT NULL,
	thread       TEXT    NOT NULL,
	line         TEXT    NOT NULL,
	rules_hash   TEXT    NOT NULL,
	content_hash {{blob}} NOT NULL
);
CREATE INDEX mail_ticket ON mail (ticket_id, id);
CREATE INDEX mail_message_id ON mail (message_id, id) WHERE message_id <> '';
CREATE INDEX mail_sender ON mail (sender, proof, arrived);

CREATE TABLE event (
	id        {{id}},
	ticket_id BIGINT NOT NULL REFERENCES ticket (id),
	at        BIGINT NOT NULL,
	actor     TEXT   NOT NULL,
	rules     TEXT   NOT NULL,
	what      TEXT   NOT NULL,
	why       TEXT   NOT NULL
);
CREATE INDEX event_ticket ON event (ticket_id, id);

-- rank: 0 answers, 1 everything else. recipient_key: the recipient in lower case.
CREATE TABLE outbox (
	id            {{id}},
	kind          TEXT    NOT NULL,
	state         TEXT    NOT NULL,
	rank          BIGINT  NOT NULL,
	ticket_id     BIGINT  NOT NULL,
	mail_id       BIGINT  NOT NULL,
	mailbox       TEXT    NOT NULL,
	recipient     TEXT    NOT NULL,
	recipient_key TEXT    NOT NULL,
	reason        TEXT    NOT NULL,
	detail        TEXT    NOT NULL,
	said          TEXT    NOT NULL,
	bare          BOOLEAN NOT NULL,
	stranger      BOOLEAN NOT NULL,
	language      TEXT    NOT NULL,
	unique_key    TEXT    NOT NULL,
	created       BIGINT  NOT NULL,
	next_at       BIGINT  NOT NULL,
	attempts      BIGINT  NOT NULL,
	frozen_at     BIGINT  NOT NULL,
	sent_at       BIGINT  NOT NULL,
	message_id    TEXT    NOT NULL,
	envelope_from TEXT    NOT NULL,
	last_code     BIGINT  NOT NULL,
	last_error    TEXT    NOT NULL,
	bounced_at    BIGINT  NOT NULL,
	delayed_at    BIGINT  NOT NULL
);
CREATE UNIQUE INDEX outbox_key ON outbox (unique_key) WHERE unique_key <> '';
CREATE INDEX outbox_due ON outbox (rank, next_at, id) WHERE state IN ('waiting', 'frozen');
CREATE INDEX outbox_message_id ON outbox (message_id, id) WHERE message_id <> '';
CREATE INDEX outbox_ticket ON outbox (ticket_id, id);
CREATE INDEX outbox_recipient ON outbox (recipient_key, kind, state, created);
CREATE INDEX outbox_created ON outbox (created);
-- What counts towards the caps over all recipients: few rows among many.
CREATE INDEX outbox_stranger ON outbox (created) WHERE stranger;
CREATE INDEX outbox_bare ON outbox (created) WHERE bare;

-- The frozen bytes live apart, so that a change of state does not write them again.
CREATE TABLE outbox_bytes (
	out_id {{number}} REFERENCES outbox (id),
	bytes  {{blob}} NOT NULL
);

CREATE TABLE attempt (
	id         {{id}},
	out_id     BIGINT NOT NULL REFERENCES outbox (id),
	at         BIGINT NOT NULL,
	message_id TEXT   NOT NULL,
	outcome    TEXT   NOT NULL,
	code       BIGINT NOT NULL,
	reply      TEXT   NOT NULL
);
CREATE INDEX attempt_out ON attempt (out_id, id);
CREATE INDEX attempt_message_id ON attempt (message_id, id) WHERE message_id <> '';
