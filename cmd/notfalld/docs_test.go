package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The README names every module that the project is built on, and every room.
func TestReadmeIsWhole(t *testing.T) {
	readme := read(t, "../../README.md")
	direct, _, _ := strings.Cut(read(t, "../../go.mod"), "\n)")
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) v`).FindAllStringSubmatch(direct, -1) {
		name := strings.TrimPrefix(m[1], "github.com/")
		if last := name[strings.LastIndexByte(name, '/')+1:]; strings.HasPrefix(m[1], "golang.org/x/") {
			name = last
		} else if owner, rest, ok := strings.Cut(name, "/"); ok && owner == "emersion" {
			name = strings.TrimPrefix(rest, "emersion/")
		}
		if !strings.Contains(readme, name) {
			t.Errorf("README.md does not say what %s is for", m[1])
		}
	}
	for room := range listImports(t) {
		if !strings.Contains(readme, "`"+room+"`") {
			t.Errorf("README.md does not name the room %s", room)
		}
	}
}

// What the documents link to is there, and so are the files and keys that they name.
func TestDocumentsAreTrue(t *testing.T) {
	files, _ := filepath.Glob("../../docs/*.md")
	example := read(t, "../../docs/notfalld.example.yaml")
	for _, f := range append(files, "../../README.md") {
		text := read(t, f)
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(f), m[1])); err != nil {
				t.Errorf("%s: %v", f, err)
			}
		}
		for _, m := range regexp.MustCompile("`([a-z]+/[a-z_]+\\.go)`").FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat("../../" + m[1]); err != nil {
				t.Errorf("%s: %v", f, err)
			}
		}
		for _, m := range regexp.MustCompile("`((?:limits|imap|trust|retention|http|admin|staff|store)\\.[a-z_]+)`").FindAllStringSubmatch(text, -1) {
			_, key, _ := strings.Cut(m[1], ".")
			if !strings.Contains(example, key+":") {
				t.Errorf("%s names the key %s, which the example has not", f, m[1])
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
