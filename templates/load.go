package templates

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

//go:embed shipped
var shipped embed.FS

// maxAnswer bounds text and HTML of an answer on the wire, so that with its header fields and MIME
// structure a whole answer stays under 16 KB.
const maxAnswer = 14 << 10

// Set is a set of templates that passed its check. It never changes, and is safe for use by many
// goroutines.
type Set struct {
	texts map[string]*template.Template // by "<name>.<language>"
	page  *htmltemplate.Template
	// states matches all the beginnings of subjects, so that a reply to our own answer does not pile them up.
	states *regexp.Regexp
	hash   string
}

// Hash names the set by the content of its files (SHA-256, hexadecimal).
func (s *Set) Hash() string { return s.hash }

// Problem is one thing that keeps a set of templates from being used.
type Problem struct {
	File         string // as it can be opened; "shipped/…" for the embedded ones
	Line, Column int    // from 1
	Text         string // what is wrong, and how to mend it
}

func (p *Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Text)
}

// Load reads the shipped set, and from dir (if not "") the files that replace shipped ones of the
// same name. If it holds any, every answer that there can be is rendered over sample data, and the set
// is refused if one fails, grows too large, links or loads what it must not, or does not say near its
// top, where a reader sees it, that a mail alone alarms no technician. The error joins all that was
// found, each a *Problem. The shipped set by itself is checked by the tests, not at each start.
func Load(dir string) (*Set, error) {
	files, problems := read(dir)
	s := &Set{texts: map[string]*template.Template{}, hash: hash(files)}
	s.states = regexp.MustCompile(`[^\s\S]`) // nothing, until the check has passed
	problems = append(problems, s.parse(files)...)
	if len(problems) == 0 && !allShipped(files) {
		problems = s.check(files)
	}
	if len(problems) > 0 {
		return nil, join(problems)
	}
	s.states = s.allStates()
	return s, nil
}

func allShipped(files map[string]file) bool {
	for _, f := range files {
		if !strings.HasPrefix(f.path, "shipped/") {
			return false
		}
	}
	return true
}

// file is the source of one template.
type file struct {
	path string // as shown
	text string
}

// read collects the files by name, those of dir over the shipped ones.
func read(dir string) (map[string]file, []*Problem) {
	files := map[string]file{}
	entries, err := shipped.ReadDir("shipped")
	if err != nil {
		return nil, []*Problem{{File: "shipped", Line: 1, Column: 1, Text: err.Error()}}
	}
	var names []string
	for _, e := range entries {
		text, err := fs.ReadFile(shipped, "shipped/"+e.Name())
		if err != nil {
			return nil, []*Problem{{File: "shipped/" + e.Name(), Line: 1, Column: 1, Text: err.Error()}}
		}
		files[e.Name()] = file{"shipped/" + e.Name(), string(text)}
		names = append(names, e.Name())
	}
	if dir == "" {
		return files, nil
	}
	return files, readDir(dir, files, names)
}

// readDir reads the admin's folder into files.
func readDir(dir string, files map[string]file, names []string) []*Problem {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return []*Problem{{File: dir, Line: 1, Column: 1, Text: "the folder of templates cannot be read: " + err.Error()}}
	}
	var problems []*Problem
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if e.IsDir() || strings.HasPrefix(e.Name(), ".") || (ext != ".txt" && ext != ".html") {
			continue // backups and notes are nobody's templates
		}
		path := filepath.Join(dir, e.Name())
		if _, known := files[e.Name()]; !known {
			problems = append(problems, &Problem{path, 1, 1, "no template has this name; there are " + strings.Join(names, ", ")})
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			problems = append(problems, &Problem{path, 1, 1, err.Error()})
			continue
		}
		text := strings.ReplaceAll(strings.TrimPrefix(string(raw), "\ufeff"), "\r\n", "\n") // as Windows editors write it
		files[e.Name()] = file{path, text}
		if line, column, bad := firstBad(text); bad {
			problems = append(problems, &Problem{path, line, column, "there is a control character, or a byte that is no UTF-8: save the file as UTF-8"})
		}
	}
	return problems
}

// firstBad finds what no text file holds. Control characters have a meaning of their own in rendered
// templates (see blocks.go), so none may come from a file.
func firstBad(text string) (line, column int, bad bool) {
	line = 1
	for i, r := range text {
		column++
		switch {
		case r == '\n':
			line, column = line+1, 0
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"), unicode.IsControl(r) && r != '\t':
			return line, column, true
		}
	}
	return 0, 0, false
}

