package ticket

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Arguments of commands are checked when a mail is read, and read once more when they are used.

func noArgs(name string) func([]string) words {
	return func(args []string) words {
		if len(args) == 0 {
			return words{}
		}
		return words{fmt.Sprintf("#%s steht allein in seiner Zeile. Nimm den Rest der Zeile weg; Text für den Kunden kommt darunter, Internes hinter #note.", name),
			fmt.Sprintf("#%s stands alone on its line. Take the rest of the line out; text for the customer goes below, what is internal behind #note.", name)}
	}
}

func anyArgs([]string) words { return words{} }

// emergencyShape also takes what phones make of a hyphen, and a number in brackets.
var emergencyShape = regexp.MustCompile(`(?i)^[\[(]?ne ?[-‐‑‒–—−]? ?([0-9]{1,9})[\])]?$`)

// linkArg reads the number of an emergency.
func linkArg(args []string) (id int64, ok bool) {
	m := emergencyShape.FindStringSubmatch(strings.Join(args, " "))
	if m == nil {
		return 0, false
	}
	return ParseEmergencyNumber("NE-" + m[1])
}

func checkLink(args []string) words {
	if _, ok := linkArg(args); ok {
		return words{}
	}
	return words{"Es fehlt, womit verknüpft werden soll: die Nummer des Notfalls. Schreib: #link NE-10001", "What to link to is missing: the emergency's number. Write: #link NE-10001"}
}

func checkAssign(args []string) words {
	if n := len(args); n > 0 && n <= 6 {
		return words{}
	}
	return words{"Wer soll sich kümmern? Schreib: #assign NAME, oder #assign me", "Who is to look after it? Write: #assign NAME, or #assign me"}
}

// mostServersGiven of one #servers bounds nothing that anybody writes by hand.
const mostServersGiven = 50

var hostShape = regexp.MustCompile(`^(?:[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?\.)*[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?$`)

