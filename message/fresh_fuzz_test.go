package message

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// FuzzFresh: whatever the two versions of an answer are, the HTML that goes on is safe and says what the text says; and what was cleaned
// once is not changed by being cleaned again.
func FuzzFresh(f *testing.F) {
	files, _ := filepath.Glob("testdata/fresh/*.txt")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		in := map[string]string{}
		for _, p := range txtar.Parse(data).Files {
			in[p.Name] = string(p.Data)
		}
		f.Add(in["plain"], in["html"], uint8(0))
		f.Add("", in["html"], uint8(1))
	}
	f.Fuzz(func(t *testing.T, plain, html string, skip uint8) {
		m := &Mail{Text: cleanText(plain), html: asHTML(cleanText(html)), InReplyTo: []string{"1@a.at"}}
		if plain == "" {
			m.Text = split(htmlText(m.htmlSource()), evidenceOf(m)).text
		}
		m.Inline = []Attachment{{ContentID: "logo", Type: "image/png"}, {ContentID: "shot.png", Type: "image/png"}}
		fresh := m.Fresh(int(skip % 4))
		checkSafe(t, fresh)
		if strings.Contains(fresh.Text+fresh.HTML, "\x04") {
			t.Errorf("a mark of ours is left: %+v", fresh)
		}
		if fresh.HTML == "" {
			return
		}
		again := (&Mail{Text: fresh.Text, html: asHTML(fresh.HTML), Inline: m.Inline}).Fresh(0)
		if again.Text == fresh.Text && again.HTML != "" && again.HTML != fresh.HTML {
			t.Errorf("cleaned again:\n%s\n%s", fresh.HTML, again.HTML)
		}
	})
}
