package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/erp"
	simhospital "github.com/stockwell-hub/stockwell/simulator/hospital"
)

// erpBook is the ERP's own: for each order that it has seen, the files that it
// sends for it, one after another.
type erpBook struct {
	sim *simulation
	mu  sync.Mutex
	had map[string][]erpFile // what is still to be sent, by order file
}

// erpFile is a file that the ERP sends.
type erpFile struct {
	folder, name string
	raw          []byte
}

// count is how many orders were dealt with.
func (b *erpBook) count() (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, left := range b.had {
		if len(left) == 0 {
			n++
		}
	}
	return n
}

// run answers orders as they come, and delivers, until ctx ends.
func (b *erpBook) run(ctx context.Context, dir string) {
	for sleepFor(ctx, 100*time.Millisecond) == nil {
		files, _ := filepath.Glob(filepath.Join(dir, "orders", "*.csv"))
		for _, f := range files {
			b.look(dir, filepath.Base(f))
		}
		b.respond(dir)
	}
}

// look does the next step for an order: the next file goes when the hub has
// taken the one before. What cannot be read yet is looked at again.
func (b *erpBook) look(dir, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	left, known := b.had[name]
	if !known {
		raw, err := os.ReadFile(filepath.Join(dir, "orders", name))
		if err != nil {
			return
		}
		lines, err := erp.ReadOrder(raw)
		if err != nil {
			return
		}
		number := strings.TrimSuffix(name, ".csv")
		if left, err = b.steps(number, lines); err != nil {
			return
		}
	}
	for len(left) > 0 {
		sent, taken := whereIs(dir, left[0])
		if !sent && left[0].drop(dir) != nil || !taken {
			break
		}
		left = left[1:]
	}
	b.had[name] = left
}

// steps are the files that an order brings about. Its invoice stands among
// the truth, for the hub reads none.
func (b *erpBook) steps(order string, lines []erp.Line) (out []erpFile, err error) {
	h := b.sim.plan.Hospital
	answers := erp.Answers(h, lines)
	if len(answers) > 0 {
		out = append(out, erpFile{"answers", "ack-" + order + ".csv", erp.WriteAnswers(answers)})
	}
	goods := erp.Goods(h, lines, answers)
	if charges := erp.Invoice(h, lines, goods); len(charges) > 0 {
		if err := writeUnder(b.sim.path("truth/invoices/INV-"+order+".csv"), erp.WriteInvoice(charges)); err != nil {
			return nil, err
		}
	}
	for i, rows := range goods {
		out = append(out, erpFile{"goods", fmt.Sprintf("gr-%s-%d.csv", order, i+1), erp.WriteGoods(rows)})
	}
	c := simhospital.NewChance(h.Seed, "order of files "+order, 0)
	if len(out) > 1 && out[0].folder == "answers" && c.Of(0.15) && len(h.Troubles) > 0 { // the goods are quicker than the answer
		out[0], out[1] = out[1], out[0]
	}
	return out, nil
}

// whereIs says whether a file was sent, and whether the hub has taken it.
func whereIs(dir string, f erpFile) (sent, taken bool) {
	if _, err := os.Stat(filepath.Join(dir, f.folder, f.name)); err == nil {
		return true, false
	}
	for _, had := range []string{"processed", "rejected"} {
		if _, err := os.Stat(filepath.Join(dir, f.folder, had, f.name)); err == nil {
			return true, true
		}
	}
	return false, false
}

// drop puts a file into its folder, whole from the first moment.
func (f erpFile) drop(dir string) error {
	part := filepath.Join(dir, f.folder, f.name+".part")
	if err := os.WriteFile(part, f.raw, 0o644); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(dir, f.folder, f.name))
}

// takenFrom reads what the hub took from a folder, in the order of the files'
// names.
func takenFrom[T any](dir, folder string, read func(raw []byte) ([]T, error)) (out []T, err error) {
	files, err := filepath.Glob(filepath.Join(dir, folder, "processed", "*.csv"))
	slices.Sort(files)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		rows, err := read(raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(f), err)
		}
		out = append(out, rows...)
	}
	return out, err
}
