package message

import "strings"

// maxMessageIDs bounds the msg-ids taken from one field; the last ones are the nearest ancestors.
const maxMessageIDs = 100

// parseMessageIDs reads the msg-ids of In-Reply-To or References (RFC 5322, 3.6.4) without their
// brackets, in order, each once. It takes ids without brackets, with blanks inside the brackets,
// between junk and comments; of very long fields it keeps the first and the last ids.
func parseMessageIDs(s string) []string {
	var ids []string
	seen := map[string]bool{}
	add := func(id string) {
		id = strings.Join(strings.Fields(id), "")
		if id == "" || len(id) > 998 || !strings.Contains(id, "@") && strings.ContainsAny(id, "()\"") || seen[id] {
			return
		}
		seen[id] = true
		ids = append(ids, id)
	}
	rest := s
	for rest != "" {
		open := strings.IndexByte(rest, '<')
		if open < 0 {
			bareIDs(rest, add)
			break
		}
		bareIDs(rest[:open], add)
		end := strings.IndexAny(rest[open+1:], "<>")
		if end < 0 {
			bareIDs(rest[open+1:], add)
			break
		}
		add(rest[open+1 : open+1+end])
		rest = rest[open+1+end:]
		rest = strings.TrimPrefix(rest, ">")
	}
	if len(ids) > maxMessageIDs {
		ids = append(ids[:1:1], ids[len(ids)-maxMessageIDs+1:]...)
	}
	return ids
}

// bareIDs takes words with an @ that stand outside brackets; "Your message of … from <a@b>" is a
// phrase (RFC 822 allowed it), so a word must look like an id and not like prose.
func bareIDs(s string, add func(string)) {
	if !strings.Contains(s, "@") {
		return
	}
	for _, w := range strings.FieldsFunc(stripComments(s), func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == ';' }) {
		if i := strings.IndexByte(w, '@'); i > 0 && i < len(w)-1 && !strings.ContainsAny(w, "\"()") {
			add(w)
		}
	}
}

// firstMessageID is for the Message-ID field, which holds one.
func firstMessageID(s string) string {
	if ids := parseMessageIDs(s); len(ids) > 0 {
		return ids[0]
	}
	s = strings.Trim(s, "<> \t") // an id without @: wrong (RFC 5322, 3.6.4), and still the mail's name
	if s == "" || strings.ContainsAny(s, " \t") || len(s) > 998 {
		return ""
	}
	return s
}
