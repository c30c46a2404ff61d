package main

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/clock"
	"github.com/stockwell-hub/stockwell/internal/witness"
	"github.com/stockwell-hub/stockwell/store"
)

// openWitness opens the notes of what the outside world was told.
func openWitness(hub *config.Hub) (*witness.Log, error) {
	dir := filepath.Join(hub.Data, "witness")
	if hub.Witness.Folder != "" {
		dir = hub.Path(hub.Witness.Folder)
	}
	return witness.Open(dir, hub.Witness.Days, clock.Now)
}

// noting is the pipeline's witness.
type noting struct {
	log   *witness.Log
	said  *slog.Logger
	mu    sync.Mutex
	away  bool
	tried map[string][32]byte // orders on their way, by trust and number
}

func newNoting(log *witness.Log, said *slog.Logger) *noting {
	return &noting{log: log, said: said, tried: map[string][32]byte{}}
}

// Acknowledged notes stored messages. Failing, it holds back no sender: the
// messages are safe in the database.
func (n *noting) Acknowledged(trust string, in []connectors.Envelope, out []connectors.Receipt) {
	acks := make([]witness.Ack, len(in))
	now := clock.Now()
	for i, e := range in {
		acks[i] = witness.Ack{At: now, Connector: e.Connector, Sender: store.Fit(e.Sender), ControlID: store.Fit(e.ControlID), Message: out[i].MessageID}
		copy(acks[i].Digest[:], e.Digest[:])
	}
	n.tell(n.log.Acknowledged(trust, acks))
}

// tell says once that nothing can be noted, and once that it can again.
func (n *noting) tell(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if away := err != nil; away != n.away {
		n.away = away
		if away {
			n.said.Warn("what is acknowledged cannot be noted outside the database; a restore would not know it", "err", err)
		} else {
			n.said.Info("what is acknowledged is noted again")
		}
	}
}

// Sending notes an order before its delivery; one that is tried again was
// noted before.
func (n *noting) Sending(trust, number string, f connectors.File) error {
	digest := sha256.Sum256(f.Body)
	n.mu.Lock()
	noted := n.tried[trust+"/"+number] == digest
	n.mu.Unlock()
	if noted {
		return nil
	}
	if err := n.log.Order(trust, witness.Order{At: clock.Now(), Step: witness.Sending, Number: number, File: f.Name, Body: f.Body}); err != nil {
		return err
	}
	n.mu.Lock()
	n.tried[trust+"/"+number] = digest
	n.mu.Unlock()
	return nil
}

// Sent notes that an order arrived. Failing, it leaves the order in doubt for
// whoever reads the notes, which is the truth.
func (n *noting) Sent(trust, number string, f connectors.File) {
	n.mu.Lock()
	delete(n.tried, trust+"/"+number)
	n.mu.Unlock()
	n.tell(n.log.Order(trust, witness.Order{At: clock.Now(), Step: witness.Sent, Number: number, File: f.Name, Body: f.Body}))
}

// noticeRestore fences each trust of which the witness knows more than the
// database holds: it came out of a backup, however that was done. It then says
// which trusts are fenced.
func (h *hub) noticeRestore(ctx context.Context) error {
	if err := h.compareNotes(ctx); err != nil {
		return err
	}
	for trust := range h.trusts {
		if _, err := h.lookAtFence(ctx, trust, false); err != nil {
			return err
		}
	}
	return h.store.Served(ctx)
}

// compareNotes fences each trust of which the witness knows more than the
// database holds.
func (h *hub) compareNotes(ctx context.Context) error {
	for trust := range h.trusts {
		if err := h.notice(ctx, trust); err != nil {
			return err
		}
	}
	return nil
}

// doubting holds orders also while the database may have been exchanged under
// the running hub.
type doubting struct {
	*store.Store
	doubted *atomic.Bool
}

// Fenced reports whether a trust's orders are held.
func (d doubting) Fenced(ctx context.Context, trust string) (bool, error) {
	if d.doubted.Load() {
		return true, nil
	}
	return d.Store.Fenced(ctx, trust)
}

// lookAtFence keeps the gauge of a trust's fence true, and says when it is set
// or lifted.
func (h *hub) lookAtFence(ctx context.Context, trust string, was bool) (fenced bool, err error) {
	fence, err := h.store.OpenFence(ctx, trust)
	if err != nil {
		return was, err
	}
	value := 0.0
	if fence != nil {
		value = 1
	}
	h.metrics.fenced.WithLabelValues(trust).Set(value)
	switch {
	case fence != nil && !was:
		h.log.Warn("ORDERS ARE HELD since a restore: none is numbered or sent until `stockwell fence lift`; `stockwell fence check` tells what to compare",
			"trust", trust, "since", fence.SetAt.Format(time.RFC3339), "why", fence.Why)
	case fence == nil && was:
		h.log.Info("orders go again: the fence was lifted", "trust", trust)
	}
	return fence != nil, nil
}

// watchFence follows what commands do to the fences.
func (h *hub) watchFence(ctx context.Context, trusts []string) {
	was := map[string]bool{}
	for _, t := range trusts {
		fence, err := h.store.OpenFence(ctx, t)
		was[t] = err == nil && fence != nil // it was said at the start
	}
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			for _, t := range trusts {
				was[t], _ = h.lookAtFence(ctx, t, was[t]) // the database may be away
			}
		}
	}
}

const bySelf = "stockwell"

func (h *hub) notice(ctx context.Context, trust string) error {
	settled, err := h.store.Settled(ctx, trust, h.witness.ID())
	if err != nil {
		return err
	}
	newest, err := h.witness.Newest(trust, witness.Position(settled))
	if err != nil {
		return err
	}
	lacking, err := lacking(ctx, h.store, trust, newest)
	if err != nil {
		return err
	}
	sent, err := h.witness.NewestOrders(trust)
	if err != nil {
		return err
	}
	numbers := make([]string, len(sent))
	for i, o := range sent {
		numbers[i] = o.Number
	}
	known, err := h.store.KnownOrders(ctx, trust, numbers)
	if err != nil {
		return err
	}
	lost := map[string]bool{}
	for _, n := range numbers {
		if known[n].Number == "" {
			lost[n] = true
		}
	}
	if len(lacking) == 0 && len(lost) == 0 {
		return nil
	}
	_, err = h.store.SetFence(ctx, trust, bySelf, noticed(len(lacking), len(lost)))
	return err
}

// lacking gives those of the messages that the database does not hold.
func lacking(ctx context.Context, s *store.Store, trust string, acks []witness.Ack) (out []witness.Ack, err error) {
	for len(acks) > 0 {
		some := acks[:min(len(acks), 1000)]
		acks = acks[len(some):]
		ask := make([]store.Acknowledged, len(some))
		for i, a := range some {
			ask[i] = store.Acknowledged{Connector: a.Connector, Sender: a.Sender, ControlID: a.ControlID, Digest: a.Digest}
		}
		gone, err := s.Lacking(ctx, trust, ask)
		if err != nil {
			return nil, err
		}
		for _, i := range gone {
			out = append(out, some[i])
		}
	}
	return out, nil
}
