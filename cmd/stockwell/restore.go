package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type restoreCmd struct {
	File    string `arg:"" help:"The backup, with its manifest beside it." type:"existingfile"`
	Replace bool   `help:"Though the database in use holds data: it is put aside under another name, never removed."`
}

// Run brings a backup back. Killed at any moment, it leaves the database in
// use as it was, or is done; running it again does the rest.
func (c restoreCmd) Run(a *app) error {
	hub, trusts, err := a.load()
	if err != nil {
		return err
	}
	m, err := readManifest(c.File)
	if err != nil {
		return err
	}
	if err := a.checkDigest(c.File, m); err != nil {
		return err
	}
	db, err := openDatabase(a.ctx, hub, newLog(config.Log{Level: "warn"}, a.err))
	if err != nil {
		return err
	}
	defer db.Close()
	w, err := a.target(db, c.Replace)
	if err != nil {
		return err
	}
	defer w.close()
	if w.server < m.PostgreSQL {
		return fault.New(fault.Conflict, "backup_newer", "The backup was taken from PostgreSQL %d, and this server is %d, which cannot read it. Use PostgreSQL %d or newer.", m.PostgreSQL, w.server, m.PostgreSQL)
	}
	if m.RuntimeRole != db.runtimeRole || m.OwnerRole != w.owner {
		return fault.New(fault.Conflict, "backup_roles_differ", "The backup's rights are those of the roles %s (owner) and %s (hub); this database has %s and %s. Name database roles as in the backup, in dsn and owner_dsn.", m.OwnerRole, m.RuntimeRole, w.owner, db.runtimeRole)
	}
	tools, err := findTools(hub.Database.Binaries, w.server)
	if err != nil {
		return err
	}
	if err := checkDump(a.ctx, tools, c.File, m); err != nil {
		return err
	}
	kept, err := a.bringBack(w, tools, c.File, m, db)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(map[string]any{"restored": c.File, "taken_at": m.TakenAt, "kept_as": kept, "orders_held": true})
	}
	fmt.Fprintf(a.out, "The database is that of %s again. ", local(m.TakenAt))
	if kept != "" {
		fmt.Fprintf(a.out, "The one before is kept as %s. ", kept)
	}
	fmt.Fprintf(a.out, "Orders are HELD: none is numbered or sent.\nNext: start the hub; `stockwell fence check` lists what happened since the backup; then `stockwell fence lift`.\nNot in the backup: keys (%s) and configuration (%s). They must be those of the backup's time or later.\n", strings.Join(keyPlaces(hub, trusts), ", "), hub.Dir)
	return nil
}

// checkDigest reads the whole backup before anything is touched.
func (a *app) checkDigest(file string, m *manifest) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	a.progress("reading the backup…")
	defer a.progress("")
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return err
	}
	if n != m.Bytes || hex.EncodeToString(sum.Sum(nil)) != m.SHA256 {
		return fault.New(fault.Invalid, "backup_damaged", "%s is not what its manifest describes: it was cut short, damaged or exchanged. Use another copy. Nothing was changed.", file)
	}
	return nil
}

// bringBack fills the target, fences it, and puts it in use; it gives the name
// of the database that was in use before, if there is one.
func (a *app) bringBack(w *target, tools pgTools, file string, m *manifest, db *database) (kept string, err error) {
	defer a.progress("")
	if err := w.prepare(a.ctx); err != nil {
		return "", err
	}
	if err := a.fill(w, tools, file, m); err != nil {
		return "", err
	}
	failpoint.Hit(failpoint.RestoreAfterData)
	a.progress("bringing it to this version…")
	if _, err := store.Migrate(a.ctx, w.dsn, db.runtimeRole); err != nil {
		return "", err
	}
	if err := fenceAll(a.ctx, w.dsn, filepath.Base(file), m); err != nil {
		return "", err
	}
	failpoint.Hit(failpoint.RestoreAfterFence)
	if kept, err = w.putInUse(a.ctx); err != nil {
		return "", err
	}
	failpoint.Hit(failpoint.RestoreAfterSwap)
	return kept, nil
}

// fill loads the backup and counts what came.
func (a *app) fill(w *target, tools pgTools, file string, m *manifest) error {
	conn, err := pgx.Connect(a.ctx, w.dsn)
	if err != nil {
		return store.Unreachable(err)
	}
	defer conn.Close(context.WithoutCancel(a.ctx))
	loaded, err := markUnfinished(a.ctx, conn, m)
	if err != nil {
		return err
	}
	if !loaded {
		a.progress("loading %s…", megabytes(m.Bytes))
		if err := load(a.ctx, tools, w.dsn, file); err != nil {
			return err
		}
	}
	a.progress("counting…")
	var have map[string]int64
	err = pgx.BeginTxFunc(a.ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		have, err = countTables(a.ctx, tx)
		return err
	})
	if err != nil {
		return err
	}
	for table, n := range m.Rows {
		if have[table] != n {
			return fault.New(fault.Conflict, "restore_incomplete", "The table %s has %d rows after loading, and the backup was made of %d. The database in use was not touched. Take another backup file.", table, have[table], n)
		}
	}
	// Without statistics the first hours would be slow.
	_, err = conn.Exec(a.ctx, `ANALYZE`)
	return err
}

// fenceAll holds the orders of every trust, and ends the restore: the two are
// one step.
func fenceAll(ctx context.Context, dsn, file string, m *manifest) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return store.Unreachable(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO restore (taken_at, backup) VALUES ($1, $2)`, m.TakenAt, file+" "+m.SHA256); err != nil {
			return err
		}
		why := fmt.Sprintf("The database was restored from the backup %s of %s.", file, m.TakenAt.UTC().Format(time.RFC3339))
		if _, err := tx.Exec(ctx, `SELECT fence_trust(trust, 'stockwell restore', $1) FROM trust`, why); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DROP SCHEMA stockwell_restore CASCADE`)
		return err
	})
}
