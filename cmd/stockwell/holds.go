package main

import (
	"fmt"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type stockHolds struct {
	All   bool `help:"Also those that were released."`
	Limit int  `default:"1000" help:"At most so many."`
}

// Run lists holds.
func (c stockHolds) Run(a *app) error {
	if err := atLeastOne(c.Limit); err != nil {
		return err
	}
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.Holds(a.ctx, trust, c.All, c.Limit)
		if err != nil {
			return err
		}
		a.noteCut(len(all), c.Limit)
		if a.JSON {
			return a.printJSON(append([]journal.Hold{}, all...))
		}
		var rows [][]any
		for _, h := range all {
			because := "–"
			if h.Line != 0 {
				because = fmt.Sprintf("case id:%d, line %d, message %d", h.Case, h.Line, h.Message)
			}
			released := "–"
			if h.ReleasedAt != nil {
				released = fmt.Sprintf("%s by %s: %s", local(*h.ReleasedAt), h.ReleasedBy, h.ReleasedWhy)
			}
			rows = append(rows, []any{h.ID, h.Place, h.Item, orDash(h.Lot), orDash(h.Serial), h.Quantity, h.Kind, fmt.Sprintf("%s (%s, %s)", h.Why, h.HeldBy, local(h.HeldAt)), because, released})
		}
		a.printTable("Nothing is held.", []any{"hold", "place", "item", "lot", "serial", "held", "kind", "why", "because of", "released"}, rows)
		return nil
	})
}

type stockHold struct {
	Place    string `arg:"" help:"The place's code or one of its other names."`
	Item     string `arg:"" help:"The item's code."`
	Lot      string `help:"The lot; needed if the item is there by lot."`
	Serial   string `help:"The serial number."`
	Quantity int64  `required:"" help:"How many base units."`
	Kind     string `required:"" enum:"quality,label" help:"What for: quality, or label (its label must be checked)."`
	Why      said   `required:"" help:"Why."`
	By       said   `help:"Who holds it. Default: the user of this computer."`
}

// Run holds stock.
func (c stockHold) Run(a *app) error {
	if c.Quantity < 1 {
		return fault.New(fault.Invalid, "quantity_invalid", "Write how many base units are held, at least 1.").At("--quantity")
	}
	return a.withBooks(func(s *store.Store, t *trust) error {
		c.Place = t.placeCode(c.Place)
		id, there, err := s.HoldStock(a.ctx, t.cfg.ODS, store.Held{Place: c.Place, Item: c.Item, Lot: c.Lot, Serial: c.Serial, Quantity: c.Quantity, Kind: c.Kind, Why: string(c.Why), By: operator(string(c.By))})
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(map[string]any{"hold": id, "balance": there})
		}
		fmt.Fprintf(a.out, "Hold %d: %d of %s%s at %s may not be used until `stockwell stock release %d`. Use on a patient is recorded all the same.\n", id, c.Quantity, c.Item, lot(c.Lot, c.Serial), c.Place, id)
		if there < c.Quantity {
			fmt.Fprintf(a.out, "The ledger has only %d of it there. Count the shelf.\n", there)
		}
		return nil
	})
}

// placeCode is the code of the place that name means, or name.
func (t *trust) placeCode(name string) string {
	for _, p := range t.cfg.Places {
		for _, other := range append([]string{p.Code}, p.Aliases...) {
			if strings.EqualFold(other, name) {
				return p.Code
			}
		}
	}
	return name
}

type stockRelease struct {
	ID  int64 `arg:"" help:"The hold's number."`
	Why said  `required:"" help:"Why: what was checked."`
	By  said  `help:"Who releases it. Default: the user of this computer."`
}

// Run releases a hold.
func (c stockRelease) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		h, err := s.ReleaseHold(a.ctx, trust, c.ID, operator(string(c.By)), string(c.Why))
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(h)
		}
		fmt.Fprintf(a.out, "Hold %d is released: %d of %s%s at %s may be used again.\n", h.ID, h.Quantity, h.Item, lot(h.Lot, h.Serial), h.Place)
		return nil
	})
}

// holdText tells a hold in a line.
func holdText(h journal.Hold) string {
	text := fmt.Sprintf("hold %d: %d of %s%s at %s held since %s by %s: %s", h.ID, h.Quantity, h.Item, lot(h.Lot, h.Serial), h.Place, local(h.HeldAt), h.HeldBy, h.Why)
	if h.ReleasedAt != nil {
		return text + fmt.Sprintf(" Released %s by %s: %s", local(*h.ReleasedAt), h.ReleasedBy, h.ReleasedWhy)
	}
	return text + fmt.Sprintf(" Once checked: stockwell stock release %d --why WHY", h.ID)
}
