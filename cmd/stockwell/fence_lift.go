package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/store"
)

// counterOf reads an order number's count.
func counterOf(prefix, number string) (int64, bool) {
	digits, ok := strings.CutPrefix(number, prefix)
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, ok && err == nil && n >= 0
}

type fenceLift struct {
	By             said     `required:"" help:"Who lets the orders go."`
	Reason         said     `required:"" help:"Why it is safe, as: compared with the ERP, senders are replaying."`
	After          string   `help:"Number behind this order at least, as PO-000021: the highest that the ERP has." placeholder:"NUMBER"`
	WithoutFarSide bool     `help:"The ERP's folder cannot be read; --after says what it would."`
	Sent           []string `help:"An uncertain order that the ERP has." placeholder:"NUMBER"`
	LeaveOut       []string `help:"A lost order that the ERP does not have, or that cannot be taken up: its items may be ordered again." placeholder:"NUMBER"`
}

// Run lets a trust's orders go again. Killed at any moment it has either done
// so, or the orders are still held and it may be run again.
func (c fenceLift) Run(a *app) error {
	return a.withComparer(func(s *store.Store, t *trust, x *comparer) error {
		fence, err := s.OpenFence(a.ctx, t.cfg.ODS)
		if err != nil {
			return err
		}
		if fence == nil {
			return fault.New(fault.Conflict, "not_fenced", "The orders of %s are not held; there is nothing to lift.", t.cfg.ODS)
		}
		r, err := x.compare(a.ctx)
		if err != nil {
			return err
		}
		l, err := c.decide(r, t.cfg.Purchasing.Number.Prefix)
		if err != nil {
			return err
		}
		for _, o := range l.take {
			if _, err := takeOrder(a.ctx, s, t, o, string(c.By)); err != nil {
				return fault.Wrap(err, fault.Of(err).Kind, fault.Of(err).Code, "Order %s cannot be taken up: %s The orders are still held. Put it right and lift again, or give --leave-out %s.", o.Number, fault.Of(err).Error(), o.Number)
			}
		}
		failpoint.Hit(failpoint.LiftBeforeCommit)
		if err := s.LiftFence(a.ctx, r.Trust, l.Lift, func() { failpoint.Hit(failpoint.LiftInTransaction) }); err != nil {
			return err
		}
		failpoint.Hit(failpoint.LiftAfterCommit)
		return c.report(a, r, l)
	})
}

// lift is what was decided: orders to take up, then the rest in one step.
type lift struct {
	store.Lift
	take []lostOrder
}

// decide refuses what a person must say first.
func (c fenceLift) decide(r *fenceReport, prefix string) (lift, error) {
	var l lift
	after, ok := int64(0), true
	if c.After != "" {
		if after, ok = counterOf(prefix, c.After); !ok {
			return l, fault.New(fault.Invalid, "order_number_unreadable", "%s is not an order number of the trust; write it as %s000021.", c.After, prefix)
		}
	}
	switch {
	case !r.FarSide.Read && !c.WithoutFarSide:
		return l, farSideFault(r.FarSide.Problem)
	case !r.FarSide.Read && c.After == "":
		return l, fault.New(fault.Invalid, "after_missing", "Without the ERP's folder the highest order number that the ERP has must be given: --after NUMBER.")
	}
	l.By, l.Why, l.Next, l.Witness, l.Through, l.Report = string(c.By), string(c.Reason), max(r.Numbers.Next, after+1), r.Witness.id, string(r.Witness.end), r
	l.Batches = lostBatches(r)
	var open []string
	for _, o := range r.Lost {
		switch {
		case slices.Contains(c.LeaveOut, o.Number):
			l.LeftOut = append(l.LeftOut, o.Number)
		case o.State == "sent", o.State == "uncertain" && slices.Contains(c.Sent, o.Number):
			l.take = append(l.take, o)
		default:
			open = append(open, o.Number+" ("+o.State+")")
		}
	}
	if len(open) > 0 {
		return l, fault.New(fault.Conflict, "orders_undecided", "It is not known what became of %s. Ask at the ERP. What it has: --sent NUMBER, or `stockwell fence take FILE` with the ERP's copy. What it does not have: --leave-out NUMBER.", strings.Join(open, ", "))
	}
	for _, o := range r.Delivered {
		l.Sent = append(l.Sent, store.SentOrder{ID: o.id, File: o.File, Digest: o.digest[:]})
	}
	for _, o := range r.Doubtful {
		l.Stop = append(l.Stop, store.StopOrder{ID: o.id, Code: o.Code, Text: o.Why + " To send it all the same: `stockwell orders resend " + o.Number + "`."})
	}
	return l, nil
}

