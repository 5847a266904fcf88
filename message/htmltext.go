package message

// HTMLText is what a reader sees of an HTML text, as plain text.
func HTMLText(s string) string { return withoutMarks(htmlText(s)) }
