package store

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"notfalld/ticket"
)

var background = context.Background()

// day is some instant, with a fraction of a millisecond that no store keeps.
var day = time.Date(2026, 3, 29, 1, 59, 59, 987654321, time.UTC)

// minute is day plus n minutes, as a store gives it back.
func minute(n int) time.Time {
	return day.Truncate(time.Millisecond).Add(time.Duration(n) * time.Minute)
}

func update(t testing.TB, s *Store, f func(tx ticket.Tx)) {
	t.Helper()
	if err := s.Update(background, func(tx ticket.Tx) error { f(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s *Store, f func(tx ticket.Tx)) {
	t.Helper()
	if err := s.View(background, func(tx ticket.Tx) error { f(tx); return nil }); err != nil {
		t.Fatal(err)
	}
}

// must gives the value of a call that may not fail.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// found gives the value of a call that has to find something.
func found[T any](v T, ok bool, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil || !ok {
			t.Fatalf("found: %v, err: %v", ok, err)
		}
		return v
	}
}

// absent is for a call that has to find nothing, without an error.
func absent[T any](t testing.TB) func(v T, ok bool, err error) {
	return func(v T, ok bool, err error) {
		t.Helper()
		if err != nil || ok {
			t.Errorf("found: %v (%+v), err: %v", ok, v, err)
		}
	}
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// fill puts a value of its own into every field, so that a field that the contract gains and the store forgets fails a test.
func fill(t testing.TB, pointer any, seed int) {
	t.Helper()
	fillValue(t, reflect.ValueOf(pointer).Elem(), &seed)
}

func fillValue(t testing.TB, v reflect.Value, seed *int) {
	*seed++
	n := *seed
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = minute(n)
		return
	case *[]byte:
		*x = []byte{byte(n), 0, 0xff, '\'', byte(n >> 8)}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("Wert „" + string(rune('a'+n%26)) + "“ 'ß' \\ € " + string(rune(0x1F600+n)))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n) + 1<<20)
	case reflect.Uint32:
		v.SetUint(uint64(n) + 1<<31) // above what fits a signed 32 bit number (RFC 3501: nz-number)
	case reflect.Bool:
		v.SetBool(n%2 == 0)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" || v.Type().Field(i).Name == "TicketID" || v.Type().Field(i).Name == "OutID" {
				fillValue(t, v.Field(i), seed)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fillValue(t, v.Index(i), seed)
		}
	default:
		t.Fatalf("fill knows no %s", v.Kind())
	}
}

func TestSettings(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{Exclusive: true})
		update(t, s, func(tx ticket.Tx) {
			absent[string](t)(tx.Setting("secret"))
			noError(t, tx.SetSetting("secret", "one"))
			noError(t, tx.SetSetting("other", ""))
			same(t, "within the transaction", found(tx.Setting("secret"))(t), "one")
			noError(t, tx.SetSetting("secret", "two"))
		})
		view(t, s, func(tx ticket.Tx) {
			same(t, "secret", found(tx.Setting("secret"))(t), "two")
			same(t, "an empty value is a value", found(tx.Setting("other"))(t), "")
			absent[string](t)(tx.Setting("Secret"))
		})
	})
}

func TestFolders(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		var f, g ticket.Folder
		fill(t, &f, 1)
		g = f
		g.Name = "Sent"
		update(t, s, func(tx ticket.Tx) {
			absent[ticket.Folder](t)(tx.Folder(f.Mailbox, f.Name))
			noError(t, tx.PutFolder(f))
			noError(t, tx.PutFolder(g))
		})
		changed := ticket.Folder{Mailbox: f.Mailbox, Name: f.Name, UIDValidity: 1<<32 - 1}
		view(t, s, func(tx ticket.Tx) { same(t, "first", found(tx.Folder(f.Mailbox, f.Name))(t), f) })
		update(t, s, func(tx ticket.Tx) { noError(t, tx.PutFolder(changed)) })
		view(t, s, func(tx ticket.Tx) {
			same(t, "replaced", found(tx.Folder(f.Mailbox, f.Name))(t), changed)
			same(t, "the other folder", found(tx.Folder(f.Mailbox, "Sent"))(t), g)
		})
	})
}

