package main

import (
	"log/slog"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

// withBooks runs fn on a trust with its configuration and books, for commands
// that write. It makes and migrates the hub's own database if there is none.
func (a *app) withBooks(fn func(s *store.Store, t *trust) error) error {
	hub, trusts, err := a.load()
	if err != nil {
		return err
	}
	return a.writingOf(hub, func(s *store.Store) error {
		if err := s.OpenDays(a.ctx); err != nil {
			return err
		}
		for _, cfg := range trusts {
			if a.Trust == cfg.ODS || a.Trust == "" && len(trusts) == 1 {
				t, err := openTrust(a.ctx, s, hub, cfg)
				if err != nil {
					return err
				}
				return fn(s, t)
			}
		}
		if a.Trust == "" {
			return fault.New(fault.Invalid, "trust_needed", "The configuration has %d trusts. Name one with --trust.", len(trusts))
		}
		return fault.New(fault.NotFound, "trust_not_found", "The configuration has no trust %s.", a.Trust)
	})
}

// writingOf opens the hub's database for a command that writes, making and
// migrating the hub's own if there is none.
func (a *app) writingOf(hub *config.Hub, fn func(s *store.Store) error) error {
	db, err := openDatabase(a.ctx, hub, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.migrate(a.ctx); err != nil {
		return err
	}
	s, err := store.Open(a.ctx, db.runtime, store.ToolSizes)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.CheckVersion(a.ctx); err != nil {
		return err
	}
	return fn(s)
}
