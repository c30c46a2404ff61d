package fhir

import (
	"net/http"
	"strconv"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

// read gives a resource back, the latest version or the one that is asked for.
func (s *Server) read(q *request) (answer, error) {
	version := int64(0)
	unknown := fault.New(fault.NotFound, "resource_unknown", "There is no such resource here.")
	if !fhir.ValidID(q.id) {
		return answer{}, unknown
	}
	if q.interaction == "vread" {
		var err error
		if version, err = strconv.ParseInt(q.version, 10, 64); err != nil || version <= 0 {
			return answer{}, unknown
		}
	}
	v, err := s.shelf.Resource(q.Context(), s.cfg.Trust, q.kind, q.id, version)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusOK, version: &v}
	if q.Header.Get("If-None-Match") == etag(v.Number) {
		a.status = http.StatusNotModified
		return a, nil
	}
	a.body, err = served(v)
	return a, err
}
