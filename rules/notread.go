package rules

import (
	"io/fs"
	"path"
	"strings"
)

// NotRead warns of what lies in a folder of rule files, looks like one, and is not read: "10-a.YAML", and rule files in
// folders below. prefix is put before the names. A folder that cannot be read is told by ReadFiles.
func NotRead(folder fs.FS, prefix string) []Problem {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return nil
	}
	var out []Problem
	for _, e := range entries {
		name := e.Name()
		small := strings.ToLower(name)
		switch {
		case strings.HasPrefix(name, "."):
		case e.IsDir() && holdsRules(folder, name):
			out = append(out, Problem{File: path.Join(prefix, name), Text: "rule files in a folder below are not read", Mend: "put them beside the others", Warning: true})
		case !e.IsDir() && isRuleFile(small) && !isRuleFile(name):
			out = append(out, Problem{File: path.Join(prefix, name), Text: "is not read", Mend: "rename it to " + small, Warning: true})
		}
	}
	return out
}

// holdsRules says whether rule files lie in a folder: one of mails for tests holds none.
func holdsRules(folder fs.FS, name string) bool {
	entries, err := fs.ReadDir(folder, name)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if small := strings.ToLower(e.Name()); !e.IsDir() && isRuleFile(small) && !isTestFile(small) {
			return true
		}
	}
	return false
}
