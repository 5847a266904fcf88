package rules

import (
	"os"
	"testing"
)

// TestFormsExample: the example for admins loads without a word, and its tests pass.
func TestFormsExample(t *testing.T) {
	const name = "forms.example.yaml"
	text, err := os.ReadFile("../docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Load([]File{{name, text}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range s.Warnings() {
		t.Error(p)
	}
	r, err := s.Try(t.Context(), os.DirFS("../docs"), "", TryOptions{Limit: generous})
	if err != nil || r.Count[Passed] < 8 {
		t.Errorf("%v, %v", err, r.Count)
	}
	for _, p := range r.All() {
		t.Error(p)
	}
}
