package ticket

// words is a sentence to staff in both languages.
type words struct{ de, en string }

func (w words) in(language string) string {
	if language == "en" {
		return w.en
	}
	return w.de
}

func (w words) empty() bool { return w.de == "" }