func (c fenceLift) report(a *app, r *fenceReport, l lift) error {
	names := func(all []lostOrder) []string {
		out := []string{}
		for _, o := range all {
			out = append(out, o.Number)
		}
		return out
	}
	if a.JSON {
		return a.printJSON(map[string]any{"trust": r.Trust, "taken_up": names(l.take), "left_out": append([]string{}, l.LeftOut...), "marked_sent": len(l.Sent), "stopped": len(l.Stop), "next_number": l.Next, "missing_messages": len(r.Missing)})
	}
	fmt.Fprintf(a.out, "Orders of %s go again; the next is number %d.\nTaken up, as sent before the restore: %s. Marked as sent: %d. Stopped for a person: %d. Left out: %s.\n",
		r.Trust, l.Next, cmp.Or(strings.Join(names(l.take), ", "), "none"), len(l.Sent), len(l.Stop), cmp.Or(strings.Join(l.LeftOut, ", "), "none"))
	if len(r.Missing) > 0 {
		fmt.Fprintf(a.out, "%d acknowledged messages are still missing; `stockwell fence check` lists them.\n", len(r.Missing))
	}
	return nil
}

// takeOrder keeps an order that went out before the restore. The same file
// twice has the effect of once.
func takeOrder(ctx context.Context, s *store.Store, t *trust, o lostOrder, by string) (done bool, err error) {
	digest := sha256.Sum256(o.body)
	taken := store.TakenOrder{
		Number: o.order.Number, Supplier: o.order.Supplier, DeliverTo: o.order.DeliverTo, Currency: o.order.Currency, Counter: o.count,
		CreatedAt: o.order.OrderedOn, SentAt: o.At, File: o.File, Digest: digest[:], By: by,
	}
	if taken.CreatedAt.IsZero() || taken.CreatedAt.After(o.At) {
		taken.CreatedAt = o.At
	}
	for _, l := range o.order.Lines {
		taken.Lines = append(taken.Lines, store.TakenLine(l))
	}
	_, done, err = s.Import(ctx, t.cfg.ODS, "order", o.File, o.body, func(ctx context.Context, message int64) (string, error) {
		return fmt.Sprintf("Order %s, sent before a restore, taken up with %d lines.", taken.Number, len(taken.Lines)), t.books.Take(ctx, message, taken)
	})
	return done, err
}

type fenceTake struct {
	File string `arg:"" help:"The order's file, as it was sent to the ERP." type:"existingfile"`
	By   said   `required:"" help:"Who takes it up."`
}

// Run takes up one order from its file.
func (c fenceTake) Run(a *app) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err != nil {
		return err
	}
	return a.withBooks(func(s *store.Store, t *trust) error {
		layout, err := t.mappings.orderLayout()
		if err != nil {
			return err
		}
		order, err := pipeline.ReadOrder(layout, filepath.Base(c.File), raw, t.zone)
		if err != nil {
			return err
		}
		count, _ := counterOf(t.cfg.Purchasing.Number.Prefix, order.Number)
		at := info.ModTime()
		if now := time.Now(); at.After(now) {
			at = now
		}
		done, err := takeOrder(a.ctx, s, t, lostOrder{File: filepath.Base(c.File), At: at, count: count, body: raw, order: order}, string(c.By))
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(map[string]any{"order": order.Number, "done": done})
		}
		if !done {
			fmt.Fprintf(a.out, "The file of order %s was taken up before; nothing changed.\n", order.Number)
			return nil
		}
		fmt.Fprintf(a.out, "Order %s is taken up, with %d lines on order.\n", order.Number, len(order.Lines))
		return nil
	})
}
