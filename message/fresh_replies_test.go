package message

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/net/html"
)

// TestReplies reads testdata/replies: each NAME.eml is an answer of staff to a notice, as a mail program writes it, and
// NAME.want what of it may reach the customer. The sections of a .want:
//
//	skip    how many lines at the top are commands (absent: 0)
//	text    the text, exactly
//	html    "none": there must be none; "any": nothing but the text counts; else a line for each fragment that must ("+ ")
//	        or must not ("- ") stand in it
//	attach  one line for each attachment in order: name | type | size | sha256
//	inline  one line for each image that the HTML shows: content id | type | size | sha256
//	never   one line for each word that must stand nowhere: what the notice and the signature say
func TestReplies(t *testing.T) {
	files, err := filepath.Glob("testdata/replies/*.eml")
	if err != nil || len(files) < 90 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".eml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := readReply(t, strings.TrimSuffix(file, ".eml")+".want")
			m := Parse(raw, Limits{})
			if m.Automatic.Kind != Human {
				t.Errorf("a person wrote it, and it is taken for %v", m.Automatic)
			}
			f := m.Fresh(w.skip)
			if d := cmp.Diff(w.text, f.Text); d != "" {
				t.Errorf("text (-want +got):\n%s", d)
			}
			w.checkHTML(t, f.HTML)
			if d := cmp.Diff(w.attach, listed(t, f.Attach, func(a Attachment) string { return a.Name })); d != "" {
				t.Errorf("attachments (-want +got):\n%s", d)
			}
			if w.html != "any" || f.HTML != "" {
				if d := cmp.Diff(w.inline, listed(t, f.Inline, func(a Attachment) string { return a.ContentID })); d != "" {
					t.Errorf("inline (-want +got):\n%s", d)
				}
			}
			w.checkNever(t, f)
			checkSafe(t, f)
		})
	}
}

// reply is a .want file.
type reply struct {
	skip           int
	text, html     string
	attach, inline []string
	never          []string
}

func readReply(t *testing.T, path string) reply {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	w := reply{html: "?"}
	for _, f := range archive.Files {
		content := strings.Trim(string(f.Data), "\n")
		switch f.Name {
		case "skip":
			if w.skip, err = strconv.Atoi(content); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		case "text":
			w.text = content
		case "html":
			w.html = content
		case "attach":
			w.attach = linesOf(content)
		case "inline":
			w.inline = linesOf(content)
		case "never":
			w.never = linesOf(content)
		default:
			t.Fatalf("%s: no section is called %q", path, f.Name)
		}
	}
	if w.html == "?" || len(w.never) == 0 {
		t.Fatalf("%s: sections html and never must be there", path)
	}
	return w
}

