package console

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

func (f fake) Cases(_ context.Context, _ string, q journal.CaseFilter) ([]journal.CaseSummary, error) {
	if f.wanted != nil {
		*f.wanted = q
	}
	var out []journal.CaseSummary
	for id := int64(f.many); id > 0 && len(out) < q.Limit; id-- {
		if q.Before == 0 || id < q.Before {
			out = append(out, journal.CaseSummary{ID: id, Name: fmt.Sprint(4000 + id), Booking: "booked"})
		}
	}
	if f.many == 0 {
		for _, id := range []int64{8, 7} {
			c := f.cases[id].CaseSummary
			if !q.Reconcile {
				c.Points = nil
			}
			out = append(out, c)
		}
	}
	return out, f.fail
}

func (f fake) Case(_ context.Context, _ string, q journal.CaseQuery) (journal.CaseDetail, error) {
	var id int64
	_, _ = fmt.Sscanf(q.Case, "id:%d", &id)
	if c, ok := f.cases[id]; ok {
		return c, f.fail
	}
	return journal.CaseDetail{}, missing("case", q.Case)
}

// busyCases are a case with all that can happen to one, and one of which
// little is known.
func busyCases(f fake) map[int64]journal.CaseDetail {
	booked, used := at(400), at(55)
	stem := f.chains[12].Lines[0]
	told := journal.LineWord{Source: "theatre-mllp", Part: "use", Effect: "use", Quantity: "1", Item: "HIP-STEM-12", Lot: "LOT77A", Disposition: "implanted", Side: "left", Patient: 31, Origin: "FT1[1]", Profile: "generic-theatre@1",
		People: []journal.CasePerson{{Role: "operator", Code: "1234567", Authority: "GMC", Registered: true}}, Said: journal.Said{Message: 12, SentAt: ptr(at(41))}}
	before, late := told, told
	before.Quantity, before.Said = "3", journal.Said{Message: 10, SentAt: ptr(at(50)), ReplacedBy: 12}
	late.Quantity, late.Said = "2", journal.Said{Message: 11, Late: true}
	hold := journal.Hold{ID: 5, Kind: "returned", Place: "THEATRE-1", Item: "HIP-STEM-12", Lot: "LOT77A", Quantity: 1, Why: "It came back never opened.", Case: 7, Line: 55, Message: 12, HeldAt: at(40), HeldBy: "hub"}
	twin := stem
	twin.ID, twin.Key, twin.State, twin.Why, twin.Movement, twin.Message = 57, "R1", "recorded", "corroborates", 0, 16
	alert := journal.Warning{ID: 9, Kind: "side_differs", Severity: "danger", Text: "Case 4411: a device for the left side was recorded, and the procedure is on the right.", Action: "Check at once which side was treated.", Message: 12, OpenedAt: at(30), Case: 7, Line: 55}
	closed := journal.Warning{ID: 10, Kind: "wrong_patient", Severity: "danger", Text: "Case 4411: the sender says that a use was told of the wrong patient.", Action: "Check both records.", OpenedAt: at(90), ClosedAt: ptr(at(20)), Why: "J. Okafor: both records were checked.", ClosedBy: "J. Okafor", Case: 7, Line: 55}
	seven := journal.CaseDetail{
		CaseSummary: journal.CaseSummary{ID: 7, Name: "4411", Booking: "booked", ScheduledAt: &booked, UsedAt: &used, Place: "THEATRE-1", Patient: 31, LineCount: 60, Waiting: 1, Alerts: 1,
			Points: []journal.CasePoint{{Kind: "sources_disagree", Line: 57, Key: "R1", State: "waiting", Why: "sources_differ", Item: "HIP-STEM-12", Quantity: "2", Message: 16, Origin: "OBX[1]"},
				{Kind: "resembles", Other: &journal.CaseRef{ID: 8, Name: "B7", Names: []journal.CaseName{{Kind: "booking_number", Value: "B7"}}}}}, PointsInAll: 5},
		Names: []journal.CaseName{{Kind: "case_number", Value: "4411"}}, Joined: []journal.CaseRef{{ID: 6, Name: "4409"}}, Encounter: "V20",
		Story: []journal.CaseWord{{Source: "pas", Part: "booking", Action: "book", Patient: 31, ScheduledAt: &booked, Said: journal.Said{Message: 8, SentAt: ptr(at(900)), ReplacedBy: 9}},
			{Source: "pas", Part: "booking", Action: "cancel", Patient: 31, Said: journal.Said{Message: 9, SentAt: ptr(at(800))}}, {Source: "theatre-mllp", Part: "use", Place: "THEATRE-1", UsedAt: &used, Said: journal.Said{Message: 12}}},
		Procedures: []journal.CaseProcedures{{Source: "pas", Stage: "planned", Procedures: []journal.Procedure{{Code: "W371", Text: "Primary total replacement of hip", Side: "right", Qualifiers: []string{"Z942"}}}, Said: journal.Said{Message: 8}}},
		People:     []journal.CasePerson{{Role: "operator", Code: "1234567", Authority: "GMC", Registered: true, Sources: []string{"theatre-mllp"}}, {Role: "scrub", Code: "BANK7", Sources: []string{"theatre-mllp"}}},
		Lines: []journal.CaseLine{{Line: stem, Says: "Posted.", Source: "theatre-mllp", UDI: "(01)05012345000121(10)LOT77A", Side: "left", Set: "GRAI-8003-77", Cycle: "C-441", OccurredAt: &used,
			Words: []journal.LineWord{told}, Before: []journal.LineWord{late, before}, Moves: f.chains[12].Moves, Holds: []journal.Hold{hold}},
			{Line: twin, Says: "Corroborates theatre-mllp; it adds nothing.", Source: "registry", Words: []journal.LineWord{told}}},
		From: 26, Sets: []journal.SetUse{{Set: "GRAI-8003-77", Cycle: "C-441", Case: 7, Line: 55, Key: "1", State: "posted", Item: "HIP-STEM-12"}},
		Decisions: []journal.CaseDecision{{Message: 18, Type: "decision", At: at(18), By: "J. Okafor", Summary: "1 line posted.", Why: "J. Okafor: told so by the theatre."}},
		Alerts:    []journal.Warning{alert, closed}, Messages: f.status.Messages, Resembles: []journal.CaseRef{{ID: 8, Name: "B7", Names: []journal.CaseName{{Kind: "booking_number", Value: "B7"}}}}, More: []string{"messages"},
	}
	eight := journal.CaseDetail{CaseSummary: journal.CaseSummary{ID: 8, Name: "4412", Booking: "none", LineCount: 1, Unidentified: 1},
		Lines: []journal.CaseLine{{Line: f.chains[19].Lines[0], Says: "Unidentified: its code is not in the catalogue."}}, From: 1}
	return map[int64]journal.CaseDetail{7: seven, 8: eight}
}

