package ticket

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"notfalld/message"
)

// Mails of staff are believed for headers that only our own mail server can have written: if it strips the copies that others write. RFC 8601, 5
// asks it to; not every server does. So a test mail with forged copies is sent to the support address, and what arrives is judged. Until
// that was shown for the trust that is configured, nobody is proven to be staff.

// trustWindow is how long a test mail may be under way.
const trustWindow = time.Hour

func settingTrustSent(mailbox string) string { return "trust-sent:" + mailbox }

// settingTrust names the verdict on one trust of one mailbox: a trust that was changed has none.
func settingTrust(mailbox, fingerprint string) string { return "trust:" + mailbox + ":" + fingerprint }

// trustHolder is to whom the mark of a test mail is issued: no address, so that no other token can be mistaken for one.
func trustHolder(mailbox string) string { return "trust:" + mailbox }

// TrustMail is a test mail, ready to be handed to the mail server: EnvelopeFrom and Recipient are the support address.
type TrustMail struct {
	Mailbox   string
	Address   string // of the mailbox: author and recipient
	Mark      string // stands in each forged header, and in X-Notfalld
	MessageID string // without angle brackets
	Raw       []byte
}

// TrustVerdict is what a test mail has shown.
type TrustVerdict struct {
	Mark     string    `json:"mark"` // of the test mail
	At       time.Time `json:"at"`
	OK       bool      `json:"ok"`       // no forged copy would be believed
	Believed []string  `json:"believed"` // those that would, in words
}

// trustSent is what is remembered of a test mail under way. Judged, it is used up.
type trustSent struct {
	Mark        string    `json:"mark"`
	At          time.Time `json:"at"`
	Fingerprint string    `json:"fingerprint"` // of the trust that is tested: a daemon with another configuration must not judge it
	Used        bool      `json:"used"`
}

// ErrNoTrust says that no way of proof is configured, so that there is nothing to test.
var ErrNoTrust = errors.New("no way of proof is configured")

// ErrTrustMail says that a mail is not the test mail that is under way for this mailbox: it is another's, an older one's, or was judged.
var ErrTrustMail = errors.New("not the test mail that is under way")

// TrustMail writes a test mail for a mailbox and remembers that it is under way, for an hour, instead of any earlier one. The error is
// ErrNoTrust where there is nothing to test.
func (d *Desk) TrustMail(ctx context.Context, mailbox string) (TrustMail, error) {
	box := d.mailbox(mailbox)
	t := TrustMail{Mailbox: box.Name, Address: box.Address, Mark: d.trustMark(box)}
	t.MessageID = t.Mark + "." + nonce() + "@" + domainOf(box.Address)
	forged := message.ForgedHeaders(d.o.Trust, box.Address, t.Mark)
	if len(forged) == 0 {
		return t, ErrNoTrust
	}
	raw, err := message.Compose(d.trustWords(box, t, forged))
	if err != nil {
		return t, fmt.Errorf("test mail: %w", err)
	}
	t.Raw = append(forgedLines(forged), raw...)
	sent := trustSent{Mark: t.Mark, At: d.now(), Fingerprint: d.trustFingerprint(box)}
	return t, d.o.Store.Update(ctx, func(tx Tx) error { return putJSON(tx, settingTrustSent(box.Name), sent) })
}

// trustMark is a mark that was never used: the number in it is random.
func (d *Desk) trustMark(box Mailbox) string {
	var b [4]byte
	rand.Read(b[:]) // never fails (crypto/rand)
	return d.keys.Issue(ProbeToken, AboutOut, int64(binary.BigEndian.Uint32(b[:])), trustHolder(box.Name))
}

// forgedLines are the forged fields as an attacker writes them: on top, and not encoded, folded or put in order by anybody.
func forgedLines(fields []message.Field) []byte {
	var b bytes.Buffer
	for _, f := range fields {
		fmt.Fprintf(&b, "%s: %s\r\n", f.Name, strings.NewReplacer("\r", " ", "\n", " ").Replace(f.Value))
	}
	return b.Bytes()
}

