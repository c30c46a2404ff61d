package main

import (
	"fmt"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/store"
)

type receiptsCmd struct {
	List receiptsList `cmd:"" help:"List lines of goods received, the latest first."`
	Show receiptsShow `cmd:"" help:"Show one receipt, line by line."`
}

type receiptsList struct {
	State   string `enum:",posted,unidentified,recorded,withdrawn" default:"" help:"Only those in this state: posted, unidentified, recorded or withdrawn."`
	Order   string `help:"Only what came for this order, or names it." placeholder:"NUMBER"`
	Message int64  `help:"Only what this message told of." placeholder:"N"`
	Limit   int    `default:"200" help:"At most so many."`
}

// Run lists lines of goods received.
func (c receiptsList) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.Receipts(a.ctx, trust, journal.ReceiptFilter{State: c.State, Order: c.Order, Message: c.Message, Limit: c.Limit})
		if err != nil {
			return err
		}
		return a.printReceipts(all)
	})
}

type receiptsShow struct {
	Receipt string `arg:"" help:"The receipt's number."`
}

// Run shows one receipt.
func (c receiptsShow) Run(a *app) error {
	return a.withTrust(func(s *store.Store, trust string) error {
		all, err := s.Receipt(a.ctx, trust, c.Receipt)
		if err != nil {
			return err
		}
		return a.printReceipts(all)
	})
}

func (a *app) printReceipts(all []journal.ReceiptLine) error {
	if a.JSON {
		return a.printJSON(all)
	}
	var rows [][]any
	for _, r := range all {
		rows = append(rows, []any{r.Receipt, r.Line, orDash(r.ReceivedOn), receivedItem(r), receivedAmount(r), orDash(r.Lot), orDash(r.Serial), orDash(r.Expiry), orDash(r.Place), receivedFor(r), r.State + why(r.Why), fmt.Sprintf("message %d %s", r.Message, r.Origin)})
	}
	a.printTable("No goods received.", []any{"receipt", "line", "received", "item", "quantity", "lot", "serial", "expiry", "place", "order", "state", "because of"}, rows)
	return nil
}

func receivedItem(r journal.ReceiptLine) string {
	if r.Item == "" {
		return "unidentified: " + orDash(r.Codes)
	}
	return r.Item
}

// receivedAmount is the quantity as told, and in base units where that differs.
func receivedAmount(r journal.ReceiptLine) string {
	packs := fmt.Sprintf("%d packs", r.Quantity)
	if r.Quantity == 1 {
		packs = "1 pack"
	}
	switch {
	case r.Unit != "pack":
		return fmt.Sprint(r.Quantity)
	case r.Units > 0:
		return fmt.Sprintf("%s (%d)", packs, r.Units)
	}
	return packs
}

// receivedFor is the order line that it counts for, else the one it names.
func receivedFor(r journal.ReceiptLine) string {
	switch {
	case r.Order != "" && r.Substitute:
		return fmt.Sprintf("%s/%d, in place of another item", r.Order, r.OrderLine)
	case r.Order != "":
		return fmt.Sprintf("%s/%d", r.Order, r.OrderLine)
	case r.OrderTold != "":
		return r.OrderTold + " (counts for none)"
	}
	return "–"
}
