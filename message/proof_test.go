package message

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestProof reads testdata/proof: each file is the top of a mail's header, and what it proves. "trust"
// holds the authserv-ids, or "microsoft365"; "want" is verdict and policy, "signed" whether it is by DKIM.
func TestProof(t *testing.T) {
	files, err := filepath.Glob("testdata/proof/*.txt")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			section := map[string]string{"trust": "mx.notfall-hoster.at"}
			for _, f := range txtar.Parse(data).Files {
				section[f.Name] = string(f.Data)
			}
			var trust Trust
			for _, w := range strings.Fields(section["trust"]) {
				if w == "microsoft365" {
					trust.Microsoft365 = true
				} else {
					trust.AuthservIDs = append(trust.AuthservIDs, w)
				}
			}
			head := strings.ReplaceAll(section["header"], "\n", "\r\n")
			if !strings.Contains(head, "\nFrom:") && !strings.HasPrefix(head, "From:") {
				head += "From: Eva <eva@firma.at>\r\n"
			}
			p := Parse([]byte(head+"\r\nText\r\n"), Limits{}).Proof(trust)
			if got, want := strings.TrimSpace(string(p.Verdict)+" "+p.Policy), strings.TrimSpace(section["want"]); got != want {
				t.Errorf("%s (%s), want %s", got, p.Why, want)
			}
			if want, said := section["signed"]; said && strings.TrimSpace(want) != fmt.Sprint(p.Signed) {
				t.Errorf("signed: %v (%s), want %s", p.Signed, p.Why, want)
			}
			if p.Why == "" {
				t.Error("no reason given")
			}
		})
	}
}
