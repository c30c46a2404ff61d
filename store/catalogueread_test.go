package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestCatalogueEntry_KnowsWhatItCostOnADay(t *testing.T) {
	t.Parallel()
	hs, db := hubs(t, "ZZ1")
	h := hs[0]
	p := product(1)
	p.Prices.From = day("2026-01-01")
	national(t, h.Store, nhs, p)
	p.Prices.From, p.Prices.Bands = day("2026-03-01"), []catalogue.Band{{FromPacks: 1, Price: decimal.MustParse("130")}}
	national(t, h.Store, nhs, p)
	p.Prices.From, p.Prices.Bands = day("2026-04-01"), []catalogue.Band{{FromPacks: 1, Price: decimal.MustParse("99.99")}}
	p.Description = "Locking plate, new"
	national(t, h.Store, nhs, p)
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), `UPDATE product_version SET loaded_on = CASE WHEN since = (SELECT max(since) FROM product_version) THEN date '2026-04-01' ELSE date '2026-01-01' END`); err != nil {
		t.Fatal(err)
	}
	for on, want := range map[string]string{
		"2025-12-31": "none Locking plate titanium 1 mm", "2026-02-28": "120.50/110.00 Locking plate titanium 1 mm", "2026-03-03": "130.00 Locking plate titanium 1 mm", "2026-11-01": "99.99 Locking plate, new",
	} {
		e, err := h.CatalogueEntry(t.Context(), h.trust, "FAB0001", day(on), time.Now())
		if err != nil || len(e.Products) != 1 {
			t.Fatalf("%s: %+v, %v", on, e, err)
		}
		got := "none"
		if p := e.Products[0].Price; p != nil {
			var parts []string
			for _, b := range p.Bands {
				parts = append(parts, b.Price)
			}
			got = strings.Join(parts, "/")
		}
		if got += " " + e.Products[0].Description; got != want {
			t.Errorf("on %s: %s, want %s", on, got, want)
		}
	}
}

func day(s string) time.Time {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return d
}

