package pattern

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// benchProducts and benchFaults are joined to patterns as admins write them.
var (
	benchProducts = []string{"plesk", "zimbra", "nextcloud", "kopano", "proxmox", "veeam", "exchange", "sharepoint", "dovecot", "postfix", "roundcube", "mailman", "gitlab", "jenkins", "grafana",
		"typo3", "wordpress", "joomla", "magento", "shopware", "prestashop", "mariadb", "postgresql", "mongodb", "redis", "elasticsearch", "rabbitmq", "haproxy", "nginx", "apache", "tomcat", "keycloak",
		"openvpn", "wireguard", "pfsense", "sophos", "fortigate", "mikrotik", "ubiquiti", "synology", "qnap", "netapp", "vmware", "hyper-v", "citrix", "teamviewer", "datev", "lexware", "sage", "navision"}
	benchForms = []string{
		`(?i)\b%s\b.{0,40}(?:down|weg|ausgefallen|not responding)`,
		`(?i)%s[- ]?(?:server|dienst|service) (?P<server>[a-z0-9.-]+)`,
		`^%s\[\d+\]: (?P<error>.+)$`,
		`(?i)\b(?:lizenz|license) (?:for|für) %s\s+(?:expired|abgelaufen)`,
		`(?i)abonnement %s\s*[:#]\s*(?P<customer_number>\d{5,6})`,
		`(?i)(?:kein zugriff|no access|zugriff verweigert|access denied) .*%s`,
		`(?P<server>%s\d{2}\.[a-z0-9-]+\.(?:at|de))`,
		`(?i)(?:auf|on|bei)\s+(?P<server>[a-z0-9-]+)\s+%s`,
		`(?i)%s\s+(?:meldet|says|sagt):?\s*"(?P<error>[^"]+)"`,
		`(?m)^\s*at com\.%s\.[\w.$]+\([^)]*\)`,
	}
	benchWords = strings.Fields("Sehr geehrte Damen und Herren seit heute früh erreichen wir unseren Server nicht mehr bitte um rasche Hilfe der Zugriff auf die Datenbank wird verweigert " +
		"Benutzer melden dass E-Mails nicht ankommen Quota überschritten Festplatte voll Störung Neustart ohne Erfolg please help our shop is down since this morning customers can not order anything")
)

func benchPatterns(b *testing.B) []*Pattern {
	var list []*Pattern
	for _, product := range benchProducts {
		for _, form := range benchForms {
			expr := fmt.Sprintf(form, product)
			p, problems := compileTest(expr)
			if p == nil {
				b.Fatal(expr, problems)
			}
			list = append(list, p)
		}
	}
	return list
}

// benchMail is 20 KB of prose and logs, in which some of the products are named.
func benchMail() string {
	r := rand.New(rand.NewPCG(3, 5))
	var s strings.Builder
	for s.Len() < 12<<10 {
		for range 8 + r.IntN(6) {
			s.WriteString(benchWords[r.IntN(len(benchWords))])
			s.WriteByte(' ')
		}
		if r.IntN(20) == 0 {
			s.WriteString([]string{"Nextcloud", "der Exchange-Server", "nginx ist down", "Dovecot\nmeldet \"auth failed\"", "auf ex01 Exchange"}[r.IntN(5)])
		}
		s.WriteByte('\n')
	}
	for i := 0; s.Len() < 20<<10; i++ {
		fmt.Fprintf(&s, "2026-11-22T07:%02d:%02d web%02d nginx[%d]: upstream timed out (110: Connection timed out) while reading, client 198.51.100.%d\n", i/60%60, i%60, r.IntN(20), 900+r.IntN(99), r.IntN(255))
	}
	return s.String()
}

// BenchmarkPatterns500 is what 500 different patterns cost on a mail of 20 KB, its index included.
func BenchmarkPatterns500(b *testing.B) {
	list, text := benchPatterns(b), benchMail()
	tried, found := 0, 0
	b.ReportAllocs()
	for b.Loop() {
		tried, found = 0, 0
		ix := NewIndex(text)
		for _, p := range list {
			if !p.Possible(ix) {
				continue
			}
			tried++
			p.FindIn(ix, func(Match) bool { found++; return true })
		}
	}
	b.ReportMetric(float64(tried), "tried")
	b.ReportMetric(float64(found), "matches")
}

// BenchmarkPatternIndex is the index alone.
func BenchmarkPatternIndex(b *testing.B) {
	text := benchMail()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		NewIndex(text)
	}
}

// BenchmarkPatternsUnfiltered is the same without the filter, to compare with.
func BenchmarkPatternsUnfiltered(b *testing.B) {
	list, text := benchPatterns(b), benchMail()
	for b.Loop() {
		for _, p := range list {
			p.re.FindAllStringSubmatchIndex(text, maxMatches)
		}
	}
}

// BenchmarkPatternCompile500 is the start of the daemon.
func BenchmarkPatternCompile500(b *testing.B) {
	for b.Loop() {
		benchPatterns(b)
	}
}
