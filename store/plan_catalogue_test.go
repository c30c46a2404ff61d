package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

func TestLoadCatalogue_AddsChangesAndLeavesAlone(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	load := func(rows ...catalogue.Row) [4]int {
		t.Helper()
		added, changed, same, rejected, err := h.LoadCatalogue(t.Context(), h.trust, rows)
		if err != nil {
			t.Fatal(err)
		}
		return [4]int{added, changed, same, len(rejected)}
	}
	all := items()
	if got := load(all...); got != [4]int{0, 0, 8, 0} {
		t.Errorf("the same file again: %v", got)
	}
	for name, change := range map[string]func(r *catalogue.Row){
		"description": func(r *catalogue.Row) { r.Description = "Other" }, "price": func(r *catalogue.Row) { r.Prices.Bands[0].Price = decimal.MustParse("11.0000") },
		"supplier": func(r *catalogue.Row) { r.Supplier = "S2" }, "a further code": func(r *catalogue.Row) { r.GTIN = "09504000059118" }, "flag": func(r *catalogue.Row) { r.Reportable = true },
		"pack size": func(r *catalogue.Row) { r.PackSize = 7 }, "currency": func(r *catalogue.Row) { r.Prices.Currency = "EUR" },
	} {
		r := items()[0]
		r.Code = "NEW " + name
		if got := load(r); got != [4]int{1, 0, 0, 0} {
			t.Errorf("%s, new: %v", name, got)
		}
		if change(&r); load(r) != [4]int{0, 1, 0, 0} {
			t.Errorf("%s changed: not seen as a change", name)
		}
		if got := load(r); got != [4]int{0, 0, 1, 0} {
			t.Errorf("%s, again: %v", name, got)
		}
	}
	if got := load(); got != [4]int{} {
		t.Errorf("an empty file: %v", got)
	}
}

func TestLoadCatalogue_RejectsRowsThatContradict(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	first, taken, nobody, twice, good := items()[0], items()[1], items()[2], items()[3], items()[4]
	first.GTIN, taken.GTIN = "09504000059118", "09504000059118"
	nobody.Supplier = "S9"
	good.Description = "Good"
	_, changed, same, rejected, err := h.LoadCatalogue(t.Context(), h.trust, []catalogue.Row{first, taken, nobody, twice, twice, good})
	if err != nil || changed != 2 || same != 1 {
		t.Errorf("changed %d, same %d, %v", changed, same, err)
	}
	for i, want := range map[int]string{1: "code_taken", 2: "supplier_unknown", 4: "item_twice"} {
		if rejected[i] == nil || rejected[i].Code != want {
			t.Errorf("row %d: %v, want %s", i, rejected[i], want)
		}
	}
	if len(rejected) != 3 {
		t.Errorf("rejected %v", rejected)
	}
	_, _, _, rejected, err = h.LoadCatalogue(t.Context(), h.trust, []catalogue.Row{taken})
	if err != nil || rejected[0] == nil || rejected[0].Code != "code_taken" {
		t.Errorf("in a later file: %v, %v", rejected, err)
	}
}

func TestLoadCatalogue_KeepsThePricesOfThePast(t *testing.T) {
	t.Parallel()
	hs, db := hubs(t, "ZZ1")
	h := hs[0]
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), `UPDATE item_price SET valid_from = current_date - 30`); err != nil {
		t.Fatal(err)
	}
	r := items()[0]
	for _, p := range []string{"12.0000", "12.5000", "12.5"} {
		r.Prices.Bands[0].Price = decimal.MustParse(p)
		if _, _, _, _, err := h.LoadCatalogue(t.Context(), h.trust, []catalogue.Row{r}); err != nil {
			t.Fatal(err)
		}
	}
	if got := list(t, h, `SELECT (current_date - valid_from) || ' days ' || price FROM item_price p JOIN item i ON i.id = p.item WHERE i.code = 'I0' ORDER BY told`); got != "30 days 10.0000\n0 days 12.0000\n0 days 12.5000" {
		t.Errorf("prices:\n%s", got)
	}
	r.Prices.Bands = nil
	if _, _, same, _, err := h.LoadCatalogue(t.Context(), h.trust, []catalogue.Row{r}); err != nil || same != 1 {
		t.Errorf("a row without a price changed something: %v", err)
	}
}

