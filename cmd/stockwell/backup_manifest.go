package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

// manifest says what a backup holds; it lies beside it, as FILE.json.
type manifest struct {
	Format      int       `json:"format"`
	TakenAt     time.Time `json:"taken_at"`
	Stockwell   string    `json:"stockwell"`
	Database    int64     `json:"database_version"`
	PostgreSQL  int       `json:"postgresql"`
	OwnerRole   string    `json:"owner_role"`
	RuntimeRole string    `json:"runtime_role"`
	Bytes       int64     `json:"bytes"`
	SHA256      string    `json:"sha256"`
	// Trusts is what each trust had come to.
	Trusts []manifestTrust `json:"trusts"`
	// Rows counts each table.
	Rows map[string]int64 `json:"-"`
	// Tables is Rows as a list: names of tables may change, names of keys not.
	Tables []manifestTable `json:"tables"`
}

type manifestTrust struct {
	Trust        string     `json:"trust"`
	Messages     int64      `json:"messages"`
	LastMessage  int64      `json:"last_message"`
	LastReceived *time.Time `json:"last_received,omitempty"`
	NextNumber   int64      `json:"next_order_number"`
}

type manifestTable struct {
	Table string `json:"table"`
	Rows  int64  `json:"rows"`
}

const manifestFormat = 1

// readDatabase tells what a database holds at the moment of tx, as the role
// that owns its tables.
func readDatabase(ctx context.Context, tx pgx.Tx, runtimeRole string) (*manifest, error) {
	m := &manifest{Format: manifestFormat, Stockwell: version, RuntimeRole: runtimeRole}
	err := tx.QueryRow(ctx, `SELECT now(), current_setting('server_version_num')::int / 10000, current_user`).Scan(&m.TakenAt, &m.PostgreSQL, &m.OwnerRole)
	if err != nil {
		return nil, store.Unreachable(err)
	}
	if err := tx.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM public.goose_db_version WHERE is_applied`).Scan(&m.Database); err != nil {
		return nil, fault.Wrap(err, fault.Conflict, "database_empty", "The database holds nothing of Stockwell yet, or another role owns its tables: there is nothing to back up.")
	}
	if m.Trusts, err = collectRows[manifestTrust](ctx, tx, `
		SELECT t.trust, count(m.id), coalesce(max(m.id), 0), max(m.received_at), coalesce((SELECT next_number FROM purchasing p WHERE p.trust = t.trust), 1)
		  FROM trust t LEFT JOIN message m ON m.trust = t.trust AND m.connector <> 'import' GROUP BY 1 ORDER BY 1`); err != nil {
		return nil, err
	}
	if m.Rows, err = countTables(ctx, tx); err != nil {
		return nil, err
	}
	names, err := collectRows[manifestTable](ctx, tx, tablesSQL)
	for _, t := range names {
		t.Rows = m.Rows[t.Table]
		m.Tables = append(m.Tables, t)
	}
	return m, err
}

func collectRows[T any](ctx context.Context, tx pgx.Tx, sql string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[T])
}

const tablesSQL = `SELECT relname::text, 0::bigint FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname`

// countTables counts the rows of each table. A table's name cannot be an
// argument of a statement, so it stands quoted in it.
func countTables(ctx context.Context, tx pgx.Tx) (map[string]int64, error) {
	tables, err := collectRows[manifestTable](ctx, tx, tablesSQL)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, t := range tables {
		var n int64
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM public.`+pgx.Identifier{t.Table}.Sanitize()).Scan(&n); err != nil {
			return nil, err
		}
		out[t.Table] = n
	}
	return out, nil
}

// readManifest reads what a backup says of itself.
func readManifest(file string) (*manifest, error) {
	text, err := os.ReadFile(file + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.Invalid, "manifest_missing", "Beside %s there is no %s.json, which `stockwell backup` writes last. The backup was not finished, or its files were parted; a dump that was made otherwise is restored by PostgreSQL's own means, then `stockwell fence set`.", file, file)
	}
	if err != nil {
		return nil, err
	}
	m := &manifest{Rows: map[string]int64{}}
	if err := json.Unmarshal(text, m); err != nil || m.Format < 1 || m.SHA256 == "" || len(m.Tables) == 0 {
		return nil, fault.New(fault.Invalid, "manifest_unreadable", "%s.json is not a manifest that `stockwell backup` wrote. Use the one of this backup.", file)
	}
	if m.Format > manifestFormat || m.Database > store.Version() {
		return nil, fault.New(fault.Conflict, "backup_newer", "The backup was made by stockwell %s, with a database of version %d; this stockwell, %s, knows up to %d. Restore it with the stockwell that made it, or a newer one.", m.Stockwell, m.Database, version, store.Version())
	}
	for _, t := range m.Tables {
		m.Rows[t.Table] = t.Rows
	}
	return m, nil
}
