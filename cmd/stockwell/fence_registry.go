package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

// lostBatch is a registry batch of which the books know nothing: it left
// after the backup that they came out of.
type lostBatch struct {
	Batch  string    `json:"batch"`
	Where  string    `json:"where"`
	At     time.Time `json:"at"`
	number int64
}

// batchNumber reads a batch's number out of its name, or of its data file's.
func batchNumber(provider, name string) (int64, bool) {
	digits, ok := strings.CutPrefix(strings.TrimSuffix(name, ".csv"), strings.TrimSuffix(registry.BatchName(provider, 0), "000000"))
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, ok && err == nil && n > 0
}

// openRegistry opens the far side of the trust's registry, if it has one.
func (c *comparer) openRegistry() error {
	for _, x := range c.trust.cfg.Connectors {
		if x.Name != c.trust.cfg.Registry.Connector {
			continue
		}
		way, err := connect(c.trust.cfg, x, slog.New(slog.DiscardHandler), newMetrics())
		if err != nil {
			return err
		}
		before := c.close
		c.close = func() { before(); way.close() }
		c.registry, _ = way.sink.(connectors.Shelf)
	}
	return nil
}

// batches lists the batches that left and are not in the books. A registry
// that cannot be read is said in the report; what the hub noted then counts.
func (c *comparer) batches(ctx context.Context, r *fenceReport, noted []lostBatch) error {
	provider := cmp.Or(c.trust.cfg.Registry.Provider, c.trust.cfg.ODS)
	all := noted
	if c.registry != nil {
		files, err := c.registry.Delivered(ctx)
		if err != nil {
			r.RegistryProblem = fault.Of(err).Text
		}
		for _, f := range files {
			if n, ok := batchNumber(provider, f.Name); ok && strings.HasSuffix(f.Name, ".csv") {
				all = append(all, lostBatch{Batch: registry.BatchName(provider, n), Where: f.Folder, At: f.ModTime, number: n})
			}
		}
	}
	var names []string
	for _, b := range all {
		names = append(names, b.Batch)
	}
	known, err := c.store.KnownBatches(ctx, r.Trust, names)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, b := range all {
		if !known[b.Batch] && !seen[b.Batch] {
			seen[b.Batch] = true
			r.LostBatches = append(r.LostBatches, b)
		}
	}
	slices.SortFunc(r.LostBatches, func(a, b lostBatch) int { return cmp.Compare(a.number, b.number) })
	return nil
}

// lostBatches is what lifting the fence settles of them: their numbers are not
// given again.
func lostBatches(r *fenceReport) (out []store.LostBatch) {
	for _, b := range r.LostBatches {
		out = append(out, store.LostBatch{Name: b.Batch, Number: b.number})
	}
	return out
}

func (a *app) printLostBatches(r *fenceReport) {
	if r.RegistryProblem != "" {
		fmt.Fprintf(a.out, "\nThe registry's folder could not be read: %s\n", r.RegistryProblem)
	}
	if len(r.LostBatches) == 0 {
		return
	}
	var rows [][]any
	for _, b := range r.LostBatches {
		rows = append(rows, []any{b.Batch, b.Where, local(b.At)})
	}
	fmt.Fprintln(a.out, "\nBatches that went to the registry and are not in the books. Their numbers are not given again. A use that is told again has the record that the registry knows, so it is not held twice; compare these batches with the registry's list once the senders have replayed:")
	a.printTable("", []any{"batch", "where", "at"}, rows)
}