func TestCase_IsToldFromBookingToMovement(t *testing.T) {
	h := pages(busy())
	text := said(open(t, h, "/ZZ1/cases/7"))
	must(t, "the case", text, "case number 4411", "case 4409 (no name) was joined into it by a person", "booked it", "cancelled it", "message 8 replaced by message 9", "As planned", "W371 Z942", "Side", "Role Scrub Code BANK7 a code of the sender's own",
		"1 HIP-STEM-12 Posted", "scanned (01)05012345000121(10)LOT77A", "for the left side", "of set GRAI-8003-77, sterilisation cycle C-441", "used 3 HIP-STEM-12", "replaced by message 12", "came too late: a later word was there",
		"881 Use", "Hold 5: 1 of HIP-STEM-12", "stockwell stock release 5 --why WHY", "Corroborates theatre-mllp; it adds nothing.", "A device is for the other side", "J. Okafor: both records were checked.",
		"J. Okafor: told so by the theatre.", "stockwell cases join id:8 id:7 --why WHY", "26 to 27 of 60 lines", "Further lines", "Earlier lines", "Not all is shown of: messages")
	must(t, "a case that needs a person", said(open(t, h, "/ZZ1/cases/8")), "stockwell cases resolve id:8 56 --item CODE --why WHY", "stockwell messages replay 19")
	for path, status := range map[string]int{"/ZZ1/cases/99": http.StatusNotFound, "/ZZ1/cases/x": http.StatusNotFound, "/ZZ1/cases/7?from=0": http.StatusBadRequest, "/ZZ1/cases/7?line=x": http.StatusNotFound,
		"/ZZ1/cases?show=nonsense": http.StatusBadRequest, "/ZZ1/cases?on=yesterday": http.StatusBadRequest, "/ZZ1/cases?before=x": http.StatusNotFound} {
		if got := get(h, path).Code; got != status {
			t.Errorf("%s: status %d, want %d", path, got, status)
		}
	}
}

func TestCase_IsLinkedFromMessagesWarningsAndStock(t *testing.T) {
	f := busy()
	f.status.Warnings[1].Case, f.status.Warnings[1].Line = 8, 56
	for path, want := range map[string]string{"/ZZ1/messages/12": "/ZZ1/cases/7?line=55#line-55", "/ZZ1/": "/ZZ1/cases/8?line=56#line-56", "/ZZ1/cases/7": "/ZZ1/messages/12", "/ZZ1/cases?show=reconcile": "/ZZ1/cases/7?line=57#line-57"} {
		var links []string
		for _, n := range all(open(t, pages(f), path), "a") {
			links = append(links, attr(n, "href"))
		}
		must(t, "the links of "+path, strings.Join(links, "\n"), want)
	}
	must(t, "the status page", said(open(t, pages(f), "/")), "stockwell cases resolve id:8 56 --item CODE --why WHY")
}

func TestCases_AreFilteredAndPaged(t *testing.T) {
	asked := journal.CaseFilter{}
	f := busy()
	f.many, f.wanted = 120, &asked
	doc := open(t, pages(f), "/ZZ1/cases?show=open&place=TH1&on=2026-03-09&before=101")
	if !asked.Open || asked.Place != "TH1" || asked.Before != 101 || !asked.From.Equal(time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)) || asked.To.Sub(asked.From) != 24*time.Hour {
		t.Errorf("asked for %+v", asked)
	}
	var links []string
	for _, n := range all(doc, "a") {
		links = append(links, attr(n, "href"))
	}
	must(t, "the page", strings.Join(links, "\n"), "/ZZ1/cases?before=51&on=2026-03-09&place=TH1&show=open", "/ZZ1/cases?on=2026-03-09&place=TH1&show=open")
	must(t, "the reconciliation list", said(open(t, pages(busy()), "/ZZ1/cases?show=reconcile")), "May be the same case", "And 3 more", "stockwell cases accept id:7 57 --why WHY")
}
