package rules

import (
	"strconv"
	"strings"
)

// level is what a log line says of itself.
type level int

const (
	levelNone level = iota // or one that says little, as warning and notice
	levelInfo
	levelError
)

// levelOf reads the level that a log line states near its beginning, or in the fields of a JSON line.
func levelOf(t string) level {
	if strings.HasPrefix(t, "{\"") {
		return levelOfJSON(t)
	}
	head := cut(t, 120)
	for _, lv := range []string{" INFO ", "[INFO]", " INFO:", ".INFO:", "[info]", ":info]", " DEBUG ", "[DEBUG]", ".DEBUG:", "<info>", "level=info", "level=debug", "[Note]", "[Information]"} {
		if strings.Contains(head, lv) {
			return levelInfo
		}
	}
	return levelNone // error words tell the rest
}

// levelOfJSON reads level or severity: in words, by a letter (MongoDB), or in numbers of Nextcloud (0 to 4), syslog
// (RFC 5424, 6.2.1), Bunyan and Pino (tens) or Monolog (hundreds).
func levelOfJSON(t string) level {
	for _, key := range []string{`"level":`, `"level_name":`, `"severity":`, `"log.level":`, `"lvl":`, `"s":`} {
		i := strings.Index(t, key)
		if i < 0 {
			continue
		}
		value, _, _ := strings.Cut(strings.TrimLeft(t[i+len(key):], " \""), "\"")
		value, _, _ = strings.Cut(value, ",")
		value = strings.Trim(value, "}\" ")
		if n, err := strconv.Atoi(value); err == nil {
			if n == 3 || n == 4 || n == 50 || n == 60 || n >= 400 && n <= 600 {
				return levelError
			}
			if n == 2 || n == 40 || n == 300 {
				return levelNone
			}
			return levelInfo
		}
		switch strings.ToLower(value) {
		case "error", "err", "e", "fatal", "f", "critical", "crit", "alert", "emergency", "emerg", "panic":
			return levelError
		case "info", "i", "debug", "d", "trace", "notice", "information":
			return levelInfo
		}
	}
	return levelNone
}
