package console

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// stockList is one page of the stock balances that were asked for.
type stockList struct {
	Below            bool
	Search           string
	Shown            []journal.Stock
	From             int   // the first one's place in all
	Of               int64 // how many there are
	Earlier, Further templ.SafeURL
}

// stock lists what is where.
func (c *console) stock(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	l := stockList{Below: q.Get("below") == "1", Search: strings.TrimSpace(q.Get("q")), From: 1}
	if s := q.Get("from"); s != "" {
		if l.From, err = strconv.Atoi(s); err != nil || l.From < 1 {
			return nil, fault.New(fault.Invalid, "bad_from", "from is the place of the first line to show, from 1.").At("from")
		}
	}
	l.Shown, l.Of, err = c.Stock(r.Context(), trust, journal.StockFilter{Below: l.Below, Search: l.Search, Skip: l.From - 1, Limit: stockShown})
	if err != nil {
		return nil, err
	}
	p := c.of(trust, "stock", "Stock")
	link := func(from int) templ.SafeURL {
		return query(p.to("stock"), "below", q.Get("below"), "q", l.Search, "from", strconv.Itoa(from))
	}
	if l.From > 1 {
		l.Earlier = link(max(1, l.From-stockShown))
	}
	if l.Of-int64(l.From-1) > stockShown {
		l.Further = link(l.From + stockShown)
	}
	return stockPage(p, l), nil
}

// stockDetail is one item at one place, by lot, with its latest movements.
func (c *console) stockDetail(r *http.Request) (templ.Component, error) {
	trust, err := c.trust(r)
	if err != nil {
		return nil, err
	}
	d, err := c.StockDetail(r.Context(), trust, r.PathValue("place"), r.PathValue("item"))
	if err != nil {
		return nil, err
	}
	return shelfPage(c.of(trust, "stock", d.Item+" at "+d.Place).under("Stock", "stock"), d), nil
}

// stockState is how a stock balance stands to its reorder point.
func stockState(s journal.Stock) word {
	switch {
	case s.Quantity < 0:
		return word{"Below zero: count it", "red"}
	case s.Below && s.OnOrder > 0:
		return word{"Below, on order", "yellow"}
	case s.Below:
		return word{"Below reorder point", "orange"}
	default:
		return word{"Enough", "green"}
	}
}
