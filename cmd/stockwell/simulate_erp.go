package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/erp"
)

// erpBook is the ERP's own: the orders that it has seen.
type erpBook struct {
	sim *simulation
	mu  sync.Mutex
	had map[string]bool // files of orders that were dealt with
}

// count is how many orders were dealt with.
func (b *erpBook) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.had)
}

// run answers orders as they come until ctx ends.
func (b *erpBook) run(ctx context.Context, dir string) {
	for sleepFor(ctx, 100*time.Millisecond) == nil {
		files, _ := filepath.Glob(filepath.Join(dir, "orders", "*.csv"))
		for _, f := range files {
			name := filepath.Base(f)
			b.mu.Lock()
			had := b.had[name]
			b.mu.Unlock()
			if had || b.answer(dir, name) != nil {
				continue // what cannot be read yet is looked at again
			}
			b.mu.Lock()
			b.had[name] = true
			b.mu.Unlock()
		}
	}
}

// answer answers one order, unless that was done before.
func (b *erpBook) answer(dir, name string) error {
	raw, err := os.ReadFile(filepath.Join(dir, "orders", name))
	if err != nil {
		return err
	}
	lines, err := erp.ReadOrder(raw)
	if err != nil {
		return err
	}
	answers := erp.Answers(b.sim.plan.Hospital, lines)
	if len(answers) == 0 {
		return nil
	}
	file := "ack-" + strings.TrimSuffix(name, ".csv") + ".csv"
	for _, had := range []string{"answers", "answers/processed", "answers/rejected"} {
		if _, err := os.Stat(filepath.Join(dir, had, file)); err == nil {
			return nil
		}
	}
	part := filepath.Join(dir, "answers", file+".part")
	if err := os.WriteFile(part, erp.WriteAnswers(answers), 0o644); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(dir, "answers", file))
}
