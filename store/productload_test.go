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
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

func never(ctx context.Context) error { return ctx.Err() }

// nhs is NHS Supply Chain's catalogue, whole.
var nhs = NewLoad{Source: "nhs-supply-chain", KeyKind: "npc", Rank: 10, Profile: "test/v1", Full: true, File: "test.csv"}

// product makes a product with a GTIN of its own, a box of ten and a price.
func product(n int) catalogue.Product {
	return catalogue.Product{Key: fmt.Sprintf("FAB%04d", n), Description: fmt.Sprintf("Locking plate titanium %d mm", n), Manufacturer: "Example Devices", MPC: fmt.Sprintf("LP-%04d", n),
		BaseUnit: "each", OrderUnits: 10, Supplier: "NHS Supply Chain", Route: catalogue.Stocked, DeviceClass: "IIb", Implantable: catalogue.Yes,
		Packs:  []catalogue.Pack{{Unit: "each", Ratio: 1, Issuer: catalogue.GTIN, DI: fmt.Sprintf("0%013d", n)}, {Unit: "box", Ratio: 10, Issuer: catalogue.GTIN, DI: fmt.Sprintf("1%013d", n)}},
		Prices: catalogue.PriceList{Bands: []catalogue.Band{{FromPacks: 1, Price: decimal.MustParse("120.50")}, {FromPacks: 10, Price: decimal.MustParse("110")}}, Currency: "GBP", Tax: "exclusive", Units: 10}}
}

func someProducts(n int) []catalogue.Product {
	var all []catalogue.Product
	for i := range n {
		all = append(all, product(i+1))
	}
	return all
}