func linesOf(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// listed describes attachments, and wants each of them whole.
func listed(t *testing.T, all []Attachment, name func(Attachment) string) []string {
	t.Helper()
	var out []string
	for _, a := range all {
		if a.NotFetched || a.Size != int64(len(a.Data)) {
			t.Errorf("%s is not whole: %d of %d bytes", a.Name, len(a.Data), a.Size)
		}
		out = append(out, fmt.Sprintf("%s | %s | %d | %x", name(a), a.Type, a.Size, sha256.Sum256(a.Data)))
	}
	return out
}

func (w *reply) checkHTML(t *testing.T, got string) {
	t.Helper()
	switch w.html {
	case "any":
		return
	case "none":
		if got != "" {
			t.Errorf("there is HTML:\n%s", got)
		}
		return
	}
	if got == "" {
		t.Error("there is no HTML")
		return
	}
	for _, l := range linesOf(w.html) {
		want, fragment := l[:min(2, len(l))], l[min(2, len(l)):]
		switch {
		case want != "+ " && want != "- " || fragment == "":
			t.Fatalf("html: what does %q mean?", l)
		case want == "+ " && !strings.Contains(got, fragment):
			t.Errorf("HTML does not hold %q:\n%s", fragment, got)
		case want == "- " && strings.Contains(got, fragment):
			t.Errorf("HTML holds %q:\n%s", fragment, got)
		}
	}
}

// tokenLike is what tokens look like, whatever installation issued them, and the lines that fence what is internal.
var tokenLike = regexp.MustCompile(`(?i)\b[csbp][a-z2-7]{32}\b|\[?notfalld:`)

// checkNever looks for what must not be passed on: as it was written, and as it reads when tags and blanks are taken out.
func (w *reply) checkNever(t *testing.T, f Fresh) {
	t.Helper()
	said := map[string]string{"text": f.Text, "HTML": f.HTML, "words of the HTML": strings.Join(shownIn(t, f.HTML), " ")}
	for _, a := range slices.Concat(f.Attach, f.Inline) {
		said["name "+a.Name] = a.Name
	}
	for where, s := range said {
		if found := tokenLike.FindString(s); found != "" {
			t.Errorf("%s holds %q", where, found)
		}
		for _, n := range w.never {
			if strings.Contains(onlyLetters(s), onlyLetters(n)) {
				t.Errorf("%s holds %q:\n%s", where, n, s)
			}
		}
	}
}

func onlyLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// shownIn reads the words of HTML with a parser of its own kind: every text node counts, for nothing in HTML that is passed
// on may be hidden.
func shownIn(t *testing.T, s string) []string {
	t.Helper()
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		switch n.Type {
		case html.TextNode:
			b.WriteString(n.Data)
		case html.ElementNode:
			if blockElements[n.Data] > 0 || n.Data == "br" || n.Data == "td" || n.Data == "th" || n.Data == "img" {
				b.WriteByte(' ')
			}
		}
	}
	return strings.FieldsFunc(b.String(), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// checkSafe holds for every answer: HTML shows nothing that the text does not say, fetches nothing, hides nothing, and names
// the images that come with it.
func checkSafe(t *testing.T, f Fresh) {
	t.Helper()
	if f.HTML == "" {
		if len(f.Inline) > 0 {
			t.Errorf("%d images without HTML that shows them", len(f.Inline))
		}
		return
	}
	if a, b := strings.Join(shownIn(t, f.HTML), ""), onlyLettersKeep(f.Text); !subsequence(a, b) {
		t.Errorf("the HTML shows what the text does not say:\n%s\n---\n%s", a, b)
	}
	shown := map[string]bool{}
	root, err := html.Parse(strings.NewReader(f.HTML))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode || n.Type == html.DoctypeNode {
			t.Errorf("HTML holds a comment: %q", n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if !plainElements[n.Data] {
			t.Errorf("HTML holds a <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if !plainAttribute(n.Data, a) {
				t.Errorf("HTML holds <%s %s=%q>", n.Data, a.Key, a.Val)
			}
			if cid, ok := strings.CutPrefix(a.Val, "cid:"); ok && a.Key == "src" {
				shown[cid] = true
			}
		}
	}
	for _, a := range f.Inline {
		if !shown[a.ContentID] {
			t.Errorf("an image that is not shown goes along: %s", a.ContentID)
		}
		delete(shown, a.ContentID)
	}
	for cid := range shown {
		t.Errorf("an image is shown that does not go along: %s", cid)
	}
}

// onlyLettersKeep is onlyLetters with capitals as they are.
func onlyLettersKeep(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// subsequence says whether a is b with letters left out: a text names targets of links and the numbers of a list beside
// the words.
func subsequence(a, b string) bool {
	rest := []rune(b)
	for _, r := range a {
		i := slices.Index(rest, r)
		if i < 0 {
			return false
		}
		rest = rest[i+1:]
	}
	return true
}

var plainElements = set(strings.Fields(`html head body p div span br hr b strong i em u s strike del ins sub sup small big font center
	ul ol li dl dt dd table caption colgroup col thead tbody tfoot tr th td pre code tt kbd samp blockquote h1 h2 h3 h4 h5 h6 a img mark q cite`)...)

// hidingStyle is a declaration that can hide words, fetch something, or let what is shown lie over something else.
var hidingStyle = regexp.MustCompile(`(?i)display|visibility|opacity|mso-|position|url\s*\(|expression|font-size\s*:\s*0|(?:^|[;\s])(?:height|width|max-|overflow|clip|text-indent|transform|z-index|content)|behaviou?r|@import|\\`)

func plainAttribute(element string, a html.Attribute) bool {
	v := strings.ToLower(strings.TrimSpace(a.Val))
	switch a.Key {
	case "href":
		return element == "a" && (strings.HasPrefix(v, "http://") || strings.HasPrefix(v, "https://") || strings.HasPrefix(v, "mailto:") || strings.HasPrefix(v, "tel:"))
	case "src":
		return element == "img" && strings.HasPrefix(v, "cid:")
	case "style":
		return !hidingStyle.MatchString(v)
	case "id", "class", "name", "background", "hidden", "srcset", "poster", "action", "usemap":
		return false
	}
	return !strings.HasPrefix(a.Key, "on") && !strings.HasPrefix(a.Key, "data-") && !strings.Contains(a.Key, ":")
}
