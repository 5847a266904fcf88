package outbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"notfalld/ticket"
)

// poster makes one HTTP request for each page.
type poster struct{ client *http.Client }

// newPoster: each request has a connection of its own and speaks HTTP/1.1. Pages are rare; on a connection kept from the last one it could not be
// told whether the server had closed it before or after it took the page.
func newPoster(o PageOptions) poster {
	o = o.withDefaults()
	return poster{&http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
			DialContext:     (&net.Dialer{Timeout: o.Timeout}).DialContext,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // what is posted holds customers' data and keys
	}}
}

// mostAnswer is how much of a refusal is read.
const mostAnswer = 4 << 10

// page makes one attempt. asked is how long the receiver wants to be left alone; 0 if it did not say.
//
// Before the request was handed to the network a failure is a certain one. After it only the answer's status tells. A status of 2xx counts
// even if the rest of the answer is lost.
func (p poster) page(ctx context.Context, e Endpoint, id string, body []byte, now time.Time) (out ticket.Outcome, asked time.Duration) {
	req, err := p.request(ctx, e, id, body, now)
	if err != nil {
		return ticket.Outcome{Result: ticket.Permanent, Text: err.Error()}, 0
	}
	var way progress
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), way.trace()))
	resp, err := p.client.Do(req)
	if err != nil {
		out = ticket.Outcome{Result: ticket.Temporary, Text: plainError(err)}
		if way.mayHaveArrived() {
			out.Result, out.Text = ticket.Unclear, "no answer: "+out.Text
		}
		return out, 0
	}
	defer resp.Body.Close()
	out = ticket.Outcome{Result: resultOf(resp.StatusCode), Code: resp.StatusCode, Text: resp.Proto + " " + strconv.Itoa(resp.StatusCode)}
	if word := http.StatusText(resp.StatusCode); word != "" {
		out.Text += " " + word
	}
	if out.Result == ticket.Accepted {
		return out, 0
	}
	said, _ := io.ReadAll(io.LimitReader(resp.Body, mostAnswer)) // what could be read is enough
	if resp.StatusCode >= 300 && resp.StatusCode < 400 {
		out.Text += ": redirects are not followed; the channel's url must be the final one"
	} else if words := conceal(said, e, body); words != "" {
		out.Text += ": " + words
	}
	return out, retryAfterField(resp, now)
}

// request builds the request: a POST of JSON, with the fields of Standard Webhooks ("Webhook headers"). The timestamp is that of
// the attempt, so that a receiver can refuse what was recorded and is played back later.
func (p poster) request(ctx context.Context, e Endpoint, id string, body []byte, now time.Time) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the channel's url is no web address") // the error would show it
	}
	for name, value := range e.Header {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/plain;q=0.5, */*;q=0.1")
	req.Header.Set("User-Agent", "notfalld")
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	if e.Secret != "" {
		signature, err := sign(e.Secret, id, now, body)
		if err != nil {
			return nil, err
		}
		req.Header.Set("webhook-signature", signature)
	}
	return req, nil
}

// sign is the symmetric signature of Standard Webhooks: HMAC-SHA256 over id, timestamp and body with dots between them, in base64 behind its version.
func sign(secret, id string, now time.Time, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return "", errors.New("the channel's secret is no base64")
	}
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%s.%d.", id, now.Unix())
	h.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// resultOf reads a status (RFC 9110, 15). What says "later" or "my fault" is tried again; anything else would be answered the same again.
func resultOf(status int) ticket.Result {
	switch {
	case status >= 200 && status < 300:
		return ticket.Accepted
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return ticket.Temporary
	}
	return ticket.Permanent
}

// progress is how far a request has come.
type progress struct {
	mu        sync.Mutex
	connected bool
	failed    bool // writing it failed: the receiver has not all of it
}

func (w *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { w.note(func() { w.connected = true }) },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			w.note(func() { w.failed = i.Err != nil })
		},
	}
}

func (w *progress) note(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// mayHaveArrived: with a connection, writing begins; only a write that is known to have failed did not get through.
func (w *progress) mayHaveArrived() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.connected && !w.failed
}

// plainError is a failure without the URL, which may hold a token.
func plainError(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "it took too long"
	}
	return err.Error()
}
