package store

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/govalues/decimal"
	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
)

// appendPrices writes an item's prices as COPY reads them: packs, prices,
// currency, tax basis, first and last day.
func appendPrices(b []byte, l *catalogue.PriceList) []byte {
	b = appendArray(append(b, '\t'), len(l.Bands), func(b []byte, i int) []byte { return strconv.AppendInt(b, l.Bands[i].FromPacks, 10) })
	b = appendArray(append(b, '\t'), len(l.Bands), func(b []byte, i int) []byte { return append(b, l.Bands[i].Price.String()...) })
	b = appendCell(append(b, '\t'), cmp.Or(l.Currency, "GBP"))
	b = appendCell(append(b, '\t'), cmp.Or(l.Tax, "exclusive"))
	b = appendDay(append(b, '\t'), l.From)
	return appendDay(append(b, '\t'), l.To)
}

// itemPriceOn gives what the trust pays for an item by its files, on a day.
func itemPriceOn(ctx context.Context, tx pgx.Tx, trust, code string, on time.Time) (*journal.ProductPrice, error) {
	rows, err := tx.Query(ctx, `SELECT u.packs, trim_scale(u.price)::text, p.currency, p.tax, p.units, p.valid_from::text, coalesce(p.valid_to::text, ''), CASE WHEN p.told_on > p.valid_from THEN p.told_on::text ELSE '' END
		FROM item i CROSS JOIN LATERAL item_price_on(i.trust, i.id, $3) p CROSS JOIN LATERAL unnest(1::bigint || p.band_packs, p.price || p.band_prices) u (packs, price)
		WHERE i.trust = $1 AND i.code = $2 ORDER BY u.packs`, trust, code, on.Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	return priceOf(rows)
}

// priceOf reads a price list, a row for each band; nil if there is none.
func priceOf(rows pgx.Rows) (*journal.ProductPrice, error) {
	var p journal.ProductPrice
	var b journal.PriceBand
	_, err := pgx.ForEachRow(rows, []any{&b.FromPacks, &b.Price, &p.Currency, &p.Tax, &p.Units, &p.From, &p.To, &p.ToldOn}, func() error {
		b.Price = pounds(b.Price)
		p.Bands = append(p.Bands, b)
		return nil
	})
	if err != nil || len(p.Bands) == 0 {
		return nil, err
	}
	return &p, nil
}

// bandsOf puts a first price and those from so many packs on together.
func bandsOf(first string, packs []int64, prices []string) (out []catalogue.Band, err error) {
	price, err := decimal.Parse(first)
	if err != nil {
		return nil, err
	}
	out = append(out, catalogue.Band{FromPacks: 1, Price: price})
	for i := range packs {
		if price, err = decimal.Parse(prices[i]); err != nil {
			return nil, err
		}
		out = append(out, catalogue.Band{FromPacks: packs[i], Price: price})
	}
	return out, nil
}
