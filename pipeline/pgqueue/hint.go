package pgqueue

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// A hint is where claims of a queue start to look, so that rows which a long
// snapshot keeps from being cleaned away are not read by every claim.
//
// It may not hide a row, for the later ones of its key would overtake it. So
// it stays below the first row that was visible when it was made, and below
// all numbers that a transaction, open then, might still commit: the mark, a
// number drawn before, counts once all transactions that were open after it
// are over. (A transaction has its id before it draws a number.)
type hint struct {
	mu      sync.Mutex
	settled int64
	low     map[string]int64 // by trust; the others' is settled
	scanned time.Time
	took    time.Duration // by the last full scan

	mark struct{ seq, next int64 } // next is 0 until known
}

const (
	// fullScan is how often the first row is looked for from the very start.
	fullScan = time.Second
	// scanShare bounds a full scan's share of the time: behind a snapshot that
	// is held for long it has much to read.
	scanShare = 50
)

// after gives the number above which trust's rows stand.
func (h *hint) after(trust string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if low, ok := h.low[trust]; ok {
		return low
	}
	return h.settled
}

// refresh makes the hint anew and gives the trusts that have work. One
// goroutine calls it.
func (h *hint) refresh(ctx context.Context, pool *pgxpool.Pool, queue int16) ([]string, error) {
	var seq, open, next int64
	if err := pool.QueryRow(ctx, `SELECT o_seq, o_open, o_next FROM queue_horizon()`).Scan(&seq, &open, &next); err != nil {
		return nil, err
	}
	from, settled := h.advance(seq, open, next)
	start := time.Now()
	lows, err := ready(ctx, pool, queue, from)
	if err != nil {
		return nil, err
	}
	if from == fromStart {
		h.took = time.Since(start)
	}
	trusts := make([]string, 0, len(lows))
	for trust, low := range lows {
		trusts = append(trusts, trust)
		lows[trust] = min(low-1, settled)
	}
	h.mu.Lock()
	h.settled, h.low = settled, lows
	h.mu.Unlock()
	return trusts, nil
}

// advance settles the mark, or draws a new one, and gives where to look for
// the first row.
func (h *hint) advance(seq, open, next int64) (from, settled int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	settled, from = h.settled, h.settled
	switch {
	case h.mark.seq == 0:
		h.mark.seq = seq
	case h.mark.next == 0:
		h.mark.next = next
	case open >= h.mark.next:
		settled = h.mark.seq
		h.mark.seq, h.mark.next = seq, 0
	}
	for _, low := range h.low {
		from = min(from, low)
	}
	if time.Since(h.scanned) > max(fullScan, scanShare*h.took) {
		h.scanned, from = time.Now(), fromStart
	}
	return from, settled
}