func hash(files map[string]file) string {
	names := make([]string, 0, len(files))
	for n := range files {
		names = append(names, n)
	}
	sort.Strings(names)
	h := sha256.New()
	for _, n := range names {
		fmt.Fprintf(h, "%s %d\n%s", n, len(files[n].text), files[n].text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// join makes one error of all problems, in the order of files and lines.
func join(problems []*Problem) error {
	sort.SliceStable(problems, func(i, j int) bool {
		a, b := problems[i], problems[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.Column < b.Column
	})
	var errs []error
	seen := map[string]bool{}
	for _, p := range problems {
		if !seen[p.Error()] {
			seen[p.Error()] = true
			errs = append(errs, p)
		}
	}
	return errors.Join(errs...)
}

// parse makes templates of the files.
func (s *Set) parse(files map[string]file) []*Problem {
	var problems []*Problem
	page, err := htmltemplate.New("page.html").Parse(files["page.html"].text)
	if err != nil {
		problems = append(problems, located(err, files, "page.html"))
	}
	s.page = page
	for _, lang := range []string{"de", "en"} {
		common := "common." + lang + ".txt"
		base, err := template.New(common).Funcs(funcs(lang)).Parse(files[common].text)
		if err == nil {
			common = "emergency." + lang + ".txt"
			_, err = base.New(common).Parse(files[common].text)
		}
		if err != nil {
			problems = append(problems, located(err, files, common))
			base = nil
		}
		for _, name := range textNames() {
			n := name + "." + lang
			if base == nil { // still say what is wrong with the others
				base = template.New(common).Funcs(funcs(lang))
			}
			t, err := base.Clone()
			if err == nil {
				t, err = t.New(n + ".txt").Parse(files[n+".txt"].text)
			}
			if err != nil {
				problems = append(problems, located(err, files, n+".txt"))
				continue
			}
			s.texts[n] = t
		}
	}
	return problems
}

// allStates matches what the subjects of answers begin with, the longest first.
func (s *Set) allStates() *regexp.Regexp {
	langs := languages(nil)
	seen := map[string]bool{}
	for _, a := range stateSamples() {
		name := a.template()
		var both []string
		for i, lang := range langs {
			v := newView(&a, lang, langs, i, 0)
			v.Emergency.blank()
			state, err := execute(s.texts[name+"."+lang], "subject", v)
			if err == nil { // the check has rendered it before
				one := regexp.QuoteMeta(oneLine(state))
				seen[one] = true
				both = append(both, "(?:"+corrected(lang)+")?"+one)
			}
		}
		seen[strings.Join(both, " / ")] = true
	}
	var all []string
	for st := range seen {
		all = append(all, strings.ReplaceAll(st, blank, ".{1,40}?"))
	}
	sort.Slice(all, func(i, j int) bool { return len(all[i]) > len(all[j]) || len(all[i]) == len(all[j]) && all[i] < all[j] })
	return regexp.MustCompile("^(?:" + corrected("de") + "|" + corrected("en") + ")?(?:" + strings.Join(all, "|") + "): ")
}

// textNames lists the text templates that are rendered, each once for each language.
func textNames() []string {
	names := []string{bare, notice, confirmation, alarm}
	for _, r := range rows() {
		names = append(names, string(r))
	}
	return names
}

// funcs are what templates can call besides text/template's own.
func funcs(lang string) template.FuncMap {
	return template.FuncMap{
		// link "label" URL: a named link on a line of its own; nothing if the URL is empty.
		"link": func(label, address string) string { return link(label, address, address) },
		// phone "label" number: the same for a telephone number.
		"phone": func(label, number string) string { return link(label, number, telephone(number)) },
		// mail "label" address URL: the same for a mail address.
		"mail": link,
		// small "words": a paragraph in small letters.
		"small": small,
		// tap "#ack" "what it does" URL: something to tap, its URL not shown.
		"tap": tap,
		// line "words": on a line of its own, in the same paragraph.
		"line": func(s string) string { return string(markBreak) + s + string(markBreak) },
		// foreign "en" "words": words in another language than the template's.
		"foreign": foreign,
	}
}

// telephone is the URI of a number (RFC 3966).
func telephone(number string) string {
	return "tel:" + strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
}

func execute(t *template.Template, name string, data any) (string, error) {
	var b strings.Builder
	b.Grow(4096)
	if err := t.ExecuteTemplate(&b, name, data); err != nil {
		return "", err
	}
	return b.String(), nil
}
