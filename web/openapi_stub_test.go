//go:build !openapi

package web

import (
	"net/http"
	"testing"
)

func conforms(*testing.T, *http.Request, *http.Response, []byte) {}
