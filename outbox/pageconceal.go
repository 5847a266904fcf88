package outbox

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// conceal makes one line of what a receiver said, for logs, histories and mails to staff. Receivers repeat what they were sent, keys too: the
// channel's own keys are left out, and of the body every word that has the look of one.
func conceal(said []byte, e Endpoint, body []byte) string {
	text := strings.ToValidUTF8(string(said), "\uFFFD")
	for _, key := range keysOf(e) {
		text = strings.ReplaceAll(text, key, "…")
	}
	sent := strings.ToLower(string(body))
	var out strings.Builder
	for _, w := range splitWords(text) {
		if looksSecret(w) && strings.Contains(sent, strings.ToLower(w)) {
			w = "…"
		}
		out.WriteString(w)
	}
	words := strings.Join(strings.Fields(out.String()), " ")
	if r := []rune(words); len(r) > 200 {
		words = string(r[:200]) + "…"
	}
	return words
}

// keysOf are all parts of an endpoint that may be a key, as they are written and as they are meant.
func keysOf(e Endpoint) (keys []string) {
	candidates := []string{e.Secret, strings.TrimPrefix(e.Secret, "whsec_")}
	for _, v := range e.Header {
		candidates = append(append(candidates, v), strings.Fields(v)...)
	}
	if u, err := url.Parse(e.URL); err == nil {
		password, _ := u.User.Password()
		basic := base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password)) // RFC 7617, 2
		candidates = append(candidates, u.RequestURI(), u.User.Username(), password, basic)
		candidates = append(candidates, strings.Split(u.EscapedPath(), "/")...)
		candidates = append(candidates, strings.Split(u.Path, "/")...)
		for _, values := range u.Query() {
			candidates = append(candidates, values...)
		}
		candidates = append(candidates, strings.FieldsFunc(u.RawQuery, func(r rune) bool { return r == '&' || r == '=' })...)
	}
	for _, k := range candidates {
		if len(k) >= 4 { // "/v2/" is none
			keys = append(keys, k)
		}
	}
	slices.SortStableFunc(keys, func(a, b string) int { return len(b) - len(a) }) // a whole before its parts
	return keys
}

// splitWords takes a text apart into words of letters, digits, hyphens and underscores, and what stands between them. Controls become blanks.
func splitWords(s string) (words []string) {
	var word []rune
	for _, r := range s {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			word = append(word, r)
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			r = ' '
		}
		words = append(words, string(word), string(r))
		word = nil
	}
	return append(words, string(word))
}

// looksSecret: words of a sentence are shorter than 16 letters, and have no digits.
func looksSecret(w string) bool {
	return len(w) >= 16 || len(w) >= 6 && strings.ContainsAny(w, "0123456789")
}
