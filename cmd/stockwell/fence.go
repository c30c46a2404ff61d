package main

import (
	"fmt"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type fenceCmd struct {
	Show  fenceShow  `cmd:"" help:"Show whether orders are held since a restore, and why."`
	Check fenceCheck `cmd:"" help:"Compare the books with the ERP's folder and with what the hub noted: lost orders, numbers, messages to ask for again. Changes nothing."`
	Lift  fenceLift  `cmd:"" help:"Let orders go again: take up those that were sent before the restore, number behind them, mark what was delivered."`
	Take  fenceTake  `cmd:"" help:"Take up an order that was sent before the restore, from its file."`
	Set   fenceSet   `cmd:"" help:"Hold a trust's orders by hand, as after a restore that stockwell did not do."`
}

type fenceShow struct{}

// Run shows the fences.
func (fenceShow) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.Fences(a.ctx, trust)
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(all)
		}
		if len(all) > 0 && all[0].LiftedAt == nil {
			fmt.Fprintf(a.out, "Orders of %s are HELD since %s, by %s: %s\nCompare with `stockwell fence check`, then `stockwell fence lift`.\n", trust, local(all[0].SetAt), all[0].SetBy, all[0].Why)
			all = all[1:]
		} else {
			fmt.Fprintf(a.out, "Orders of %s are not held.\n", trust)
		}
		var rows [][]any
		for _, f := range all {
			rows = append(rows, []any{local(f.SetAt), f.Why, localOr(f.LiftedAt, "–"), f.LiftedBy, f.LiftedWhy})
		}
		if len(rows) > 0 {
			a.printTable("", []any{"held since", "why", "lifted", "by", "because"}, rows)
		}
		return nil
	})
}

type fenceSet struct {
	By     said `required:"" help:"Who holds them."`
	Reason said `required:"" help:"Why, as: restored by the DBA to 14 March 09:00."`
}

// Run holds a trust's orders.
func (c fenceSet) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		set, err := s.SetFence(a.ctx, trust, string(c.By), string(c.Reason))
		if err != nil {
			return err
		}
		if !set {
			fmt.Fprintf(a.out, "Orders of %s are held already; nothing changed.\n", trust)
			return nil
		}
		fmt.Fprintf(a.out, "Orders of %s are held. A delivery in hand is finished; nothing else is numbered or sent until `stockwell fence lift`.\n", trust)
		return nil
	})
}

type fenceCheck struct {
	Limit int `default:"200" help:"Show at most so many messages; --json shows all."`
}

// Run compares. Its status is 1 while something is to be done.
func (c fenceCheck) Run(a *app) error {
	return a.withComparer(func(s *store.Store, t *trust, x *comparer) error {
		r, err := x.compare(a.ctx)
		if err != nil {
			return err
		}
		if a.JSON {
			err = a.printJSON(r)
		} else {
			a.printFence(r, c.Limit)
		}
		if open := r.Fence != nil && r.Fence.LiftedAt == nil; err == nil && (open || len(r.Lost)+len(r.Missing) > 0) {
			return errNo
		}
		return err
	})
}

// withComparer runs fn on a trust, its outside world and the hub's notes.
func (a *app) withComparer(fn func(s *store.Store, t *trust, x *comparer) error) error {
	hub, _, err := a.load()
	if err != nil {
		return err
	}
	return a.withBooks(func(s *store.Store, t *trust) error {
		x, err := newComparer(s, hub, t)
		if err != nil {
			return err
		}
		defer x.close()
		return fn(s, t, x)
	})
}

// printFence shows a comparison to a person.
func (a *app) printFence(r *fenceReport, limit int) {
	p := func(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }
	if r.Fence != nil && r.Fence.LiftedAt == nil {
		p("Orders of %s are HELD since %s: %s", r.Trust, local(r.Fence.SetAt), r.Fence.Why)
	} else {
		p("Orders of %s are not held.", r.Trust)
	}
	p("Highest order number: books %d, ERP's folder %s, noted by the hub %d. The next would be %d.", r.Numbers.Books, farNumber(r), r.Numbers.Witness, r.Numbers.Next)
	if !r.FarSide.Read {
		p("The ERP's folder could not be read: %s", r.FarSide.Problem)
	}
	p("The hub's notes are in %s, since %s.", r.Witness.Folder, local(r.Witness.Since))
	if r.Witness.Unreadable > 0 {
		p("%d lines of them cannot be read.", r.Witness.Unreadable)
	}
	var rows [][]any
	for _, o := range r.Lost {
		rows = append(rows, []any{o.Number, o.State, o.Where, o.File, len(o.order.Lines), orDash(o.Why)})
	}
	p("\nOrders that went out and are not in the books:")
	a.printTable("None.", []any{"order", "is", "where", "file", "lines", "remark"}, rows)
	rows = nil
	for _, o := range r.Delivered {
		rows = append(rows, []any{o.Number, o.Where, "is there already; it will be marked as sent"})
	}
	for _, o := range r.Doubtful {
		rows = append(rows, []any{o.Number, o.Where, o.Why})
	}
	if len(rows) > 0 {
		p("\nOrders that the books still have to send:")
		a.printTable("", []any{"order", "where", "what"}, rows)
	}
	a.printLostBatches(r)
	a.printGap(r, limit)
}

func farNumber(r *fenceReport) string {
	if !r.FarSide.Read {
		return "not known"
	}
	return fmt.Sprint(r.Numbers.FarSide)
}

// printGap lists the messages to ask for again.
func (a *app) printGap(r *fenceReport, limit int) {
	var rows [][]any
	for _, m := range r.Missing[:min(limit, len(r.Missing))] {
		rows = append(rows, []any{m.Connector, m.Sender, m.ControlID, local(m.At)})
	}
	fmt.Fprintf(a.out, "\nAcknowledged messages that the books lack: %d. Ask their senders to send them again; what is known has no second effect.\n", len(r.Missing))
	a.printTable("None.", []any{"connector", "sender", "control ID", "acknowledged"}, rows)
	if r.Fence == nil || r.Witness.Reaches {
		return
	}
	rows = nil
	for _, h := range r.Held {
		rows = append(rows, []any{h.Connector, h.Sender, h.ControlID, local(h.ReceivedAt), local(r.Fence.SetAt)})
	}
	fmt.Fprintln(a.out, "\nThe notes do not reach back to the backup, so there may be more. Ask each sender for all that it sent between:")
	a.printTable("The books hold no message.", []any{"connector", "sender", "last held", "from", "to"}, rows)
}

// farSideFault refuses what cannot be known without the far side.
func farSideFault(problem string) error {
	return fault.New(fault.Unavailable, "far_side_unread", "The ERP's folder could not be read: %s Nothing was changed. Mend the connection; or read the highest order number in the ERP and give it with --without-far-side --after NUMBER.", problem)
}