func TestSearchCatalogue_ByCodeScanAndWordsThatAreMistyped(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	item := catalogue.Row{Item: catalogue.Item{Code: "PLATE-7", Description: "Locking plate, own stock", BaseUnit: "each", PackSize: 1, Supplier: "S1"}, GTIN: "00000000000079"}
	if _, _, _, rejected, err := h.LoadCatalogue(t.Context(), h.trust, []catalogue.Row{item}); err != nil || len(rejected) > 0 {
		t.Fatal(err, rejected)
	}
	all := someProducts(30)
	all[6].Packs[0].DI, all[6].Packs[1].DI = "00000000000079", "10000000000076"
	all[8].Description, all[8].Codes = "Café suture, absorbable 54mm", []catalogue.ValidCode{{Code: catalogue.Code{Kind: catalogue.NPC, Value: "OLD123"}, To: day("2026-01-31")}}
	national(t, h.Store, nhs, all...)
	for text, want := range map[string]string{
		"FAB0004":                           "code: FAB0004",
		"fab0004":                           "code: FAB0004",
		"LP-0004":                           "code: FAB0004",
		"OLD123":                            "code: FAB0009",
		"00000000000079":                    "code: PLATE-7 FAB0007",
		"79":                                "words: ",
		"(01)00000000000079(10)L1":          "scan: PLATE-7 FAB0007",
		"]d20110000000000076" + "10" + "L1": "scan: FAB0007",
		"sutrue absorable":                  "words: FAB0009",
		"cafe 54 mm":                        "words: FAB0009",
		"lockign plaet own":                 "words: PLATE-7",
		"suture giraffe":                    "near: FAB0009",
		"zzzzzzzz":                          "words: ",
	} {
		f, err := h.SearchCatalogue(t.Context(), h.trust, journal.CatalogueSearch{Text: text, Limit: 10}, time.Now())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		got := f.By + ": "
		for i, x := range f.Hits {
			if i > 0 {
				got += " "
			}
			got += x.Item + x.Key
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	f, err := h.SearchCatalogue(t.Context(), h.trust, journal.CatalogueSearch{Text: "titanium plate", Limit: 10, Page: 3}, time.Now())
	if err != nil || f.Total != 29 || len(f.Hits) != 9 {
		t.Errorf("page 3: %d of %d, %v", len(f.Hits), f.Total, err)
	}
}

func TestSearchCatalogue_ShowsATrustNoOthersItemsNorTheirWords(t *testing.T) {
	t.Parallel()
	hs, _ := hubs(t, "ZZ1", "ZZ2")
	item := catalogue.Row{Item: catalogue.Item{Code: "SECRET-1", Description: "Hydroxyapatite spacer", BaseUnit: "each", PackSize: 1, Supplier: "S1"}}
	if _, _, _, _, err := hs[0].LoadCatalogue(t.Context(), "ZZ1", []catalogue.Row{item}); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"SECRET-1", "hydroxyapatite spacer", "hydroxyapatyte"} {
		for i, want := range []int{1, 0} {
			f, err := hs[i].SearchCatalogue(t.Context(), hs[i].trust, journal.CatalogueSearch{Text: text, Limit: 10}, time.Now())
			if err != nil || f.Total != want || want == 0 && strings.Contains(fmt.Sprint(f.Read), "hydroxyapatite]") {
				t.Errorf("%s asks for %s: %+v, %v", hs[i].trust, text, f, err)
			}
		}
	}
}

func TestConflicts_GoToAWorklistAndStayClosedWhileNothingChanges(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	gudid := NewLoad{Source: "accessgudid", KeyKind: "di", Rank: 40, Profile: "test/v1", Full: true}
	agrees, ratio, other := product(1), product(2), product(3)
	agrees.Key, ratio.Key, other.Key = "A", "B", "C"
	ratio.Packs[1].Ratio = 20
	other.Description, other.DeviceClass = "Coronary stent, drug eluting", "III"
	same := product(5)
	same.Packs = product(4).Packs // one source, two products, one GTIN
	national(t, h.Store, nhs, append(someProducts(4), same)...)
	national(t, h.Store, gudid, agrees, ratio, other)
	open := func() string {
		t.Helper()
		all, err := h.Conflicts(t.Context(), h.trust, 100)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, c := range all {
			out = append(out, c.Kind+" "+c.Code+": "+c.A+", "+c.B)
		}
		return strings.Join(out, "\n")
	}
	want := `code_twice gtin 00000000000004: nhs-supply-chain FAB0004, nhs-supply-chain FAB0005
code_twice gtin 10000000000004: nhs-supply-chain FAB0004, nhs-supply-chain FAB0005
device_class gtin 00000000000003: accessgudid C, nhs-supply-chain FAB0003
description gtin 00000000000003: accessgudid C, nhs-supply-chain FAB0003
device_class gtin 10000000000003: accessgudid C, nhs-supply-chain FAB0003
description gtin 10000000000003: accessgudid C, nhs-supply-chain FAB0003
pack_ratio gtin 10000000000002: accessgudid B, nhs-supply-chain FAB0002`
	if got := sortedLines(open()); got != sortedLines(want) {
		t.Errorf("open:\n%s", got)
	}
	all, _ := h.Conflicts(t.Context(), h.trust, 100)
	for _, c := range all {
		if c.Kind == "pack_ratio" {
			if err := h.CloseConflict(t.Context(), h.trust, c.ID, "A. Analyst", "The maker says ten.", time.Now()); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The other source mends its description; the pack stays as a person said.
	other.Description, other.DeviceClass = "Plate, locking, of titanium", "IIb"
	ratio.Manufacturer = "Example Devices Ltd"
	national(t, h.Store, gudid, agrees, ratio, other)
	if got := sortedLines(open()); strings.Count(got, "\n") != 1 || !strings.Contains(got, "code_twice") {
		t.Errorf("after the mending:\n%s", got)
	}
	ratio.Packs[1].Ratio = 25
	national(t, h.Store, gudid, agrees, ratio, other)
	if got := open(); !strings.Contains(got, "pack_ratio") {
		t.Errorf("a ratio that changed does not come back:\n%s", got)
	}
}

func sortedLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		for j := i + 1; j < len(lines); j++ {
			if lines[j] < lines[i] {
				lines[i], lines[j] = lines[j], lines[i]
			}
		}
	}
	return strings.Join(lines, "\n")
}

func TestMatchItems_ATrustsItemsAreHeldAgainstTheNationalCatalogue(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	national(t, h.Store, nhs, someProducts(3)...)
	row := func(code, description, gtin, npc string) catalogue.Row {
		return catalogue.Row{Item: catalogue.Item{Code: code, Description: description, BaseUnit: "each", PackSize: 5, Supplier: "S1"}, GTIN: gtin, NPC: npc}
	}
	fine, two := row("FINE", "Plate locking", "00000000000001", "FAB0001"), row("TWO", "Locking plate", "00000000000002", "FAB0003")
	pack := row("PACK", "Titanium plate", "", "")
	pack.PackGTIN = "10000000000003"
	if _, _, _, rejected, err := h.LoadCatalogue(t.Context(), h.trust, []catalogue.Row{fine, two, pack}); err != nil || len(rejected) > 0 {
		t.Fatal(err, rejected)
	}
	opened, closed, err := h.MatchItems(t.Context(), h.trust, never)
	if err != nil || opened != 2 || closed != 0 {
		t.Errorf("opened %d, closed %d, %v", opened, closed, err)
	}
	if got := list(t, h, `SELECT kind || ' ' || a || ' ' || b FROM catalogue_conflict WHERE closed_at IS NULL ORDER BY 1`); got != "pack_ratio item PACK nhs-supply-chain FAB0003\ntwo_products item TWO nhs-supply-chain FAB0002" {
		t.Errorf("open:\n%s", got)
	}
	e, err := h.CatalogueEntry(t.Context(), h.trust, "FINE", time.Now(), time.Now())
	if err != nil || len(e.Items) != 1 || len(e.Products) != 1 || e.Products[0].Key != "FAB0001" {
		t.Errorf("linked: %+v, %v", e, err)
	}
	pack.PackSize = 10
	if _, _, _, _, err := h.LoadCatalogue(t.Context(), h.trust, []catalogue.Row{pack}); err != nil {
		t.Fatal(err)
	}
	if opened, closed, err = h.MatchItems(t.Context(), h.trust, never); err != nil || opened != 0 || closed != 1 {
		t.Errorf("mended: opened %d, closed %d, %v", opened, closed, err)
	}
}

func TestQuality_TellsCoverageDuplicatesAndSpreads(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	cheap := product(2)
	cheap.Prices.Bands = []catalogue.Band{{FromPacks: 1, Price: decimal.MustParse("50")}}
	dear := product(1)
	dear.Alternatives = []catalogue.Alternative{{Direct: true, Key: "FAB0002"}, {Key: "FAB0003"}}
	national(t, h.Store, nhs, dear, cheap, product(3))
	a := catalogue.Row{Item: catalogue.Item{Code: "PL1", Description: "Plate", BaseUnit: "each", PackSize: 10, Supplier: "S1"}, GTIN: "00000000000001", MPC: "LP-1", Manufacturer: "Example", Prices: catalogue.One(decimal.MustParse("121"), "GBP")}
	b := catalogue.Row{Item: catalogue.Item{Code: "PL2", Description: "Plate", BaseUnit: "each", PackSize: 1, Supplier: "S1"}, Manufacturer: "EXAMPLE"}
	if _, _, _, rejected, err := h.LoadCatalogue(t.Context(), h.trust, []catalogue.Row{a, b}); err != nil || len(rejected) > 0 {
		t.Fatal(err, rejected)
	}
	q, err := h.Quality(t.Context(), h.trust, 10)
	if err != nil {
		t.Fatal(err)
	}
	if q.Items != 10 || q.ItemsWithGTIN != 1 || q.Coverage != 10 || len(q.Sources) != 1 || q.Sources[0].WithGTIN != 3 {
		t.Errorf("%+v", q)
	}
	if len(q.Duplicates) != 1 || strings.Join(q.Duplicates[0].Items, " ") != "PL1 PL2" {
		t.Errorf("duplicates %+v", q.Duplicates)
	}
	if len(q.Spreads) != 1 || q.Spreads[0].Product != "nhs-supply-chain FAB0002" || !q.Spreads[0].Alternative || q.Spreads[0].Percent != 142 {
		t.Errorf("spreads %+v", q.Spreads)
	}
}

func TestApprovalsAndAlternatives_AreATrustsOwn(t *testing.T) {
	t.Parallel()
	hs, _ := hubs(t, "ZZ1", "ZZ2")
	h := hs[0]
	national(t, h.Store, nhs, someProducts(1)...)
	for _, approved := range []bool{true, false} {
		if err := h.Approve(t.Context(), h.trust, "nhs-supply-chain", "FAB0001", journal.Approval{Approved: approved, By: "C. Lead", Reason: "trial"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Approve(t.Context(), h.trust, "nhs-supply-chain", "XXX1", journal.Approval{By: "C. Lead"}); err == nil {
		t.Error("a product that is not there was approved")
	}
	if err := h.SetAlternative(t.Context(), h.trust, "I0", "I1", "indirect", "C. Lead", "same size"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"false 1", "nothing 0"} {
		e, err := hs[i].CatalogueEntry(t.Context(), hs[i].trust, "FAB0001", time.Now(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		got := "nothing"
		if x := e.Products[0].Approved; x != nil {
			got = fmt.Sprint(x.Approved)
		}
		i0, err := hs[i].CatalogueEntry(t.Context(), hs[i].trust, "I0", time.Now(), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if got += fmt.Sprint(" ", len(i0.Items[0].Alternatives)); got != want {
			t.Errorf("%s: %s, want %s", hs[i].trust, got, want)
		}
	}
	if err := h.SetAlternative(t.Context(), h.trust, "I0", "I1", "", "C. Lead", "over"); err != nil {
		t.Fatal(err)
	}
	if e, _ := h.CatalogueEntry(t.Context(), h.trust, "I0", time.Now(), time.Now()); len(e.Items[0].Alternatives) != 0 {
		t.Error("an alternative that ended is still one")
	}
}

func TestSearchCatalogue_PagesAreRightAndTheTotalIsHonest(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	all := someProducts(mostFound + 60)
	for i := range all {
		all[i].Description = fmt.Sprintf("Suture absorbable %d mm", i)
	}
	national(t, h.Store, nhs, all[:mostFound-1]...)
	// Bodies of former versions are found, and are no answers.
	for i := range all[:20] {
		all[i].Manufacturer = "Another"
	}
	national(t, h.Store, nhs, all[:mostFound-1]...)
	pages := func(limit int) (total int, more bool, keys []string) {
		t.Helper()
		for page := 1; ; page++ {
			f, err := h.SearchCatalogue(t.Context(), h.trust, journal.CatalogueSearch{Text: "suture absorbable", Limit: limit, Page: page}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if total, more = f.Total, f.More; len(f.Hits) == 0 {
				return total, more, keys
			}
			for _, x := range f.Hits {
				keys = append(keys, x.Key)
			}
		}
	}
	distinct := func(keys []string) int {
		seen := map[string]bool{}
		for _, k := range keys {
			seen[k] = true
		}
		return len(seen)
	}
	if total, more, keys := pages(37); total != mostFound-1 || more || distinct(keys) != total || len(keys) != total {
		t.Errorf("%d in all, more %v, %d told, %d of them different", total, more, len(keys), distinct(keys))
	}
	national(t, h.Store, nhs, all...)
	total, more, keys := pages(37)
	if total != mostFound || !more || distinct(keys) != total || len(keys) != total {
		t.Errorf("%d in all, more %v, %d told, %d of them different", total, more, len(keys), distinct(keys))
	}
	if _, _, again := pages(200); strings.Join(again, " ") != strings.Join(keys, " ") {
		t.Error("pages of another size tell of others, or in another order")
	}
	if _, err := h.SearchCatalogue(t.Context(), h.trust, journal.CatalogueSearch{Text: "suture", Limit: journal.MostHits + 1}, time.Now()); !fault.Is(err, fault.Invalid) {
		t.Errorf("a page of too many answers: %v", err)
	}
	for _, text := range []string{"", "a\x00b", "\xff", strings.Repeat("a ", 400)} {
		if _, err := h.SearchCatalogue(t.Context(), h.trust, journal.CatalogueSearch{Text: text, Limit: 10}, time.Now()); !fault.Is(err, fault.Invalid) {
			t.Errorf("%.20q: %v", text, err)
		}
		if _, err := h.CatalogueEntry(t.Context(), h.trust, text, time.Now(), time.Now()); !fault.Is(err, fault.Invalid) {
			t.Errorf("the entry of %.20q: %v", text, err)
		}
	}
}