// serverArgs reads names of servers, lower case, each once; bad is the first that is none. Mail programs make links of names, and write the link
// behind the name.
func serverArgs(args []string) (names []string, bad string) {
	for _, a := range strings.FieldsFunc(strings.Join(args, " "), func(r rune) bool { return strings.ContainsRune(" ,;", r) }) {
		if strings.HasPrefix(a, "<") || strings.HasPrefix(a, "[http") {
			continue
		}
		name, _, _ := strings.Cut(strings.ToLower(a), "<")
		if _, rest, ok := strings.Cut(name, "://"); ok {
			name = rest
		}
		name, _, _ = strings.Cut(name, "/")
		name = strings.Trim(name, ".[]")
		if _, err := netip.ParseAddr(name); err != nil && !hostShape.MatchString(name) {
			return nil, a
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, ""
}

func checkServers(args []string) words {
	names, bad := serverArgs(args)
	switch {
	case bad != "":
		return words{fmt.Sprintf("%q ist kein Servername. Schreib: #servers web01.firma.at db02", bad), fmt.Sprintf("%q is not the name of a server. Write: #servers web01.firma.at db02", bad)}
	case len(names) == 0:
		return words{"Welche Server? Schreib: #servers web01.firma.at db02", "Which servers? Write: #servers web01.firma.at db02"}
	case len(names) > mostServersGiven:
		return words{fmt.Sprintf("Das sind mehr als %d Server.", mostServersGiven), fmt.Sprintf("These are more than %d servers.", mostServersGiven)}
	}
	return words{}
}

var (
	hoursMinutes = regexp.MustCompile(`^(?:([0-9]{1,3})(?:h|hrs?|hours?|std|stunden?))?(?:([0-9]{1,4})(?:m|min|mins|minutes?|minuten?)?)?$`)
	decimalHours = regexp.MustCompile(`^([0-9]{1,3})[.,]([0-9]{1,2})(?:h|hrs?|hours?|std|stunden?)$`)
	clockHours   = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})h$`)
)

// readDuration reads "45m", "1h30m", "90" (minutes), "1,5h", "1 Std 30 min", "1:30h".
func readDuration(s string) (time.Duration, bool) {
	s = strings.ReplaceAll(strings.ToLower(strings.Join(strings.Fields(s), "")), "std.", "std")
	s = strings.ReplaceAll(s, "min.", "min")
	if m := decimalHours.FindStringSubmatch(s); m != nil {
		f, err := strconv.ParseFloat(m[1]+"."+m[2], 64)
		return time.Duration(f * float64(time.Hour)).Round(time.Minute), err == nil
	}
	m := clockHours.FindStringSubmatch(s)
	if m == nil {
		m = hoursMinutes.FindStringSubmatch(s)
	}
	if s == "" || m == nil {
		return 0, false
	}
	h, _ := strconv.Atoi(m[1]) // digits, or nothing
	min, _ := strconv.Atoi(m[2])
	return time.Duration(h)*time.Hour + time.Duration(min)*time.Minute, true
}

// Kinds of work, which are billed differently.
const (
	workApp   = "app"
	workInfra = "infra"
)

func workKind(s string) string {
	switch foldWord(s) {
	case "app", "application", "applikation", "anwendung", "software":
		return workApp
	case "infra", "infrastructure", "infrastruktur":
		return workInfra
	}
	return ""
}

// mostTime is the longest work that is written down at once.
const mostTime = 24 * time.Hour

// timeArgs reads how long somebody has worked on what; the order does not matter.
func timeArgs(args []string) (d time.Duration, work string, ok bool) {
	if len(args) < 2 {
		return 0, "", false
	}
	first, last := args[0], args[len(args)-1]
	length := args[:len(args)-1]
	if work = workKind(last); work == "" {
		work, length = workKind(first), args[1:]
	}
	d, ok = readDuration(strings.Join(length, " "))
	return d, work, ok && work != "" && d > 0 && d <= mostTime
}

func checkTime(args []string) words {
	if _, _, ok := timeArgs(args); ok {
		return words{}
	}
	return words{"Wie lange, und woran? Schreib: #time 45m app (Anwendung) oder #time 1h30m infra (Infrastruktur), höchstens 24 Stunden",
		"How long, and on what? Write: #time 45m app (application) or #time 1h30m infra (infrastructure), 24 hours at most"}
}

// sameTime: work on the application and on the infrastructure can be written down side by side.
func sameTime(a, b []string) bool {
	_, x, _ := timeArgs(a)
	_, y, _ := timeArgs(b)
	return x != y
}

// tryAgain is when a customer is called again.
type tryAgain struct {
	after    time.Duration // 0: by the clock, or as configured
	hour     int
	minute   int
	byClock  bool
	standard bool // nothing was said
}

var clockShape = regexp.MustCompile(`^([01]?[0-9]|2[0-3])[:.]([0-5][0-9])$`)

// mostAhead is how far ahead a further call can lie: further, it is a mistake, such as a time that has just passed.
const mostAhead = 12 * time.Hour

func tryArgs(args []string) (t tryAgain, ok bool) {
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool {
		return slices.Contains([]string{"um", "in", "gegen", "ab", "at", "uhr", "h", "again", "wieder"}, strings.ToLower(a))
	})
	said := strings.ToLower(strings.Join(args, " "))
	if said == "" {
		return tryAgain{standard: true}, true
	}
	if m := clockShape.FindStringSubmatch(strings.TrimSuffix(said, "uhr")); m != nil {
		t.byClock = true
		t.hour, _ = strconv.Atoi(m[1]) // the pattern holds digits only
		t.minute, _ = strconv.Atoi(m[2])
		return t, true
	}
	t.after, ok = readDuration(said)
	return t, ok && t.after > 0 && t.after <= mostAhead
}

func checkTry(args []string) words {
	if _, ok := tryArgs(args); ok {
		return words{}
	}
	return words{"Wann rufst du wieder an? Schreib: #noanswer, #noanswer 15m oder #noanswer 02:50, höchstens 12 Stunden voraus",
		"When do you call again? Write: #noanswer, #noanswer 15m or #noanswer 02:50, 12 hours ahead at most"}
}

// at is the instant that is meant, seen from now; ok is false if it has passed. The wall clock is that of the support hours.
func (t tryAgain) at(now time.Time, in *time.Location, standard time.Duration) (at time.Time, ok bool) {
	switch {
	case t.standard:
		return now.Add(standard), true
	case !t.byClock:
		return now.Add(t.after), true
	}
	local := now.In(in)
	for days := range 2 { // counted by dates: on two days a year a day does not have 24 hours
		at = time.Date(local.Year(), local.Month(), local.Day()+days, t.hour, t.minute, 0, 0, in)
		if at.After(now) {
			return at, at.Sub(now) <= mostAhead
		}
	}
	return at, false
}
