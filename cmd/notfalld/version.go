package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

type versionCmd struct{ withJSON }

// Help is the detail that --help shows.
func (versionCmd) Help() string {
	return `The version, and the commit it was built from.

    notfalld version
    notfalld version --json`
}

// Run prints the version.
func (c *versionCmd) Run(m *Main) error {
	version, commit := "development", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if v := info.Main.Version; v != "" && v != "(devel)" {
			version = v
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	if c.JSON {
		return json.NewEncoder(m.Stdout).Encode(map[string]string{"version": version, "commit": commit, "go": runtime.Version()})
	}
	_, err := fmt.Fprintln(m.Stdout, strings.Join(strings.Fields("notfalld "+version+" "+commit+" "+runtime.Version()), " "))
	return err
}
