package fhir

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

// roomAtOnce is for how much of a body room is made before it comes.
const roomAtOnce = 64 << 10

// body reads a request's body.
func (s *Server) body(r *http.Request) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := strings.ToLower(params["charset"])
	if err != nil || !slices.Contains(jsonTypes, kind) || !version4(params) || charset != "" && charset != "utf-8" {
		return nil, fault.New(fault.Invalid, "content_type_unknown", "Bodies are FHIR R4 in JSON and UTF-8. Send them with Content-Type: application/fhir+json.")
	}
	packed := false
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip", "x-gzip":
		packed = true
	default:
		return nil, fault.New(fault.Invalid, "content_encoding_unknown", "Bodies are sent as they are, or compressed with gzip. Send them with Content-Encoding: gzip, or without one.")
	}
	read := bytes.NewBuffer(make([]byte, 0, min(max(r.ContentLength, 0), roomAtOnce)+bytes.MinRead))
	_, err = read.ReadFrom(http.MaxBytesReader(nil, r.Body, s.cfg.MaxBody))
	raw := read.Bytes()
	if err != nil && !errors.As(err, new(*http.MaxBytesError)) {
		return nil, fault.Wrap(err, fault.Invalid, "body_unread", "The body did not arrive whole, and nothing of it was taken. Send it again.")
	}
	large := err != nil
	if packed && !large {
		if raw, err = s.unpacked(raw); err != nil {
			return nil, fault.New(fault.Invalid, "gzip_invalid", "The body is not whole gzip, as its Content-Encoding says. Nothing of it was taken. Send it again, or without that header.")
		}
		large = int64(len(raw)) > s.cfg.MaxBody
	}
	if large {
		return nil, fault.New(fault.Invalid, "body_too_large", "The body is larger than %d bytes and was not taken. Send less in one request, or ask for the limit to be raised.", s.cfg.MaxBody)
	}
	return raw, nil
}

// unpacked gives a body that came compressed, and no more of it than one byte
// beyond the limit.
func (s *Server) unpacked(packed []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(z, s.cfg.MaxBody+1))
}

// take stores a message that brings these of its entries. more tells it from
// another with the same bytes.
func (s *Server) take(q *request, m *fhir.Message, entries []fhir.Entry, raw []byte, more string) (connectors.Receipt, time.Time, error) {
	at := time.Now()
	e := connectors.Envelope{
		Trust: s.cfg.Trust, Connector: s.cfg.Name, Format: "fhir", Type: m.Kind(), Sender: q.client, ControlID: m.ControlID(more),
		Key: m.OrderingKey(), Digest: m.Digest(more), Peer: q.RemoteAddr, Raw: raw, ReceivedAt: at,
	}
	for _, in := range entries {
		from, to := in.Resource.Span()
		e.Parts = append(e.Parts, connectors.Part{Kind: in.Type, Name: in.ID, From: from, To: to})
	}
	for _, id := range m.Devices() {
		e.Refers = append(e.Refers, connectors.Part{Kind: "Device", Name: id})
	}
	receipt, err := s.receiver.Receive(context.WithoutCancel(q.Context()), e)
	return receipt, at, err
}

// known gives the latest version of a resource; its number is 0 if there is
// none.
func (s *Server) known(ctx context.Context, e fhir.Entry) (fhir.Version, error) {
	v, err := s.shelf.Known(ctx, s.cfg.Trust, e.Type, e.ID, 0)
	if fault.Is(err, fault.NotFound) {
		return fhir.Version{}, nil
	}
	return v, err
}

// repeat gives the number of the message that had the same bytes, if one came
// before: a condition that held for it need not hold any more.
func (s *Server) repeat(q *request, m *fhir.Message) (int64, error) {
	return s.shelf.Repeat(q.Context(), s.cfg.Trust, s.cfg.Name, q.client, m.ControlID(""), m.Digest(""))
}

