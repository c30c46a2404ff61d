package store

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
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
