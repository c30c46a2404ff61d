package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/internal/witness"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/store"
)

// sightings collects the traces of orders: at the far side, and noted.
func (c *comparer) sightings(ctx context.Context, r *fenceReport, from time.Time) (map[string][]sighting, error) {
	seen := map[string][]sighting{}
	prefix := c.trust.cfg.Purchasing.Number.Prefix
	noted, unreadable, err := c.witness.Orders(r.Trust, from)
	if err != nil {
		return nil, err
	}
	r.Witness.Unreadable += unreadable
	var batches []lostBatch
	for _, o := range noted {
		if n, ok := batchNumber(cmp.Or(c.trust.cfg.Registry.Provider, r.Trust), o.Number); ok {
			batches = append(batches, lostBatch{Batch: o.Number, Where: "noted by the hub", At: o.At, number: n})
			continue
		}
		count, _ := counterOf(prefix, o.Number)
		r.Numbers.Witness = max(r.Numbers.Witness, count)
		seen[o.Number] = append(seen[o.Number], sighting{number: o.Number, file: o.File, where: "noted by the hub", count: count, at: o.At, step: o.Step, body: o.Body, digest: o.Digest})
	}
	if err := c.batches(ctx, r, batches); err != nil {
		return nil, err
	}
	if c.shelf == nil {
		r.FarSide.Read = true // there is none
		return seen, nil
	}
	files, err := c.shelf.Delivered(ctx)
	if err != nil {
		r.FarSide.Problem = fault.Of(err).Text
		return seen, nil
	}
	r.FarSide.Read = true
	for _, f := range files {
		number, count, ok := pipeline.OrderNumber(c.layout, prefix, f.Name)
		if !ok {
			r.FarSide.Others++
			continue
		}
		r.FarSide.Orders++
		r.Numbers.FarSide = max(r.Numbers.FarSide, count)
		seen[number] = append([]sighting{{number: number, file: f.Name, where: f.Folder, count: count, at: f.ModTime, step: witness.Sent, far: true}}, seen[number]...)
	}
	return seen, nil
}

// orders sorts the sightings by what the books know of them.
func (c *comparer) orders(ctx context.Context, r *fenceReport, seen map[string][]sighting) error {
	names := make([]string, 0, len(seen))
	for n := range seen {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := seen[a][0].count - seen[b][0].count; d != 0 {
			return int(d / max(d, -d))
		}
		return strings.Compare(a, b)
	})
	known, err := c.store.KnownOrders(ctx, r.Trust, names)
	if err != nil {
		return err
	}
	for _, n := range names {
		if known[n].Number == "" {
			if err := c.fetch(ctx, r, seen[n]); err != nil {
				return err
			}
			r.Lost = append(r.Lost, c.lost(seen[n]))
		}
	}
	ready, err := c.store.ReadyOrders(ctx, r.Trust)
	if err != nil {
		return err
	}
	for _, o := range ready {
		if err := c.fetch(ctx, r, seen[o.Number]); err != nil {
			return err
		}
		if err := c.ready(ctx, r, o, seen[o.Number]); err != nil {
			return err
		}
	}
	return nil
}

// fetch reads the files of sightings at the far side. One that went away
// meanwhile makes the far side unread: somebody works there.
func (c *comparer) fetch(ctx context.Context, r *fenceReport, all []sighting) error {
	for i, s := range all {
		if !s.far {
			continue
		}
		raw, err := c.shelf.Fetch(ctx, connectors.Delivered{Folder: s.where, Name: s.file})
		if err != nil {
			r.FarSide.Read, r.FarSide.Problem = false, fmt.Sprintf("The file %s in %s could not be read: %s Check again.", s.file, s.where, fault.Of(err).Text)
			return nil
		}
		all[i].body, all[i].digest = raw, sha256.Sum256(raw)
	}
	return nil
}

// lost tells what is known of an order that the books lack. What the far side
// has comes first, then what surely arrived there.
func (c *comparer) lost(all []sighting) lostOrder {
	best := all[0]
	for _, s := range all[1:] {
		if !best.far && s.step == witness.Sent && best.step != witness.Sent {
			best = s
		}
	}
	out := lostOrder{Number: best.number, File: best.file, Where: best.where, At: best.at, State: "sent", count: best.count, body: best.body}
	if best.step != witness.Sent {
		out.State, out.Why = "uncertain", "Its delivery was begun, and nobody saw it end. Ask at the ERP whether it has the order."
	}
	var err error
	if best.body == nil {
		err = fault.New(fault.NotFound, "order_file_gone", "What was ordered is not known here. Ask at the ERP for the file.")
	} else if out.order, err = pipeline.ReadOrder(c.layout, best.file, best.body, c.trust.zone); err == nil && out.order.Number != best.number {
		err = fault.New(fault.Conflict, "order_number_differs", "The file holds another order than its name says.")
	}
	if err != nil {
		out.State, out.Why = "unreadable", fault.Of(err).Error()
	}
	return out
}

// errLook ends a transaction that only looked.
var errLook = errors.New("nothing is kept")

// ready tells whether an order that the books have to be sent may be sent.
func (c *comparer) ready(ctx context.Context, r *fenceReport, o store.KnownOrder, all []sighting) error {
	var file connectors.File
	err := pgtx.Run(ctx, c.store.Background(), r.Trust, func(ctx context.Context) error {
		doc, err := c.store.OrderDocument(ctx, r.Trust, o.ID, c.trust.zone)
		if err == nil {
			file, err = pipeline.Encode(doc, c.layout)
		}
		if err == nil {
			err = errLook
		}
		return err
	})
	if !errors.Is(err, errLook) {
		return err
	}
	found := doubtfulOrder{Number: o.Number, File: file.Name, id: o.ID, digest: sha256.Sum256(file.Body)}
	for _, s := range all {
		same := s.digest == found.digest && (s.body == nil || bytes.Equal(s.body, file.Body))
		if found.Where = s.where; same && s.step == witness.Sent {
			r.Delivered = append(r.Delivered, found)
			return nil
		}
		if !same {
			found.Code, found.Why = "order_differs", fmt.Sprintf("Another order under the number %s is at the ERP, or was on its way there. Compare the two with the ERP's people.", o.Number)
			r.Doubtful = append(r.Doubtful, found)
			return nil
		}
	}
	if len(all) == 0 && r.Fence != nil && !r.Witness.reachesOrders {
		found.Where, found.Code, found.Why = "–", "order_maybe_sent", "The hub's notes do not reach back to the backup, so nobody here knows whether it was sent. Ask at the ERP whether it has the order."
		r.Doubtful = append(r.Doubtful, found)
	}
	return nil
}
