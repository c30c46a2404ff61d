package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/store"
)

type ordersCmd struct {
	List      ordersList      `cmd:"" help:"List orders, newest first."`
	Show      ordersShow      `cmd:"" help:"Show one order, its lines, and what each is for."`
	Suggested ordersSuggested `cmd:"" help:"List the suggested orders that wait."`
	Approve   ordersDecide    `cmd:"" help:"Approve a suggested order that waits for a person."`
	Decline   ordersDecline   `cmd:"" help:"Decline a suggested order that waits for a person."`
	Resend    ordersResend    `cmd:"" help:"Send an order again whose sending was stopped. Its number and file stay the same."`
	Close     ordersClose     `cmd:"" help:"Close what is still to come of an order, as when the supplier says that it will not come. What is needed becomes a suggested order that waits for a person."`
	History   ordersHistory   `cmd:"" help:"Take up past orders from a CSV file, so that planning knows what is usual: order_number,ordered_on,place,item,quantity,unit_price,supplier."`
}

type ordersList struct {
	Limit int `default:"50" help:"At most so many."`
}

// Run lists orders.
func (c ordersList) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.Orders(a.ctx, trust, c.Limit)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(all)
		}
		var rows [][]any
		for _, o := range all {
			rows = append(rows, []any{o.Number, local(o.CreatedAt), o.Supplier, o.DeliverTo, len(o.Lines), money(o.Value, o.Currency), o.State, localOr(o.SentAt, "–")})
		}
		a.printTable("No orders.", []any{"order", "made", "supplier", "deliver to", "lines", "value", "state", "sent"}, rows)
		return nil
	})
}

type ordersShow struct {
	Number string `arg:"" help:"The order's number, as PO-000017."`
}

// Run shows an order.
func (c ordersShow) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		o, err := s.Order(a.ctx, trust, c.Number)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(o)
		}
		fmt.Fprintf(a.out, "Order %s to %s for %s, %s, made %s: %s%s\n", o.Number, o.Supplier, o.DeliverTo, money(o.Value, o.Currency), local(o.CreatedAt), o.State, sentAs(o))
		if o.AnsweredBy != 0 {
			fmt.Fprintf(a.out, "Answered %s by message %d\n", localOr(o.AnsweredAt, ""), o.AnsweredBy)
		}
		var rows [][]any
		for _, l := range o.Lines {
			rows = append(rows, []any{l.Line, l.Item, l.Description, fmt.Sprintf("%d x %d", l.Packs, l.PackSize), money(l.UnitPrice, o.Currency), money(l.Value, o.Currency), l.State, orDash(l.CameText()), orDash(l.Expected), fmt.Sprintf("message %d %s", l.Message, l.Origin)})
		}
		a.printTable("No lines.", []any{"line", "item", "description", "packs", "price", "value", "state", "received", "expected", "because of"}, rows)
		for _, l := range o.Lines {
			for _, c := range l.Came {
				fmt.Fprintf(a.out, "Line %d: %d units came on %s%s%s, receipt %s line %s, by message %d %s\n", l.Line, c.Units, orDash(c.ReceivedOn), lot(c.Lot, ""), substituted(c), c.Receipt, c.Line, c.Message, c.Origin)
			}
		}
		return nil
	})
}

func substituted(c journal.Came) string {
	if c.Substitute {
		return ", of another item than ordered"
	}
	return ""
}

type ordersSuggested struct {
	All   bool `help:"Also those that are decided."`
	Limit int  `default:"500" help:"At most so many."`
}

// Run lists suggested orders.
func (c ordersSuggested) Run(a *app) error {
	if err := atLeastOne(c.Limit); err != nil {
		return err
	}
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.Suggestions(a.ctx, trust, c.All, c.Limit)
		if err != nil {
			return err
		}
		a.noteCut(len(all), c.Limit)
		if a.JSON {
			return a.printJSON(all)
		}
		var rows [][]any
		for _, g := range all {
			rows = append(rows, []any{g.ID, g.Place, g.Item, fmt.Sprintf("%d x %d", g.Packs, g.PackSize), money(g.Value, g.Currency), g.State, g.Why, orDash(g.Order)})
		}
		a.printTable("No suggested order waits.", []any{"number", "place", "item", "packs", "value", "state", "why", "order"}, rows)
		return nil
	})
}

