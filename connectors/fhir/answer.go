package fhir

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

// mediaType is how bodies are sent.
const mediaType = "application/fhir+json; charset=utf-8"

// answer is what a request is answered with.
type answer struct {
	status   int
	version  *fhir.Version // of the one resource concerned
	location bool          // whether to say where it is
	allow    string
	body     []byte
}

// statuses are how errors are answered: by code, else by kind. The issue is
// FHIR's word for the kind of problem.
var statuses = map[string]struct {
	status int
	issue  string
}{
	"token_absent":             {http.StatusUnauthorized, "login"},
	"token_unknown":            {http.StatusUnauthorized, "login"},
	"network_refused":          {http.StatusForbidden, "forbidden"},
	"address_unknown":          {http.StatusNotFound, "not-found"},
	"type_unknown":             {http.StatusNotFound, "not-supported"},
	"resource_unknown":         {http.StatusNotFound, "not-found"},
	"resource_pruned":          {http.StatusGone, "not-found"},
	"method_unknown":           {http.StatusMethodNotAllowed, "not-supported"},
	"answer_unacceptable":      {http.StatusNotAcceptable, "not-supported"},
	"version_differs":          {http.StatusPreconditionFailed, "conflict"},
	"body_too_large":           {http.StatusRequestEntityTooLarge, "too-long"},
	"bundle_too_long":          {http.StatusRequestEntityTooLarge, "too-long"},
	"content_type_unknown":     {http.StatusUnsupportedMediaType, "not-supported"},
	"content_encoding_unknown": {http.StatusUnsupportedMediaType, "not-supported"},
	"gzip_invalid":             {http.StatusBadRequest, "invalid"},
	"body_unread":              {http.StatusRequestTimeout, "incomplete"},
	"json_invalid":             {http.StatusBadRequest, "invalid"},
	"resource_expected":        {http.StatusBadRequest, "structure"},
	"resource_type_absent":     {http.StatusBadRequest, "structure"},
	"resource_type_differs":    {http.StatusBadRequest, "invalid"},
	"id_invalid":               {http.StatusBadRequest, "value"},
	"id_differs":               {http.StatusBadRequest, "value"},
	"url_invalid":              {http.StatusBadRequest, "value"},
	"element_absent":           {http.StatusUnprocessableEntity, "required"},
	"code_invalid":             {http.StatusUnprocessableEntity, "code-invalid"},
	"resource_twice":           {http.StatusUnprocessableEntity, "business-rule"},
	"procedure_twice":          {http.StatusUnprocessableEntity, "business-rule"},
}

func statusOf(f *fault.Error) (status int, issue string) {
	if s, ok := statuses[f.Code]; ok {
		return s.status, s.issue
	}
	switch {
	case strings.HasPrefix(f.Code, "unsupported_"):
		return http.StatusUnprocessableEntity, "not-supported"
	case f.Kind.Effect() == fault.Retry:
		return http.StatusServiceUnavailable, "transient"
	case f.Kind.Effect() == fault.Reject:
		return http.StatusUnprocessableEntity, "processing"
	}
	return http.StatusInternalServerError, "exception"
}

// retryAfter is what a client is told to wait while the database is away.
const retryAfter = 5 * time.Second

// refuse answers with an OperationOutcome.
func refuse(w http.ResponseWriter, err error, allow string) int {
	f := fault.Of(err)
	status, issue := statusOf(f)
	out := fhir.Issue{Code: issue, Text: f.Text, Reason: f.Code, Place: f.Path}
	switch status {
	case http.StatusServiceUnavailable:
		out.Text = "The request could not be stored at the moment. Send it again in a few seconds; nothing is told twice by that."
		w.Header().Set("Retry-After", strconv.Itoa(int(retryAfter.Seconds())))
	case http.StatusInternalServerError:
		out.Text = "The request could not be handled because of an internal error. Send it again later, and tell the hub's operators."
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="Stockwell"`)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", allow)
	}
	write(w, status, fhir.Outcome(out))
	return status
}

func write(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if body != nil {
		h.Set("Content-Type", mediaType)
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away asks again
}

// send answers a request that was served.
func (s *Server) send(w http.ResponseWriter, r *http.Request, a answer) {
	if v := a.version; v != nil {
		h := w.Header()
		h.Set("ETag", etag(v.Number))
		h.Set("Last-Modified", v.StoredAt.UTC().Format(http.TimeFormat))
		if a.location {
			h.Set("Location", s.base(r)+"/"+address(*v))
		}
	}
	write(w, a.status, a.body)
}

func etag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// address names a version of a resource, from the base.
func address(v fhir.Version) string {
	return v.Type + "/" + v.ID + "/_history/" + strconv.FormatInt(v.Number, 10)
}

// base is the door's address as clients know it.
func (s *Server) base(r *http.Request) string {
	if s.cfg.BaseURL != "" {
		return strings.TrimSuffix(s.cfg.BaseURL, "/")
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host + root
}
