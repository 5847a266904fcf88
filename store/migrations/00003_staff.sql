-- +goose Up
-- What staff do from their own mail programs. What 00001_start.sql says of times and of "no such thing" holds here, too.

ALTER TABLE ticket ADD COLUMN assigned TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN answered_by TEXT NOT NULL DEFAULT '';
ALTER TABLE ticket ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE emergency ADD COLUMN next_try BIGINT NOT NULL DEFAULT 0;

-- Who takes part in a ticket without having written in it; address in lower case.
CREATE TABLE participant (
	id        {{id}},
	ticket_id BIGINT NOT NULL REFERENCES ticket (id) ON DELETE CASCADE,
	address   TEXT   NOT NULL,
	since     BIGINT NOT NULL,
	why       TEXT   NOT NULL
);
CREATE UNIQUE INDEX participant_address ON participant (ticket_id, address);
CREATE INDEX participant_ticket ON participant (ticket_id, id);

-- lines: 8 bytes each.
CREATE TABLE fence (
	id           {{id}},
	code         TEXT   NOT NULL,
	out_id       BIGINT NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
	ticket_id    BIGINT NOT NULL,
	emergency_id BIGINT NOT NULL,
	recipient    TEXT   NOT NULL,
	lines        {{blob}} NOT NULL,
	created      BIGINT NOT NULL
);
CREATE UNIQUE INDEX fence_code ON fence (code);
CREATE INDEX fence_out ON fence (out_id);
CREATE INDEX fence_ticket ON fence (ticket_id, id) WHERE ticket_id <> 0;
CREATE INDEX fence_emergency ON fence (emergency_id, id) WHERE emergency_id <> 0;

CREATE INDEX ticket_sender ON ticket (sender, id);
CREATE INDEX mail_kind ON mail (kind, arrived, id);

-- sent: it lay in the folder of sent mails.
ALTER TABLE ledger ADD COLUMN sent BOOLEAN NOT NULL DEFAULT FALSE;
-- The mails of staff are taken care of, too.
DROP INDEX ledger_unmarked;
CREATE INDEX ledger_unmarked ON ledger (mailbox, folder, uidvalidity, uid)
	WHERE NOT marked AND state IN ('ticket', 'note', 'copy', 'bounce', 'probe', 'form', 'staff');
DROP INDEX ledger_content;
CREATE INDEX ledger_content ON ledger (content_hash, message_id, id)
	WHERE state IN ('ticket', 'note', 'copy', 'bounce', 'probe', 'form', 'staff');