func TestRaws(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		big := make([]byte, 3<<20)
		for i := range big {
			big[i] = byte(i * i >> 7)
		}
		var small, large, empty int64
		update(t, s, func(tx ticket.Tx) {
			small = must(tx.AddRaw([]byte{0, 1, 0xff}))(t)
			large = must(tx.AddRaw(big))(t)
			empty = must(tx.AddRaw(nil))(t)
		})
		view(t, s, func(tx ticket.Tx) {
			same(t, "small", found(tx.Raw(small))(t), []byte{0, 1, 0xff})
			if got := found(tx.Raw(large))(t); !reflect.DeepEqual(got, big) {
				t.Errorf("large came back changed, %d bytes", len(got))
			}
			same(t, "empty", found(tx.Raw(empty))(t), []byte(nil))
			absent[[]byte](t)(tx.Raw(empty + 1))
		})
		update(t, s, func(tx ticket.Tx) {
			noError(t, tx.DropRaw(empty))
			noError(t, tx.DropRaw(empty))
			absent[[]byte](t)(tx.Raw(empty))
			if again := must(tx.AddRaw([]byte("x")))(t); again <= empty {
				t.Errorf("raw id %d was given again as %d", empty, again)
			}
		})
	})
}

// What a mail holds may be no text at all; PostgreSQL would refuse it.
func TestTextThatIsNone(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		cases := []struct{ in, out string }{
			{"a\x00b", "a\uFFFDb"},
			{"\xff\xfe", "\uFFFD"},
			{"gr\xfc\xdfe", "gr\uFFFDe"},
			{"s\xed\xa0\x80", "s\uFFFD"}, // a lone surrogate
			{"\x01\x1f\u202e", "\x01\x1f\u202e"},
			{"", ""},
		}
		for _, c := range cases {
			var k = ticket.Ticket{Subject: c.in}
			m := ticket.Mail{MessageID: c.in + "@kunde.example", From: "a@kunde.example", Line: []byte(c.in)}
			update(t, s, func(tx ticket.Tx) {
				noError(t, tx.AddTicket(&k))
				m.TicketID = k.ID
				noError(t, tx.AddMail(&m))
			})
			view(t, s, func(tx ticket.Tx) {
				same(t, "subject", found(tx.Ticket(k.ID))(t).Subject, c.out)
				same(t, "line", string(found(tx.Mail(m.ID))(t).Line), c.out)
				id, _, ok, err := tx.TicketOf([]string{m.MessageID})
				if id != k.ID || !ok || err != nil {
					t.Errorf("TicketOf(%q) = %d, %v, %v", m.MessageID, id, ok, err)
				}
			})
		}
	})
}

func TestWritesInAViewFail(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		err := s.View(background, func(tx ticket.Tx) error { return tx.SetSetting("a", "b") })
		if err == nil {
			t.Fatal("a View wrote")
		}
		view(t, s, func(tx ticket.Tx) { absent[string](t)(tx.Setting("a")) })
	})
}

func TestViewIsASnapshotBesideWriters(t *testing.T) {
	onEngines(t, func(t *testing.T, fresh func() string) {
		s := open(t, fresh(), Options{})
		update(t, s, func(tx ticket.Tx) { noError(t, tx.SetSetting("a", "old")) })
		view(t, s, func(tx ticket.Tx) {
			same(t, "before", found(tx.Setting("a"))(t), "old")
			update(t, s, func(tx ticket.Tx) { noError(t, tx.SetSetting("a", "new")) })
			same(t, "a writer has committed meanwhile", found(tx.Setting("a"))(t), "old")
		})
		view(t, s, func(tx ticket.Tx) { same(t, "after", found(tx.Setting("a"))(t), "new") })
	})
}