// create takes one resource.
func (s *Server) create(q *request) (answer, error) {
	raw, err := s.body(q.Request)
	if err != nil {
		return answer{}, err
	}
	m, err := fhir.Read(raw, fhir.Create, q.kind, s.names)
	if err != nil {
		return answer{}, err
	}
	e := m.Entries[0]
	if condition := q.Header.Get("If-None-Exist"); condition != "" {
		if !m.Named(e, condition) {
			return answer{}, fault.New(fault.Invalid, "unsupported_condition", "A resource is known by its first identifier here: write If-None-Exist as identifier=system|value, with that identifier.")
		}
		first, err := s.repeat(q, m)
		if err != nil {
			return answer{}, err
		}
		if v, err := s.known(q.Context(), e); first == 0 && (err != nil || v.Number > 0) {
			return s.existing(q, http.StatusOK, v, err)
		}
	}
	receipt, at, err := s.take(q, m, m.Entries, raw, "")
	if err != nil {
		return answer{}, err
	}
	v := fhir.Version{Type: e.Type, ID: e.ID, Number: receipt.MessageID, StoredAt: at, Raw: raw}
	if receipt.Duplicate {
		v, err = s.shelf.Known(q.Context(), s.cfg.Trust, e.Type, e.ID, receipt.MessageID)
		v.Raw = raw
	}
	if err != nil {
		return answer{}, err
	}
	return s.written(q, http.StatusCreated, v)
}

// update takes one resource under the id that the client gives it. What is
// there already, byte for byte, is not stored again.
func (s *Server) update(q *request) (answer, error) {
	raw, err := s.body(q.Request)
	if err != nil {
		return answer{}, err
	}
	m, err := fhir.Read(raw, fhir.Update, q.kind, s.names)
	if err != nil {
		return answer{}, err
	}
	e := m.Entries[0]
	if e.ID != q.id {
		return answer{}, fault.New(fault.Invalid, "id_differs", "The id in the resource is not the one in the address. Both must be the same.").At(q.kind + ".id")
	}
	before, err := s.shelf.Resource(q.Context(), s.cfg.Trust, e.Type, e.ID, 0)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return answer{}, err
	}
	if before.Number > 0 && bytes.Equal(bytes.TrimSpace(before.Raw), bytes.TrimSpace(raw)) {
		return s.written(q, changed(before), before)
	}
	if before.Number > 0 && strings.TrimSpace(q.Header.Get("If-None-Match")) == "*" {
		return answer{}, fault.New(fault.Conflict, "version_differs", "The resource is there already, and the request is for one that is not. Read it, and change what is there now.")
	}
	if err := matches(q.Header.Get("If-Match"), before); err != nil {
		return answer{}, err
	}
	receipt, at, err := s.take(q, m, m.Entries, raw, "after "+strconv.FormatInt(before.Number, 10))
	if err != nil {
		return answer{}, err
	}
	if receipt.Duplicate {
		v, err := s.shelf.Resource(q.Context(), s.cfg.Trust, e.Type, e.ID, receipt.MessageID)
		return s.existing(q, changed(v), v, err)
	}
	v := fhir.Version{Type: e.Type, ID: e.ID, Number: receipt.MessageID, StoredAt: at, Raw: raw, First: before.Number == 0}
	return s.written(q, changed(v), v)
}

// changed is the status of an update that brought a version.
func changed(v fhir.Version) int {
	if v.First {
		return http.StatusCreated
	}
	return http.StatusOK
}

// matches refuses a change of another version than the client has seen.
func matches(condition string, now fhir.Version) error {
	condition = strings.TrimSpace(condition)
	if condition == "" || condition == "*" && now.Number > 0 {
		return nil
	}
	if now.Number > 0 && strings.TrimPrefix(condition, "W/") == strings.TrimPrefix(etag(now.Number), "W/") {
		return nil
	}
	return fault.New(fault.Conflict, "version_differs", "The resource is not at the version that the request is for. Read it, and change what is there now.")
}

// existing answers with what is there already.
func (s *Server) existing(q *request, status int, v fhir.Version, err error) (answer, error) {
	if err == nil {
		v, err = s.shelf.Resource(q.Context(), s.cfg.Trust, v.Type, v.ID, v.Number)
	}
	if err != nil {
		return answer{}, err
	}
	return s.written(q, status, v)
}

// written answers for one resource: with the resource, with nothing or with an
// OperationOutcome, as the client prefers.
func (s *Server) written(q *request, status int, v fhir.Version) (answer, error) {
	a := answer{status: status, version: &v, location: true}
	switch prefer := strings.ToLower(q.Header.Get("Prefer")); {
	case strings.Contains(prefer, "return=minimal"):
		return a, nil
	case strings.Contains(prefer, "return=operationoutcome"):
		a.body = fhir.Outcome(fhir.Issue{Severity: "information", Code: "informational", Text: "It is stored. What it does to the stock is decided a moment later."})
		return a, nil
	}
	var err error
	a.body, err = served(v)
	return a, err
}

func served(v fhir.Version) ([]byte, error) {
	return fhir.Served(v.Raw, v.ID, strconv.FormatInt(v.Number, 10), v.StoredAt)
}
