package main

import (
	"fmt"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/store"
)

type catalogueTakeCode struct {
	Item   string `arg:"" help:"The item that has the code."`
	Kind   string `arg:"" enum:"gtin,npc,mpc" help:"gtin, npc, or mpc, the maker's number."`
	Value  string `arg:"" help:"The code."`
	By     said   `required:"" help:"Who decides."`
	Reason said   `required:"" help:"Why."`
}

// Run takes a code from an item.
func (c catalogueTakeCode) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		taken, err := s.TakeCode(a.ctx, trust, c.Item, catalogue.Code{Kind: catalogue.Kind(c.Kind), Value: c.Value}, string(c.By), string(c.Reason))
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(taken)
		}
		fmt.Fprintf(a.out, "%s %s no longer names %s. The next file may give it to another item; if the file of %s still has it, correct it there.\n", taken.Kind, taken.Value, c.Item, c.Item)
		return nil
	})
}
