package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// mostBody is how many bytes a request's body may have.
const mostBody = 64 << 10

// readBody reads a request's body; none gives no bytes.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if err := checkMediaType(r.Header); err != nil {
		return nil, err
	}
	if r.ContentLength > mostBody {
		return nil, tooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge()
	case err != nil: // it stopped, or went away
		return nil, refusef(http.StatusRequestTimeout, "the body did not arrive in whole")
	}
	return body, nil
}

func tooLarge() error {
	return refusef(http.StatusRequestEntityTooLarge, "the body has more than %d bytes", mostBody)
}

// checkMediaType wants JSON as it is registered (RFC 8259, section 11): UTF-8, not compressed.
func checkMediaType(h http.Header) error {
	const want = "send JSON with Content-Type: application/json"
	given := h.Get("Content-Type")
	media, params, err := mime.ParseMediaType(given)
	switch {
	case given == "":
		return refusef(http.StatusUnsupportedMediaType, "there is no Content-Type; %s", want)
	case err != nil || media != "application/json":
		return refusef(http.StatusUnsupportedMediaType, "Content-Type is %s; %s", shown(given), want)
	}
	if c, ok := params["charset"]; ok && !strings.EqualFold(c, "utf-8") && !strings.EqualFold(c, "utf8") {
		return refusef(http.StatusUnsupportedMediaType, "the charset is %s; JSON is UTF-8", shown(c))
	}
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return refusef(http.StatusUnsupportedMediaType, "Content-Encoding is %s; send the JSON as it is", shown(e))
	}
	return nil
}

// member is one name and value of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// readObject reads a body that is one JSON object, its members in order. Go's decoder lets more pass than it may here: a name that comes
// twice (RFC 8259, section 4: the behaviour is unpredictable) and bytes that are not UTF-8.
func readObject(body []byte) ([]member, error) {
	body = bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")) // RFC 8259, section 8.1, lets a reader ignore it
	if !utf8.Valid(body) {
		return nil, refusef(http.StatusBadRequest, "the body is not UTF-8")
	}
	if err := checkSyntax(body); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, refusef(http.StatusBadRequest, "the body is %s; it must be an object: {…}", kindOf(bytes.TrimSpace(body)))
	}
	var ms []member
	seen := map[string]bool{}
	for d.More() {
		var m member
		t, err := d.Token()
		if err == nil {
			m.name, _ = t.(string)
			err = d.Decode(&m.value)
		}
		if err != nil {
			return nil, refusef(http.StatusBadRequest, "the body is not JSON: %s", err)
		}
		if seen[m.name] {
			return nil, refusef(http.StatusBadRequest, "the field %s is there twice", shown(m.name))
		}
		seen[m.name] = true
		ms = append(ms, m)
	}
	return ms, nil
}

// checkSyntax says where a body stops being JSON.
func checkSyntax(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return refusef(http.StatusBadRequest, "the body is empty; it must be a JSON object")
	}
	var whole json.RawMessage
	err := json.Unmarshal(body, &whole)
	if err == nil {
		return nil
	}
	var at *json.SyntaxError
	if !errors.As(err, &at) {
		return refusef(http.StatusBadRequest, "the body is not JSON")
	}
	before := body[:min(int(at.Offset), len(body))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return refusef(http.StatusBadRequest, "the body is not JSON: line %d, column %d: %s", line, column, at)
}

// kindOf names the kind of a JSON value.
func kindOf(v json.RawMessage) string {
	switch v[0] {
	case '"':
		return "a string"
	case '{':
		return "an object"
	case '[':
		return "an array"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// pointerTo is the RFC 6901 pointer to a member of the body.
func pointerTo(name string, more ...int) string {
	p := "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(shown(name))
	for _, i := range more {
		p += fmt.Sprintf("/%d", i)
	}
	return p
}
