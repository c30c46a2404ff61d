package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DefaultRuntimeRole is the role that migrations grant to when nothing else
// is named.
const DefaultRuntimeRole = "stockwell"

// Migration is one step that was taken.
type Migration struct {
	Version int64  `json:"version"`
	Name    string `json:"name"`
}

// Migrate brings the database to this binary's version as the role that owns
// the tables, granting to runtimeRole. Hubs that start together take turns. A
// database of a newer version is refused with fault.Conflict.
func Migrate(ctx context.Context, ownerDSN, runtimeRole string) ([]Migration, error) {
	cfg, err := pgx.ParseConfig(ownerDSN)
	if err != nil {
		return nil, badDSN()
	}
	cfg.RuntimeParams["app.runtime_role"] = runtimeRole
	cfg.RuntimeParams["application_name"] = "stockwell migrate"
	db := stdlib.OpenDB(*cfg)
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		return nil, Unreachable(err)
	}
	if err := refuseNewer(ctx, db); err != nil {
		return nil, err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	turn, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithSessionLocker(turn))
	if err != nil {
		return nil, err
	}
	done, err := provider.Up(ctx)
	if err != nil {
		return nil, fault.Wrap(err, fault.Conflict, "migration_failed",
			"The database could not be brought to this version: %v. Nothing of the failed step was kept.", err)
	}
	var out []Migration
	for _, r := range done {
		out = append(out, Migration{Version: r.Source.Version, Name: r.Source.Path})
	}
	return out, nil
}

// Version is the migration that this binary needs.
func Version() int64 {
	files, _ := fs.Glob(migrations, "migrations/*.sql")
	last, _ := goose.NumericComponent(files[len(files)-1]) // Glob sorts, and a bad name fails every migration
	return last
}

func refuseNewer(ctx context.Context, db *sql.DB) error {
	var have int64
	err := db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have)
	if err != nil { // no such table yet: a new database
		var state interface{ SQLState() string }
		if errors.As(err, &state) && state.SQLState() == "42P01" {
			return nil
		}
		return Unreachable(err)
	}
	return newerThan(have)
}

func newerThan(have int64) error {
	if have > Version() {
		return fault.New(fault.Conflict, "database_newer",
			"The database is at version %d, this stockwell knows up to %d. Start the newer stockwell that wrote it, or restore a backup made by this one.", have, Version())
	}
	return nil
}

// CheckVersion fails unless the database is exactly at this binary's version.
func (s *Store) CheckVersion(ctx context.Context) error {
	var have int64
	err := s.background.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have)
	if err == nil && have == Version() {
		return nil
	}
	if err == nil {
		if err := newerThan(have); err != nil {
			return err
		}
	}
	return fault.New(fault.Conflict, "database_older",
		"The database is at version %d and this stockwell needs %d. Run `stockwell migrate`.", have, Version())
}
