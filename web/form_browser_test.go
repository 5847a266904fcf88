package web

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"notfalld/postoffice"
	"notfalld/ticket"
)

// browserTabs is one running browser.
type browserTabs struct{ ctx context.Context }

// openBrowser starts Chromium, or skips the test where there is none.
func openBrowser(t *testing.T) *browserTabs {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		postoffice.Needs(t, fmt.Errorf("chromium: %w", postoffice.ErrNotInstalled))
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		_ = chromedp.Cancel(ctx) // waits until it has gone
		cancel()
		stop()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &browserTabs{ctx}
}

// open makes a tab with cookies of its own. What waits in it for three minutes has failed.
func (b *browserTabs) open(t *testing.T) context.Context {
	t.Helper()
	tab, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(tab); err != nil {
		t.Fatal(err)
	}
	limited, stop := context.WithTimeout(tab, 3*time.Minute)
	t.Cleanup(stop)
	return limited
}

// device is what a visitor has in the hand.
type device struct {
	name          string
	width, height int64
	mobile        bool
	lang          string
	scripts, dark bool
}

func (d device) String() string {
	return fmt.Sprintf("%s-%s-%s-%s", d.name, d.lang, map[bool]string{true: "scripts", false: "no-scripts"}[d.scripts], map[bool]string{true: "dark", false: "light"}[d.dark])
}

func (d device) take(tab context.Context) error {
	scheme := map[bool]string{true: "dark", false: "light"}[d.dark]
	if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}); err != nil {
		return err
	}
	if _, err := chromedp.Call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !d.scripts}); err != nil {
		return err
	}
	if _, err := chromedp.Call(tab, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": d.lang}}); err != nil {
		return err
	}
	return d.size(tab, d.width, d.height)
}

func (d device) size(tab context.Context, width, height int64) error {
	_, err := chromedp.Call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: d.mobile})
	return err
}

// number is the customer number: those who read English have one that is not known yet.
func (d device) number() string { return map[string]string{"de": "104711", "en": "999999"}[d.lang] }

// house is open where the desktops stand: by night one has a telephone in the hand.
func (d device) house(t *testing.T) *formHouse {
	now := formNight
	if !d.mobile {
		now = time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
	}
	return newFormHouse(t, now, func(o *ticket.Options) { o.Company.EmergencyPhone = "+43 1 9998877" })
}

// A frightened person fills in the form, gets the telephone wrong and forgets the box, mends it, and sees what became of it: on every device,
// in both languages, with and without scripts, by light and dark.
func TestFormInBrowser(t *testing.T) {
	tabs := openBrowser(t)
	var devices []device
	for i := range 8 { // half of all sixteen: so chosen that any three things come together in every way
		d := device{lang: [...]string{"de", "en"}[i&1], dark: i&2 != 0, scripts: i&4 != 0}
		if (i^i>>1^i>>2)&1 == 0 {
			d.name, d.width, d.height, d.mobile = "phone", 390, 844, true
		} else {
			d.name, d.width, d.height = "desktop", 1280, 900
		}
		devices = append(devices, d)
	}
	t.Run("visits", func(t *testing.T) { // ends when all of them have, and then the browser does
		for _, d := range devices {
			t.Run(d.String(), func(t *testing.T) {
				t.Parallel()
				(&journey{T: t, device: d, tab: tabs.open(t), house: d.house(t)}).visit()
			})
		}
	})
}

// journey is one visit.
type journey struct {
	*testing.T
	device device
	tab    context.Context
	house  *formHouse
	shots  int
}

func (j *journey) do(steps ...chromedp.Action[chromedp.Void]) {
	j.Helper()
	for i, step := range steps {
		if err := chromedp.Do(j.tab, step); err != nil {
			j.Fatalf("step %d: %v", i+1, err)
		}
	}
}

func (j *journey) read(expression string) string {
	j.Helper()
	s, err := chromedp.Run(j.tab, chromedp.Evaluate[string](expression))
	if err != nil {
		j.Fatal(err)
	}
	return s
}

