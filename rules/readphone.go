package rules

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// PhoneFault says why a number cannot be called back; "" if it can.
type PhoneFault string

// What can be wrong with a telephone number.
const (
	PhoneInvalid   PhoneFault = "invalid"   // no number, one without area code, or one with three digits for the police
	PhonePremium   PhoneFault = "premium"   // whoever calls it pays: premium and shared cost, directories, personal numbers
	PhoneSatellite PhoneFault = "satellite" // satellite and international networks: +870, +881, +882, +883
)

// ReadPhone reads a number as people write it into a form: "0664 / 123 45 67", "+43 (0)1 …", "0043 …", "01 234 DW 12 (Huber)".
// region is the country of numbers without country code ("" is "AT"). The number is in E.164, without an extension that
// is named as one; direct dial digits behind a dash belong to the number in Austria and Germany. Of several numbers it is
// the first that can be called. With a fault there is no number.
func ReadPhone(s, region string) (e164 string, fault PhoneFault) {
	region = cmp.Or(strings.ToUpper(strings.TrimSpace(region)), "AT")
	worst := PhoneInvalid
	for _, run := range phoneRuns(typedDigits(cut(s, 300))) {
		n, fault := readRun(run, region)
		if fault == "" {
			return n, ""
		}
		if worst == PhoneInvalid {
			worst = fault
		}
	}
	return "", worst
}

