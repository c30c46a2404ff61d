package main

import (
	"bytes"
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/store"
)

// target is where a backup is brought back to: a database beside the one in
// use, which takes its place in one step; or, where the owner may not create
// databases, the empty one that owner_dsn names.
type target struct {
	admin   *pgx.Conn // may create and rename databases; nil to restore in place
	dsn     string    // the target's, as the tables' owner
	live    string
	fresh   string
	runtime string
	owner   string
	server  int
	empty   bool // the database in use has no tables
}

func (w *target) close() {
	if w.admin != nil {
		_ = w.admin.Close(context.Background())
	}
}

// target finds the place, and refuses it where something would be lost.
func (a *app) target(db *database, replace bool) (*target, error) {
	if db.owner == "" {
		return nil, fault.New(fault.Invalid, "owner_dsn_missing", "Restoring needs the role that owns the tables. Set database.owner_dsn, as env:STOCKWELL_OWNER_DSN.").At("database.owner_dsn")
	}
	if db.server != nil && db.server.Attached() {
		return nil, inUse("a hub, or another command, that runs on this data folder")
	}
	conn, err := pgx.Connect(a.ctx, db.owner)
	if err != nil {
		return nil, store.Unreachable(err)
	}
	w := &target{runtime: db.runtimeRole}
	var creates, holds, begun bool
	var sessions string
	err = conn.QueryRow(a.ctx, `
		SELECT current_database(), current_user, current_setting('server_version_num')::int / 10000, (SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user),
		       NOT EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')), to_regnamespace('stockwell_restore') IS NOT NULL`).
		Scan(&w.live, &w.owner, &w.server, &creates, &w.empty, &begun)
	if err == nil {
		sessions, err = othersIn(a.ctx, conn)
	}
	if err == nil && !w.empty {
		holds, err = holdsData(a.ctx, conn)
	}
	_ = conn.Close(a.ctx) // it would be in the way of the renaming
	if err != nil {
		return nil, store.Unreachable(err)
	}
	if sessions != "" {
		return nil, inUse(sessions)
	}
	w.dsn = db.owner
	if holds && !replace && !begun {
		return nil, fault.New(fault.Conflict, "database_holds_data", "The database in use holds messages or orders. With --replace it is put aside under another name and kept; nothing is removed.")
	}
	admin := ""
	switch {
	case db.server != nil:
		admin = db.server.SuperDSN("postgres")
	case creates:
		admin = withDatabase(db.owner, "postgres")
	}
	if admin != "" {
		if w.admin, err = pgx.Connect(a.ctx, admin); err != nil && db.server != nil {
			return nil, store.Unreachable(err)
		}
	}
	if w.admin != nil {
		w.fresh = beside(w.live, "_restoring")
		w.dsn = withDatabase(db.owner, w.fresh)
		return w, nil
	}
	if !w.empty && !begun {
		return nil, fault.New(fault.Conflict, "database_not_empty",
			"The database %[1]s is not empty, and the role %[2]s may not create or rename databases. As the server's administrator: ALTER DATABASE %[3]s RENAME TO %[4]s; CREATE DATABASE %[3]s OWNER %[5]s ENCODING 'UTF8' TEMPLATE template0; REVOKE ALL ON DATABASE %[3]s FROM PUBLIC; GRANT CONNECT ON DATABASE %[3]s TO %[6]s; then restore again.",
			w.live, w.owner, quoted(w.live), quoted(w.live+"_before"), quoted(w.owner), quoted(w.runtime))
	}
	return w, nil
}

