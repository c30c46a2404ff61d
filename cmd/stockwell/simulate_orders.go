package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/simulator/erp"
	"github.com/stockwell-hub/stockwell/simulator/expected"
	simhospital "github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/store"
)

// levels compares each par level with its stock: below the reorder point there
// is an order, or a suggestion that waits for a person.
func (v *verification) levels(all []journal.AccountLevel) {
	for _, l := range all {
		position := max(l.Available, 0) + l.Ordered + l.Suggested
		if position < l.Reorder && l.Awaiting == 0 {
			same(v, fmt.Sprintf("%d in stock or ordered, and nothing suggested", position), fmt.Sprintf("an order up to %d", l.Upto), "%s at %s, whose reorder point is %d", l.Item, l.Place, l.Reorder)
		}
		v.looked++
	}
	v.looked++
}

// orders compares the hub's orders with the files at the ERP, and with what
// the ERP answered.
func (v *verification) orders(s *simulation, a *app, hub *store.Store, trust, elsewhere string) error {
	dir := s.erpDir(elsewhere)
	all, err := hub.Orders(a.ctx, trust, 1<<30)
	if err != nil {
		return err
	}
	files, err := orderFiles(dir)
	if err != nil {
		return err
	}
	told, err := takenFrom(dir, "answers", erp.ReadAnswers)
	if err != nil {
		return err
	}
	answers := map[string][]erp.Answer{}
	for _, x := range told {
		answers[x.Order] = append(answers[x.Order], x)
	}
	refused, err := filepath.Glob(filepath.Join(dir, "*", "rejected", "*"))
	if err != nil {
		return err
	}
	same(v, len(refused), 0, "files and rows of the ERP that were rejected")
	needs := map[string]string{}
	for _, o := range all {
		if o.Imported {
			continue
		}
		v.order(s.plan.Hospital, o, files[o.Number], answers[o.Number], v.came)
		delete(files, o.Number)
		for _, l := range o.Lines {
			need := fmt.Sprintf("need %d of %s at %s", l.Cycle, l.Item, l.Place)
			if other := needs[need]; other != "" {
				same(v, "ordered by "+other+" and "+o.Number, "ordered once", "%s", need)
			}
			needs[need] = o.Number
		}
	}
	for _, number := range sortedKeys(files) {
		same(v, "there is none", "there is one", "order %s, which is at the ERP", number)
	}
	return nil
}

// order compares one order with its file, what was answered, and what came.
func (v *verification) order(h *simhospital.Hospital, o journal.Order, file []erp.Line, answers []erp.Answer, came map[expected.OrderLineOf][]erp.Receipt) {
	says := map[string]int64{}
	shall := map[string]int64{}
	for _, l := range o.Lines {
		says[fmt.Sprintf("order %s line %d: packs of %s", o.Number, l.Line, l.Item)] = l.Packs
	}
	for _, l := range file {
		shall[fmt.Sprintf("order %s line %d: packs of %s", o.Number, l.Line, l.Item)] += int64(l.Packs)
	}
	sums(v, says, shall)
	answered := map[int]erp.Answer{}
	for _, x := range answers {
		answered[x.Line] = x
	}
	state, open, some := "sent", false, false
	states := map[string]int{}
	for _, l := range o.Lines {
		x, ok := answered[l.Line]
		if !ok {
			x = erp.Answer{Status: "ordered", Packs: int(l.Packs)}
		}
		of := fmt.Sprintf("order %s line %d", o.Number, l.Line)
		same(v, l.State, x.Status, "%s: its answer", of)
		same(v, orDash(l.Expected), orDash(x.Expected), "%s: the day on which it comes", of)
		shall := expected.Ordered(h, l.Item, x.Packs, came[expected.OrderLineOf{Order: o.Number, Line: l.Line}])
		same(v, l.OpenPacks, shall.Open, "%s: packs still to come", of)
		same(v, l.Received, shall.Received, "%s: units that came", of)
		same(v, l.Substituted, shall.Substituted, "%s: units of another item that came", of)
		states[x.Status]++
		open, some = open || shall.Open > 0, some || shall.Received+shall.Substituted > 0
	}
	switch {
	case some && open:
		state = "part_received"
	case some:
		state = "received"
	case states["ordered"] > 0:
	case states["accepted"] == len(o.Lines):
		state = "accepted"
	case states["rejected"] == len(o.Lines):
		state = "rejected"
	default:
		state = "changed"
	}
	same(v, o.State, state, "order %s: its state", o.Number)
}

// orderFiles are the orders that stand at the ERP, by number.
func orderFiles(dir string) (map[string][]erp.Line, error) {
	files, err := filepath.Glob(filepath.Join(dir, "orders", "*.csv"))
	if err != nil {
		return nil, err
	}
	out := map[string][]erp.Line{}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		lines, err := erp.ReadOrder(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(f), err)
		}
		for _, l := range lines {
			out[l.Order] = append(out[l.Order], l)
		}
	}
	return out, nil
}
