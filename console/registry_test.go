package console

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

// reporting is a busy hub whose registry waits for some, and rejected one.
func reporting() fake {
	f := busy()
	f.status.Registry = journal.Registry{Reports: true, Reportable: 8, Accepted: 5, Lacking: map[string]int64{"theatre": 1, "coding team": 1}, Stopped: 1,
		States: map[string]int64{"incomplete": 2, "accepted": 5, "rejected": 1, "not_needed": 3}}
	use := journal.Submission{State: "incomplete", CaseID: 7, Case: "4411", LineID: 55, Line: "1", Item: "HIP-STEM-12", Quantity: "1", Disposition: "implanted", Place: "THEATRE-1", OccurredOn: "2026-03-09", Message: 12, Origin: "FT1[1]", Profile: "generic-theatre@1",
		Missing: []journal.Missing{{Field: "lot", Code: "lot_missing", Text: "The lot is missing.", Who: "theatre"}}}
	rejected := use
	rejected.State, rejected.Missing, rejected.Record, rejected.Version, rejected.Action, rejected.Batch, rejected.LineID = "rejected", nil, "MDOR-0K4W-XHRB-9T2C", 2, "amend", "MDOR-ZZ1-000012", 57
	rejected.Code, rejected.Reason = "E104", "The lot is not one of <this> product"
	behind := rejected
	behind.State, behind.Behind, behind.Code, behind.Reason, behind.LineID, behind.Record = "sent", true, "", "", 58, "MDOR-7Q2M-81ZT-3FKW"
	gone := use
	gone.State, gone.Why, gone.Missing, gone.LineID = "not_needed", "taken_back", nil, 59
	f.submissions = []journal.Submission{use, rejected, behind, gone}
	f.versions = []journal.SubmissionVersion{{Record: rejected.Record, Version: 1, Action: "new", State: "accepted", Patient: 31, Batch: "MDOR-ZZ1-000011", ReadyAt: at(900), SentAt: ptr(at(880)), AnsweredAt: ptr(at(800)), AnsweredBy: 15, Message: 12, Origin: "FT1[1]", Profile: "generic-theatre@1"},
		{Record: rejected.Record, Version: 2, Action: "amend", State: "rejected", Patient: 31, Batch: "MDOR-ZZ1-000012", ReadyAt: at(90), SentAt: ptr(at(88)), AnsweredAt: ptr(at(80)), AnsweredBy: 15, Code: "E104", Reason: "The lot is not one of this product", AgainBy: "J. Okafor", AgainWhy: "it is", Message: 12, Origin: "patient", Profile: "generic-theatre@1"}}
	f.batches = []journal.Batch{{Name: "MDOR-ZZ1-000013", Profile: "mdor-provisional/v1@1", Records: 4, CreatedAt: at(10), Stop: &journal.Stop{Step: "submit", Code: "file_differs", Text: "A file with other content is already there.", StoppedAt: at(9)}},
		{Name: "MDOR-ZZ1-000012", Profile: "mdor-provisional/v1@1", Records: 3, Accepted: 2, Rejected: 1, CreatedAt: at(90), SentAt: ptr(at(88))}}
	c := f.chains[12]
	c.Submissions = f.submissions[:1]
	f.chains[12] = c
	d := f.cases[7]
	d.Submissions = f.submissions[:2]
	f.cases[7] = d
	return f
}

func TestRegistry_TheWorklistSaysWhatIsMissingAndWhoCanSupplyIt(t *testing.T) {
	h := pages(reporting())
	must(t, "the registry", said(open(t, h, "/ZZ1/registry")), "The registry holds 5 of 8 reportable uses as they are: 62.5 %.", "theatre 1, coding team 1", "Theatre: The lot is missing.", "E104 The lot is not one of <this> product",
		"stockwell submissions again MDOR-0K4W-XHRB-9T2C --by NAME --reason WHY", "a correction waits for the answer", "It was taken back", "Amendment", "in MDOR-ZZ1-000012", "not sent: A file with other content is already there.", "stockwell submissions resend MDOR-ZZ1-000013", "message 12 FT1[1]")
	if text := said(open(t, h, "/ZZ1/registry?state=rejected")); strings.Contains(text, "The lot is missing") {
		t.Error("the filter shows what was not asked for")
	}
	must(t, "a record", said(open(t, h, "/ZZ1/registry/MDOR-0K4W-XHRB-9T2C")), "Versions", "New", "Accepted", "Rejected", "message 15", "to be sent again, says J. Okafor: it is", "stockwell submissions show MDOR-0K4W-XHRB-9T2C")
	for path, status := range map[string]int{"/ZZ1/registry?state=nonsense": http.StatusBadRequest, "/ZZ1/registry?who=nobody": http.StatusBadRequest, "/ZZ1/registry?before=x": http.StatusNotFound, "/ZZ1/registry/MDOR-9": http.StatusNotFound, "/ZZ9/registry": http.StatusNotFound} {
		if got := get(h, path).Code; got != status {
			t.Errorf("%s: status %d, want %d", path, got, status)
		}
	}
	must(t, "a trust without a registry", said(open(t, pages(busy()), "/ZZ1/registry")), "The trust reports to no device registry.")
}

func TestRegistry_IsToldOfOnStatusMessageAndCase(t *testing.T) {
	h := pages(reporting())
	must(t, "the status", said(open(t, h, "/ZZ1/")), "Records for the registry need somebody", "2 uses lack something: theatre 1, coding team 1. 1 record was rejected. 1 batch could not be sent.", "The registry's page")
	must(t, "a message", said(open(t, h, "/ZZ1/messages/12")), "Records for the registry", "Registry 1 record", "lot_missing")
	must(t, "a case", said(open(t, h, "/ZZ1/cases/7")), "Records for the registry", "MDOR-0K4W-XHRB-9T2C")
}
