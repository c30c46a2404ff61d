package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/simulator/erp"
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
	dir := elsewhere
	if dir == "" {
		dir = s.path("erp")
	}
	all, err := hub.Orders(a.ctx, trust, 1<<30)
	if err != nil {
		return err
	}
	files, err := orderFiles(dir)
	if err != nil {
		return err
	}
	answers, err := answerFiles(dir)
	if err != nil {
		return err
	}
	needs := map[string]string{}
	for _, o := range all {
		if o.Imported {
			continue
		}
		v.order(o, files[o.Number], answers[o.Number])
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

// order compares one order with its file and with what was answered.
func (v *verification) order(o journal.Order, file []erp.Line, answers []erp.Answer) {
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
	for _, l := range o.Lines {
		x, ok := answered[l.Line]
		of := fmt.Sprintf("order %s line %d", o.Number, l.Line)
		if !ok {
			same(v, l.State, "ordered", "%s: its state", of)
			same(v, l.OpenPacks, l.Packs, "%s: packs to come", of)
			continue
		}
		same(v, l.State, x.Status, "%s: its state", of)
		same(v, l.OpenPacks, int64(x.Packs), "%s: packs to come", of)
		same(v, orDash(l.Expected), orDash(x.Expected), "%s: the day on which it comes", of)
	}
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

// answerFiles are the ERP's answers that the hub took, by order number.
func answerFiles(dir string) (map[string][]erp.Answer, error) {
	files, err := filepath.Glob(filepath.Join(dir, "answers", "processed", "*ack-*.csv*"))
	if err != nil {
		return nil, err
	}
	out := map[string][]erp.Answer{}
	for _, f := range files {
		if strings.HasSuffix(f, ".txt") {
			continue
		}
		raw, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		answers, err := erp.ReadAnswers(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(f), err)
		}
		for _, x := range answers {
			out[x.Order] = append(out[x.Order], x)
		}
	}
	return out, nil
}
