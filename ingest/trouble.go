package ingest

import (
	"time"
)

// trouble is a mail that could not be fetched, or that the desk could not take. It is tried again later and alone, so
// that it keeps nobody waiting.
type trouble struct {
	mail  mail
	tries int // to fetch it
	desk  int // refusals of the desk
	due   time.Time
	why   error
	told  bool
}

// wholeTries is how often the whole mail is asked for before its header has to do.
const wholeTries = 3

// troubles are kept from connection to connection: a mail may be what ends them.
type troubles struct {
	o       *Options
	byUID   map[uint32]*trouble
	suspect mail // the mail that is being waited for: if the connection ends now, it may be the cause
}

// clear begins anew.
func (t *troubles) clear() { t.byUID, t.suspect = nil, mail{} }

func (t *troubles) has(uid uint32) bool { return t.byUID[uid] != nil }

func (t *troubles) get(m mail) *trouble {
	if t.byUID == nil {
		t.byUID = map[uint32]*trouble{}
	}
	if t.byUID[m.uid] == nil {
		t.byUID[m.uid] = &trouble{mail: m}
	}
	return t.byUID[m.uid]
}

// undelivered notes that the server did not deliver a mail.
func (t *troubles) undelivered(m mail, why error) *trouble {
	x := t.get(m)
	x.tries++
	x.why = why
	d := t.o.RetrySoon.Delay(x.tries, t.o.Rand())
	if x.tries > wholeTries {
		d = t.o.RetryMail.Delay(x.tries-wholeTries, t.o.Rand())
	}
	x.due = t.o.Clock.Now().Add(d)
	return x
}

// untaken notes that the desk did not take a mail.
func (t *troubles) untaken(h held, why error) {
	x := t.get(h.mail)
	if h.trouble != nil {
		*x = *h.trouble
	}
	x.desk++
	x.why = why
	x.due = t.o.Clock.Now().Add(t.o.Retry.Delay(x.desk, t.o.Rand()))
}

// next is the trouble that has been due for longest, and when the next one will be due (zero: there is none).
func (t *troubles) next() (due *trouble, at time.Time) {
	var first *trouble
	for _, x := range t.byUID {
		if first == nil || x.due.Before(first.due) {
			first = x
		}
	}
	if first == nil {
		return nil, time.Time{}
	}
	if first.due.After(t.o.Clock.Now()) {
		return nil, first.due
	}
	return first, first.due
}

// over forgets a trouble, and returns what it was.
func (t *troubles) over(uid uint32) *trouble {
	x := t.byUID[uid]
	delete(t.byUID, uid)
	return x
}

// lost is called when the connection ended: the mail that was being waited for may be why.
func (t *troubles) lost(why error) *trouble {
	m := t.suspect
	t.suspect = mail{}
	if m.uid == 0 {
		return nil
	}
	return t.undelivered(m, why)
}

// count says how many mails there is trouble with, and how many of them the server does not deliver.
func (t *troubles) count() (all, aside int) {
	for _, x := range t.byUID {
		if x.tries > wholeTries {
			aside++
		}
	}
	return len(t.byUID), aside
}

// headerOnly says that the whole mail has been asked for often enough, and the header is next.
func (x *trouble) headerOnly() bool { return x.tries == wholeTries }
