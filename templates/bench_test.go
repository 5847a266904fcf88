package templates

import "testing"

// An answer has to be rendered inside the transaction that freezes it: it may take microseconds only.
func BenchmarkAnswer(b *testing.B) {
	s, err := Load("")
	if err != nil {
		b.Fatal(err)
	}
	for name, langs := range map[string][]string{"de": {"de"}, "both": {"de", "en"}} {
		b.Run(name, func(b *testing.B) {
			a := sampleAnswer()
			a.Languages = langs
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Answer(a); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A reload happens while the daemon runs.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(""); err != nil {
			b.Fatal(err)
		}
	}
}
