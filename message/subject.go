package message

import (
	"slices"
	"strings"
)

// answerPrefixes and forwardPrefixes are what mail programs put before the subject of an answer, or of a mail passed on, in lower case.
var (
	answerPrefixes  = []string{"re", "aw", "antw", "antwort", "sv", "r", "rif", "ref", "odp", "vs", "rép"}
	forwardPrefixes = []string{"wg", "fw", "fwd", "wtr", "tr", "i", "weitergeleitet", "weiterleitung", "rv", "enc", "doorst"}
)

// BareSubject is a subject without the prefixes of answers and forwarding before it.
func BareSubject(s string) string {
	for {
		s = strings.TrimSpace(s)
		p := subjectPrefix(s)
		if strings.HasPrefix(s, "[") || !slices.Contains(answerPrefixes, p) && !slices.Contains(forwardPrefixes, p) {
			return s
		}
		_, s, _ = strings.Cut(s, ":")
	}
}

// IsForward says whether a subject's first prefix is that of a mail passed on.
func IsForward(subject string) bool { return slices.Contains(forwardPrefixes, subjectPrefix(subject)) }
