package message

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestMails reads testdata/mails: each file is one mail as a client writes it, and what is understood
// of it. A file holds "mail" (the whole mail), or "plain" or "html" (its body, with "header" fields
// that differ from the usual). Only the sections that a file holds are compared; an empty one must be empty.
func TestMails(t *testing.T) {
	files, err := filepath.Glob("testdata/mails/*.txt")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			raw, sections := readCase(t, file)
			m := Parse(raw, Limits{})
			checkClean(t, m)
			got := map[string]string{
				"text": m.Text, "quoted": m.Quoted, "signature": m.Signature, "forwarded": m.Forwarded, "passed": m.Passed,
				"subject": m.Subject, "attachments": names(m.Attachments), "inline": names(m.Inline),
				"encrypted": m.Encrypted, "problem": m.Problem,
			}
			for name, want := range sections {
				have, ok := got[name]
				if !ok {
					t.Errorf("no section is called %q", name)
				}
				if d := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(have)); d != "" {
					t.Errorf("%s (-want +got):\n%s", name, d)
				}
			}
		})
	}
}

// readCase makes the mail of a case file, and returns the sections to compare.
func readCase(t testing.TB, file string) (raw []byte, want map[string]string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	header := map[string]string{"From": "Eva Lang <eva@firma.at>", "To": "support@notfall-hoster.at", "Subject": "Notfall-Support",
		"Date": "Mon, 16 Mar 2026 08:12:08 +0100", "Message-ID": "<1@firma.at>", "MIME-Version": "1.0"}
	var body string
	for _, f := range txtar.Parse(data).Files {
		content := string(f.Data)
		switch f.Name {
		case "mail":
			return []byte(strings.ReplaceAll(content, "\n", "\r\n")), rest(data)
		case "plain":
			header["Content-Type"], body = "text/plain; charset=utf-8", content
		case "html":
			header["Content-Type"], body = "text/html; charset=utf-8", content
		}
	}
	for _, f := range txtar.Parse(data).Files {
		if f.Name == "header" {
			for _, l := range strings.Split(strings.TrimSpace(string(f.Data)), "\n") {
				name, value, _ := strings.Cut(l, ": ")
				header[name] = value
			}
		}
	}
	var b strings.Builder
	for name, value := range header {
		b.WriteString(name + ": " + value + "\r\n")
	}
	b.WriteString("\r\n" + strings.ReplaceAll(body, "\n", "\r\n"))
	return []byte(b.String()), rest(data)
}

func rest(data []byte) map[string]string {
	out := map[string]string{}
	for _, f := range txtar.Parse(data).Files {
		if f.Name != "mail" && f.Name != "plain" && f.Name != "html" && f.Name != "header" {
			out[f.Name] = string(f.Data)
		}
	}
	return out
}

func names(list []Attachment) string {
	var out []string
	for _, a := range list {
		out = append(out, a.Name+" "+a.Type)
	}
	return strings.Join(out, "\n")
}
