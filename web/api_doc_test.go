package web

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The examples of docs/api.md are answered as it says, one after the other.
func TestDocumentedExamples(t *testing.T) {
	page, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	a, ran := newAPI(t), 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		lines := strings.Split(strings.TrimSpace(block[1]), "\n")
		for i := 0; i+1 < len(lines); i += 2 {
			method, path, body, header := readCurl(t, lines[i])
			wantStatus, piece, _ := strings.Cut(strings.TrimPrefix(lines[i+1], "# "), " ")
			status, _, answer := a.ask(method, path, body, append([]string{"-Authorization", "-Content-Type"}, header...)...)
			if strconv.Itoa(status) != wantStatus || !strings.Contains(answer, piece) {
				t.Errorf("%s\n%d %s", lines[i], status, answer)
			}
			ran++
		}
	}
	if ran < 12 {
		t.Errorf("only %d examples", ran)
	}
}

var shellWord = regexp.MustCompile(`'([^']*)'|"([^"]*)"|(\S+)`)

// readCurl reads a line of the document as a shell and curl do.
func readCurl(t *testing.T, line string) (method, path, body string, header []string) {
	t.Helper()
	var words []string
	for _, m := range shellWord.FindAllStringSubmatch(line, -1) {
		expanded := strings.NewReplacer("$NOTFALLD", "", "$TOKEN", token).Replace(m[2] + m[3])
		words = append(words, m[1]+expanded)
	}
	if words[0] != "curl" {
		t.Fatalf("no curl: %s", line)
	}
	method = "GET"
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-s":
		case "-X":
			i++
			method = words[i]
		case "-H":
			i++
			header = append(header, words[i])
		case "-d":
			i++
			body = words[i]
			if method == "GET" {
				method = "POST"
			}
		default:
			path = words[i]
		}
	}
	return method, path, body, header
}
