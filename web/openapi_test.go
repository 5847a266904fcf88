package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"notfalld/ticket"
)

type document struct {
	*openapi3.T
	router routers.Router
}

var loadDocument = sync.OnceValues(func() (d document, err error) {
	if d.T, err = openapi3.NewLoader().LoadFromData(openAPIDocument); err != nil {
		return d, err
	}
	if err = d.Validate(context.Background()); err != nil {
		return d, err
	}
	d.router, err = gorillamux.NewRouter(d.T)
	return d, err
})

// conforms holds an answer against the OpenAPI document. What the document does not know is refused as not there, or not in this way.
func conforms(t *testing.T, req *http.Request, resp *http.Response, body []byte) {
	t.Helper()
	d, err := loadDocument()
	if err != nil {
		t.Error(err)
		return
	}
	plain := req.Clone(req.Context())
	plain.URL.Host, plain.URL.Scheme, plain.Host = "", "", ""
	if plain.Method == http.MethodHead {
		plain.Method = http.MethodGet
	}
	where, params, err := d.router.FindRoute(plain)
	if err != nil {
		if strings.HasPrefix(req.URL.Path, "/api/") && resp.StatusCode != 404 && resp.StatusCode != 405 {
			t.Errorf("%s %s is answered with %d, and not in the document: %v", req.Method, req.URL.Path, resp.StatusCode, err)
		}
		return
	}
	if req.Method == http.MethodHead { // nothing to look at
		return
	}
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: plain, PathParams: params, Route: where},
		Status:                 resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil {
		t.Errorf("%s %s: %v\n%s", req.Method, req.URL.Path, err, body)
	}
}

// The document names every route of the API, and no other.
func TestDocumentIsWhole(t *testing.T) {
	d, err := loadDocument()
	if err != nil {
		t.Fatal(err)
	}
	var have, told []string
	for _, r := range (&server{}).apiRoutes() {
		have = append(have, r.method+" "+r.path)
	}
	for path, item := range d.Paths.Map() {
		for method := range item.Operations() {
			told = append(told, method+" "+path)
		}
	}
	slices.Sort(have)
	slices.Sort(told)
	if !slices.Equal(have, told) {
		t.Errorf("answered: %q\n told of: %q", have, told)
	}
}

// The document names every field of the answers, and no other.
func TestDocumentNamesEveryField(t *testing.T) {
	d, err := loadDocument()
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{
		"Emergency": ticket.EmergencyView{}, "EmergencyDetail": ticket.EmergencyDetail{}, "Event": ticket.Event{}, "Sent": ticket.Sent{},
		"Link": ticket.LinkView{}, "Signal": ticket.Signal{}, "Ticket": ticket.Summary{}, "TicketDetail": ticket.Detail{},
	} {
		told := map[string]bool{}
		collect(d.Components.Schemas[name], told)
		have := map[string]bool{}
		tags(reflect.TypeOf(v), have)
		if !maps.Equal(told, have) {
			t.Errorf("%s: the document has %v\nthe code has %v", name, slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(have)))
		}
	}
	have := map[string]bool{}
	collect(d.Components.Schemas["Trigger"], have)
	for _, f := range []field{nameField, customerField, emailField, phoneField, problemField} {
		s := d.Components.Schemas["Trigger"].Value.Properties[f.name]
		if s == nil || s.Value.MaxLength == nil || int(*s.Value.MaxLength) != f.most {
			t.Errorf("the document does not say that %s has at most %d characters", f.name, f.most)
		}
	}
	servers := d.Components.Schemas["Trigger"].Value.Properties["servers"].Value
	if int(*servers.MaxItems) != mostServers || int(*servers.Items.Value.MaxLength) != serversField.most || len(have) != 7 {
		t.Errorf("servers or the number of fields: %v", have)
	}
}

func collect(s *openapi3.SchemaRef, names map[string]bool) {
	for name := range s.Value.Properties {
		names[name] = true
	}
	for _, part := range s.Value.AllOf {
		collect(part, names)
	}
}

func tags(t reflect.Type, names map[string]bool) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			tags(f.Type, names)
		case name != "-":
			names[name] = true
		}
	}
}

// Whatever the document takes for a right trigger is not refused, and what it refuses is.
func TestDocumentAndDecoderAgree(t *testing.T) {
	d, err := loadDocument()
	if err != nil {
		t.Fatal(err)
	}
	schema := d.Components.Schemas["Trigger"].Value
	for _, body := range []string{
		`{}`, `{"name":null}`, `{"name":1}`, `{"phone":"0664 1234567","servers":["a","b"]}`, `{"servers":"a"}`, `{"servers":[1]}`, `{"servers":null}`,
		`{"phon":"1"}`, `{"triggered_at":"2026-03-15T02:07:00Z"}`, `{"triggered_at":"yesterday"}`, `{"problem":{}}`, `[]`, `"x"`, `{"name":"` + strings.Repeat("ü", 200) + `"}`,
		`{"name":"` + strings.Repeat("ü", 201) + `"}`, `{"email":true}`, `{"customer_number":104711}`,
	} {
		var v any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Fatal(err)
		}
		told := schema.VisitJSON(v, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation())
		_, got := decodeTrigger([]byte(body))
		if (told == nil) != (got == nil) {
			t.Errorf("%.60s: the document says %v, the decoder %v", body, told, got)
		}
	}
}
