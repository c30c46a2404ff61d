package posting_test

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func TestRows_OfAFileThatHadNoEffectAreOneWarningUntilItIsReadRightly(t *testing.T) {
	t.Parallel()
	h := goodsIn()
	m := h.from("goods", -1, receipt(line("1", "HIP", 2)))
	m.ControlID = "goods.csv"
	m.Said.Findings = []canonical.Finding{
		{Severity: canonical.Error, Code: "cell_not_date", Path: "line 3/received_on", Text: "No date."},
		{Severity: canonical.Error, Code: "cell_missing", Path: "line 3/item", Text: "No item."},
		{Severity: canonical.Error, Code: "row_ragged", Path: "line 10", Text: "Ragged."},
		{Severity: canonical.Warning, Code: "column_unknown", Path: "line 1", Text: "A column."},
		{Severity: canonical.Error, Code: "order_unknown", Path: "line 12", Text: "It has a warning of its own."},
	}
	p := h.take(m)
	if p.Summary != "1 line received; 3 rows had no effect" || h.warned() != "rows_refused" {
		t.Fatalf("%q, %s", p.Summary, h.warned())
	}
	w := h.last.Warnings[0]
	if w.Message != m.ID || !strings.HasPrefix(w.Text, "2 rows of the file goods.csv had no effect. The first is line 3: No date.") {
		t.Errorf("%+v", w)
	}
	m.Said.Findings, m.Attempt = nil, 2
	if p = h.take(m); h.warned() != "" || strings.Contains(p.Summary, "no effect") {
		t.Errorf("%q, %s", p.Summary, h.warned())
	}
}

func TestRows_AMessageThatIsNoFileHasNone(t *testing.T) {
	t.Parallel()
	h := newHub()
	m := h.from("theatre", 0, used("C1", "A", told("K1", canonical.Use, "HIP", "2")))
	m.Said.Findings = []canonical.Finding{{Severity: canonical.Error, Code: "quantity_unreadable", Path: "FT1[2]-10", Text: "No."}}
	if p := h.say(m)[0]; strings.Contains(h.warned(), "rows_refused") || strings.Contains(p.Summary, "row") {
		t.Errorf("%q, %s", p.Summary, h.warned())
	}
}
