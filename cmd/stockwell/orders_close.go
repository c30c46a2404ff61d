package main

import (
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/store"
)

type ordersClose struct {
	Number string `arg:"" help:"The order's number, as PO-000017."`
	Lines  []int  `name:"line" help:"Only this line, or these. Default: every line of which something is still to come."`
	By     said   `help:"Who closes it. Default: the user of this computer."`
	Why    said   `required:"" help:"Why. It is kept and shown, and sent to nobody."`
}

// Run closes lines of an order. Whoever closes them speaks for the supplier,
// so it is a message like an answer of the ERP.
func (c ordersClose) Run(a *app) error {
	return a.withBooks(func(s *store.Store, t *trust) error {
		o, err := s.Order(a.ctx, t.cfg.ODS, c.Number)
		if err != nil {
			return err
		}
		if o.State == "ready" {
			return fault.New(fault.Conflict, "order_not_sent", "Order %s is not at the ERP yet, so there is nothing to wait for. `stockwell purchasing pause` keeps orders from leaving.", o.Number)
		}
		open := map[int]bool{}
		for _, l := range o.Lines {
			open[l.Line] = l.OpenPacks > 0
		}
		lines := c.Lines
		if len(lines) == 0 {
			for _, l := range o.Lines {
				if open[l.Line] {
					lines = append(lines, l.Line)
				}
			}
		}
		if len(lines) == 0 {
			return fault.New(fault.Conflict, "order_not_open", "Nothing of order %s is still to come, so there is nothing to close.", o.Number)
		}
		e := canonical.OrderAnswer{OrderNumber: o.Number}
		for _, n := range lines {
			if known, there := open[n]; !known {
				return lineNotOpen(o.Number, n, there)
			}
			e.Lines = append(e.Lines, canonical.OrderAnswerLine{Origin: "decision", Line: n, Status: "closed", Reason: string(c.Why)})
		}
		return a.take(s, t, pipeline.TypeAnswer, "order "+o.Number+" at ", operator(string(c.By)), e)
	})
}

func lineNotOpen(number string, line int, there bool) error {
	if !there {
		return fault.New(fault.NotFound, "order_line_unknown", "Order %s has no line %d. `stockwell orders show %s` lists them.", number, line, number)
	}
	return fault.New(fault.Conflict, "order_line_not_open", "Nothing of line %d of order %s is still to come, so there is nothing to close.", line, number)
}