type ordersDecide struct {
	ID     int64 `arg:"" help:"The suggested order's number."`
	By     said  `required:"" help:"Who decides."`
	Reason said  `default:"Approved." help:"Why."`
}

// Run approves; the hub makes the order when the supplier's time comes.
func (c ordersDecide) Run(a *app) error { return a.decide(c.ID, true, string(c.By), string(c.Reason)) }

type ordersDecline struct {
	ID     int64 `arg:"" help:"The suggested order's number."`
	By     said  `required:"" help:"Who decides."`
	Reason said  `required:"" help:"Why."`
}

// Run declines.
func (c ordersDecline) Run(a *app) error {
	return a.decide(c.ID, false, string(c.By), string(c.Reason))
}

func (a *app) decide(id int64, approve bool, by, reason string) error {
	_, trusts, err := a.load()
	if err != nil {
		return err
	}
	return a.withTrust(func(s *store.Store, trust string) error {
		zone := time.UTC
		for _, t := range trusts {
			if t.ODS == trust {
				if zone, err = time.LoadLocation(t.TimeZone); err != nil {
					return err
				}
			}
		}
		if err := s.DecideSuggestion(a.ctx, trust, id, approve, by, reason, zone); err != nil {
			return err
		}
		// It may have been decided anew since it was listed.
		g, err := s.Suggestion(a.ctx, trust, id)
		if err != nil {
			return err
		}
		what := fmt.Sprintf(" (%d x %d %s for %s)", g.Packs, g.PackSize, g.Item, g.Place)
		if approve {
			fmt.Fprintf(a.out, "Suggested order %d%s approved; the hub makes the order when the supplier's time comes.\n", id, what)
		} else {
			fmt.Fprintf(a.out, "Suggested order %d%s declined.\n", id, what)
		}
		return nil
	})
}

type ordersResend struct {
	Number string `arg:"" help:"The order's number, as PO-000017."`
}

// Run gives the order back to the hub, which sends it.
func (c ordersResend) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		if err := s.Resend(a.ctx, trust, c.Number); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "Order %s is sent again as soon as the hub runs.\n", c.Number)
		return nil
	})
}

type ordersHistory struct {
	File string `arg:"" help:"The CSV file." type:"existingfile"`
}

// Run takes up past orders: all of the file or nothing, and once.
func (c ordersHistory) Run(a *app) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	return a.withBooks(func(s *store.Store, t *trust) error {
		n, done, err := takeHistory(a.ctx, s, t, c.File, raw)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(map[string]any{"rows": n, "done": done})
		}
		if !done {
			fmt.Fprintln(a.out, "The same file was taken up before; nothing changed.")
			return nil
		}
		fmt.Fprintf(a.out, "%d lines of past orders taken up.\n", n)
		return nil
	})
}

func takeHistory(ctx context.Context, s *store.Store, t *trust, file string, raw []byte) (n int, done bool, err error) {
	rows, err := pipeline.ReadHistory(file, raw)
	if err != nil {
		return 0, false, err
	}
	past := make([]store.PastOrder, len(rows))
	for i, r := range rows {
		past[i] = store.PastOrder(r)
	}
	prefix := t.cfg.Purchasing.Number.Prefix
	counter := func(number string) (int64, bool) {
		digits, ok := strings.CutPrefix(number, prefix)
		n, err := strconv.ParseInt(digits, 10, 64)
		return n, ok && err == nil
	}
	_, done, err = s.Import(ctx, t.cfg.ODS, "order_history", file, raw, func(ctx context.Context, message int64) (string, error) {
		return fmt.Sprintf("%d lines of past orders taken up.", len(rows)), t.books.History(ctx, message, past, counter)
	})
	return len(rows), done, err
}
