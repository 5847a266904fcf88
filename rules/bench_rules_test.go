package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"notfalld/message"
)

// manyRules are n rules as an admin with much to say writes them: words, patterns, conditions, refusals, each kind a
// quarter, each rule different.
func manyRules(n int) File {
	var classify, extract strings.Builder
	for i := range n / 4 {
		fmt.Fprintf(&classify, "  - {name: words-%d, subject: 1, text: 1, words: [produkt%dx, \"anlage %d .. steht\", kennwort%dy*]}\n", i, i, i, i)
		fmt.Fprintf(&classify, "  - {name: condition-%d, weight: 1, when: 'mail.from_domain == \"kunde%d.example\" && servers.exists(s, s.endsWith(\".k%d.at\")) || customer_number == \"9%05d\"'}\n", i, i, i, i)
		fmt.Fprintf(&extract, "  - {name: pattern-%d, pattern: '(?i)\\bmeldung-%d:\\s+(?P<error>.{5,80})$'}\n", i, i)
		fmt.Fprintf(&extract, "  - {name: refusal-%d, refuse: server, values: [status%d.example, \"*.cdn%d.example\"]}\n", i, i, i)
	}
	return File{Name: "many.yaml", Text: []byte("classify:\n" + classify.String() + "extract:\n" + extract.String())}
}

// BenchmarkRules: what 500 rules of an admin cost a mail of 20 KB. Both sets take turns; the difference of the best
// times is what the rules cost.
func BenchmarkRules(b *testing.B) {
	many, err := Load([]File{manyRules(500)})
	if err != nil {
		b.Fatal(err)
	}
	m, inv := &message.Mail{Subject: "Notfall-Support: Shop nicht erreichbar", Text: mailOf(20 << 10)}, testInventory(b)
	sets := []*Set{Shipped(), many}
	best := []time.Duration{time.Hour, time.Hour}
	for range max(b.N, 60) {
		for i, s := range sets {
			begin := time.Now()
			if _, err := s.Understand(b.Context(), m, World{Inventory: inv}); err != nil {
				b.Fatal(err)
			}
			best[i] = min(best[i], time.Since(begin))
		}
	}
	b.ReportMetric(best[0].Seconds()*1000, "ms-shipped")
	b.ReportMetric(best[1].Seconds()*1000, "ms-with-500")
	b.ReportMetric((best[1]-best[0]).Seconds()*1000, "ms-cost-of-500")
}

// BenchmarkLoad: reading and compiling the shipped set, and 500 rules on top of it.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{0, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if _, err := Load([]File{manyRules(max(n, 4))}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
