package main

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	simhospital "github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/store"
)

// bulk fills the simulation's database with made-up history.
func (s *simulation) bulk(a *app, movements int64) error {
	if err := s.opened(a); err != nil {
		return err
	}
	b := s.app(a)
	hub, _, err := b.load()
	if err != nil {
		return err
	}
	db, err := openDatabase(a.ctx, hub, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer db.Close()
	if db.owner == "" {
		return fault.New(fault.Invalid, "owner_needed", "A made-up history is written by the owner of the tables. Give its connection as database.owner_dsn.")
	}
	begun := time.Now()
	err = store.Bulk(a.ctx, db.owner, simhospital.Trust, movements, func(n int64) { a.progress("%d of %d movements", n, movements) })
	a.progress("")
	if err != nil {
		return err
	}
	took := time.Since(begun).Seconds()
	if a.JSON {
		return a.printJSON(map[string]any{"movements": movements, "seconds": took, "movements_per_second": float64(movements) / took})
	}
	fmt.Fprintf(a.out, "%d movements of made-up history in %.1f s: %.0f a second.\n", movements, took, float64(movements)/took)
	return nil
}
