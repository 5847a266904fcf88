package main

import (
	"fmt"
	"regexp"
	"strings"

	"notfalld/ticket"
)

// idKind is a kind of things that have numbers.
type idKind struct {
	prefix, name, example string
	other                 func(s string) (int64, bool) // reads the number of the other kind
	read                  func(s string) (int64, bool)
	command               string // shows one
}

func ticketKind() idKind {
	return idKind{"NS-", "ticket", "NS-10001", ticket.ParseEmergencyNumber, ticket.ParseNumber, "notfalld ticket show"}
}

func emergencyKind() idKind {
	return idKind{"NE-", "emergency", "NE-10001", ticket.ParseNumber, ticket.ParseEmergencyNumber, "notfalld emergency show"}
}

// ticketIDs reads NS-10001 and 10001 alike.
func ticketIDs(names []string) ([]int64, error) { return readIDs(ticketKind(), emergencyKind(), names) }

// emergencyIDs reads NE-10001 and 10001 alike.
func emergencyIDs(names []string) ([]int64, error) {
	return readIDs(emergencyKind(), ticketKind(), names)
}

func readIDs(want, other idKind, names []string) ([]int64, error) {
	var ids []int64
	for _, n := range names {
		id, err := readID(want, other, n)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// almostID is a number of either kind as it is mistyped: "NS10001", "NS 10001", "#10001", "NS–10001", "[NS-10001]".
var almostID = regexp.MustCompile(`^[^\pL\pN]*(?:[nN][sSeE]?)?[^\pL\pN]*([0-9]{5,15})[^\pL\pN]*$`)

func readID(want, other idKind, given string) (int64, error) {
	n := strings.TrimSpace(given)
	if id, ok := want.read(n); ok {
		return id, nil
	}
	if id, ok := want.read(want.prefix + n); ok && n[0] >= '0' && n[0] <= '9' {
		return id, nil
	}
	if _, ok := want.other(n); ok {
		return 0, usagef("%s is %s; here %s is wanted, such as %s (%s %s shows yours)", strings.ToUpper(n), article(other.name), article(want.name), want.example, other.command, strings.ToUpper(n))
	}
	if parts := almostID.FindStringSubmatch(n); parts != nil && !strings.ContainsAny(n, other.prefix[1:2]+strings.ToLower(other.prefix[1:2])) {
		if _, ok := want.read(want.prefix + parts[1]); ok {
			return 0, usagef("%q is no %s; did you mean %s%s?", given, want.name, want.prefix, parts[1])
		}
	}
	return 0, usagef("%q is no %s; write it as %s", given, want.name, want.example)
}

func article(noun string) string {
	if strings.ContainsAny(noun[:1], "aeiou") {
		return fmt.Sprintf("an %s", noun)
	}
	return fmt.Sprintf("a %s", noun)
}
