package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// priced makes a price list of a price, and of pairs: from so many packs on,
// another one.
func priced(first string, more ...string) catalogue.PriceList {
	l := catalogue.One(decimal.MustParse(first), "GBP")
	for i := 0; i+1 < len(more); i += 2 {
		n, _, _ := decimal.MustParse(more[i]).Int64(0)
		l.Bands = append(l.Bands, catalogue.Band{FromPacks: n, Price: decimal.MustParse(more[i+1])})
	}
	return l
}

// loaded loads one item, and gives what changed of it.
func loaded(t *testing.T, h *hub, r catalogue.Row) catalogue.Verdict {
	t.Helper()
	l, err := h.OpenItemLoad(t.Context(), NewLoad{Trust: h.trust, Source: "items", Profile: "items/v1", File: "items.csv"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Add(t.Context(), []int{2}, []catalogue.Row{r}); err != nil {
		t.Fatal(err)
	}
	v, rejected, err := l.Judge(t.Context(), never)
	if err == nil && len(rejected) == 0 {
		err = l.Publish(t.Context(), v, never, func(int64, int64) {})
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.Dispute(t.Context()); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestItemPrice_WhatWasToldLastOfTheListsThatHoldOnTheDayCounts(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	r := catalogue.Row{Item: catalogue.Item{Code: "SCREW", Description: "Screw", BaseUnit: "each", PackSize: 12, Supplier: "S1"}}
	tell := func(l catalogue.PriceList, from, to string) catalogue.Verdict {
		t.Helper()
		if l.From = (time.Time{}); from != "" {
			l.From = day(from)
		}
		if l.To = (time.Time{}); to != "" {
			l.To = day(to)
		}
		r.Prices = l
		return loaded(t, h, r)
	}
	if v := tell(priced("48", "10", "45.5"), "2026-01-01", "2026-12-31"); v.Added != 1 {
		t.Errorf("new: %+v", v)
	}
	if v := tell(priced("48.00", "10", "45.50"), "2026-01-01", "2026-12-31"); v.Changed != 0 || v.Same != 1 {
		t.Errorf("the same again: %+v", v)
	}
	if v := tell(priced("50", "10", "45.5"), "2026-04-01", "2026-12-31"); v.Changed != 1 || fmt.Sprint(v.Fields) != "map[price:1 price_from:1]" {
		t.Errorf("a new price from a day on: %+v", v)
	}
	inclusive := priced("60")
	inclusive.Tax = "inclusive"
	tell(inclusive, "2026-06-01", "2026-06-30")
	tell(priced("49"), "2026-03-01", "2026-03-31") // told later of a month before
	for on, want := range map[string]string{
		"2025-12-31": "", "2026-02-28": "48.00 GBP for 12, exclusive; 45.50 from 10 packs", "2026-03-15": "49.00 GBP for 12, exclusive",
		"2026-04-01": "50.00 GBP for 12, exclusive; 45.50 from 10 packs", "2026-06-15": "60.00 GBP for 12, inclusive", "2026-12-31": "50.00 GBP for 12, exclusive; 45.50 from 10 packs", "2027-01-01": "",
	} {
		e, err := h.CatalogueEntry(t.Context(), h.trust, "SCREW", day(on), time.Now())
		if err != nil || len(e.Items) != 1 {
			t.Fatal(e, err)
		}
		if got := priceWords(e.Items[0].Price); got != want {
			t.Errorf("on %s: %s, want %s", on, got, want)
		}
	}
	if v := tell(catalogue.PriceList{}, "", ""); v.Changed != 0 {
		t.Errorf("a row without a price changes it: %+v", v)
	}
}

func TestItemPrice_AnOrderIsWrittenByTheBandOfItsPacksWithoutVAT(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	h.open(t, "TH1", "I1", 1)
	r := items()[1] // packs of two
	for _, c := range []struct {
		name  string
		tell  func(l *catalogue.PriceList)
		want  string
		price string
	}{
		{"by the band", func(l *catalogue.PriceList) { *l = priced("10", "4", "9.25") }, "[{1 10.0000} {4 9.2500}] GBP", "9.25"},
		{"in another currency", func(l *catalogue.PriceList) { l.Currency = "EUR" }, "[{1 10.0000} {4 9.2500}] EUR", "9.25"},
		{"with VAT: none", func(l *catalogue.PriceList) { l.Tax = "inclusive" }, "[] GBP", "0"},
		{"what is over does not count", func(l *catalogue.PriceList) {
			*l = priced("7")
			l.From, l.To = time.Now().AddDate(0, -1, 0), time.Now().AddDate(0, 0, -2)
		}, "[] GBP", "0"},
	} {
		c.tell(&r.Prices)
		loaded(t, h, r)
		err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) error {
			w := purchasing.Want{}
			tx := pgtx.From(ctx)
			if err := tx.QueryRow(ctx, `SELECT p.id, i.id FROM place p, item i WHERE p.code = 'TH1' AND i.code = 'I1'`).Scan(&w.Policy.Place, &w.Policy.Item); err != nil {
				return err
			}
			if err := h.loadWant(ctx, tx, h.trust, startOfDay(h.now, h.rules.Zone), &w); err != nil {
				return err
			}
			if got := fmt.Sprint(w.Prices.Bands, " ", w.Prices.Currency); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
			if price, _ := w.Prices.For(5); price.Trim(0).String() != c.price {
				t.Errorf("%s: five packs cost %s each", c.name, price)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// A pack of another size has another price, which nobody has told.
	r.PackSize, r.Prices = 5, catalogue.PriceList{}
	loaded(t, h, r)
	if got := list(t, h, `SELECT coalesce((SELECT price::text FROM item_price_on(i.trust, i.id, current_date) p WHERE p.units = i.pack_size), 'none') FROM item i WHERE i.code = 'I1'`); got != "none" {
		t.Errorf("the price of a pack of two is one of a pack of five: %s", got)
	}
}
