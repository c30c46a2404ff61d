package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"
)

// idlers is how many idle connections are held.
const idlers = 1000

// connectionsPart shows what many connections cost: the hub's memory for each
// of 1,000 that are idle, and what 100 peers that send a byte a second within a
// frame do to the answers of 16 good ones. Rates at 1 to 256 connections are in
// the ack part.
func connectionsPart(ctx context.Context, b *bench) error {
	if err := idleConnections(ctx, b); err != nil {
		return err
	}
	r, err := b.open(ctx)
	if err != nil {
		return err
	}
	if err := r.drain(ctx); err != nil {
		return err
	}
	if err := besideSlowPeers(ctx, r); err != nil {
		return err
	}
	return r.explained(ctx)
}

// idleConnections reads the memory of a hub of its own without and with them,
// and has some of them answered. A hub that has worked keeps room from then,
// which would hide what they take.
func idleConnections(ctx context.Context, b *bench) error {
	folder := filepath.Join(b.folder, "idle")
	if err := writeTrust(folder, trustCode, false); err != nil {
		return err
	}
	h, err := b.start(ctx, folder, filepath.Join(b.folder, "idle-data"))
	if err != nil {
		return err
	}
	defer h.stop()
	before, err := h.settledMemory(ctx)
	if err != nil {
		return err
	}
	idle := make([]*sender, idlers)
	for i := range idle {
		if idle[i], err = dial(ctx, h.mllp); err != nil {
			return err
		}
		defer idle[i].conn.Close()
	}
	if err := h.holds(ctx, idlers); err != nil {
		return err
	}
	after, err := h.settledMemory(ctx)
	if err != nil {
		return err
	}
	feed, p := newFeed(), newPicker(uint64(b.seed()))
	var took []time.Duration
	for i := 0; i < idlers; i += idlers / 20 {
		start := time.Now()
		if err := idle[i].send(feed.message(int64(i), p)); err != nil {
			return fmt.Errorf("a message on an idle connection: %w", err)
		}
		took = append(took, time.Since(start))
	}
	b.say("hub without them: resident %.1f MB, Go heap %.1f MB, stacks %.1f MB; with them: %.1f MB, %.1f MB, %.1f MB",
		before.resident/1e6, before.heap/1e6, before.stacks/1e6, after.resident/1e6, after.heap/1e6, after.stacks/1e6)
	each := func(before, after float64) float64 { return (after - before) / idlers / 1000 }
	b.add(shown("1,000 idle connections: resident memory for each", "KB", each(before.resident, after.resident), 0),
		shown("1,000 idle connections: Go heap for each", "KB", each(before.heap, after.heap), 0),
		shown("1,000 idle connections: stacks for each", "KB", each(before.stacks, after.stacks), 0),
		shown("1,000 idle connections: a message on one of them, p50", "ms", quantile(milliseconds(took), 0.5), 0))
	return nil
}

// holds waits until the hub has this many connections open: dialling ends before
// the hub has taken one.
func (h *hub) holds(ctx context.Context, connections float64) error {
	const open = `stockwell_mllp_connections{connector="theatre",trust="` + trustCode + `"}`
	for start := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		f, err := h.metrics(ctx, open)
		if err != nil || f[open] == connections {
			return err
		}
		if time.Since(start) > 10*time.Second {
			return fmt.Errorf("the hub holds %.0f connections of %.0f", f[open], connections)
		}
	}
}

// hubMemory is in bytes.
type hubMemory struct{ resident, heap, stacks float64 }

// settledMemory reads the hub's memory again and again, which makes garbage
// enough for collections, until five have passed: of the heap the least counts,
// which is right after one, of the rest the last.
func (h *hub) settledMemory(ctx context.Context) (hubMemory, error) {
	const resident, heap, stacks, collections = "process_resident_memory_bytes", "go_memstats_heap_alloc_bytes", "go_memstats_stack_inuse_bytes", "go_gc_duration_seconds_count"
	least, enough := math.Inf(1), math.Inf(1)
	for {
		f, err := h.metrics(ctx, resident, heap, stacks, collections)
		if err != nil {
			return hubMemory{}, err
		}
		if len(f) < 4 {
			return hubMemory{}, errors.New("the hub's metrics page does not tell its memory")
		}
		least, enough = min(least, f[heap]), min(enough, f[collections]+5)
		if f[collections] >= enough {
			return hubMemory{f[resident], least, f[stacks]}, nil
		}
	}
}
