package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/store"
)

type stockCmd struct {
	List    stockList    `cmd:"" help:"List stock balances by place and item."`
	Show    stockShow    `cmd:"" help:"Show one item at one place by lot, with its latest movements."`
	Open    stockOpen    `cmd:"" help:"Post an opening stock from a CSV file: place,item,lot,expiry,serial,quantity."`
	Holds   stockHolds   `cmd:"" help:"List stock that may not be used until somebody has checked it."`
	Hold    stockHold    `cmd:"" help:"Keep stock from being used until somebody has checked it."`
	Release stockRelease `cmd:"" help:"Let held stock be used again."`
}

type stockList struct {
	Below  bool   `help:"Only what stands below its reorder point."`
	Search string `help:"Only what has this text in its place's code, its item's code or description." placeholder:"TEXT"`
}

// Run lists stock balances.
func (c stockList) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		all, _, err := s.Stock(a.ctx, trust, journal.StockFilter{Below: c.Below, Search: c.Search})
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(all)
		}
		var rows [][]any
		for _, x := range all {
			rows = append(rows, []any{x.Place, x.Item, x.Description, fmt.Sprintf("%d %s", x.Quantity, x.Unit), x.Held, number(x.ReorderPoint), number(x.OrderUpTo), x.OnOrder})
		}
		a.printTable("No stock.", []any{"place", "item", "description", "balance", "held", "reorder point", "order up to", "on order"}, rows)
		return nil
	})
}

func number(n *int64) string {
	if n == nil {
		return "–"
	}
	return fmt.Sprint(*n)
}

type stockShow struct {
	Item  string `arg:"" help:"The item's code."`
	Place string `arg:"" optional:"" help:"The place's code; needed if the item is at several places."`
}

// Run shows one stock balance.
func (c stockShow) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		place, err := c.place(a, s, trust)
		if err != nil {
			return err
		}
		d, err := s.StockDetail(a.ctx, trust, place, c.Item)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(d)
		}
		fmt.Fprintf(a.out, "%s at %s: %d %s, %d held (reorder point %s, order up to %s, on order %d)\n%s\n\n", d.Item, d.Place, d.Quantity, d.Unit, d.Held, number(d.ReorderPoint), number(d.OrderUpTo), d.OnOrder, d.Description)
		var rows [][]any
		for _, l := range d.Lots {
			expiry := orDash(l.Expiry)
			if l.Expired {
				expiry += " (expired)"
			}
			rows = append(rows, []any{orDash(l.Lot), orDash(l.Serial), expiry, l.Quantity, l.Held})
		}
		a.printTable("Nothing in stock.", []any{"lot", "serial", "expiry", "balance", "of the lot held"}, rows)
		for _, h := range d.Holds {
			fmt.Fprintln(a.out, holdText(h))
		}
		fmt.Fprintln(a.out)
		rows = nil
		for _, m := range d.Moves {
			rows = append(rows, []any{m.ID, local(m.OccurredAt), m.Kind, m.Quantity, orDash(m.Lot), m.From, m.To, fmt.Sprintf("message %d %s", m.Message, m.Origin)})
		}
		a.printTable("No movements.", []any{"movement", "occurred", "kind", "quantity", "lot", "from", "to", "because of"}, rows)
		return nil
	})
}

func (c stockShow) place(a *app, s *store.Store, trust string) (string, error) {
	if c.Place != "" {
		return c.Place, nil
	}
	all, _, err := s.Stock(a.ctx, trust, journal.StockFilter{Item: c.Item})
	if err != nil {
		return "", err
	}
	var places []string
	for _, x := range all {
		places = append(places, x.Place)
	}
	if len(places) == 1 {
		return places[0], nil
	}
	if len(places) == 0 {
		return "", fault.New(fault.NotFound, "stock_not_found", "Nothing of item %s was ever anywhere. `stockwell stock list` shows what is where.", c.Item)
	}
	return "", fault.New(fault.Invalid, "place_needed", "Item %s is at %d places: %v. Name one after the item.", c.Item, len(places), places)
}

type stockOpen struct {
	File string `arg:"" help:"The CSV file." type:"existingfile"`
}

// Run posts an opening stock: all of the file or nothing, and once.
func (c stockOpen) Run(a *app) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return a.withBooks(func(s *store.Store, t *trust) error {
		n, done, err := openStock(a.ctx, s, t, c.File, raw)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(map[string]any{"rows": n, "done": done})
		}
		if !done {
			fmt.Fprintln(a.out, "The same file was posted before; nothing changed.")
			return nil
		}
		fmt.Fprintf(a.out, "%d lines of opening stock posted.\n", n)
		return nil
	})
}

func openStock(ctx context.Context, s *store.Store, t *trust, file string, raw []byte) (n int, done bool, err error) {
	rows, err := pipeline.ReadOpening(file, raw)
	if err != nil {
		return 0, false, err
	}
	opening := make([]store.Opening, len(rows))
	for i, r := range rows {
		opening[i] = store.Opening(r)
	}
	_, done, err = s.Import(ctx, t.cfg.ODS, "opening_stock", file, raw, func(ctx context.Context, message int64) (string, error) {
		return fmt.Sprintf("%d lines of opening stock posted.", len(rows)), t.books.Open(ctx, message, opening, time.Now())
	})
	return len(rows), done, err
}
