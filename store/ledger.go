package store

import (
	"errors"
	"time"

	"notfalld/ticket"
)

// Setting is ticket.Tx.
func (t *tx) Setting(name string) (value string, ok bool, err error) {
	ok, err = t.row("read setting "+name, "SELECT value FROM setting WHERE name = ?1", []any{&value}, name)
	return value, ok, err
}

// SetSetting is ticket.Tx.
func (t *tx) SetSetting(name, value string) error {
	return t.one("write setting "+name,
		"INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value)
}

const folderColumns = "mailbox, name, uidvalidity, first_uid, since, baseline"

// Folder is ticket.Tx.
func (t *tx) Folder(mailbox, name string) (f ticket.Folder, ok bool, err error) {
	ok, err = t.row("read a folder", "SELECT "+folderColumns+" FROM folder WHERE mailbox = ?1 AND name = ?2",
		[]any{&f.Mailbox, &f.Name, &f.UIDValidity, &f.FirstUID, when{&f.Since}, &f.Baseline}, mailbox, name)
	return f, ok, err
}

// PutFolder is ticket.Tx.
func (t *tx) PutFolder(f ticket.Folder) error {
	return t.one("write a folder", insertText("folder", folderColumns)+" ON CONFLICT (mailbox, name) DO UPDATE SET "+
		"uidvalidity = excluded.uidvalidity, first_uid = excluded.first_uid, since = excluded.since, baseline = excluded.baseline",
		f.Mailbox, f.Name, f.UIDValidity, f.FirstUID, f.Since, f.Baseline)
}

const (
	placeColumns = "mailbox, folder, uidvalidity, uid"
	factColumns  = "state, attempts, arrived, fetched, message_id, content_hash, raw_id, size, ticket_id, marked, sent"
	selectEntry  = "SELECT id, " + placeColumns + ", " + factColumns + " FROM ledger"

	// ours is ticket.EntryState.Ours, in the words of the partial indexes.
	ours = "state IN ('ticket', 'note', 'copy', 'bounce', 'probe', 'form', 'staff')"

	sameContent = selectEntry + " WHERE content_hash = ?1 AND " + ours + " ORDER BY id LIMIT 1"
	sameMail    = selectEntry + " WHERE content_hash = ?1 AND message_id = ?2 AND " + ours + " ORDER BY id LIMIT 1"
)

func entryDest(e *ticket.Entry) []any {
	return []any{&e.ID, &e.Place.Mailbox, &e.Place.Folder, &e.Place.UIDValidity, &e.Place.UID,
		&e.State, &e.Attempts, when{&e.Arrived}, when{&e.Fetched}, &e.MessageID, bytesOf{&e.ContentHash}, &e.RawID, &e.Size,
		&e.TicketID, &e.Marked, &e.Sent}
}

func entryFacts(e *ticket.Entry) []any {
	return []any{string(e.State), e.Attempts, e.Arrived, e.Fetched, e.MessageID, e.ContentHash, e.RawID, e.Size, e.TicketID, e.Marked, e.Sent}
}

func placeArgs(p ticket.Place) []any { return []any{p.Mailbox, p.Folder, p.UIDValidity, p.UID} }

func (t *tx) entries(doing, text string, args ...any) ([]ticket.Entry, error) {
	var list []ticket.Entry
	err := t.rows(doing, text, func(scan func(...any) error) error {
		var e ticket.Entry
		err := scan(entryDest(&e)...)
		list = append(list, e)
		return err
	}, args...)
	return list, err
}

// AddEntry is ticket.Tx.
func (t *tx) AddEntry(e *ticket.Entry) (added bool, err error) {
	added, err = t.row("add a ledger entry", insertText("ledger", placeColumns+", "+factColumns)+
		" ON CONFLICT (mailbox, folder, uidvalidity, uid) DO NOTHING RETURNING id",
		[]any{&e.ID}, append(placeArgs(e.Place), entryFacts(e)...)...)
	if err != nil || added {
		return added, err
	}
	var there ticket.Entry
	ok, err := t.row("read a ledger entry",
		selectEntry+" WHERE mailbox = ?1 AND folder = ?2 AND uidvalidity = ?3 AND uid = ?4", entryDest(&there), placeArgs(e.Place)...)
	if err == nil && !ok {
		err = t.failed("add a ledger entry", errors.New("its place is taken and empty"))
	}
	if err == nil {
		*e = there
	}
	return false, err
}

// PutEntry is ticket.Tx.
func (t *tx) PutEntry(e ticket.Entry) error {
	return t.one("write a ledger entry", updateText("ledger", factColumns), append([]any{e.ID}, entryFacts(&e)...)...)
}

// Entry is ticket.Tx.
func (t *tx) Entry(id int64) (e ticket.Entry, ok bool, err error) {
	ok, err = t.row("read a ledger entry", selectEntry+" WHERE id = ?1", entryDest(&e), id)
	return e, ok, err
}

// KnownUIDs is ticket.Tx.
func (t *tx) KnownUIDs(mailbox, folder string, validity, from uint32) ([]uint32, error) {
	return t.uids("read the known UIDs",
		"SELECT uid FROM ledger WHERE mailbox = ?1 AND folder = ?2 AND uidvalidity = ?3 AND uid >= ?4 ORDER BY uid",
		mailbox, folder, validity, from)
}

func (t *tx) uids(doing, text string, args ...any) ([]uint32, error) {
	var list []uint32
	err := t.rows(doing, text, func(scan func(...any) error) error {
		var uid uint32
		err := scan(&uid)
		list = append(list, uid)
		return err
	}, args...)
	return list, err
}

// AgainEntries is ticket.Tx.
func (t *tx) AgainEntries(mailbox, folder string, validity uint32, since time.Time) (int, error) {
	n, err := t.exec("take up entries again", "UPDATE ledger SET state = 'again', attempts = 0"+
		" WHERE mailbox = ?1 AND folder = ?2 AND uidvalidity = ?3 AND state = 'other' AND arrived >= ?4", mailbox, folder, validity, since)
	return int(n), err
}

// AgainUIDs is ticket.Tx.
func (t *tx) AgainUIDs(mailbox, folder string, validity uint32) ([]uint32, error) {
	return t.uids("read what is taken up again", "SELECT uid FROM ledger"+
		" WHERE mailbox = ?1 AND folder = ?2 AND uidvalidity = ?3 AND state = 'again' ORDER BY uid", mailbox, folder, validity)
}

// LeaveAgain is ticket.Tx.
func (t *tx) LeaveAgain(mailbox, folder string, validity uint32, uids []uint32) error {
	for _, piece := range chunks(uids) {
		text := "UPDATE ledger SET state = 'other' WHERE mailbox = ?1 AND folder = ?2 AND uidvalidity = ?3 AND state = 'again'" +
			" AND uid IN (" + marks(4, len(piece)) + ")"
		if _, err := t.exec("leave entries", text, append([]any{mailbox, folder, validity}, piece...)...); err != nil {
			return err
		}
	}
	return nil
}

// FetchedEntries is ticket.Tx; limit 0 means all.
func (t *tx) FetchedEntries(limit int) ([]ticket.Entry, error) {
	var w where
	w.terms = []string{"state = 'fetched'"} // literally, as the partial index has it
	text := w.text(selectEntry, " ORDER BY id", limit)
	return t.entries("read undecided entries", text, w.args...)
}

// UnmarkedEntries is ticket.Tx; in the order of their UIDs.
func (t *tx) UnmarkedEntries(mailbox, folder string, validity uint32) ([]ticket.Entry, error) {
	return t.entries("read unmarked entries", selectEntry+
		" WHERE mailbox = ?1 AND folder = ?2 AND uidvalidity = ?3 AND NOT marked AND "+ours+" ORDER BY uid", mailbox, folder, validity)
}

// SetMarked is ticket.Tx.
func (t *tx) SetMarked(ids []int64) error {
	for _, piece := range chunks(ids) {
		text := "UPDATE ledger SET marked = TRUE WHERE id IN (" + marks(1, len(piece)) + ")"
		if _, err := t.exec("mark entries", text, piece...); err != nil {
			return err
		}
	}
	return nil
}

// SameMail is ticket.Tx. Without a hash nothing is the same.
func (t *tx) SameMail(messageID string, hash []byte) (e ticket.Entry, ok bool, err error) {
	if len(hash) == 0 {
		return e, false, t.ready()
	}
	const doing = "look for the same mail"
	if messageID == "" {
		ok, err = t.row(doing, sameContent, entryDest(&e), hash)
	} else {
		ok, err = t.row(doing, sameMail, entryDest(&e), hash, messageID)
	}
	return e, ok, err
}

// AddRaw is ticket.Tx.
func (t *tx) AddRaw(packed []byte) (id int64, err error) {
	_, err = t.row("keep a raw mail", "INSERT INTO raw (packed) VALUES (?1) RETURNING id", []any{&id}, packed)
	return id, err
}

// Raw is ticket.Tx.
func (t *tx) Raw(id int64) (packed []byte, ok bool, err error) {
	ok, err = t.row("read a raw mail", "SELECT packed FROM raw WHERE id = ?1", []any{bytesOf{&packed}}, id)
	return packed, ok, err
}

// DropRaw is ticket.Tx; what is gone already is no error.
func (t *tx) DropRaw(id int64) error {
	_, err := t.exec("drop a raw mail", "DELETE FROM raw WHERE id = ?1", id)
	return err
}
