package main

import "regexp"

// usageWords are what the command line's parser says for programmers, and what an admin can mend.
var usageWords = []struct {
	said *regexp.Regexp
	say  string
}{
	{regexp.MustCompile(`: expected (\w+) value but got "EOL" \(<EOL>\)`), " needs a value"},
	{regexp.MustCompile(`must be one of "",`), "must be one of "},
	{regexp.MustCompile(`parsing time ("[^"]*") as .*`), "expected a time such as 2026-03-14T02:13:00+01:00, found $1"},
	{regexp.MustCompile(`expected duration but got ("[^"]*").*`), "expected a duration such as 10s or 5m, found $1"},
}

// inPlainWords says what is wrong with a command line in one line.
func inPlainWords(text string) string {
	text = oneLine(text)
	for _, w := range usageWords {
		text = w.said.ReplaceAllString(text, w.say)
	}
	return text
}
