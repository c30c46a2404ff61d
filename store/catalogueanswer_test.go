package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

var gudid = NewLoad{Source: "accessgudid", KeyKind: "di", Rank: 40, Profile: "test/v1", Full: true}

// answer gives what counts of a field of what a code names, and who says so.
func answer(t *testing.T, h *hub, code, field string) string {
	t.Helper()
	e, err := h.CatalogueEntry(t.Context(), h.trust, code, time.Now(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, a := range e.Answers {
		for _, f := range a.Fields {
			if f.Field == field {
				text := f.Value + " by " + f.Source
				for _, o := range f.Others {
					text += ", not " + o.Value + " by " + o.Source
				}
				out = append(out, text)
			}
		}
	}
	return strings.Join(out, "; ")
}

func TestCatalogueEntry_OneAnswerForEachFieldWithItsSource(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	bare := product(1) // NHS Supply Chain knows no GTIN of it, nor what it is
	bare.Packs[0].DI, bare.Packs[0].Issuer, bare.Packs[1].DI, bare.Packs[1].Issuer = "", "", "", ""
	bare.Implantable = catalogue.NotTold
	device := product(1)
	device.Key, device.Manufacturer, device.GMDN, device.DeviceClass, device.Implantable, device.Prices = "00000000000001", "EXAMPLE DEVICES LTD.", "35685", "III", catalogue.Yes, catalogue.PriceList{}
	other := product(1) // another maker with the same number
	other.Key, other.Manufacturer, other.GMDN, other.Packs = "00000000000999", "Somebody Else", "11111", nil
	national(t, h.Store, nhs, bare)
	national(t, h.Store, gudid, device, other)
	for field, want := range map[string]string{
		"description": "Locking plate titanium 1 mm by nhs-supply-chain FAB0001", "gmdn": "35685 by accessgudid 00000000000001", "implantable": "yes by accessgudid 00000000000001",
		"code_of_1": "gtin 00000000000001 by accessgudid 00000000000001", "device_class": "IIb by nhs-supply-chain FAB0001, not III by accessgudid 00000000000001", "reportable": "",
	} {
		if got := answer(t, h, "FAB0001", field); got != want {
			t.Errorf("%s: %s, want %s", field, got, want)
		}
	}
	// The trust's own word counts before any other; and its item joins what has
	// no code in common.
	r := catalogue.Row{Item: catalogue.Item{Code: "PLATE", Description: "Plate, our words", BaseUnit: "each", PackSize: 10, Supplier: "S1"}, NPC: "FAB0001", GTIN: "00000000000001", DeviceClass: "III", Prices: catalogue.One(decimal.MustParse("99"), "GBP")}
	loaded(t, h, r)
	for _, code := range []string{"PLATE", "FAB0001", "00000000000001"} {
		if got := answer(t, h, code, "device_class"); got != "III by item PLATE, not IIb by nhs-supply-chain FAB0001" {
			t.Errorf("asked by %s: %s", code, got)
		}
	}
	if got := answer(t, h, "PLATE", "price"); !strings.HasPrefix(got, "99.00 GBP for 10, exclusive by item PLATE, not 120.50 GBP for 10") {
		t.Errorf("price: %s", got)
	}
}

func TestCatalogueEntry_WhatIsInDisputeIsAnsweredForSeparately(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	device := product(1)
	device.Key, device.Description, device.GMDN = "00000000000001", "Coronary stent, drug eluting", "35685"
	national(t, h.Store, nhs, product(1))
	national(t, h.Store, gudid, device)
	const apart = "Locking plate titanium 1 mm by nhs-supply-chain FAB0001; Coronary stent, drug eluting by accessgudid 00000000000001"
	if got := answer(t, h, "FAB0001", "description"); got != apart {
		t.Errorf("while it is open: %s", got)
	}
	all, err := h.Conflicts(t.Context(), h.trust, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if err := h.CloseConflict(t.Context(), h.trust, c.ID, "A. Analyst", "The maker's words for it.", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if got := answer(t, h, "FAB0001", "description"); got != "Locking plate titanium 1 mm by nhs-supply-chain FAB0001" {
		t.Errorf("once a person has decided: %s", got)
	}
}

func TestCatalogueEntry_APriceIsOverWhenItsSourceTellsNoneAndIsReplacedByTheLastWord(t *testing.T) {
	t.Parallel()
	hs, db := hubs(t, "ZZ1")
	h := hs[0]
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	p := product(1)
	// tell loads the product as if that had been on a day.
	tell := func(on, from, price string) {
		t.Helper()
		p.Prices.Bands, p.Prices.From = nil, time.Time{}
		if price != "" {
			p.Prices.Bands = []catalogue.Band{{FromPacks: 1, Price: decimal.MustParse(price)}}
		}
		if from != "" {
			p.Prices.From = day(from)
		}
		national(t, h.Store, nhs, p)
		if _, err := conn.Exec(t.Context(), `UPDATE product_version SET loaded_on = $1 WHERE since = (SELECT max(since) FROM product_version)`, day(on)); err != nil {
			t.Fatal(err)
		}
	}
	tell("2026-01-01", "2026-01-01", "10")
	tell("2026-02-01", "2026-06-01", "12") // announced
	tell("2026-03-01", "2026-01-15", "9")  // taken back, and lowered from before
	tell("2026-08-01", "", "")             // not sold at a price any more
	for on, want := range map[string]string{"2026-01-10": "10.00 GBP for 10, exclusive", "2026-01-20": "9.00 GBP for 10, exclusive", "2026-07-01": "9.00 GBP for 10, exclusive", "2026-08-01": "", "2025-12-31": ""} {
		e, err := h.CatalogueEntry(t.Context(), h.trust, "FAB0001", day(on), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if got := priceWords(e.Products[0].Price); got != want {
			t.Errorf("on %s: %q, want %q", on, got, want)
		}
	}
	national(t, h.Store, nhs, product(2)) // the first is removed
	if e, err := h.CatalogueEntry(t.Context(), h.trust, "FAB0001", day("2026-07-01"), time.Now()); err != nil || priceWords(e.Products[0].Price) == "" {
		t.Errorf("what was removed has no past: %+v, %v", e, err)
	}
}

func TestTakeCode_ACodeThatTwoItemsClaimIsDecidedByAPerson(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	row := func(code, gtin string) catalogue.Row {
		return catalogue.Row{Item: catalogue.Item{Code: code, Description: "Suture", BaseUnit: "each", PackSize: 1, Supplier: "S1"}, GTIN: gtin}
	}
	const code = "09504000059118"
	open := func() string {
		t.Helper()
		return list(t, h, `SELECT kind || ' ' || code || ': ' || a || ', ' || b FROM catalogue_conflict WHERE closed_at IS NULL ORDER BY id`)
	}
	loaded(t, h, row("A", code))
	loaded(t, h, row("B", code))
	if got := open(); got != "code_taken gtin "+code+": item A, item B" {
		t.Fatalf("open: %s", got)
	}
	if _, _, err := h.MatchItems(t.Context(), h.trust, never); err != nil || open() == "" {
		t.Errorf("a match closed it: %v", err)
	}
	if _, err := h.TakeCode(t.Context(), h.trust, "B", catalogue.Code{Kind: catalogue.GTIN, Value: code}, "B. Buyer", "wrong"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a code that the item does not have was taken: %v", err)
	}
	if _, err := h.TakeCode(t.Context(), h.trust, "A", catalogue.Code{Kind: catalogue.ERP, Value: "A"}, "B. Buyer", "wrong"); !fault.Is(err, fault.Invalid) {
		t.Errorf("an item lost its own code: %v", err)
	}
	if _, err := h.TakeCode(t.Context(), h.trust, "A", catalogue.Code{Kind: catalogue.GTIN, Value: "9504000059118"}, "B. Buyer", "The label says B."); err != nil || open() != "" {
		t.Errorf("%v, open: %s", err, open())
	}
	loaded(t, h, row("B", code))
	f, err := h.SearchCatalogue(t.Context(), h.trust, journal.CatalogueSearch{Text: code, Limit: 10}, time.Now())
	if err != nil || len(f.Hits) != 2 || f.Hits[0].Item+f.Hits[0].State != "Acode no longer valid" || f.Hits[1].Item+f.Hits[1].State != "B" {
		t.Errorf("%+v, %v", f.Hits, err)
	}
	if e, err := h.CatalogueEntry(t.Context(), h.trust, "B", time.Now(), time.Now()); err != nil || len(e.Items) != 1 {
		t.Errorf("a code of the past joins two items: %+v, %v", e.Items, err)
	}
	// A row that is told rightly settles what it claimed before.
	loaded(t, h, row("C", code))
	if open() == "" {
		t.Error("another claim is not told")
	}
	if loaded(t, h, row("C", "")); open() != "" {
		t.Errorf("settled: %s", open())
	}
}
