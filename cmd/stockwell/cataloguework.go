package main

import (
	"fmt"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/clock"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type catalogueQuality struct {
	Limit int `default:"20" help:"How many of each list, at most."`
}

// Run reports the catalogue's quality.
func (c catalogueQuality) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		q, err := s.Quality(a.ctx, trust, c.Limit)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(q)
		}
		fmt.Fprintf(a.out, "%d items of %d have a GTIN: %.1f %%.\n%d codes with a wrong check digit in the last files; their rows were rejected.\n%d conflicts wait for a person, and %d between sources.\n",
			q.ItemsWithGTIN, q.Items, q.Coverage, q.CheckDigits, q.Conflicts, q.SourceConflicts)
		for _, x := range q.Sources {
			fmt.Fprintf(a.out, "%s: %d products, %.1f %% with a GTIN.\n", x.Source, x.Products, x.Coverage)
		}
		var rows [][]any
		for _, x := range q.Duplicates {
			rows = append(rows, []any{strings.Join(x.Items, ", "), x.Why, x.Of})
		}
		fmt.Fprintln(a.out)
		a.printTable("No duplicates.", []any{"may be one item", "because of", ""}, rows)
		rows = nil
		for _, x := range q.Spend {
			rows = append(rows, []any{x.Item, x.Description, money(x.Value, x.Currency), x.Lines})
		}
		fmt.Fprintln(a.out)
		a.printTable("Nothing was ordered that has no GTIN.", []any{"ordered without a GTIN", "description", "value", "order lines"}, rows)
		rows = nil
		for _, x := range q.Spreads {
			of := x.Product
			if x.Alternative {
				of += " (direct alternative)"
			}
			rows = append(rows, []any{x.Item, x.Description, money(x.Paid, x.Currency), of, money(x.Asked, x.Currency), fmt.Sprintf("%d %%", x.Percent)})
		}
		fmt.Fprintln(a.out)
		a.printTable("No price differs by a tenth or more.", []any{"item", "description", "paid for one", "equivalent", "asked for one", "spread"}, rows)
		return nil
	})
}

type catalogueConflicts struct {
	Limit int `default:"100" help:"How many at most."`
}

// Run lists open conflicts.
func (c catalogueConflicts) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.Conflicts(a.ctx, trust, c.Limit)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(all)
		}
		var rows [][]any
		for _, x := range all {
			rows = append(rows, []any{x.ID, x.Code, x.A, x.B, x.Text})
		}
		a.printTable("No conflicts.", []any{"conflict", "code", "this", "and this", "disagree"}, rows)
		return nil
	})
}

type catalogueClose struct {
	Conflict int64 `arg:"" help:"The conflict's number."`
	By       said  `required:"" help:"Who decided."`
	Reason   said  `required:"" help:"What was decided, and why."`
}

// Run closes a conflict.
func (c catalogueClose) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		if err := s.CloseConflict(a.ctx, trust, c.Conflict, string(c.By), string(c.Reason), clock.Now()); err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(map[string]any{"conflict": c.Conflict, "closed": true})
		}
		fmt.Fprintf(a.out, "Conflict %d is closed. It comes back if what the two say changes.\n", c.Conflict)
		return nil
	})
}

type catalogueLoads struct {
	Limit int `default:"20" help:"How many at most."`
}

// Run lists loads.
func (c catalogueLoads) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.Loads(a.ctx, trust, c.Limit)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(all)
		}
		var rows [][]any
		for _, l := range all {
			whose := "national"
			if l.Trust != "" {
				whose = "own items"
			}
			did := fmt.Sprintf("%d added, %d changed, %d unchanged, %d removed, %d rejected", l.Added, l.Changed, l.Same, l.Removed, l.Rejected)
			if l.Text != "" {
				did += "\n" + l.Text
			}
			rows = append(rows, []any{l.ID, local(l.StartedAt), whose, l.Profile, l.File, l.State + labelled(", accepted by ", l.AcceptedBy), did})
		}
		a.printTable("Nothing was loaded yet.", []any{"load", "begun", "whose", "profile", "file", "state", "what it did"}, rows)
		return nil
	})
}

type catalogueApprove struct {
	Source string `arg:"" help:"The source, as nhs-supply-chain."`
	Key    string `arg:"" help:"The product's code there."`
	By     said   `required:"" help:"Who decides."`
	Reason said   `required:"" help:"Why."`
	Refuse bool   `help:"The trust does not let it be bought."`
}

// Run keeps an approval.
func (c catalogueApprove) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		if err := s.Approve(a.ctx, trust, c.Source, c.Key, journal.Approval{Approved: !c.Refuse, By: string(c.By), Reason: string(c.Reason)}); err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(map[string]any{"source": c.Source, "key": c.Key, "approved": !c.Refuse})
		}
		word := "approved"
		if c.Refuse {
			word = "refused"
		}
		fmt.Fprintf(a.out, "%s %s is %s for trust %s.\n", c.Source, c.Key, word, trust)
		return nil
	})
}

type catalogueAlternative struct {
	Item        string `arg:"" help:"The item that may not be had."`
	Alternative string `arg:"" help:"The item that may stand in for it."`
	Kind        string `default:"indirect" enum:"direct,indirect" help:"direct: it does the same. indirect: a clinician chooses, each time."`
	By          said   `required:"" help:"Who decides."`
	Reason      said   `required:"" help:"Why."`
	End         bool   `help:"It may stand in no longer."`
}

// Run keeps an alternative.
func (c catalogueAlternative) Run(a *app) error {
	if c.Item == c.Alternative {
		return fault.New(fault.Invalid, "alternative_itself", "An item is no alternative to itself.")
	}
	return a.withTrust(func(s *store.Store, trust string) error {
		kind := c.Kind
		if c.End {
			kind = ""
		}
		if err := s.SetAlternative(a.ctx, trust, c.Item, c.Alternative, kind, string(c.By), string(c.Reason)); err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(map[string]any{"item": c.Item, "alternative": c.Alternative, "kind": kind})
		}
		switch kind {
		case "":
			fmt.Fprintf(a.out, "%s no longer stands in for %s.\n", c.Alternative, c.Item)
		case "direct":
			fmt.Fprintf(a.out, "%s is a direct alternative to %s.\n", c.Alternative, c.Item)
		default:
			fmt.Fprintf(a.out, "%s is an indirect alternative to %s: a clinician chooses it, each time.\n", c.Alternative, c.Item)
		}
		return nil
	})
}
