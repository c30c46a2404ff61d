package store

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func TestJournal_OfAnEmptyTrustIsEmpty(t *testing.T) {
	t.Parallel()
	hs, _ := hubs(t, "ZZ1")
	h := hs[0]
	st, err := h.Status(t.Context(), h.trust)
	if err != nil || st.Name != "Trust ZZ1" || st.Environment != "test" {
		t.Fatalf("%+v, %v", st, err)
	}
	raw, err := json.Marshal(st)
	if err != nil || strings.Contains(string(raw), "null") {
		t.Errorf("an empty list is null: %s, %v", raw, err)
	}
	for name, read := range map[string]func() (int, error){
		"messages":    func() (int, error) { x, err := h.Messages(t.Context(), h.trust, journal.Filter{}); return len(x), err },
		"orders":      func() (int, error) { x, err := h.Orders(t.Context(), h.trust, 10); return len(x), err },
		"suggestions": func() (int, error) { x, err := h.Suggestions(t.Context(), h.trust, true, 500); return len(x), err },
		"warnings":    func() (int, error) { x, err := h.Warnings(t.Context(), h.trust, true, 500); return len(x), err },
		"due trusts":  func() (int, error) { x, err := h.DueTrusts(t.Context()); return len(x), err },
	} {
		if n, err := read(); n != 0 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	for name, err := range map[string]error{
		"a message":    second(h.Chain(t.Context(), h.trust, 7)),
		"an order":     second(h.Order(t.Context(), h.trust, "PO-1")),
		"stock":        second(h.StockDetail(t.Context(), h.trust, "TH1", "NONE")),
		"a suggestion": h.DecideSuggestion(t.Context(), h.trust, 7, true, "buyer", "x", h.rules.Zone),
		"a warning":    h.CloseWarning(t.Context(), h.trust, 7, "buyer", "x"),
		"a trust":      second(h.Status(t.Context(), "ZZ9")),
	} {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("%s that is not there: %v", name, err)
		}
	}
	stock, of, err := h.Stock(t.Context(), h.trust, journal.StockFilter{Below: true, Skip: 1, Limit: 5})
	if err != nil || len(stock) != 5 || of != 8 || !stock[0].Below || *stock[0].ReorderPoint != 5 {
		t.Errorf("below its reorder point: %+v, %v", stock, err)
	}
}

func second[T any](_ T, err error) error { return err }

