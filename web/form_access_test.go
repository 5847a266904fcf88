package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// wrongWith looks at the page of a tab as somebody with a screen reader, a keyboard, bad eyes or big thumbs would.
func wrongWith(tab context.Context) ([]string, error) {
	script, err := os.ReadFile("testdata/form/access/check.js")
	if err != nil {
		return nil, err
	}
	return chromedp.Run(tab, chromedp.Evaluate[[]string](string(script)))
}

// focused is what has the focus, where it is, and how that is seen.
type focused struct {
	Name    string
	X, Y    float64
	Outline bool
}

const (
	// Field by field in the order of the source; on the page it goes down, and in one line to the right.
	focusable = `[...document.querySelectorAll("a[href],button,input:not([type=hidden]),textarea,summary")].length`
	hasFocus  = `(() => {
		const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
		if (e === document.body || e === document.documentElement) return {Name: "", X: 0, Y: 0, Outline: true};
		return {Name: e.id || e.getAttribute("href") || e.textContent.trim(), X: r.left + scrollX, Y: r.top + scrollY,
			Outline: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2};
	})()`
)

// walkThrough presses Tab until the page has been walked through: each stop is further down or to the right, and is seen to have the focus.
func walkThrough(tab context.Context) (wrong []string, err error) {
	n, err := chromedp.Run(tab, chromedp.Evaluate[int](focusable))
	if err != nil {
		return nil, err
	}
	// A click into the page's corner lets the walk begin at its top.
	if err := chromedp.Do(tab, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); getSelection().setPosition(document.body, 0); scrollTo(0, 0)`)(ctx, t)
		return err
	})); err != nil {
		return nil, err
	}
	var before focused
	seen := map[string]bool{}
	for range n {
		if err := chromedp.Do(tab, chromedp.KeyEvent(kb.Tab)); err != nil {
			return nil, err
		}
		f, err := chromedp.Run(tab, chromedp.Evaluate[focused](hasFocus))
		if err != nil {
			return nil, err
		}
		if f.Y < before.Y-1 || f.Y < before.Y+1 && f.X < before.X {
			wrong = append(wrong, fmt.Sprintf("order: %s comes after %s", f.Name, before.Name))
		}
		if !f.Outline {
			wrong = append(wrong, "focus: is not seen on "+f.Name)
		}
		before, seen[f.Name] = f, true
	}
	if len(seen) != n {
		wrong = append(wrong, fmt.Sprintf("keyboard: %d of %d are reached", len(seen), n))
	}
	return wrong, nil
}

// The check itself: each page in testdata/form/access has the faults that its first line names, and no others.
func TestFormAccessCheck(t *testing.T) {
	tabs := openBrowser(t)
	srv := httptest.NewServer(http.FileServer(http.Dir("testdata/form/access")))
	defer srv.Close()
	pages, err := filepath.Glob("testdata/form/access/*.html")
	if err != nil || len(pages) == 0 {
		t.Fatal("no pages", err)
	}
	tab := tabs.open(t)
	for _, p := range pages {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Fields(regexp.MustCompile(`finds: (.*) *-->`).FindStringSubmatch(string(b))[1])
		if err := chromedp.Do(tab, chromedp.EmulateViewport(390, 844), chromedp.Navigate(srv.URL+"/"+filepath.Base(p))); err != nil {
			t.Fatal(err)
		}
		found, err := wrongWith(tab)
		if err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		walked, err := walkThrough(tab)
		if err != nil {
			t.Fatalf("%s: %v", p, err)
		}
		var rules []string
		for _, f := range append(found, walked...) {
			rule, _, _ := strings.Cut(f, ":")
			rules = append(rules, rule)
		}
		slices.Sort(rules)
		if rules = slices.Compact(rules); !slices.Equal(rules, want) {
			t.Errorf("%s: found %q, want %q: %q %q", p, rules, want, found, walked)
		}
	}
}
