package templates

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each case is what a text template renders, and the two forms that become of it.
func TestBlocks(t *testing.T) {
	for name, c := range map[string]struct{ in, text, html string }{
		"nothing":             {"\n \n\t\n", "", ""},
		"a wrapped paragraph": {"eins\nzwei\n\ndrei\n", "eins zwei\n\ndrei\n", "<p class=\"state\">eins zwei</p>\n<p>drei</p>\n"},
		"a heading":           {"# Was\ntun", "Was\ntun\n", "<h2>Was</h2>\n<p>tun</p>\n"},
		"a list over blank lines": {
			"- a\n\n\n- b\n  und c\n\nd", "- a\n- b und c\n\nd\n", "<ul>\n<li>a</li>\n<li>b und c</li>\n</ul>\n<p>d</p>\n",
		},
		"steps are numbered anew": {
			"1. a\n\n1. b\n7. c", "1. a\n2. b\n3. c\n", "<ol>\n<li>a</li>\n<li>b</li>\n<li>c</li>\n</ol>\n",
		},
		"an empty item is none": {"- \n- " + quote("") + "\n- b", "- b\n", "<ul>\n<li>b</li>\n</ul>\n"},
		"a number at a line's start": {
			"200. ist kein Schritt? Doch.", "1. ist kein Schritt? Doch.\n", "<ol>\n<li>ist kein Schritt? Doch.</li>\n</ol>\n",
		},
		"a date is no step":      {"16.3. geht", "16.3. geht\n", "<p class=\"state\">16.3. geht</p>\n"},
		"an indented line alone": {"   a", "a\n", "<p class=\"state\">a</p>\n"},
		"facts start nothing": {
			quote("# a") + "\n\n" + quote("- b") + "\n\n" + quote("1. c") + "\n\n" + quote("> d") + "\n\n" + literal("# e") + "\n\n" + literal("- f"),
			"# a\n\n- b\n\n1. c\n\n> d\n\n# e\n\n- f\n",
			"<p class=\"state\"><code># a</code></p>\n<p><code>- b</code></p>\n<p><code>1. c</code></p>\n<p><code>&gt; d</code></p>\n<p># e</p>\n<p>- f</p>\n",
		},
		"a link has a line of its own": {
			"1. Hier: " + link("Form", "https://a.example/?x=1&y", "https://a.example/?x=1&y") + " oder nicht",
			"1. Hier:\n   Form: https://a.example/?x=1&y\n   oder nicht\n",
			"<ol>\n<li>Hier:<br><a href=\"https://a.example/?x=1&amp;y\">Form: https://a.example/?x=1&amp;y</a><br>oder nicht</li>\n</ol>\n",
		},
		"a link to nothing": {"a " + link("Form", "", "") + "b", "a b\n", "<p class=\"state\">a b</p>\n"},
		"a link without a label": {
			link("", "+43 1 23", telephone("+43 1 23")), "+43 1 23\n", "<p class=\"state\"><a href=\"tel:+43123\">+43 1 23</a></p>\n",
		},
		"words in another language": {"a " + foreign("en", "<b>"), "a <b>\n", "<p class=\"state\">a <span lang=\"en\">&lt;b&gt;</span></p>\n"},
		"quoted text keeps its shape": {
			">   a\n>\n> # <b>\n>c", ">   a\n> \n> # <b>\n\n>c\n", "<blockquote>  a\n\n# &lt;b&gt;</blockquote>\n<p>&gt;c</p>\n",
		},
		"a mark without an end": {string(markFact) + "a\nb", "a b\n", "<p class=\"state\"><code>a b</code></p>\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSection("de", c.in)
			if d := cmp.Diff(c.text, document{Sections: []section{s}}.text()); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.html, string(s.Body)); d != "" {
				t.Error(d)
			}
		})
	}
}