func (j *journey) visit() {
	if err := j.device.take(j.tab); err != nil {
		j.Fatal(err)
	}
	j.do(chromedp.Navigate(j.house.srv.URL+"/notfall"), chromedp.WaitVisible(chromedp.CSS("button")))
	if lang := j.read(`document.documentElement.lang`); lang != j.device.lang {
		j.Fatalf("the page is in %q", lang)
	}
	j.look("empty")
	if !j.device.dark { // colours change no sizes
		j.walk()
		j.narrow()
	}

	j.do(
		chromedp.SendKeys(chromedp.CSS("#name"), "Petra Alm"), chromedp.SendKeys(chromedp.CSS("#customer_number"), j.device.number()),
		chromedp.SendKeys(chromedp.CSS("#email"), "petra@almhof.at"), chromedp.SendKeys(chromedp.CSS("#phone"), "1234589"),
		chromedp.SendKeys(chromedp.CSS("#problem"), "Error 502"),
		chromedp.Click(chromedp.CSS("button")), chromedp.WaitVisible(chromedp.CSS("#summary")),
	)
	if n := len(j.house.emergencies()); n != 0 {
		j.Fatalf("%d emergencies of a form that is wrong", n)
	}
	j.do(chromedp.WaitVisible(chromedp.CSS("#summary:focus"))) // what is wrong has the focus, a moment after the page is there
	j.look("wrong")
	j.do(chromedp.Click(chromedp.CSS(`#summary a[href="#phone"]`)), chromedp.WaitVisible(chromedp.CSS("#phone:focus")))
	if j.device.lang == "en" {
		j.do(chromedp.Click(chromedp.CSS("#number_right")))
	}
	j.do(
		chromedp.Clear(chromedp.CSS("#phone")), chromedp.SendKeys(chromedp.CSS("#phone"), "+43 664 1234589"),
		chromedp.Click(chromedp.CSS("#consent")), chromedp.Click(chromedp.CSS("button")), chromedp.WaitVisible(chromedp.CSS("#pending")),
	)
	all := j.house.emergencies()
	if len(all) != 1 || all[0].Name != "Petra Alm" || all[0].Phone != "+436641234589" || all[0].Problem != "Error 502" || all[0].CustomerNumber != j.device.number() || all[0].Language != j.device.lang {
		j.Fatalf("%+v", all)
	}
	j.look("pending")
	j.house.alarm(10001, ticket.AlarmAccepted)
	j.do(chromedp.Click(chromedp.CSS("[role=status] a")), chromedp.WaitVisible(chromedp.CSS("#accepted")))
	if text := j.read(`document.body.innerText`); !strings.Contains(text, "NE-10001") || !strings.Contains(text, map[bool]string{true: "02:37", false: "10:30"}[j.device.mobile]) || !strings.Contains(text, "89") {
		j.Error(text)
	}
	j.look("accepted")
	j.house.alarm(10001, ticket.AlarmFailed)
	j.do(chromedp.Click(chromedp.CSS("[role=status] a")), chromedp.WaitVisible(chromedp.CSS("#failed")))
	j.look("failed")
}

// look checks the page, and keeps a picture of it where NOTFALLD_TEST_PICTURES names a folder.
func (j *journey) look(what string) {
	j.Helper()
	found, err := wrongWith(j.tab)
	if err != nil {
		j.Fatal(err)
	}
	for _, f := range found {
		j.Errorf("%s: %s", what, f)
	}
	dir := os.Getenv("NOTFALLD_TEST_PICTURES")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(j.tab, chromedp.FullScreenshot(100))
	if err != nil {
		j.Fatal(err)
	}
	j.shots++
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", j.device, j.shots, what)), picture, 0o600); err != nil {
		j.Fatal(err)
	}
}

// walk goes through the page with the keyboard alone.
func (j *journey) walk() {
	j.Helper()
	wrong, err := walkThrough(j.tab)
	if err != nil {
		j.Fatal(err)
	}
	for _, w := range wrong {
		j.Error(w)
	}
}

// narrow looks at the page on the smallest screens, zoomed in, and with letters twice as large.
func (j *journey) narrow() {
	j.Helper()
	for _, c := range []struct {
		what          string
		width, height int64
		letters       string
	}{
		{"320 px", 320, 568, ""},
		{"zoomed in", max(320, j.device.width/2), j.device.height / 2, ""},
		{"letters of 200 %", j.device.width, j.device.height, "200%"},
	} {
		if err := j.device.size(j.tab, c.width, c.height); err != nil {
			j.Fatal(err)
		}
		j.read(fmt.Sprintf(`document.documentElement.style.fontSize = %q`, c.letters))
		found, err := wrongWith(j.tab)
		if err != nil {
			j.Fatal(err)
		}
		for _, f := range found {
			j.Errorf("%s: %s", c.what, f)
		}
	}
	j.read(`document.documentElement.style.fontSize = ""`)
	if err := j.device.size(j.tab, j.device.width, j.device.height); err != nil {
		j.Fatal(err)
	}
}
