-- +goose Up
-- Emergencies, what they and tickets can be found by, and the links between them. What 00001_start.sql says of times and of "no such
-- thing" holds here, too.

INSERT INTO counter (name, last) VALUES ('emergency', 10000);

-- servers, incomplete and consent are JSON.
CREATE TABLE emergency (
	id              {{number}},
	state           TEXT    NOT NULL,
	alarm           TEXT    NOT NULL,
	external        BOOLEAN NOT NULL,
	way             TEXT    NOT NULL,
	name            TEXT    NOT NULL,
	customer_number TEXT    NOT NULL,
	email           TEXT    NOT NULL,
	phone           TEXT    NOT NULL,
	phone_given     TEXT    NOT NULL,
	problem         TEXT    NOT NULL,
	servers         TEXT    NOT NULL,
	incomplete      TEXT    NOT NULL,
	language        TEXT    NOT NULL,
	triggered_at    BIGINT  NOT NULL,
	callback_by     BIGINT  NOT NULL,
	created         BIGINT  NOT NULL,
	updated         BIGINT  NOT NULL,
	acknowledged_at BIGINT  NOT NULL,
	called_at       BIGINT  NOT NULL,
	ended_at        BIGINT  NOT NULL,
	alarmed_at      BIGINT  NOT NULL,
	unique_key      TEXT    NOT NULL,
	consent         TEXT    NOT NULL,
	stage           TEXT    NOT NULL,
	raw             TEXT    NOT NULL
);
CREATE UNIQUE INDEX emergency_unique_key ON emergency (unique_key) WHERE unique_key <> '';
CREATE INDEX emergency_state ON emergency (state, id);
CREATE INDEX emergency_caller ON emergency (customer_number, phone, created, id) WHERE state NOT IN ('resolved', 'cancelled');

CREATE TABLE emergency_event (
	id           {{id}},
	emergency_id BIGINT NOT NULL REFERENCES emergency (id),
	at           BIGINT NOT NULL,
	actor        TEXT   NOT NULL,
	rules        TEXT   NOT NULL,
	what         TEXT   NOT NULL,
	why          TEXT   NOT NULL
);
CREATE INDEX emergency_event_of ON emergency_event (emergency_id, id);

-- What an emergency can be found by. triggered_at and is_open are the emergency's, so that the one index over those that are
-- open answers a mail, however many have been. One key of each is its own id.
CREATE TABLE emergency_key (
	emergency_id BIGINT  NOT NULL REFERENCES emergency (id),
	kind         TEXT    NOT NULL,
	value        TEXT    NOT NULL,
	triggered_at BIGINT  NOT NULL,
	is_open      BOOLEAN NOT NULL,
	PRIMARY KEY (emergency_id, kind, value)
);
-- is_open is a column of it, too, so that SQLite need not look at the table.
CREATE INDEX emergency_key_open ON emergency_key (kind, value, triggered_at, emergency_id, is_open) WHERE is_open;

-- What a ticket can be found by; first_at and last_at are when its first and its last mail arrived.
CREATE TABLE ticket_key (
	ticket_id BIGINT NOT NULL REFERENCES ticket (id),
	kind      TEXT   NOT NULL,
	value     TEXT   NOT NULL,
	first_at  BIGINT NOT NULL,
	last_at   BIGINT NOT NULL,
	PRIMARY KEY (ticket_id, kind, value)
);
CREATE INDEX ticket_key_last ON ticket_key (kind, value, last_at, ticket_id);

-- signals is JSON.
CREATE TABLE link (
	ticket_id    BIGINT  NOT NULL REFERENCES ticket (id),
	emergency_id BIGINT  NOT NULL REFERENCES emergency (id),
	state        TEXT    NOT NULL,
	actor        TEXT    NOT NULL,
	told         BOOLEAN NOT NULL,
	at           BIGINT  NOT NULL,
	score        BIGINT  NOT NULL,
	signals      TEXT    NOT NULL,
	PRIMARY KEY (ticket_id, emergency_id)
);
CREATE UNIQUE INDEX link_one ON link (ticket_id) WHERE state = 'linked';
CREATE INDEX link_emergency ON link (emergency_id, ticket_id);

-- rank has two values more: -1 alarms, 0 answers and confirmations, 1 other mails, 2 pages.
ALTER TABLE outbox ADD COLUMN emergency_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN channel TEXT NOT NULL DEFAULT '';
CREATE INDEX outbox_emergency ON outbox (emergency_id, id) WHERE emergency_id <> 0;

-- The mails of forms are taken care of, too.
DROP INDEX ledger_unmarked;
CREATE INDEX ledger_unmarked ON ledger (mailbox, folder, uidvalidity, uid)
	WHERE NOT marked AND state IN ('ticket', 'note', 'copy', 'bounce', 'probe', 'form');
DROP INDEX ledger_content;
CREATE INDEX ledger_content ON ledger (content_hash, message_id, id)
	WHERE state IN ('ticket', 'note', 'copy', 'bounce', 'probe', 'form');
