package strictyaml

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type login struct {
	Host     string   `yaml:"host" required:"where to log in"`
	Port     int      `yaml:"port" range:"1..65535"`
	Password string   `yaml:"password" required:"here or in password_file" file:""`
	Tokens   []string `yaml:"tokens" file:""`
	CA       string   `yaml:"ca" path:""`
	Abroad   *login   `yaml:"abroad"`
}

func env(name string) (string, bool) {
	v, ok := map[string]string{"PASSWORD": "geheim", "PORT": "1143", "EMPTY": ""}[name]
	return v, ok
}

func readFile(path string) ([]byte, error) {
	text, ok := map[string]string{"conf/one": "geheim\r\n", "/two": "a\nb\n", "conf/none": "\n", "/many": "# said\n\n geheim1 \r\ngeheim2\n", "conf/comments": "# geheim\n"}[path]
	if !ok {
		return nil, errors.New("it is not there")
	}
	return []byte(text), nil
}

func TestOutside(t *testing.T) {
	outside := Options{Env: env, ReadFile: readFile}
	for _, c := range []struct {
		name, text string
		o          Options
		want       []string
		check      func(l login) bool
	}{
		{"environment", "host: h${EMPTY}\nport: ${PORT}\npassword: ${PASSWORD}\n", outside, nil,
			func(l login) bool { return l.Host == "h" && l.Port == 1143 && l.Password == "geheim" }},
		{"dollars", "host: '$${PORT} $PORT $$ 5$'\npassword: x\n", outside, nil, func(l login) bool { return l.Host == "${PORT} $PORT $$ 5$" }},
		{"not set", "host: a\nport: ${NO}\npassword: '${}${a b}'\n", outside, []string{"c.yaml:2:7: port: the environment variable NO is not set; set it before notfalld starts",
			"c.yaml:3:11: password: ${} does not name an environment variable; write $${ for a dollar and a brace",
			"c.yaml:3:11: password: ${a b} does not name an environment variable; write $${ for a dollar and a brace"}, nil},
		{"no environment", "host: ${PORT}\npassword: $${x}\n", Options{ReadFile: readFile}, nil, func(l login) bool { return l.Host == "${PORT}" && l.Password == "$${x}" }},
		{"files", "host: a\npassword_file: one\ntokens_file: /many\n", outside, nil,
			func(l login) bool {
				return l.Password == "geheim" && cmp.Equal(l.Tokens, []string{"geheim1", "geheim2"})
			}},
		{"bad files", "host: a\npassword_file: /two\ntokens_file: comments\nabroad: {host: b, password_file: nowhere}\n", outside, []string{
			"c.yaml:2:16: password_file: the file /two does not hold exactly one line", "c.yaml:3:14: tokens_file: the file conf/comments holds no entry; one per line",
			"c.yaml:4:34: abroad.password_file: cannot read the file: conf/nowhere: it is not there"}, nil},
		{"an empty file", "host: a\npassword_file: none\n", outside, []string{"c.yaml:2:16: password_file: the file conf/none does not hold exactly one line"}, nil},
		{"both", "host: a\npassword: x\npassword_file: one\n", outside, []string{"c.yaml:3:1: password_file: password is given as well; keep one of the two"}, nil},
		{"no files", "host: a\npassword_file: one\n", Options{Env: env}, []string{"c.yaml:1:1: password: is missing; here or in password_file", `c.yaml:2:1: password_file: unknown key; known here: host, port, password, tokens, ca, abroad`}, nil},
		{"secrets are not printed", "host: a\npassword: [geheim]\ntokens: geheim\nport: geheimer\n", outside, []string{"c.yaml:2:1: password: expected text, found a list",
			"c.yaml:3:9: tokens: expected a list, found a single value; put brackets around it: [ … ]", `c.yaml:4:7: port: expected a number from 1 to 65535, found "geheimer"`}, nil},
		{"paths", "host: a\npassword: x\nca: certs/ca.pem\nabroad: {host: b, password: y, ca: /etc/ca.pem}\n", outside, nil, func(l login) bool { return l.CA == "conf/certs/ca.pem" && l.Abroad.CA == "/etc/ca.pem" }},
	} {
		var l login
		d := Read("conf/c.yaml", []byte(c.text), &l, c.o)
		got := texts(d)
		for i := range got {
			got[i] = strings.TrimPrefix(got[i], "conf/")
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if c.check != nil && !c.check(l) {
			t.Errorf("%s: %+v", c.name, l)
		}
	}
}

// TestDoc asks a file that was read for its places, and adds problems of the caller's own.
func TestDoc(t *testing.T) {
	var f ruleFile
	d := Read("r.yaml", []byte("rules:\n  one: {match: [x, y], limit: many}\n  two:\n    match: z\ncases:\n- name: a\n"), &f, Options{})
	for _, c := range []struct {
		key             string
		line, col       int
		has, given, bad bool
	}{
		{"", 1, 1, true, false, true},
		{"rules", 1, 1, true, false, true},
		{"rules.one", 2, 3, true, false, true},
		{"rules.one.match", 2, 9, true, true, false},
		{"rules.one.match[1]", 2, 20, true, true, false},
		{"rules.one.match[1].text", 2, 20, true, true, false},
		{"rules.one.match[1].subject", 2, 20, false, false, false},
		{"rules.one.match[7].text", 2, 9, false, false, false},
		{"rules.one.limit", 2, 31, true, false, true},
		{"rules.two", 3, 3, true, true, false},
		{"rules.two.match", 4, 12, true, true, false},
		{"rules.two.match[0]", 4, 12, true, true, false},
		{"rules.two.weight", 3, 3, false, false, false},
		{"cases[0]", 6, 3, true, true, false},
		{"cases[0].name", 6, 9, true, true, false},
		{"weights.a", 1, 1, false, false, false},
	} {
		line, col := d.PlaceOf(c.key)
		if line != c.line || col != c.col || d.Has(c.key) != c.has || d.Given(c.key) != c.given || d.BadBelow(c.key) != c.bad {
			t.Errorf("%s: %d:%d, has %t, given %t, bad below %t", c.key, line, col, d.Has(c.key), d.Given(c.key), d.BadBelow(c.key))
		}
	}
	d.WarnAt("cases[0].name", "is short", "")
	d.Warn(6, 10, "cases[0].name", "is odd", "")
	if d.BadBelow("cases") || !d.Given("cases[0].name") {
		t.Error("a warning makes a value bad")
	}
	d.ProblemAt("rules.two.match", "never matches", "remove it")
	d.Add(2, 21, "rules.one.match[1].text", "is odd", "")
	if d.Problem("cases", "kept", ""); d.Given("rules.two") || !d.Given("cases") {
		t.Error("only what is added counts")
	}
	want := []string{"r.yaml:2:21: rules.one.match[1].text: is odd", `r.yaml:2:31: rules.one.limit: expected a number, 0 or more, found "many"`,
		"r.yaml:4:12: rules.two.match: never matches; remove it", "r.yaml:6:9: warning: cases[0].name: is short",
		"r.yaml:6:10: warning: cases[0].name: is odd"}
	if diff := cmp.Diff(want, texts(d)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if d.File() != "r.yaml" || !Broken(d.Problems()) || Broken(d.Problems()[3:]) {
		t.Error("warnings break nothing, problems do")
	}
}

// TestOtherRoots: a file may be a map or a list as a whole.
func TestOtherRoots(t *testing.T) {
	var list []example
	d := Read("r.yaml", []byte("- name: a\n- nmae: b\n- c\n"), &list, Options{})
	want := []string{`r.yaml:2:3: [1].nmae: unknown key; did you mean "name"?`, "r.yaml:2:3: [1].name: is missing; what it shows",
		"r.yaml:3:3: [2]: expected keys (name, phones, servers), found a single value"}
	if diff := cmp.Diff(want, texts(d)); diff != "" || len(list) != 3 {
		t.Errorf("%d entries (-want +got):\n%s", len(list), diff)
	}
	var table map[string]example
	d = Read("r.yaml", []byte("a: {name: b}\nc: {size: 1}\n"), &table, Options{})
	want = []string{"r.yaml:2:1: c.name: is missing; what it shows", "r.yaml:2:5: c.size: unknown key; known here: name, phones, servers"}
	if diff := cmp.Diff(want, texts(d)); diff != "" || table["a"].Name != "b" {
		t.Errorf("%+v (-want +got):\n%s", table, diff)
	}
}

func texts(d *Doc) (all []string) {
	for _, p := range d.Problems() {
		all = append(all, p.String())
	}
	return all
}
