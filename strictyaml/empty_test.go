package strictyaml

import "testing"

// TestEmpty: "servers:" with nothing behind it is a key like any other only where its field says so.
func TestEmpty(t *testing.T) {
	var f struct {
		Servers []string `yaml:"servers" empty:"" loose:""`
		Class   string   `yaml:"class" empty:"" one:"auto|other"`
		Reply   *bool    `yaml:"reply" empty:""`
		Plain   []string `yaml:"plain"`
	}
	d := Read("t.yaml", []byte("servers:\nclass: ~\nreply:\nplain:\n"), &f, Options{})
	for key, want := range map[string]bool{"servers": true, "class": true, "reply": true, "plain": false} {
		if d.Has(key) != want {
			t.Errorf("Has(%q) is %v", key, !want)
		}
	}
	if len(d.Problems()) > 0 || f.Servers != nil || f.Class != "" || f.Reply != nil {
		t.Errorf("%v, %+v", d.Problems(), f)
	}
	if line, col := d.PlaceOf("reply"); line != 3 || col != 1 {
		t.Errorf("reply stands at %d:%d", line, col)
	}
}