// trustWords says what the mail is: people read this mailbox too.
func (d *Desk) trustWords(box Mailbox, t TrustMail, forged []message.Field) message.Outgoing {
	var names []string
	for _, f := range forged {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	list := strings.Join(names, ", ")
	return message.Outgoing{
		From: message.Address{Name: "notfalld", Address: box.Address}, To: message.Address{Address: box.Address},
		Subject: "notfalld: Testmail (bitte nicht beachten / please ignore)", Date: d.now().In(d.o.Hours.Location), MessageID: t.MessageID,
		Text: fmt.Sprintf("Mit dieser Mail prüft notfalld (check --online), ob unser Mailserver gefälschte Kopfzeilen entfernt, auf die sich der Nachweis "+
			"stützt, wer Mitarbeiter ist. Die Kopien in dieser Mail (%[1]s) sind absichtlich gefälscht. Sie kann gelöscht werden.\n\n"+
			"With this mail notfalld (check --online) finds out whether our mail server removes forged header fields on which the proof of being staff "+
			"rests. The copies in this mail (%[1]s) are forged on purpose. It can be deleted.\n", list),
		Headers: []message.Field{{Name: headerOwn, Value: t.Mark}, {Name: "Auto-Submitted", Value: "auto-generated"}, {Name: "X-Auto-Response-Suppress", Value: "All"}},
	}
}

// JudgeTrust judges a test mail as it arrived, and records the verdict. It counts once: who comes second (the daemon meets the mail too) is given
// the verdict that there is. The error is ErrTrustMail for any mail but the one that is under way.
func (d *Desk) JudgeTrust(ctx context.Context, mailbox string, raw []byte) (v TrustVerdict, err error) {
	box, m := d.mailbox(mailbox), message.Parse(raw, d.o.Limits)
	err = d.o.Store.Update(ctx, func(tx Tx) (err error) {
		mark, ok := d.trustMarkIn(m, box)
		if !ok {
			return ErrTrustMail
		}
		if v, ok, err = d.judgeTrust(tx, box, m, mark); err != nil || ok {
			return err
		}
		if v, ok, err = d.trustVerdict(tx, box); err == nil && (!ok || v.Mark != mark) {
			return ErrTrustMail
		}
		return err
	})
	return v, err
}

// TrustState is whether replies of staff by way of a mailbox are on.
type TrustState struct {
	Shown   bool
	Why     string       // one line of English; "" if shown
	Verdict TrustVerdict // of the last test mail under this configuration; zero if there is none
}

// TrustState says where a mailbox stands.
func (d *Desk) TrustState(ctx context.Context, mailbox string) (s TrustState, err error) {
	box := d.mailbox(mailbox)
	err = d.o.Store.View(ctx, func(tx Tx) (err error) {
		if s.Shown, s.Why, err = d.trustShown(tx, box); err != nil {
			return err
		}
		s.Verdict, _, err = d.trustVerdict(tx, box)
		return err
	})
	return s, err
}

// trustShown says whether proof of being staff may be believed, and if not, why: in English, see inLanguage.
func (d *Desk) trustShown(tx Tx, box Mailbox) (ok bool, why string, err error) {
	t := d.o.Trust
	if len(t.AuthservIDs) == 0 && !t.Microsoft365 && len(t.ReceivedAuth) == 0 {
		return false, "no way of proof is configured (trust), so that nobody is proven to be staff", nil
	}
	if d.o.TrustShown {
		return true, "", nil
	}
	v, known, err := d.trustVerdict(tx, box)
	switch {
	case err != nil:
		return false, "", err
	case !known:
		return false, "no test mail has shown yet that our mail server strips forged headers; run notfalld check --online", nil
	case !v.OK:
		return false, fmt.Sprintf("the test mail of %s showed that our mail server lets forged headers through: %s",
			v.At.In(d.o.Hours.Location).Format(time.DateOnly), strings.Join(v.Believed, ", ")), nil
	}
	return true, "", nil
}

// trustBack recognises a test mail of ours, judges it if it is the one under way, and says whether it was one. What is filed as sent never went through
// the server, and still has all its forged copies: it says nothing.
func (d *Desk) trustBack(tx Tx, e *Entry, m *message.Mail) (bool, error) {
	for _, box := range d.o.Mailboxes {
		mark, ok := d.trustMarkIn(m, box)
		if !ok {
			continue
		}
		if e.Sent || e.Place.Mailbox != box.Name {
			return true, nil
		}
		_, _, err := d.judgeTrust(tx, box, m, mark)
		return true, err
	}
	return false, nil
}

// trustMarkIn finds the mark of a test mail for the mailbox: alone in X-Notfalld, and the support address writes to itself.
func (d *Desk) trustMarkIn(m *message.Mail, box Mailbox) (mark string, ok bool) {
	if len(m.From) != 1 || !strings.EqualFold(m.From[0].Address, box.Address) {
		return "", false
	}
	for _, f := range m.Header {
		if !strings.EqualFold(f.Name, headerOwn) {
			continue
		}
		if ok { // one field alone: see judgeTrust, which looks for this mark in all the others
			return "", false
		}
		mark = strings.ToLower(strings.TrimSpace(f.Value))
		if tok, real := d.keys.Read(mark); !real || tok.Kind != ProbeToken || !tok.IssuedTo(trustHolder(box.Name)) {
			return "", false
		}
		ok = true
	}
	return mark, ok
}

// judgeTrust judges a mail with this mark if it is the test mail under way: sent within the hour, under this configuration, and not judged yet. A mark of
// ours alone says little: who once read a test mail in the mailbox could send it again, without the forged copies.
func (d *Desk) judgeTrust(tx Tx, box Mailbox, m *message.Mail, mark string) (v TrustVerdict, judged bool, err error) {
	var sent trustSent
	known, err := getJSON(tx, settingTrustSent(box.Name), &sent)
	if err != nil || !known || sent.Used || sent.Mark != mark || sent.Fingerprint != d.trustFingerprint(box) {
		return v, false, err
	}
	if age := d.now().Sub(sent.At); age < -trustWindow || age > trustWindow {
		return v, false, nil
	}
	v = TrustVerdict{Mark: mark, At: d.now(), Believed: m.ForgedBelieved(d.o.Trust, mark)}
	if m.Problem != "" {
		v.Believed = append(v.Believed, "what stands in a mail that cannot be read whole: "+m.Problem)
	}
	v.OK = len(v.Believed) == 0
	sent.Used = true
	if err := putJSON(tx, settingTrustSent(box.Name), sent); err != nil {
		return v, false, err
	}
	return v, true, putJSON(tx, settingTrust(box.Name, d.trustFingerprint(box)), v)
}

func (d *Desk) trustVerdict(tx Tx, box Mailbox) (v TrustVerdict, ok bool, err error) {
	ok, err = getJSON(tx, settingTrust(box.Name, d.trustFingerprint(box)), &v)
	return v, ok, err
}

// trustFingerprint names what a verdict is about. The number in front is to be raised when notfalld comes to believe something new.
func (d *Desk) trustFingerprint(box Mailbox) string {
	about, _ := json.Marshal([]any{1, strings.ToLower(box.Address), folded(d.o.Trust.AuthservIDs), d.o.Trust.Microsoft365, folded(d.o.Trust.ReceivedAuth)})
	sum := sha256.Sum256(about)
	return hex.EncodeToString(sum[:8])
}

// folded is a list of names in lower case and in order: neither changes what is believed.
func folded(names []string) []string {
	out := []string{}
	for _, n := range names {
		out = append(out, strings.ToLower(strings.TrimSpace(n)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func putJSON(tx Tx, setting string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return tx.SetSetting(setting, string(b))
}

// getJSON reads a setting. One that cannot be read counts as none: what rests on it has to be shown anew.
func getJSON(tx Tx, setting string, v any) (ok bool, err error) {
	s, ok, err := tx.Setting(setting)
	return ok && err == nil && json.Unmarshal([]byte(s), v) == nil, err
}
