package main

import (
	"fmt"

	"github.com/stockwell-hub/stockwell/store"
)

type warningsCmd struct {
	List  warningsList  `cmd:"" help:"List what needs a person, gravest first."`
	Close warningsClose `cmd:"" help:"Close a warning by hand, with a reason."`
}

type warningsList struct {
	All   bool `help:"Also those that are closed."`
	Limit int  `default:"500" help:"At most so many."`
}

// Run lists warnings.
func (c warningsList) Run(a *app) error {
	if err := atLeastOne(c.Limit); err != nil {
		return err
	}
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.Warnings(a.ctx, trust, c.All, c.Limit)
		if err != nil {
			return err
		}
		a.noteCut(len(all), c.Limit)
		if a.JSON {
			return a.printJSON(all)
		}
		var rows [][]any
		for _, w := range all {
			rows = append(rows, []any{w.ID, local(w.OpenedAt), w.Severity, w.Text, w.Action, orDash(w.Why)})
		}
		a.printTable("Nothing needs you.", []any{"warning", "since", "severity", "what", "what to do", "closed"}, rows)
		return nil
	})
}

type warningsClose struct {
	IDs    []int64 `arg:"" name:"id" help:"The warning's number, or those of several."`
	By     said    `required:"" help:"Who closes it."`
	Reason said    `required:"" help:"Why."`
}

// Run closes a warning.
func (c warningsClose) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		for _, id := range c.IDs {
			if err := s.CloseWarning(a.ctx, trust, id, string(c.By), string(c.Reason)); err != nil {
				return err
			}
			fmt.Fprintf(a.out, "Warning %d closed.\n", id)
		}
		return nil
	})
}
