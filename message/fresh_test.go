package message

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestFresh reads testdata/fresh: the plain and the HTML version of an answer, the lines that are commands, and what may be passed on of both.
// "pictures" names the parts that came with the HTML; "inline" and "attach" what of them goes along.
func TestFresh(t *testing.T) {
	files, err := filepath.Glob("testdata/fresh/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			in := map[string]string{}
			for _, f := range txtar.Parse(data).Files {
				in[f.Name] = strings.TrimRight(string(f.Data), "\n")
			}
			skip, _ := strconv.Atoi(in["skip"])
			f := Parse(answerOf(in["plain"], in["html"], strings.Fields(in["pictures"])), Limits{}).Fresh(skip)
			got := map[string]string{"text": f.Text, "fresh": f.HTML, "inline": ids(f.Inline), "attach": ids(f.Attach)}
			want := map[string]string{"text": in["text"], "fresh": in["fresh"], "inline": in["inline"], "attach": in["attach"]}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func ids(all []Attachment) string {
	var out []string
	for _, a := range all {
		out = append(out, a.ContentID)
	}
	return strings.Join(out, " ")
}

// answerOf is an answer in two versions, of which one may be missing.
func answerOf(plain, html string, pictures []string) []byte {
	var b bytes.Buffer
	b.WriteString("From: Anna Berger <anna@alpenrack.at>\nTo: support@alpenrack.at\nSubject: Re: [NS-10001] Ausfall\nIn-Reply-To: <1@alpenrack.at>\nMessage-ID: <2@alpenrack.at>\nMIME-Version: 1.0\n")
	b.WriteString("Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: multipart/alternative; boundary=a\n")
	if plain != "" {
		fmt.Fprintf(&b, "\n--a\nContent-Type: text/plain; charset=utf-8\n\n%s\n", plain)
	}
	if html != "" {
		fmt.Fprintf(&b, "\n--a\nContent-Type: text/html; charset=utf-8\n\n%s\n", html)
	}
	b.WriteString("--a--\n")
	for _, id := range pictures {
		fmt.Fprintf(&b, "--r\nContent-Type: image/png; name=%q\nContent-ID: <%s>\nContent-Disposition: inline\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n", id+".png", id)
	}
	b.WriteString("--r--\n")
	return b.Bytes()
}

// TestSaysOnly tries the last look at what was cleaned, which should never have to refuse anything.
func TestSaysOnly(t *testing.T) {
	for _, c := range []struct {
		html, text string
		want       bool
	}{
		{"<div><p>Das <b>Netz</b> läuft.</p></div>", "Das Netz läuft.", true},
		{"<div><p>Das Netz läuft.</p><p>zahlt nie</p></div>", "Das Netz läuft.", false},
		{"<div><p>zahlt nie</p><p>Das Netz läuft.</p></div>", "Das Netz läuft.", false},
		{"<div><p>Das Netz läuft.</p></div>", "Das Netz läuft wieder.", false},
		{"<div><p>Das Netz läuft.</p><table>zahlt nie</table></div>", "Das Netz läuft.", false},
		{"<table><tr><td>Netz</td></tr>Das</table>", "Das Netz", false}, // a browser shows the words in this order, the source has another
	} {
		p := readPage(c.html)
		if got := saysOnly(c.html, p.pieces("", c.text)); got != c.want {
			t.Errorf("%s says only %q: %v", c.html, c.text, got)
		}
	}
}

func asHTML(s string) func() string { return func() string { return s } }