// national loads products, and gives what that did.
func national(t *testing.T, s *Store, what NewLoad, all ...catalogue.Product) catalogue.Verdict {
	t.Helper()
	l, err := s.OpenProductLoad(t.Context(), what, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	v, rejected := judged(t, l, all...)
	if len(rejected) > 0 {
		t.Fatal(rejected)
	}
	if err := l.Publish(t.Context(), v, never, func(int64, int64) {}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Matched(t.Context(), never); err != nil {
		t.Fatal(err)
	}
	if err := l.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	return v
}

func judged(t *testing.T, l *ProductLoad, all ...catalogue.Product) (catalogue.Verdict, []catalogue.Rejected) {
	t.Helper()
	var lines []int
	for i := range all {
		lines = append(lines, i+2)
	}
	if err := l.Add(t.Context(), lines, all); err != nil {
		t.Fatal(err)
	}
	v, rejected, err := l.Judge(t.Context(), never)
	if err != nil {
		t.Fatal(err)
	}
	return v, rejected
}

// told gives what is in force, a line for each product.
func inForce(t *testing.T, h *hub) string {
	t.Helper()
	return list(t, h, `SELECT p.key || ' ' || b.description || CASE WHEN p.removed THEN ' removed' ELSE '' END || coalesce(' ' || (SELECT string_agg(trim_scale(price)::text, '/' ORDER BY from_packs) FROM product_price c WHERE c.version = p.id), '')
		|| ' ' || (SELECT count(*) FROM product_pack k WHERE k.body = p.body) FROM product p JOIN product_body b ON b.id = p.body ORDER BY p.key`)
}

func TestProductLoad_SaysWhatIsNewChangedAndRemovedAndRewritesNothing(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	if v := national(t, h.Store, nhs, someProducts(3)...); v.Added != 3 || v.Before != 0 {
		t.Errorf("first: %+v", v)
	}
	first := inForce(t, h)
	if want := "FAB0001 Locking plate titanium 1 mm 120.5/110 2\nFAB0002 Locking plate titanium 2 mm 120.5/110 2\nFAB0003 Locking plate titanium 3 mm 120.5/110 2"; first != want {
		t.Fatalf("in force:\n%s", first)
	}
	const written = `SELECT count(*) || ' ' || max(id) FROM product_version`
	before := list(t, h, written)
	if v := national(t, h.Store, nhs, someProducts(3)...); v.Same != 3 || v.Touches() || v.Before != 3 {
		t.Errorf("again: %+v", v)
	}
	if after := list(t, h, written); after != before || inForce(t, h) != first {
		t.Errorf("versions were %s and are %s", before, after)
	}
	bodies := list(t, h, `SELECT count(*)::text FROM product_body`)
	all := someProducts(4)[1:]
	all[0].Prices.Bands[0].Price = decimal.MustParse("125")
	all[1].Description = "Locking plate steel 3 mm"
	all[1].Suspension = &catalogue.Suspension{Reason: "Out of stock"}
	v := national(t, h.Store, nhs, all...)
	if v.Added != 1 || v.Changed != 2 || v.Removed != 1 || v.Suspended != 1 || fmt.Sprint(v.Fields) != "map[description:1 price:1 suspended:1]" {
		t.Errorf("third: %+v", v)
	}
	if got, want := inForce(t, h), "FAB0001 Locking plate titanium 1 mm removed 2\nFAB0002 Locking plate titanium 2 mm 125/110 2\nFAB0003 Locking plate steel 3 mm 120.5/110 2\nFAB0004 Locking plate titanium 4 mm 120.5/110 2"; got != want {
		t.Errorf("in force:\n%s", got)
	}
	if after := list(t, h, `SELECT count(*)::text FROM product_body`); bodies != "3" || after != "5" {
		t.Errorf("%s bodies, then %s: a new price and a removal need none", bodies, after)
	}
	// A product that comes back is told of again.
	if v := national(t, h.Store, nhs, append(all, product(1))...); v.Changed != 1 || v.Returned != 1 || v.Fields["in_the_source"] != 1 {
		t.Errorf("back: %+v", v)
	}
	if n := list(t, h, `SELECT products::text FROM catalogue_source`); n != "4" {
		t.Errorf("%s products are counted", n)
	}
}

func TestProductLoad_ADeltaTellsOfWhatChangedAlone(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	national(t, h.Store, nhs, someProducts(3)...)
	delta := nhs
	delta.Full = false
	changed := product(2)
	changed.DeviceClass = "III"
	if v := national(t, h.Store, delta, changed, catalogue.Product{Key: "FAB0003", Gone: true}, catalogue.Product{Key: "FAB0009", Gone: true}); v.Changed != 1 || v.Removed != 1 || v.Added != 0 || v.Same != 1 {
		t.Errorf("%+v", v)
	}
	if got := list(t, h, `SELECT string_agg(key || CASE WHEN removed THEN '-' ELSE '' END, ' ' ORDER BY key) FROM product`); got != "FAB0001 FAB0002 FAB0003-" {
		t.Errorf("in force: %s", got)
	}
}

func TestProductLoad_RowsThatWereRejectedRemoveNothing(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	national(t, h.Store, nhs, someProducts(3)...)
	l, err := h.OpenProductLoad(t.Context(), nhs, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Keep(t.Context(), []string{"FAB0003"}); err != nil {
		t.Fatal(err)
	}
	twice := product(1)
	twice.Description = "Another thing"
	v, rejected := judged(t, l, product(1), twice)
	if v.Removed != 1 || v.Changed != 0 || v.Same != 1 {
		t.Errorf("%+v", v)
	}
	if len(rejected) != 1 || rejected[0].Line != 3 || rejected[0].Err.Code != "key_twice" || !strings.Contains(rejected[0].Err.Text, "Line 2") {
		t.Errorf("rejected %v", rejected)
	}
}

func TestProductLoad_OneThatDiesLeavesTheOldCatalogueWhole(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	national(t, h.Store, nhs, someProducts(600)...)
	before := inForce(t, h)
	next := someProducts(900)[100:]
	for i := range next {
		next[i].Description = "Another thing"
		next[i].Prices.Bands[0].Price = decimal.MustParse("1")
	}
	for _, moment := range []string{"staged", "half published", "all but in force"} {
		l, err := h.OpenProductLoad(t.Context(), nhs, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := judged(t, l, next...)
		dying, kill := context.WithCancel(t.Context())
		if moment == "staged" {
			kill()
		}
		err = l.Publish(dying, v, never, func(n, of int64) {
			if moment == "half published" || n == of {
				kill()
			}
		})
		if err == nil {
			t.Fatalf("%s: it was published", moment)
		}
		if got := inForce(t, h); got != before {
			t.Errorf("%s: the old catalogue is not whole", moment)
		}
		_ = l.conn.Conn().Close(t.Context())
		l.Close()
	}
	if got := list(t, h, `SELECT state FROM catalogue_load WHERE source <> 'items'`); got != "" {
		t.Errorf("a trust sees national loads as its own: %s", got)
	}
	// The next load takes back what was left, and is right.
	national(t, h.Store, nhs, someProducts(600)...)
	if got := inForce(t, h); got != before {
		t.Error("after the same file again the catalogue differs")
	}
	if n := list(t, h, `SELECT (SELECT count(*) FROM product_version) || ' ' || (SELECT count(*) FROM product_body) || ' ' || (SELECT count(*) FROM product_pack) || ' ' || (SELECT count(*) FROM product_price) || ' ' || (SELECT count(*) FROM product_version WHERE until IS NOT NULL)`); n != "600 600 1200 1200 0" {
		t.Errorf("left behind: %s", n)
	}
	national(t, h.Store, nhs, next...)
	if n := list(t, h, `SELECT count(*) FILTER (WHERE b.description = 'Another thing') || ' ' || count(*) FILTER (WHERE p.removed) FROM product p JOIN product_body b ON b.id = p.body`); n != "800 100" {
		t.Errorf("in force: %s", n)
	}
	loads, err := h.Loads(t.Context(), h.trust, 20)
	if err != nil {
		t.Fatal(err)
	}
	var states []string
	for _, l := range loads {
		states = append(states, l.State)
	}
	if got := strings.Join(states, " "); got != "published published died died died published published" {
		t.Errorf("loads, the latest first: %s", got)
	}
}

func TestProductLoad_TwoAtOnceTakeTurns(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	first, err := h.OpenProductLoad(t.Context(), nhs, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	waiting, opened := make(chan struct{}), make(chan error, 1)
	go func() {
		second, err := h.OpenProductLoad(t.Context(), nhs, true, func() { close(waiting) })
		if err == nil {
			second.Close()
		}
		opened <- err
	}()
	<-waiting
	select {
	case err := <-opened:
		t.Fatalf("the second did not wait: %v", err)
	default:
	}
	first.Close()
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

func TestProductLoad_TrustsReadTheNationalCatalogueAndCannotWriteIt(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	national(t, h.Store, nhs, someProducts(1)...)
	for _, sql := range []string{`DELETE FROM product_body`, `UPDATE product_version SET removed = true`, `INSERT INTO product_price VALUES (1, 1, 1, 'GBP', 'exempt', 1, current_date, NULL)`, `UPDATE catalogue_source SET generation = 99`,
		`INSERT INTO catalogue_word VALUES ('word')`, `TRUNCATE product_pack`} {
		err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) error { _, err := pgtx.From(ctx).Exec(ctx, sql); return err })
		if pgtx.State(err) != "42501" {
			t.Errorf("%s: %v, want no permission", sql, err)
		}
	}
	if n := value[int](t, h, `SELECT count(*) FROM product`); n != 1 {
		t.Errorf("the trust sees %d products", n)
	}
}

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
	item := catalogue.Row{Item: catalogue.Item{Code: "PLATE-7", Description: "Locking plate, own stock", BaseUnit: "each", PackSize: 1, Supplier: "S1"}, GTIN: "00000000000079", Currency: "GBP"}
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
	item := catalogue.Row{Item: catalogue.Item{Code: "SECRET-1", Description: "Hydroxyapatite spacer", BaseUnit: "each", PackSize: 1, Supplier: "S1"}, Currency: "GBP"}
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
		return catalogue.Row{Item: catalogue.Item{Code: code, Description: description, BaseUnit: "each", PackSize: 5, Supplier: "S1"}, GTIN: gtin, NPC: npc, Currency: "GBP"}
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
	a := catalogue.Row{Item: catalogue.Item{Code: "PL1", Description: "Plate", BaseUnit: "each", PackSize: 10, Supplier: "S1"}, GTIN: "00000000000001", MPC: "LP-1", Manufacturer: "Example", Price: decimal.MustParse("121"), Currency: "GBP"}
	b := catalogue.Row{Item: catalogue.Item{Code: "PL2", Description: "Plate", BaseUnit: "each", PackSize: 1, Supplier: "S1"}, Manufacturer: "EXAMPLE", Currency: "GBP"}
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
