package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/witness"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
	"github.com/stockwell-hub/stockwell/store"
)

func noticed(messages, orders int) string {
	return fmt.Sprintf("The hub noted that it acknowledged at least %d messages and sent %d orders of which the database knows nothing: it came out of a backup.", messages, orders)
}

// fenceReport is what a comparison of the books with the outside world finds.
type fenceReport struct {
	Trust   string         `json:"trust"`
	Fence   *journal.Fence `json:"fence,omitempty"`
	FarSide farSide        `json:"far_side"`
	Witness witnessSays    `json:"witness"`
	// Numbers are the highest counters that each of the three knows; Next is
	// what lifting would number from.
	Numbers counters `json:"numbers"`
	// Lost are orders of which the books know nothing.
	Lost []lostOrder `json:"lost_orders"`
	// Delivered are to be sent in the books, and at the ERP all the same.
	Delivered []doubtfulOrder `json:"delivered_orders"`
	// Doubtful may not be sent without a person.
	Doubtful []doubtfulOrder `json:"doubtful_orders"`
	// Missing are the acknowledged messages that the books lack.
	Missing []missingMessage `json:"missing_messages"`
	// LostBatches went to the registry, and the books know nothing of them.
	LostBatches     []lostBatch `json:"lost_registry_batches"`
	RegistryProblem string      `json:"registry_problem,omitempty"`
	// Held says, for each sender, from when on to ask again where the witness
	// does not reach back far enough.
	Held []store.LastHeld `json:"last_held"`
}

type farSide struct {
	Read    bool   `json:"read"`
	Problem string `json:"problem,omitempty"`
	Orders  int    `json:"orders"`
	Others  int    `json:"other_files"`
}

type witnessSays struct {
	Folder     string    `json:"folder"`
	Since      time.Time `json:"since"`
	Reaches    bool      `json:"reaches_back_to_the_backup"`
	Unreadable int       `json:"unreadable_lines"`
	id         string
	end        witness.Position
	// reachesOrders is Reaches for orders, whose notes are kept for longer.
	reachesOrders bool
}

type counters struct {
	Books   int64 `json:"books"`
	FarSide int64 `json:"far_side"`
	Witness int64 `json:"witness"`
	Next    int64 `json:"next"`
}

// lostOrder stands as sent, as uncertain (its delivery was begun, and nobody
// saw it end), or as unreadable (it is there, and cannot be taken up).
type lostOrder struct {
	Number string    `json:"number"`
	File   string    `json:"file"`
	Where  string    `json:"where"`
	State  string    `json:"state"`
	Why    string    `json:"why,omitempty"`
	At     time.Time `json:"at"`
	count  int64
	body   []byte
	order  pipeline.ForeignOrder
}

type doubtfulOrder struct {
	Number string `json:"number"`
	File   string `json:"file"`
	Where  string `json:"where"`
	Code   string `json:"code,omitempty"`
	Why    string `json:"why,omitempty"`
	id     int64
	digest [32]byte
}

type missingMessage struct {
	Connector string    `json:"connector"`
	Sender    string    `json:"sender"`
	ControlID string    `json:"control_id"`
	At        time.Time `json:"acknowledged_at"`
}

// sighting is one trace of an order outside the books.
type sighting struct {
	number, file, where string
	count               int64
	at                  time.Time
	step                witness.Step
	body                []byte // nil if it is not known
	digest              [32]byte
	far                 bool
}

// comparer compares one trust's books with the outside world.
type comparer struct {
	store   *store.Store
	trust   *trust
	witness *witness.Log
	layout  flatfile.Layout
	shelf   connectors.Shelf // nil where the trust orders nothing
	// registry is the registry's side, nil where the trust reports to none.
	registry connectors.Shelf
	close    func()
}

func newComparer(s *store.Store, hub *config.Hub, t *trust) (*comparer, error) {
	w, err := openWitness(hub)
	if err != nil {
		return nil, err
	}
	c := &comparer{store: s, trust: t, witness: w, close: w.Close}
	for _, x := range t.cfg.Connectors {
		if x.Name != t.cfg.Purchasing.Connector {
			continue
		}
		way, err := connect(t.cfg, x, slog.New(slog.DiscardHandler), newMetrics())
		if err != nil {
			return nil, err
		}
		c.close = func() { w.Close(); way.close() }
		c.shelf, _ = way.sink.(connectors.Shelf)
		if c.layout, err = t.mappings.orderLayout(); err != nil {
			return nil, err
		}
	}
	return c, c.openRegistry()
}

// compare reads all three sides and changes nothing. A far side that cannot be
// read is said in the report.
func (c *comparer) compare(ctx context.Context) (*fenceReport, error) {
	r := &fenceReport{Trust: c.trust.cfg.ODS, Lost: []lostOrder{}, Delivered: []doubtfulOrder{}, Doubtful: []doubtfulOrder{}, Missing: []missingMessage{}, Held: []store.LastHeld{}, LostBatches: []lostBatch{},
		Witness: witnessSays{Folder: c.witness.Dir(), Since: c.witness.Since(), id: c.witness.ID()}}
	fences, err := c.store.Fences(ctx, r.Trust)
	if err != nil {
		return nil, err
	}
	if len(fences) > 0 {
		r.Fence = &fences[0]
	}
	from, through := time.Time{}, time.Now()
	if r.Fence != nil {
		through = r.Fence.SetAt
		if held := r.Fence.HeldThrough; held != nil {
			// Clocks may differ by some hours, and days are cheap.
			from, through = held.AddDate(0, 0, -1), *held
			r.Witness.Reaches, r.Witness.reachesOrders = c.witness.Reaches(*held)
		}
	}
	if err := c.messages(ctx, r, from, through); err != nil {
		return nil, err
	}
	seen, err := c.sightings(ctx, r, from)
	if err != nil {
		return nil, err
	}
	next, err := c.store.NextNumber(ctx, r.Trust)
	if err != nil {
		return nil, err
	}
	r.Numbers.Books = next - 1
	r.Numbers.Next = max(next, r.Numbers.FarSide+1, r.Numbers.Witness+1)
	return r, c.orders(ctx, r, seen)
}

// messages lists what was acknowledged and is not in the books.
func (c *comparer) messages(ctx context.Context, r *fenceReport, from, through time.Time) error {
	var err error
	if r.Witness.end, err = c.witness.End(r.Trust); err != nil {
		return err
	}
	known := map[missingMessage]bool{}
	var some []witness.Ack
	flush := func() error {
		gone, err := lacking(ctx, c.store, r.Trust, some)
		some = some[:0]
		for _, a := range gone {
			m := missingMessage{Connector: a.Connector, Sender: a.Sender, ControlID: a.ControlID}
			if !known[m] {
				known[m] = true
				m.At = a.At
				r.Missing = append(r.Missing, m)
			}
		}
		return err
	}
	r.Witness.Unreadable, err = c.witness.Acks(r.Trust, "", from, func(a witness.Ack) error {
		if some = append(some, a); len(some) < 1000 {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	if err := flush(); err != nil {
		return err
	}
	r.Held, err = c.store.LastHeld(ctx, r.Trust, through)
	return err
}