func TestSetUp_TwiceIsOnceAndReportsPoliciesOfUnknownItems(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	c := trustSetup(h.trust)
	c.Policies = append(c.Policies, Policy{"TH1", "GHOST", 1, 2}, Policy{"TH2", "GHOST", 1, 2})
	places, unknown, err := h.SetUp(t.Context(), c)
	if err != nil || len(unknown) != 1 || unknown[0] != "GHOST" {
		t.Errorf("unknown %v, %v", unknown, err)
	}
	again, _, err := h.SetUp(t.Context(), c)
	if err != nil || len(again) != 2 || again["TH1"] != places["TH1"] {
		t.Errorf("places %v then %v, %v", places, again, err)
	}
	if n := value[int](t, h, `SELECT count(*) FROM place`); n != 7 {
		t.Errorf("%d places, want two shelves and five of the world outside", n)
	}
	c.Policies, c.Places[0].Name, c.Suppliers[0].Release = c.Policies[:1], "Renamed", "16:15"
	c.Policies[0].OrderUpTo = 99
	if _, _, err := h.SetUp(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := list(t, h, `SELECT (SELECT count(*) FROM policy WHERE active) || ' ' || (SELECT max(order_up_to) FROM policy) || ' ' || (SELECT name FROM place WHERE code = 'TH1') || ' ' || (SELECT release FROM supplier WHERE code = 'S1')`); got != "1 99 Renamed 16:15" {
		t.Errorf("after the change: %s", got)
	}
}

func TestSetUp_MarksWhatStandsBelowItsReorderPoint(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.open(t, "TH1", "I0", 7)
	h.open(t, "TH1", "I1", 4)
	c := trustSetup(h.trust)
	c.Policies[0].ReorderPoint = 8
	if _, _, err := h.SetUp(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if got := list(t, h, `SELECT i.code FROM policy_due d JOIN item i ON i.id = d.item ORDER BY 1`); got != "I0\nI1" {
		t.Errorf("due: %q", got)
	}
	trusts, err := h.DueTrusts(t.Context())
	if err != nil || len(trusts) != 1 || trusts[0] != h.trust {
		t.Errorf("due trusts %v, %v", trusts, err)
	}
}

func TestLoadCatalogue_AMakersNumberCountsWithItsMaker(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	row := func(code, maker string) catalogue.Row {
		return catalogue.Row{Item: catalogue.Item{Code: code, Description: "Thing of " + maker, BaseUnit: "each", PackSize: 1, Supplier: "S1"}, MPC: "100", Manufacturer: maker}
	}
	load := func(rows ...catalogue.Row) (added int, rejected int) {
		t.Helper()
		added, _, _, refused, err := h.LoadCatalogue(t.Context(), h.trust, rows)
		if err != nil {
			t.Fatal(err)
		}
		return added, len(refused)
	}
	meant := func() string {
		t.Helper()
		k, batch, code := posting.NewKnown(), &pgx.Batch{}, catalogue.Code{Kind: catalogue.MPC, Value: "100"}
		loader{h.books, k, batch}.items([]catalogue.Code{code})
		if err := h.tx(t.Context(), func(ctx context.Context) error { return pgtx.From(ctx).SendBatch(ctx, batch).Close() }); err != nil {
			t.Fatal(err)
		}
		m, ok := k.Codes[code]
		if !ok {
			return "nothing"
		}
		return list(t, h, fmt.Sprintf(`SELECT code FROM item WHERE id = %d`, m.Item))
	}
	if added, rejected := load(row("A", "Example Devices Ltd"), row("B", "EXAMPLE DEVICES LIMITED")); added != 1 || rejected != 1 {
		t.Errorf("one maker, written in two ways: %d added, %d rejected", added, rejected)
	}
	if added, rejected := load(row("B", "Example Devices, Inc.")); added != 0 || rejected != 1 {
		t.Errorf("in a later file: %d added, %d rejected", added, rejected)
	}
	if added, rejected := load(row("E", "")); added != 0 || rejected != 1 {
		t.Errorf("a row that does not say whose number it is: %d added, %d rejected", added, rejected)
	}
	if added, rejected := load(row("F", "Foreign Maker"), row("E", "")); added != 1 || rejected != 1 {
		t.Errorf("likewise in one file: %d added, %d rejected", added, rejected)
	}
	if got := meant(); got != "nothing" {
		t.Errorf("the number means %s", got)
	}
	if _, err := h.TakeCode(t.Context(), h.trust, "F", catalogue.Code{Kind: catalogue.MPC, Value: "100"}, "B. Buyer", "not sold here"); err != nil {
		t.Fatal(err)
	}
	if got := meant(); got != "A" {
		t.Errorf("the number means %s", got)
	}
	if added, rejected := load(row("C", "Another Maker"), row("D", "A third")); added != 2 || rejected != 0 {
		t.Errorf("other makers: %d added, %d rejected", added, rejected)
	}
	if got := meant(); got != "nothing" {
		t.Errorf("the number alone means %s, and three items have it", got)
	}
	f, err := h.SearchCatalogue(t.Context(), h.trust, journal.CatalogueSearch{Text: "100", Limit: 10}, time.Now())
	if err != nil || f.Total != 4 || f.Hits[3].State != codeOver {
		t.Errorf("%+v, %v", f.Hits, err)
	}
}
