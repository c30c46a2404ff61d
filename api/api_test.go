package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

type reader struct{ trusts []string }

func (r reader) Trusts(context.Context) ([]string, error) { return r.trusts, nil }

func (r reader) SearchCatalogue(_ context.Context, trust string, q journal.CatalogueSearch, _ time.Time) (journal.CatalogueFound, error) {
	if q.Text == "break" {
		return journal.CatalogueFound{}, errors.New("secret internals")
	}
	return journal.CatalogueFound{Text: trust + " " + q.Text, Page: q.Page, Total: q.Limit}, nil
}

func (r reader) CatalogueEntry(_ context.Context, trust, text string, on, _ time.Time) (journal.CatalogueEntry, error) {
	if text == "none" {
		return journal.CatalogueEntry{}, fault.New(fault.NotFound, "product_not_found", "Nothing has this code.")
	}
	return journal.CatalogueEntry{Text: trust + " " + text, On: on.Format(time.DateOnly)}, nil
}

func TestAPI_AnswersQuestionsAndTellsProblems(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC) }
	one, two := New(reader{[]string{"ZZ1"}}, now, slog.New(slog.DiscardHandler)), New(reader{[]string{"ZZ1", "ZZ2"}}, now, slog.New(slog.DiscardHandler))
	for _, c := range []struct {
		h            http.Handler
		method, path string
		status       int
		field, want  string
	}{
		{one, "GET", "/api/catalogue?q=hip+stem", 200, "text", "ZZ1 hip stem"},
		{two, "GET", "/api/catalogue?q=hip&trust=ZZ2", 200, "text", "ZZ2 hip"},
		{two, "GET", "/api/catalogue?q=hip", 400, "code", "trust_needed"},
		{one, "GET", "/api/catalogue?q=hip&trust=ZZ9", 404, "code", "trust_not_found"},
		{one, "GET", "/api/catalogue?q=hip&page=0", 400, "code", "not_a_number"},
		{one, "GET", "/api/catalogue?q=hip&limit=many", 400, "code", "not_a_number"},
		{one, "GET", "/api/catalogue?q=break", 500, "detail", "An internal error occurred."},
		{one, "GET", "/api/catalogue/entry?code=(01)05012345000121", 200, "on", "2026-03-14"},
		{one, "GET", "/api/catalogue/entry?code=A&on=2026-03-03", 200, "on", "2026-03-03"},
		{one, "GET", "/api/catalogue/entry?code=A&on=3rd", 400, "code", "date_invalid"},
		{one, "GET", "/api/catalogue/entry", 400, "code", "code_needed"},
		{one, "GET", "/api/catalogue/entry?code=none", 404, "code", "product_not_found"},
		{one, "GET", "/api/nothing", 404, "code", "no_such_address"},
		{one, "POST", "/api/catalogue", 405, "", ""},
	} {
		w := httptest.NewRecorder()
		c.h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, nil))
		if w.Code != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.path, w.Code, c.status)
			continue
		}
		if c.field == "" {
			continue
		}
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body[c.field] != c.want {
			t.Errorf("%s: %v, %v", c.path, body, err)
		}
		if kind := w.Header().Get("Content-Type"); (c.status == 200) != (kind == "application/json") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", c.path, w.Header())
		}
	}
}
