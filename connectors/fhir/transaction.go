package fhir

import (
	"context"
	"net/http"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

// transaction takes a Bundle: all of its resources, in one message, or none.
func (s *Server) transaction(q *request) (answer, error) {
	raw, err := s.body(q.Request)
	if err != nil {
		return answer{}, err
	}
	m, err := fhir.Read(raw, fhir.Transaction, "Bundle", s.names)
	if err != nil {
		return answer{}, err
	}
	done := make([]outcome, len(m.Entries))
	brought := m.Entries
	if conditional(m.Entries) {
		first, err := s.repeat(q, m)
		if err != nil {
			return answer{}, err
		}
		if first > 0 {
			return s.again(q.Context(), m, first)
		}
		if brought, err = s.conditions(q.Context(), m, done); err != nil {
			return answer{}, err
		}
		if len(brought) == 0 {
			return respond(done), nil
		}
	}
	receipt, at, err := s.take(q, m, brought, raw, "")
	if err != nil {
		return answer{}, err
	}
	if receipt.Duplicate {
		return s.again(q.Context(), m, receipt.MessageID)
	}
	for i, e := range m.Entries {
		if done[i].version.Number == 0 {
			done[i].version = fhir.Version{Type: e.Type, ID: e.ID, Number: receipt.MessageID, StoredAt: at}
		}
	}
	return respond(done), nil
}

// outcome is what became of an entry.
type outcome struct {
	status  int // 0 is created
	version fhir.Version
}

func conditional(entries []fhir.Entry) bool {
	for _, e := range entries {
		if e.Method == http.MethodPut || e.IfNoneExist {
			return true
		}
	}
	return false
}

// conditions looks at what is there already. It gives the entries that bring
// something, and notes in done what is known of the others.
func (s *Server) conditions(ctx context.Context, m *fhir.Message, done []outcome) (brought []fhir.Entry, err error) {
	for i, e := range m.Entries {
		if e.Method != http.MethodPut && !e.IfNoneExist {
			brought = append(brought, e)
			continue
		}
		v, err := s.known(ctx, e)
		if err != nil {
			return nil, err
		}
		if e.IfNoneExist && v.Number > 0 {
			done[i] = outcome{http.StatusOK, v}
			continue
		}
		if err := matches(e.IfMatch, v); err != nil {
			return nil, fault.Of(err).At(e.Resource.Path())
		}
		if v.Number > 0 {
			done[i].status = http.StatusOK
		}
		brought = append(brought, e)
	}
	return brought, nil
}

// again answers a Bundle that came before as it was answered then.
func (s *Server) again(ctx context.Context, m *fhir.Message, first int64) (answer, error) {
	done := make([]outcome, len(m.Entries))
	for i, e := range m.Entries {
		v, err := s.shelf.Known(ctx, s.cfg.Trust, e.Type, e.ID, first)
		switch {
		case err == nil && e.Method == http.MethodPut:
			done[i] = outcome{changed(v), v}
			continue
		case fault.Is(err, fault.NotFound): // it was there before
			v, err = s.known(ctx, e)
			done[i].status = http.StatusOK
		}
		if err != nil {
			return answer{}, err
		}
		done[i].version = v
	}
	return respond(done), nil
}

func respond(done []outcome) answer {
	all := make([]fhir.Answer, len(done))
	for i, o := range done {
		status := "201 Created"
		if o.status == http.StatusOK {
			status = "200 OK"
		}
		all[i] = fhir.Answer{Status: status, Location: address(o.version), ETag: etag(o.version.Number), Modified: fhir.Instant(o.version.StoredAt.Truncate(time.Millisecond))}
	}
	return answer{status: http.StatusOK, body: fhir.TransactionResponse(all)}
}
