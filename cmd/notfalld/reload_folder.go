package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"

	"notfalld/rules"
)

// folderWatch tells of changes in a folder of rule files, where the system can. Where it cannot, there is the poll.
type folderWatch struct {
	dir     string
	w       *fsnotify.Watcher // nil: the system cannot
	touched chan struct{}     // has room for one: several changes are one
	done    chan struct{}
}

func watchFolder(dir string, log *slog.Logger) *folderWatch {
	f := &folderWatch{dir: dir, touched: make(chan struct{}, 1), done: make(chan struct{})}
	if dir == "" {
		return f
	}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		log.Warn("changes of rule files are noticed by looking only", "every", pollRules.String(), "error", err.Error())
		return f
	}
	f.w = w
	f.renew()
	go f.watch()
	return f
}

// renew watches the folder that has the name now: it may have been made anew, or be a link that points elsewhere.
func (f *folderWatch) renew() {
	if f.w != nil {
		_ = f.w.Add(f.dir) // while it is not there the poll sees that
	}
}

func (f *folderWatch) watch() {
	defer close(f.done)
	for {
		select {
		case e, ok := <-f.w.Events:
			if !ok {
				return
			}
			if isRuleName(filepath.Base(e.Name)) || e.Name == f.dir {
				f.touch()
			}
		case _, ok := <-f.w.Errors: // an overflow: something was missed
			if !ok {
				return
			}
			f.touch()
		}
	}
}

func (f *folderWatch) touch() {
	select {
	case f.touched <- struct{}{}:
	default:
	}
}

func (f *folderWatch) close() {
	if f.w != nil {
		_ = f.w.Close()
		<-f.done
	}
}

// isRuleName says whether a file is one of rules or of their tests. What editors write beside it is neither.
func isRuleName(name string) bool {
	return !strings.HasPrefix(name, ".") && (strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml"))
}

// fingerprint is cheap, and changes with every change of the rule files in a folder.
func fingerprint(dir string) string {
	var b strings.Builder
	_, err := eachRuleFile(dir, func(name string) {
		st, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			fmt.Fprintf(&b, "%s ! %v\n", name, err)
			return
		}
		fmt.Fprintf(&b, "%s %d %d %s\n", name, st.Size(), st.ModTime().UnixNano(), st.Mode())
	})
	if err != nil {
		fmt.Fprintf(&b, "! %v", err)
	}
	return b.String()
}

const maxNamed = 1 << 20 // bytes of a file; larger ones are refused, whatever they hold

// contentOf names the content of the rule files in a folder and of their tests, and counts them. whole is false if some of them
// cannot be read; the error is that of the folder.
func contentOf(dir string) (content string, files int, whole bool, err error) {
	h := sha256.New()
	whole = true
	files, err = eachRuleFile(dir, func(name string) {
		text, err := rules.ReadRegular(os.DirFS(dir), name, maxNamed)
		if err != nil {
			whole = false
			text = []byte("! " + err.Error())
		}
		fmt.Fprintf(h, "\n%s %d\n", name, len(text))
		h.Write(text)
	})
	return hex.EncodeToString(h.Sum(nil))[:16], files, whole, err
}

func eachRuleFile(dir string, each func(name string)) (n int, err error) {
	if dir == "" {
		return 0, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if isRuleName(e.Name()) {
			n++
			each(e.Name())
		}
	}
	return n, nil
}
