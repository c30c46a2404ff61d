package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// How much of the registry's work a page shows at once.
const (
	submissionsShown = 50
	batchesShown     = 15
)

var submissionStates = words{
	"incomplete": {"Incomplete", "orange"},
	"ready":      {"To be sent", "blue"},
	"batched":    {"On its way", "blue"},
	"sent":       {"Sent, no answer yet", "aqua-green"},
	"accepted":   {"Accepted", "green"},
	"rejected":   {"Rejected", "red"},
	"withdrawn":  {"Withdrawn", "white"},
	"not_needed": {"Not reported", "white"},
}

// submissionStateOrder is how they are offered: what needs a person first.
var submissionStateOrder = []string{"incomplete", "rejected", "sent", "ready", "accepted", "withdrawn", "not_needed"}

var submissionActions = words{
	"new":      {"New", ""},
	"amend":    {"Amendment", ""},
	"withdraw": {"Withdrawal", ""},
}

// suppliers are who can supply what a record lacks.
var suppliers = words{
	"theatre":                {"Theatre", ""},
	"coding team":            {"Coding team", ""},
	"supplies":               {"Supplies", ""},
	"patient administration": {"Patient administration", ""},
	"analyst":                {"Analyst", ""},
}

var supplierOrder = []string{"theatre", "coding team", "supplies", "patient administration", "analyst"}

// notReported say why a use is not told to the registry.
var notReported = words{
	"not_a_reportable_device": {"It is no device that the registry wants", ""},
	"nothing_was_used":        {"Nothing was used", ""},
	"no_use_of_its_own":       {"It tells of no use of its own", ""},
	"test_patient":            {"A test patient", ""},
	"before_the_first_day":    {"Before the first day that is reported", ""},
	"taken_back":              {"It was taken back", ""},
}

// submissionList is what the registry's page shows of uses.
type submissionList struct {
	State, Who string
	Before     int64
	Shown      []journal.Submission
	Older      templ.SafeURL
}

// registry shows what is missing and who can supply it, what was sent, and
// how complete the registry is.
func (c *console) registry(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	l := submissionList{State: q.Get("state"), Who: q.Get("who")}
	if l.State != "" && !slices.Contains(submissionStateOrder, l.State) {
		return nil, fault.New(fault.Invalid, "bad_state", "There is no such state of a record. Choose one of: %s.", strings.Join(submissionStateOrder, ", ")).At("state")
	}
	if l.Who != "" && !slices.Contains(supplierOrder, l.Who) {
		return nil, fault.New(fault.Invalid, "bad_who", "Nobody is called so here. Choose one of: %s.", strings.Join(supplierOrder, ", ")).At("who")
	}
	if b := q.Get("before"); b != "" {
		if l.Before, err = identifier("before", b); err != nil {
			return nil, err
		}
	}
	glance, err := c.Registry(r.Context(), trust)
	if err != nil {
		return nil, err
	}
	f := journal.SubmissionFilter{State: l.State, Who: l.Who, Before: l.Before, Limit: submissionsShown + 1}
	if l.Shown, err = c.Submissions(r.Context(), trust, f); err != nil {
		return nil, err
	}
	batches, err := c.RegistryBatches(r.Context(), trust, batchesShown)
	if err != nil {
		return nil, err
	}
	p := c.of(trust, "registry", "Registry")
	if len(l.Shown) > submissionsShown {
		l.Shown = l.Shown[:submissionsShown]
		l.Older = query(p.to("registry"), "state", l.State, "who", l.Who, "before", strconv.FormatInt(l.Shown[len(l.Shown)-1].LineID, 10))
	}
	return registryPage(p, glance, l, batches), nil
}

// record shows one record with all of its versions.
func (c *console) record(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	d, err := c.Submission(r.Context(), trust, r.PathValue("record"))
	if err != nil {
		return nil, err
	}
	return recordPage(c.of(trust, "registry", "Record "+d.Record).under("Registry", "registry"), d), nil
}

// newestSubmissions leads from a later part of the list to its beginning.
func newestSubmissions(p page, l submissionList) templ.SafeURL {
	if l.Before == 0 {
		return ""
	}
	return query(p.to("registry"), "state", l.State, "who", l.Who)
}

// reportingNeed is the need of uses that lack something for the registry, or
// that it rejected.
func reportingNeed(r journal.Registry) (need, bool) {
	lacking, rejected := r.States["incomplete"], r.States["rejected"]
	if lacking+rejected+r.Stopped == 0 {
		return need{}, false
	}
	n := need{Tone: "notice", Title: "Records for the registry need somebody", Registry: true, Commands: []string{"stockwell submissions list --missing", "stockwell submissions list --state rejected"}}
	var parts []string
	if lacking > 0 {
		parts = append(parts, count(lacking, "use lacks something", "uses lack something")+": "+strings.Join(lackingBy(r), ", ")+".")
	}
	if rejected > 0 {
		parts = append(parts, count(rejected, "record was rejected.", "records were rejected."))
	}
	if r.Stopped > 0 {
		n.Tone = "warning"
		parts = append(parts, count(r.Stopped, "batch could not be sent.", "batches could not be sent."))
	}
	n.Text = strings.Join(parts, " ")
	n.Action = "The registry's page says what is missing and who can supply it. Once it is told, the record leaves by itself."
	return n, true
}

// lackingBy says how many uses each can complete.
func lackingBy(r journal.Registry) (out []string) {
	for _, who := range supplierOrder {
		if n := r.Lacking[who]; n > 0 {
			out = append(out, strings.ToLower(suppliers.of(who).Text)+" "+number(n))
		}
	}
	return out
}
