package rules

import "golang.org/x/text/encoding/charmap"

// fromLatin reads bytes that are no UTF-8 as windows-1252, in which every byte is something.
func fromLatin(b []byte) string {
	s, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return ""
	}
	return string(s)
}