// received stores a message as a connector does and makes the domain's.
func (h *hub) received(t *testing.T, control string, e canonical.Event) int64 {
	t.Helper()
	env := envelope(control, "MSH|"+control)
	env.ReceivedAt = h.now
	r, err := h.Receive(t.Context(), h.trust, []connectors.Envelope{env}, []int64{7})
	if err != nil {
		t.Fatal(err)
	}
	m := h.from("theatre", e)
	m.ID, m.ControlID = r[0].MessageID, control
	if err := h.post(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m.ID
}

func TestJournal_TellsTheWholeChainFromMessageToOrder(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.bought(t, "PO-")
	h.open(t, "TH1", "I0", 5)
	stray := told("2", "GHOST", "1")
	stray.Text = "Something"
	id := h.received(t, "c1", h.used("4411", "A", told("1", "I0", "1"), stray))
	if err := h.plan(t.Context(), generous, ""); err != nil {
		t.Fatal(err)
	}
	o := h.checkOrder(t)
	erp := h.received(t, "c2", canonical.OrderAnswer{OrderNumber: o.Number, Lines: []canonical.OrderAnswerLine{{Status: "changed", Quantity: "4", Reason: "short", Expected: "2031-05-01"}}})
	c, err := h.Chain(t.Context(), h.trust, id)
	if err != nil {
		t.Fatal(err)
	}
	if c.Message.State != "applied" || c.Message.Received != 1 || len(c.Postings) != 1 || c.Postings[0].Outcome != "applied" || c.Stop != nil {
		t.Errorf("message %+v, postings %+v", c.Message, c.Postings)
	}
	if len(c.Lines) != 2 || c.Lines[0].State != "posted" || c.Lines[0].Item != "I0" || c.Lines[1].State != "unidentified" || c.Lines[1].Text != "Something" || c.Lines[0].Case != "4411" {
		t.Errorf("lines %+v", c.Lines)
	}
	if len(c.Moves) != 2 || c.Moves[0].From != "TH1" || !strings.HasPrefix(c.Moves[0].To, "patient ") || c.Moves[1].From != "unidentified" || c.Moves[0].Origin != "FT1[1]" {
		t.Errorf("movements %+v", c.Moves)
	}
	if len(c.Cases) != 1 || c.Cases[0].Patient == 0 || len(c.Suggests) != 1 || c.Suggests[0].State != "ordered" || c.Suggests[0].Order != o.Number || len(c.Orders) != 1 {
		t.Errorf("cases %+v, suggestions %+v, orders %+v", c.Cases, c.Suggests, c.Orders)
	}
	if l := c.Orders[0].Lines[0]; c.Orders[0].State != "changed" || l.OpenPacks != 4 || l.Expected != "2031-05-01" || l.Reason != "short" || l.Message != id || l.Movement != c.Moves[0].ID {
		t.Errorf("order %+v", c.Orders[0])
	}
	if w := c.Warnings; len(w) != 1 || w[0].Kind != "item_unidentified" || !strings.Contains(w[0].Action, "replay") || w[0].Line != c.Lines[1].ID || w[0].Case != c.Cases[0].ID {
		t.Errorf("warnings %+v", c.Warnings)
	}
	if back, err := h.Chain(t.Context(), h.trust, erp); err != nil || len(back.Orders) != 1 || back.Orders[0].AnsweredBy != erp || len(back.Warnings) != 1 {
		t.Errorf("the answer's chain %+v, %v", back, err)
	}
	h.checkStatus(t)
	later := h.received(t, "c3", h.used("4411", "A", told("3", "I0", "1")))
	if c, err := h.Chain(t.Context(), h.trust, later); err != nil || len(c.Cases) != 1 || c.Cases[0].Name != "4411" || len(c.Lines) != 1 {
		t.Errorf("a later message about the case: %+v, %v", c, err)
	}
	cancel := h.received(t, "c4", h.booked("case_number", "4411", "A", "cancel"))
	again := h.received(t, "c5", h.booked("case_number", "4411", "A", "cancel"))
	for _, m := range []int64{cancel, again} { // the second changes nothing
		if c, err := h.Chain(t.Context(), h.trust, m); err != nil || len(c.Cases) != 1 || c.Cases[0].Name != "4411" || len(c.Lines) != 0 {
			t.Errorf("a message of the booking: %+v, %v", c, err)
		}
	}
}

func (h *hub) checkOrder(t *testing.T) journal.Order {
	t.Helper()
	os, err := h.Orders(t.Context(), h.trust, 1)
	if err != nil || len(os) != 1 || os[0].State != "ready" || !os[0].Automatic || os[0].Value != "60.00" || os[0].Lines[0].Packs != 6 {
		t.Fatalf("orders %+v, %v", os, err)
	}
	for range 2 {
		err := h.tx(t.Context(), func(ctx context.Context) error {
			doc, err := h.OrderDocument(ctx, h.trust, os[0].ID, h.rules.Zone)
			if err != nil || doc.Number != os[0].Number || doc.Rows()[0]["quantity"] != "6" || doc.Rows()[0]["line_value"] != "60.00" || doc.Rows()[0]["deliver_to"] != "TH1" {
				t.Errorf("document %+v, %v", doc, err)
			}
			return h.MarkSent(ctx, h.trust, os[0].ID, "po.csv", []byte{1})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	o, err := h.Order(t.Context(), h.trust, os[0].Number)
	if err != nil || o.State != "sent" || o.SentAt == nil || o.File != "po.csv" {
		t.Errorf("sent order %+v, %v", o, err)
	}
	return o
}

func (h *hub) checkStatus(t *testing.T) {
	t.Helper()
	st, err := h.Status(t.Context(), h.trust)
	if err != nil {
		t.Fatal(err)
	}
	if len(st.Messages) != 4 || len(st.Orders) != 1 || len(st.Flows) != 3 || len(st.Warnings) != 2 || len(st.Below) != 8 {
		t.Errorf("%d messages, %d orders, %d flows, %d warnings, %d below", len(st.Messages), len(st.Orders), len(st.Flows), len(st.Warnings), len(st.Below))
	}
	i := slices.IndexFunc(st.Flows, func(f journal.Flow) bool { return f.Direction == "in" && f.Connector == "theatre" })
	if i < 0 || st.Flows[i].Count != 2 || st.Flows[i].Last == nil {
		t.Errorf("flows %+v", st.Flows)
	}
	s, _, err := h.Stock(t.Context(), h.trust, journal.StockFilter{})
	if err != nil || s[0].Quantity != 4 || s[0].OnOrder != 4 || !s[0].Below {
		t.Errorf("stock %+v, %v", s[0], err)
	}
	filtered, err := h.Messages(t.Context(), h.trust, journal.Filter{State: "applied", Connector: "theatre", Type: "DFT^P03", ControlID: "c1", Before: 1 << 40, Limit: 1})
	if err != nil || len(filtered) != 1 || filtered[0].ControlID != "c1" {
		t.Errorf("filtered %+v, %v", filtered, err)
	}
	ws, err := h.Warnings(t.Context(), h.trust, false, 500)
	if err != nil || len(ws) == 0 {
		t.Fatal(err)
	}
	if err := h.CloseWarning(t.Context(), h.trust, ws[0].ID, "buyer", "seen"); err != nil {
		t.Fatal(err)
	}
	all, err := h.Warnings(t.Context(), h.trust, true, 500)
	if err != nil || len(all) != len(ws) || all[len(all)-1].Why != "buyer: seen" || all[len(all)-1].ClosedAt == nil {
		t.Errorf("warnings %+v, %v", all, err)
	}
}

func TestSuggestion_APersonApprovesOrDeclinesOnce(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	if err := h.post(t.Context(), h.from("theatre", h.used("1", "A", told("1", "I0", "1"), told("2", "I1", "1")))); err != nil {
		t.Fatal(err)
	}
	if err := h.plan(t.Context(), generous, ""); err != nil {
		t.Fatal(err)
	}
	ss, err := h.Suggestions(t.Context(), h.trust, false, 500)
	if err != nil || len(ss) != 2 || ss[0].State != "waits" || !strings.Contains(ss[0].Why, "twelve months") {
		t.Fatalf("%+v, %v", ss, err)
	}
	if err := h.DecideSuggestion(t.Context(), h.trust, ss[0].ID, true, "buyer", "first order", h.rules.Zone); err != nil {
		t.Fatal(err)
	}
	if err := h.DecideSuggestion(t.Context(), h.trust, ss[1].ID, false, "buyer", "not needed", h.rules.Zone); err != nil {
		t.Fatal(err)
	}
	if err := h.DecideSuggestion(t.Context(), h.trust, ss[1].ID, true, "buyer", "changed my mind", h.rules.Zone); !fault.Is(err, fault.NotFound) {
		t.Errorf("deciding twice: %v", err)
	}
	if err := h.plan(t.Context(), generous, ""); err != nil {
		t.Fatal(err)
	}
	os, err := h.Orders(t.Context(), h.trust, 10)
	if err != nil || len(os) != 1 || os[0].Automatic || os[0].Lines[0].Item != ss[0].Item {
		t.Errorf("orders %+v, %v", os, err)
	}
	if all, err := h.Suggestions(t.Context(), h.trust, true, 500); err != nil || len(all) != 2 || all[1].State != "declined" || all[1].DecidedBy != "buyer" {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestWarnings_CloseByThemselvesWhenTheyNoLongerHold(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	bad := h.from("theatre", h.used("1", "A", told("1", "GHOST", "1")))
	if err := h.post(t.Context(), bad); err != nil {
		t.Fatal(err)
	}
	l := told("1", "I0", "1")
	if err := h.post(t.Context(), h.from("theatre", h.used("1", "A", l))); err != nil {
		t.Fatal(err)
	}
	ws, err := h.Warnings(t.Context(), h.trust, true, 500)
	if err != nil || len(ws) != 2 || ws[0].Kind != "stock_short" || ws[0].ClosedAt != nil || ws[1].Kind != "item_unidentified" || ws[1].ClosedAt == nil {
		t.Errorf("warnings %+v, %v", ws, err)
	}
	l.Effect = canonical.Delete
	if err := h.post(t.Context(), h.from("theatre", h.used("1", "A", l))); err != nil {
		t.Fatal(err)
	}
	if ws, err := h.Warnings(t.Context(), h.trust, false, 500); err != nil || len(ws) != 0 {
		t.Errorf("open %+v, %v", ws, err)
	}
}

func TestExpiredLot_IsUsedWarnedOfAndNotCounted(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	l := told("1", "I0", "1")
	l.Expiry = h.now.In(h.rules.Zone).AddDate(0, 0, -1).Format(time.DateOnly)
	if err := h.post(t.Context(), h.from("theatre", h.used("1", "A", l))); err != nil {
		t.Fatal(err)
	}
	ws, err := h.Warnings(t.Context(), h.trust, false, 500)
	if err != nil || !slices.ContainsFunc(ws, func(w journal.Warning) bool { return w.Kind == "expired_used" && w.Severity == "danger" }) {
		t.Errorf("warnings %+v, %v", ws, err)
	}
}
