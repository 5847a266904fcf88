package ticket

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// Every reason that the code can give has its German: whoever adds one is told here.
func TestReasonsAreTranslated(t *testing.T) {
	given := regexp.MustCompile(`why: (?:fmt\.Sprintf\()?"([^"]+)"|limit\{[^"]*?, [^"]*?"([^"]+)"|return "", (?:fmt\.Sprintf\()?"([^"]+)"`)
	src, err := os.ReadFile("policy.go")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("../rules/reply.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range given.FindAllStringSubmatch(string(src), -1) {
		n++
		checkReason(t, m[1]+m[2]+m[3])
	}
	for _, m := range regexp.MustCompile(`return no\("([^"]+)"`).FindAllStringSubmatch(string(rules), -1) {
		if strings.Contains(m[1], "%s: %s") || strings.Contains(m[1], "class %s") || strings.Contains(m[1], " is %s") {
			continue // kinds and addresses: the table below
		}
		n++
		checkReason(t, m[1])
	}
	for _, kind := range []string{"auto_reply", "auto_generated", "list", "bounce", "delay", "receipt", "own"} {
		checkReason(t, kind+": Precedence: junk")
	}
	for _, whose := range []string{"our own", "staff", "a daemon's", "a program's"} {
		checkReason(t, "From: x@y.at is "+whose)
		checkReason(t, "x@y.at is "+whose)
	}
	for _, said := range []string{ // of alarms and links
		"sms: the mail server refused it: 550 5.1.1 no such gateway", "oncall: refused: 404 Not Found",
		"the mail came less than a minute before the trigger", "the mail came 1 h 40 min after the trigger",
		"the mail names customer number 44018, the emergency 104711", "the mail is about customer 44018, the emergency about 104711",
		"the mail is about servers of customer 44018, the emergency about those of 104711",
		"no way of proof is configured (trust), so that nobody is proven to be staff",
		"no test mail has shown yet that our mail server strips forged headers; run notfalld check --online",
		"the test mail of 2026-03-15 showed that our mail server lets forged headers through: Authentication-Results of mx.firma.at",
		// of mails that claim to be of staff
		"it could not be read", "it has 2 senders", "eva@firma.at is no address of staff.people", "it carries no staff token: it answers no notice",
		"its staff token was issued to somebody else", "our mail server does not prove that it comes from eva@firma.at: no From",
		"a mail with its Message-ID was read before, and said something else", "it answers notices of NS-10001 and of NE-10001 at once",
	} {
		checkReason(t, said)
	}
	checkReason(t, "class other is never answered")
	checkReason(t, "rule alarm-box: never answered")
	if n < 10 {
		t.Errorf("only %d reasons were found in the code: does this test still see them?", n)
	}
}

func checkReason(t *testing.T, format string) {
	t.Helper()
	reason := strings.NewReplacer("%d", "7", "DMARC %s", "DMARC reject", "%s", "12h0m0s", "%q", `"x"`).Replace(format)
	if got := inLanguage("de", reason); got == reason {
		t.Errorf("no German for %q", reason)
	}
	if got := inLanguage("en", reason); got != reason {
		t.Errorf("English changed: %q", got)
	}
}
