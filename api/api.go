// Package api answers programs in JSON: questions about the
// catalogue. It reads and never changes anything.
//
// Rules, SQL and pages do not belong here.
package api

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Reader is what the answers are read from. Each call sees one trust's rows
// alone, and the national catalogue.
type Reader interface {
	Trusts(ctx context.Context) ([]string, error)
	SearchCatalogue(ctx context.Context, trust string, q journal.CatalogueSearch, now time.Time) (journal.CatalogueFound, error)
	CatalogueEntry(ctx context.Context, trust, text string, on, now time.Time) (journal.CatalogueEntry, error)
}

// New gives the handler of all that is under /api/.
func New(r Reader, now func() time.Time, log *slog.Logger) http.Handler {
	a := &api{Reader: r, now: now, log: log}
	mux := http.NewServeMux()
	mux.Handle("GET /api/catalogue", a.answer(a.search))
	mux.Handle("GET /api/catalogue/entry", a.answer(a.entry))
	mux.Handle("/api/", a.answer(func(*http.Request) (any, error) {
		return nil, fault.New(fault.NotFound, "no_such_address", "There is nothing at this address. docs/catalogue.md lists what there is.")
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "These addresses only answer; they change nothing.", http.StatusMethodNotAllowed)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

type api struct {
	Reader
	now func() time.Time
	log *slog.Logger
}

// problem is an error as RFC 9457 has it.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

var statuses = map[fault.Kind]int{fault.Invalid: http.StatusBadRequest, fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict, fault.Denied: http.StatusForbidden, fault.Unavailable: http.StatusServiceUnavailable}

// answer writes what fn gives, or its error.
func (a *api) answer(fn func(r *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		body, err := fn(r)
		status, kind := http.StatusOK, "application/json"
		if err != nil {
			f := fault.Of(err)
			if status = statuses[f.Kind]; status == 0 {
				status = http.StatusInternalServerError
				a.log.Error("a question could not be answered", "path", r.URL.Path, "err", err)
			}
			body, kind = problem{"about:blank", http.StatusText(status), status, f.Text, f.Code}, "application/problem+json"
		}
		raw, err := json.MarshalIndent(body, "", "  ")
		if err != nil {
			a.log.Error("an answer could not be written", "path", r.URL.Path, "err", err)
			http.Error(w, "The answer could not be written.", http.StatusInternalServerError)
			return
		}
		h.Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write(append(raw, '\n')) // the reader may have gone
	})
}

// trust is the one that the question names, or the hub's only one.
func (a *api) trust(r *http.Request) (string, error) {
	all, err := a.Trusts(r.Context())
	if err != nil {
		return "", err
	}
	asked := r.URL.Query().Get("trust")
	for _, t := range all {
		if t == asked || asked == "" && len(all) == 1 {
			return t, nil
		}
	}
	if asked == "" {
		return "", fault.New(fault.Invalid, "trust_needed", "The hub has %d trusts. Name one: trust=%s.", len(all), strings.Join(all, " or trust="))
	}
	return "", fault.New(fault.NotFound, "trust_not_found", "There is no such trust on this hub.")
}

// search answers /api/catalogue?q=TEXT&limit=20&page=1.
func (a *api) search(r *http.Request) (any, error) {
	trust, err := a.trust(r)
	if err != nil {
		return nil, err
	}
	q := journal.CatalogueSearch{Text: r.URL.Query().Get("q")}
	if q.Limit, err = count(r, "limit", 20); err != nil {
		return nil, err
	}
	if q.Page, err = count(r, "page", 1); err != nil {
		return nil, err
	}
	return a.SearchCatalogue(r.Context(), trust, q, a.now())
}

func count(r *http.Request, name string, none int) (int, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return none, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100_000 {
		return 0, fault.New(fault.Invalid, "not_a_number", "%s is a whole number from 1.", name)
	}
	return n, nil
}

// entry answers /api/catalogue/entry?code=CODE&on=DATE. The code is no part of
// the path, for a scan holds slashes.
func (a *api) entry(r *http.Request) (any, error) {
	trust, err := a.trust(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	if strings.TrimSpace(q.Get("code")) == "" {
		return nil, fault.New(fault.Invalid, "code_needed", "Name the code: code=05012345000121.")
	}
	now := a.now()
	on := now
	if s := q.Get("on"); s != "" {
		if on, err = time.Parse(time.DateOnly, s); err != nil {
			return nil, fault.New(fault.Invalid, "date_invalid", "Write the day as on=2026-03-14.")
		}
	}
	return a.CatalogueEntry(r.Context(), trust, q.Get("code"), on, now)
}
