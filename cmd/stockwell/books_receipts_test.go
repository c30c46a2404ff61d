package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/store"
)

// receipts tells of goods received, as each line now stands.
func (b *books) receipts(ctx context.Context, s *store.Store, trust string) error {
	all, err := s.Receipts(ctx, trust, journal.ReceiptFilter{})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(x, y journal.ReceiptLine) int {
		return cmp.Or(cmp.Compare(x.Receipt, y.Receipt), cmp.Compare(x.Line, y.Line))
	})
	if b.part("goods received", len(all)) {
		for _, r := range all {
			b.line("  %s/%s on %s: %s x %s%s%s to %s for %s, %s%s, because of %s %s", r.Receipt, r.Line, orDash(r.ReceivedOn), receivedAmount(r), receivedItem(r), lot(r.Lot, r.Serial), prefixed(", expiry ", r.Expiry),
				cmp.Or(r.Place, "no place ("+r.PlaceTold+")"), receivedFor(r), r.State, why(r.Why), b.labels[r.Message], r.Origin)
		}
	}
	return nil
}

// receive has the storekeepers' system put a file into its folder: as a whole,
// under its own name or another.
func (j *journey) receive(w []string) error {
	name := w[0]
	if len(w) > 1 {
		name = w[1]
	}
	j.dropIn("receipts", name, j.file(w[0]))
	j.quiet()
	return nil
}

// expectReceived claims how a line of goods received, or of an order, stands.
func (j *journey) expectReceived(w []string) (got string, err error) {
	if w[0] == "receipt" { // RECEIPT LINE STATE
		all, err := j.hub.store.Receipt(j.t.Context(), "ZZ1", w[1])
		if err != nil {
			return "", err
		}
		for _, r := range all {
			if r.Line == w[2] {
				return strings.TrimSpace(r.State + why(r.Why)), nil
			}
		}
		return "no such line", nil
	}
	o, err := j.hub.store.Order(j.t.Context(), "ZZ1", w[1]) // received ORDER LINE TEXT
	if err != nil {
		return "", err
	}
	for _, l := range o.Lines {
		if fmt.Sprint(l.Line) == w[2] {
			return cmp.Or(l.CameText(), "nothing"), nil
		}
	}
	return "no such line", nil
}