// typedDigits writes the digits of other scripts, and letters that stand for digits between them, as digits.
func typedDigits(s string) string {
	var b strings.Builder
	list := []rune(s)
	digit := func(i int) bool { return i >= 0 && i < len(list) && unicode.IsDigit(list[i]) }
	letter := func(i int) bool { return i >= 0 && i < len(list) && unicode.IsLetter(list[i]) }
	for i, r := range list {
		switch {
		case r >= 0x80 && unicode.IsDigit(r):
			for _, zero := range []rune{'０', '٠', '۰'} {
				if r >= zero && r <= zero+9 {
					r = '0' + r - zero
				}
			}
		case (r == 'O' || r == 'o') && (digit(i-1) && !letter(i+1) || digit(i+1) && !letter(i-1)):
			r = '0'
		case r == '＋':
			r = '+'
		case isDash(r):
			r = '-'
		case unicode.IsSpace(r) || r == '\u2060' || r == '\u200b' || unicode.Is(unicode.Cf, r): // copied numbers bring direction marks along
			r = ' '
		case r == '’' || r == '‘' || r == '´' || r == '·' || r == '•':
			r = '.'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// phoneRuns are the passages of digits and what stands between the digits of one number, in their order.
func phoneRuns(s string) []string {
	var out []string
	for i := 0; i < len(s) && len(out) < 20; {
		if c := s[i]; c != '+' && c != '(' && (c < '0' || c > '9') {
			i++
			continue
		}
		j := i
		for j < len(s) && strings.IndexByte("0123456789 ()/-.'", s[j]) >= 0 || j < len(s) && s[j] == '+' && countDigits(s[i:j]) == 0 {
			j++
		}
		if countDigits(s[i:j]) > 0 {
			out = append(out, splitRun(s[i:j])...)
		}
		i = max(j, i+1)
	}
	return out
}

// splitRun parts two numbers that stand behind each other: "0664 1234567 / 01 7654321".
func splitRun(run string) []string {
	for i := 1; i+1 < len(run); i++ {
		if run[i] != '/' && !strings.HasPrefix(run[i:], "  ") && !strings.HasPrefix(run[i:], " - ") && run[i] != '(' {
			continue
		}
		rest := strings.TrimLeft(run[i:], "/ -(")
		if countDigits(run[:i]) >= 7 && strings.HasPrefix(rest, "0") && countDigits(rest) >= 7 {
			return append([]string{run[:i]}, splitRun(rest)...)
		}
	}
	return []string{run}
}

// readRun reads one passage.
func readRun(run, region string) (string, PhoneFault) {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, run)
	if directory(digits, region) {
		return "", PhonePremium
	}
	if len(digits) < 5 {
		return "", PhoneInvalid
	}
	typed := international(run, digits, region)
	if prefixed(typed, satellites) {
		return "", PhoneSatellite
	}
	n := e164(typed, "", region)
	if n == "" {
		return "", PhoneInvalid
	}
	p, err := phonenumbers.Parse(n, "")
	if err != nil {
		return "", PhoneInvalid
	}
	national := phonenumbers.GetNationalSignificantNumber(p)
	switch cc := int(p.GetCountryCode()); {
	case cc == 979 || cc == 808 || costly(p) || prefixed(national, costlyPrefixes[cc]):
		return "", PhonePremium
	case cc == 43 && phonenumbers.GetNumberType(p) == phonenumbers.MOBILE && len(national) < 10: // three digits of the network, seven of the subscriber
		return "", PhoneInvalid
	case !validNumber(p, cc, national):
		return "", PhoneInvalid
	}
	return n, ""
}

// international gives a passage its country, where it is written or can be meant; else it stays a national one.
func international(run, digits, region string) string {
	s := strings.TrimLeft(run, " ()./-'")
	plus := strings.HasPrefix(s, "+")
	switch {
	case plus && strings.HasPrefix(digits, "00"): // "+0043 …"
		return "+" + digits[2:]
	case plus && strings.HasPrefix(digits, "0"): // "+0664 …"
		return digits
	case plus:
		return "+" + withoutTrunkZero(s, digits)
	case strings.HasPrefix(digits, "00"):
		return "+" + withoutTrunkZero(s, digits[2:])
	case strings.HasPrefix(digits, "0"):
		return digits
	}
	switch region {
	case "AT", "DE", "CH":
	default:
		return digits
	}
	if american(strings.TrimSpace(run)) > 0 {
		return "+1" + digits[max(0, len(digits)-10):]
	}
	p := phoneFinder{region: func() string { return region }}
	return cmp.Or(p.completed(digits), "+") // without area code nobody knows where it would ring
}

// withoutTrunkZero leaves out the zero in brackets of "+39 (0)…" only where the country has one to leave out.
func withoutTrunkZero(s, digits string) string {
	if strings.HasPrefix(digits, "39") || !strings.Contains(strings.ReplaceAll(s, " ", ""), "(0)") {
		return digits
	}
	before, _, _ := strings.Cut(strings.ReplaceAll(s, " ", ""), "(0)")
	k := countDigits(before) - max(0, countDigits(s)-len(digits))
	if k < 1 || k >= len(digits) || digits[k] != '0' {
		return digits
	}
	return digits[:k] + digits[k+1:]
}

// directory: 118 77 and its kin, which are asked for numbers and paid by the minute.
func directory(digits, region string) bool {
	for _, cc := range []string{"0043", "43", "0049", "49"} {
		if d, ok := strings.CutPrefix(digits, cc); ok && strings.HasPrefix(d, "118") {
			digits = d
		}
	}
	digits = strings.TrimPrefix(digits, "0")
	if region == "CH" && len(digits) == 4 && strings.HasPrefix(digits, "18") {
		return true
	}
	return strings.HasPrefix(digits, "118") && len(digits) >= 5 && len(digits) <= 6
}

// costly asks the library. A personal number (0700, UK 070) costs what its owner likes.
func costly(p *phonenumbers.PhoneNumber) bool {
	switch phonenumbers.GetNumberType(p) {
	case phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST, phonenumbers.PERSONAL_NUMBER:
		return true
	}
	return false
}

// satellites are the country codes of no country (ITU-T E.164, annex): calls cost ten euros a minute, and often do not ring.
var satellites = []string{"+870", "+881", "+882", "+883"}

// costlyPrefixes are beginnings that the library does not know for every length, by country code.
var costlyPrefixes = map[int][]string{
	43: {"900", "901", "930", "931", "939", "118", "810", "820", "821", "828"},
	49: {"900", "190", "180", "137", "138", "118", "700", "12"},
	41: {"900", "901", "906", "840", "842", "844", "848", "878"},
}

func prefixed(s string, list []string) bool {
	return slices.ContainsFunc(list, func(p string) bool { return strings.HasPrefix(s, p) })
}

// validNumber: Austria's and Germany's numbers have no fixed length, and the library does not know how far direct dial
// digits go.
func validNumber(p *phonenumbers.PhoneNumber, cc int, national string) bool {
	if phonenumbers.IsValidNumber(p) {
		return true
	}
	if cc != 43 && cc != 49 {
		return false
	}
	region := phonenumbers.GetRegionCodeForCountryCode(cc)
	for k := 1; k <= 5 && len(national)-k >= 7; k++ {
		if q, err := phonenumbers.Parse("0"+national[:len(national)-k], region); err == nil && phonenumbers.IsValidNumber(q) {
			return true
		}
	}
	return false
}