// othersIn names the programs that use the database of conn. One that was just
// stopped gets a moment: its sessions end after it.
func othersIn(ctx context.Context, conn *pgx.Conn) (names string, err error) {
	for end := time.Now().Add(5 * time.Second); ; {
		err = conn.QueryRow(ctx, `SELECT coalesce(string_agg(DISTINCT coalesce(nullif(application_name, ''), 'another program'), ', '), '') FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND usesysid IS NOT NULL`).Scan(&names)
		if err != nil || names == "" || time.Now().After(end) {
			return names, err
		}
		select {
		case <-ctx.Done():
			return names, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func inUse(by string) error {
	return fault.New(fault.Conflict, "database_in_use", "The database is in use by %s. Stop the hub and all else that uses it, then restore again. Nothing was changed.", by)
}

// holdsData reports whether somebody would miss what a database holds.
func holdsData(ctx context.Context, conn *pgx.Conn) (holds bool, err error) {
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM public.message) OR EXISTS (SELECT 1 FROM public.purchase_order)`).Scan(&holds)
	if pgtx.State(err) == "42P01" || pgtx.State(err) == "42501" { // tables of something else: they are not ours to judge
		return true, nil
	}
	return holds, err
}

// beside names a database beside another one. PostgreSQL cuts a name at 63
// bytes, and without its end the name would be the other's.
func beside(name, suffix string) string {
	return strings.ToValidUTF8(name[:min(len(name), 63-len(suffix))], "") + suffix
}

// quoted is a name as it stands in a statement, where it cannot be an argument.
func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// prepare makes the fresh database; what a killed restore left of one goes.
func (w *target) prepare(ctx context.Context) error {
	if w.admin == nil {
		return nil
	}
	for _, statement := range []string{
		`DROP DATABASE IF EXISTS ` + quoted(w.fresh) + ` WITH (FORCE)`,
		`CREATE DATABASE ` + quoted(w.fresh) + ` OWNER ` + quoted(w.owner) + ` TEMPLATE template0 ENCODING 'UTF8'`,
		`REVOKE ALL ON DATABASE ` + quoted(w.fresh) + ` FROM PUBLIC`,
		`GRANT CONNECT ON DATABASE ` + quoted(w.fresh) + ` TO ` + quoted(w.runtime),
	} {
		if _, err := w.admin.Exec(ctx, statement); err != nil {
			return fault.Wrap(err, fault.Unavailable, "restore_database", "The database %s, to restore into, could not be made (SQLSTATE %s). The database in use was not touched. The server's log tells more.", w.fresh, pgtx.State(err))
		}
	}
	return nil
}

// putInUse exchanges the two databases in one transaction. The one that was in
// use is kept, unless there is nothing in it.
func (w *target) putInUse(ctx context.Context) (kept string, err error) {
	if w.admin == nil {
		return "", nil
	}
	kept = beside(w.live, "_before_"+time.Now().UTC().Format("20060102t150405z"))
	err = pgx.BeginFunc(ctx, w.admin, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `ALTER DATABASE `+quoted(w.live)+` RENAME TO `+quoted(kept)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `ALTER DATABASE `+quoted(w.fresh)+` RENAME TO `+quoted(w.live))
		return err
	})
	switch {
	case pgtx.State(err) == "55006":
		return "", inUse("a hub or another program that was started meanwhile")
	case err != nil:
		return "", fault.Wrap(err, fault.Unavailable, "restore_exchange", "The restored database could not be put in use (SQLSTATE %s). The one in use was not touched. Restore again.", pgtx.State(err))
	}
	if w.empty {
		_, err = w.admin.Exec(ctx, `DROP DATABASE `+quoted(kept))
		return "", err
	}
	return kept, nil
}

// markUnfinished marks a database as one that a restore has not finished: no
// hub serves it. It tells whether the backup's rows are in it already.
func markUnfinished(ctx context.Context, conn *pgx.Conn, m *manifest) (loaded bool, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		var marked bool
		if err := tx.QueryRow(ctx, `SELECT to_regnamespace('stockwell_restore') IS NOT NULL, to_regclass('public.goose_db_version') IS NOT NULL`).Scan(&marked, &loaded); err != nil {
			return err
		}
		if !marked {
			_, err := tx.Exec(ctx, `CREATE SCHEMA stockwell_restore; CREATE TABLE stockwell_restore.pending (sha256 text NOT NULL)`)
			if err != nil {
				return err
			}
		}
		if loaded {
			var sum string
			err := tx.QueryRow(ctx, `SELECT sha256 FROM stockwell_restore.pending`).Scan(&sum)
			if err == nil && sum != m.SHA256 {
				err = fault.New(fault.Conflict, "restore_of_another", "The database holds an unfinished restore of another backup. Finish that one, or let the server's administrator give an empty database.")
			}
			return err
		}
		_, err := tx.Exec(ctx, `TRUNCATE stockwell_restore.pending`)
		if err == nil {
			_, err = tx.Exec(ctx, `INSERT INTO stockwell_restore.pending VALUES ($1)`, m.SHA256)
		}
		return err
	})
	return loaded, err
}

// load brings the whole backup in, or nothing.
func load(ctx context.Context, tools pgTools, dsn, file string) error {
	cmd, err := tools.command(ctx, "pg_restore", dsn, "--single-transaction", "--exit-on-error", "--no-owner", file)
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		if strings.Contains(stderr.String(), "No space left on device") {
			return fault.Wrap(err, fault.Unavailable, "restore_disk_full", "There is no room for the restored database on the server's disk. The database in use was not touched. Make room and restore again.")
		}
		return fault.Wrap(err, fault.Unavailable, "pg_restore_failed", "pg_restore failed: %s. The database in use was not touched.", whySaid(&stderr))
	}
	return nil
}

// refuseUnfinished keeps a hub from serving a database that a restore has not
// finished: its orders are not held yet.
func refuseUnfinished(ctx context.Context, dsn string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return store.Unreachable(err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var unfinished bool
	err = conn.QueryRow(ctx, `SELECT to_regnamespace('stockwell_restore') IS NOT NULL`).Scan(&unfinished)
	if err == nil && unfinished {
		err = fault.New(fault.Conflict, "restore_unfinished", "The database is one that `stockwell restore` began to fill and did not finish. Run the same restore again.")
	}
	return err
}
