package main

import (
	"fmt"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type migrateCmd struct{}

// Run brings the database to this version. It prints each step.
func (migrateCmd) Run(a *app) error {
	hub, _, err := a.load()
	if err != nil {
		return err
	}
	db, err := openDatabase(a.ctx, hub, newLog(hub.Log, a.err))
	if err != nil {
		return err
	}
	defer db.Close()
	if db.owner == "" {
		return fault.New(fault.Invalid, "owner_dsn_missing", "Migrating needs the role that owns the tables. Set database.owner_dsn, as env:STOCKWELL_OWNER_DSN.").At("database.owner_dsn")
	}
	steps, err := db.migrate(a.ctx)
	if err != nil {
		return err
	}
	if a.JSON {
		if steps == nil {
			steps = []store.Migration{}
		}
		return a.printJSON(map[string]any{"version": store.Version(), "steps": steps})
	}
	for _, s := range steps {
		fmt.Fprintf(a.out, "%s\n", s.Name)
	}
	fmt.Fprintf(a.out, "The database is at version %d.\n", store.Version())
	return nil
}
