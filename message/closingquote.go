package message

import (
	"regexp"
	"strings"
)

// cutClosingQuote takes the quotation off the end of a text that nothing announces as an answer: some
// phones and web mailers send neither In-Reply-To nor "AW:" nor an attribution. What may be a pasted log
// or the prompt of a shell stays, for it is what the mail is about.
func cutClosingQuote(lines []string) (text, quote []string) {
	start, end := len(lines), len(lines)
	for start > 0 && (isQuoted(lines[start-1]) || strings.TrimSpace(lines[start-1]) == "") {
		start--
	}
	for start < end && !isQuoted(lines[start]) {
		start++
	}
	text, quote = lines[:start], lines[start:]
	if len(quote) == 0 || !hasWords(text) || isPasted(text, quote) {
		return lines, nil
	}
	return text, quote
}

// isPasted says whether quoted lines below a text show something rather than repeat somebody.
func isPasted(text, quote []string) bool {
	last := ""
	for _, l := range text {
		if isQuoted(l) {
			return true // a session: prompts with their output between them
		}
		if strings.TrimSpace(l) != "" {
			last = strings.TrimSpace(l)
		}
	}
	if strings.HasSuffix(last, ":") {
		return true
	}
	words, technical := 0, 0
	for _, l := range quote {
		l = strings.Trim(l, "> \t")
		if l == "" {
			continue
		}
		words++
		if command, _, _ := strings.Cut(l, " "); shellCommands[command] || logLine.MatchString(l[:min(len(l), 300)]) {
			technical++
		}
	}
	return 2*technical >= words
}

// logLine is what logs, error messages and prompts look like, and letters seldom.
var logLine = regexp.MustCompile(`(?i)error|fehler|exception|fatal|\bfail|fehlgeschlagen|refused|denied|abgelehnt|time[d]?[ -]?out|zeitüberschreitung|unreachable|` +
	`nicht erreichbar|warning|panic|traceback|critical|\b\d{1,2}:\d{2}:\d{2}\b|\b(?:40[0134]|50[0-4])\b|^at [\w.$]+\(|^\S*[@:~/]\S*[#$] |^[#$] |[{};]$|\w=\w`)

var shellCommands = set(strings.Fields(`ping ssh curl wget tracert traceroute mtr dig nslookup host telnet openssl nc nmap systemctl service journalctl
	docker podman kubectl helm mysql psql mysqladmin redis-cli show display enable configure conf select tail cat less grep ls dir cd df du free top ps
	netstat ss ip ifconfig ipconfig route sudo su apt yum dnf npm yarn node git php python python3 java mvn composer reboot restart start stop
	mount fsck dmesg uptime who id whoami echo set exit quit rsync scp ftp sftp Get-Service Restart-Service Test-NetConnection`)...)
