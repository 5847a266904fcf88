package rules

import "strings"

// codeToken reports whether text is, but for a few words, an error code: ERR_CONNECTION_TIMED_OUT,
// NET::ERR_CERT_DATE_INVALID, DRIVER_IRQL_NOT_LESS_OR_EQUAL (0xD1), 0x80070005.
func codeToken(text string) bool {
	first := strings.Trim(strings.TrimSpace(text), "\"'()[]")
	if i := strings.IndexAny(first, " ("); i > 0 {
		first = first[:i]
	}
	return isCode(first)
}

func isCode(t string) bool {
	t = strings.Trim(t, ".,;:!?\"'()")
	if len(t) >= 6 && (strings.HasPrefix(t, "0x8") || strings.HasPrefix(t, "0xC") || strings.HasPrefix(t, "0xc")) {
		return len(t) == 10 && digitsHex(t[2:]) == len(t)-2
	}
	t = strings.TrimPrefix(t, "net::") // Chrome's console
	if len(t) < 8 || strings.Count(t, "_") == 0 {
		return false
	}
	for i := 0; i < len(t); i++ {
		if c := t[i]; !(c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == ':') {
			return false
		}
	}
	parts := strings.FieldsFunc(t, func(r rune) bool { return r == '_' || r == ':' })
	for i, part := range parts {
		if codeParts[part] && !(i == 0 && len(parts) == 2 && part == "ERROR") || i == 0 && codeBeginnings[part] || strings.HasPrefix(part, "CORRUPT") || strings.HasPrefix(part, "UNEXPECTED") {
			return true
		}
		if next := i + 1; next < len(parts) && codePairs[part+"_"+parts[next]] {
			return true
		}
	}
	return false
}

// Words of which error codes are made: anywhere, at the beginning, and two together. Settings are written alike:
// O_DIRECT_NO_FSYNC, CONNECT_TIMEOUT_MS.
var (
	codeParts = setOf("ERR", "FAILED", "FAILURE", "FAIL", "TIMEOUT", "DENIED", "EXCEPTION", "INVALID", "REFUSED", "IRQL", "FAULT", "PANIC", "EXPIRED",
		"NXDOMAIN", "INACCESSIBLE", "UNMOUNTABLE", "MISMATCH", "VIOLATION", "EXCEEDED", "UNAVAILABLE", "UNREACHABLE", "DIED", "UNTRUSTED", "REVOKED",
		"UNUSABLE", "UNACCEPTABLE", "UNSUPPORTED", "MISSING", "REJECTED", "ABORTED", "UNCORRECTABLE", "ERROR")
	codeBeginnings = setOf("NO", "NOT", "BAD", "CRITICAL", "UNABLE", "CANNOT", "HEALTH", "SERVFAIL")
	codePairs      = setOf("TIMED_OUT", "DNS_PROBE", "TOO_LONG", "TOO_MANY", "NOT_FOUND", "NOT_HANDLED", "NOT_LESS", "SELF_SIGNED", "OUT_OF", "NOT_AVAILABLE",
		"NOT_MET", "CONNECTION_RESET", "CONNECT_RESET", "NOT_SUPPORTED", "NOT_READY", "HANDSHAKE_FAILURE")
)

// isPlace: a path, an address, a file or a time alone; it may stand in a message but is none.
func isPlace(t string) bool {
	t = strings.Trim(t, ".,;:\"'()[]<>")
	if t == "" || strings.ContainsAny(t, " \t\n") {
		return t == ""
	}
	if strings.HasPrefix(t, "/") || strings.HasPrefix(t, "\\\\") || strings.HasPrefix(t, "./") || strings.Contains(t, "://") || len(t) > 2 && t[1] == ':' && t[2] == '\\' || strings.Contains(t, "@") {
		return true
	}
	if n := digits(t); n == 4 && len(t) >= 10 && t[4] == '-' && digits(t[5:]) == 2 || n == 2 && len(t) > 5 && (t[2] == ':' || t[2] == '.') && digits(t[3:]) == 2 {
		return true
	}
	i := strings.LastIndexByte(t, '.')
	if i < 1 || i+1 >= len(t) || len(t)-i > 6 {
		return false
	}
	for _, r := range t[i+1:] {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') {
			return false
		}
	}
	return true
}

func digitsHex(s string) int {
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] >= 'a' && s[n] <= 'f' || s[n] >= 'A' && s[n] <= 'F') {
		n++
	}
	return n
}
