package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Who imports whom: a room's line names every room that it may import. What no line allows is a wall.
func TestRooms(t *testing.T) {
	may := map[string][]string{
		"message":    {},
		"templates":  {},
		"postoffice": {},
		"strictyaml": {},
		"rules":      {"message", "strictyaml", "rules/pattern"},

		"rules/pattern": {},

		"ticket": {"message", "rules", "templates"},
		"store":  {"ticket"},
		"outbox": {"ticket"},
		"web":    {"ticket"},
		"ingest": {"message", "ticket"},
	}
	for room, imports := range listImports(t) {
		if room == "cmd/notfalld" {
			continue
		}
		allowed, ok := may[room]
		if !ok {
			t.Errorf("%s is a new room: say here what it may import, and in the README what it is for", room)
			continue
		}
		for _, other := range imports {
			if !slices.Contains(allowed, other) {
				t.Errorf("%s imports %s", room, other)
			}
		}
	}
}

// listImports gives the rooms, each with the rooms that it imports outside its tests.
func listImports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "notfalld/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	rooms := map[string][]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		fields := strings.Fields(line)
		room := strings.TrimPrefix(fields[0], "notfalld/")
		rooms[room] = nil
		for _, f := range fields[1:] {
			if other, ok := strings.CutPrefix(f, "notfalld/"); ok {
				rooms[room] = append(rooms[room], other)
			}
		}
	}
	return rooms
}
