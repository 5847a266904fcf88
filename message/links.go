package message

import (
	"regexp"
	"strings"
)

// linkBehind is how Outlook writes a link into plain text: the text, and the target behind it.
var linkBehind = regexp.MustCompile(`([^\s<>]+)<((?:mailto:|https?://)[^<>\s]{1,500})>`)

// cutOwnLinks takes away targets that only repeat the text before them: "www.firma.at<http://www.firma.at/>".
func cutOwnLinks(s string) string {
	if !strings.Contains(s, "<mailto:") && !strings.Contains(s, "<http") {
		return s
	}
	return linkBehind.ReplaceAllStringFunc(s, func(m string) string {
		text, target, _ := strings.Cut(strings.TrimSuffix(m, ">"), "<")
		if bareLink(text) == bareLink(target) {
			return text
		}
		return m
	})
}

func bareLink(s string) string {
	s = strings.ToLower(strings.Trim(s, ".,;:()\"'"))
	for _, scheme := range []string{"mailto:", "http://", "https://"} {
		s = strings.TrimPrefix(s, scheme)
	}
	return strings.TrimSuffix(s, "/")
}
