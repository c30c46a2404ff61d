package console

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// TestConditions_StandAtTheTopOfEveryPage also when the database is away, and
// a warning of the same is not told twice.
func TestConditions_StandAtTheTopOfEveryPage(t *testing.T) {
	f := busy()
	f.status.Warnings = append(f.status.Warnings, journal.Warning{Kind: "backlog", Severity: "warning", Text: "12000 messages wait."})
	all := []journal.Condition{
		{Kind: "database_away", Text: "The database does not answer.", Action: "Look at its server.", Since: now.Add(-time.Minute)},
		{Kind: "backlog", Trust: "ZZ1", Text: "12000 messages wait.", Action: "Look at the load."},
		{Kind: "backlog", Trust: "ZZ9", Text: "99999 messages wait.", Action: "Look at the load."},
	}
	page := func(r Reader, address string) (int, string) {
		w := httptest.NewRecorder()
		New(r, Options{Now: func() time.Time { return now }, Conditions: func() []journal.Condition { return all }}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, address, nil))
		return w.Code, w.Body.String()
	}
	status, text := page(f, "/ZZ1/")
	if status != http.StatusOK || strings.Count(text, "12000 messages wait.") != 1 || strings.Contains(text, "99999") {
		t.Errorf("status %d: the conditions are not told once each", status)
	}
	must(t, "the page", text, "The database is away", "Messages pile up", "Look at its server.")
	f.fail = fault.New(fault.Unavailable, "database_unreachable", "The database cannot be used.")
	status, text = page(f, "/ZZ1/")
	if status != http.StatusServiceUnavailable {
		t.Errorf("status %d", status)
	}
	must(t, "the page of a hub without its database", text, "The database is away", "The database cannot be used.")
}
