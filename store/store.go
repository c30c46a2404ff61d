// Package store keeps the hub's state in PostgreSQL: migrations, queries and
// row-level security. It satisfies the ports of pipeline, console and cmd
// with plain SQL; a query stands beside the function that runs it.
//
// Decisions do not belong here: what a hospital's rules say is in domain.
package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Store is the hub's database, by separate small pools of which none borrows
// from another: a slow page never delays a sender.
type Store struct {
	receive    *pgxpool.Pool
	lanes      *pgxpool.Pool
	background *pgxpool.Pool
	pages      *pgxpool.Pool

	sealing sealing
	marks   atomic.Pointer[[]mark]
}

// Sizes of the pools, in connections.
type Sizes struct{ Receive, Lanes, Background, Pages int32 }

// HubSizes serve one hub process with its posting workers.
func HubSizes(workers int) Sizes {
	return Sizes{Receive: 4, Lanes: int32(workers) + 2, Background: 4, Pages: 4}
}

// ToolSizes serve a short command.
var ToolSizes = Sizes{Receive: 1, Lanes: 1, Background: 2, Pages: 2}

// Open connects as the runtime role and checks that the server keeps the
// hub's promises. It fails with fault.Unavailable when the server does not
// answer, and with fault.Denied or fault.Conflict when its settings or the
// role are unsafe.
func Open(ctx context.Context, dsn string, sizes Sizes) (*Store, error) {
	s := &Store{sealing: sealing{masters: map[string]ArchiveKeys{}, open: map[dayKeyID]dayKey{}, current: map[dayKeyID]dayKey{}}}
	for _, p := range []struct {
		pool **pgxpool.Pool
		size int32
		name string
	}{{&s.receive, sizes.Receive, "receive"}, {&s.lanes, sizes.Lanes, "lanes"}, {&s.background, sizes.Background, "background"}, {&s.pages, sizes.Pages, "pages"}} {
		cfg, err := pgxpool.ParseConfig(dsn)
		if err != nil {
			s.Close()
			return nil, badDSN()
		}
		cfg.MaxConns = p.size
		cfg.MaxConnIdleTime = 5 * time.Minute
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
		cfg.ConnConfig.RuntimeParams["application_name"] = "stockwell " + p.name
		cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
		// The hub's statements find rows by keys, in tables whose statistics
		// are often those of an empty one.
		cfg.ConnConfig.RuntimeParams["jit"] = "off"
		// Starting a helper takes longer than most of them, and senders wait for
		// the cores that helpers take.
		cfg.ConnConfig.RuntimeParams["max_parallel_workers_per_gather"] = "0"
		if p.pool == &s.lanes {
			cfg.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
			cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
		}
		if p.pool == &s.pages { // a plan for any days would lock all of the archive's
			cfg.ConnConfig.RuntimeParams["plan_cache_mode"] = "force_custom_plan"
		}
		cfg.ConnConfig.RuntimeParams["idle_in_transaction_session_timeout"] = "10s"
		if *p.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
			s.Close()
			return nil, badDSN()
		}
	}
	if err := s.background.Ping(ctx); err != nil {
		s.Close()
		return nil, Unreachable(err)
	}
	if err := s.checkDirect(ctx); err != nil {
		s.Close()
		return nil, err
	}
	if err := s.checkSafety(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// checkDirect refuses a pooler between hub and server: a lane belongs to a
// session, and a pooler hands one session's work to another. A pooler gives
// itself away because the process that it names at the start is not the one
// that answers.
func (s *Store) checkDirect(ctx context.Context) error {
	c, err := s.background.Acquire(ctx)
	if err != nil {
		return Unreachable(err)
	}
	defer c.Release()
	var pid uint32
	if err := c.QueryRow(ctx, `SELECT pg_backend_pid()`).Scan(&pid); err != nil {
		return Unreachable(err)
	}
	if pid != c.Conn().PgConn().PID() {
		return fault.New(fault.Denied, "database_pooler", "There is a connection pooler (as pgbouncer) between the hub and PostgreSQL. Let database.dsn name the server itself: the hub pools its connections, and its locks belong to sessions.")
	}
	return nil
}

func badDSN() error {
	return fault.New(fault.Invalid, "database_dsn_invalid",
		"The database DSN cannot be read. Write it as postgres://user@host:5432/name or as host=... user=... dbname=....")
}

// Unreachable says that the database does not answer, without the DSN's
// secrets.
func Unreachable(err error) error {
	reason := "it does not answer"
	var pg interface{ SQLState() string }
	if errors.As(err, &pg) {
		switch pg.SQLState() {
		case "28P01", "28000":
			reason = "it refuses the role or its password"
		case "3D000":
			reason = "it has no database of that name"
		case "57P03":
			reason = "it is starting or stopping"
		case "53300":
			reason = "it has no connection left"
		}
	}
	return fault.Wrap(err, fault.Unavailable, "database_unreachable",
		"The database cannot be used: %s. Check database.dsn and that the server runs, then start again.", reason)
}

// checkSafety refuses a role or a server that would break laws 1 and 10.
func (s *Store) checkSafety(ctx context.Context) error {
	var super, bypass, owner bool
	err := s.background.QueryRow(ctx, `
		SELECT r.rolsuper, r.rolbypassrls,
		       EXISTS (SELECT 1 FROM pg_class c WHERE c.relname = 'movement' AND c.relnamespace = 'public'::regnamespace AND pg_has_role(c.relowner, 'MEMBER'))
		  FROM pg_roles r WHERE r.rolname = current_user`).Scan(&super, &bypass, &owner)
	if err != nil {
		return Unreachable(err)
	}
	if super || bypass || owner {
		return fault.New(fault.Denied, "database_role_unsafe",
			"The hub's database role may bypass row-level security (superuser, BYPASSRLS or owner of the tables). Connect as a role that only has what `stockwell migrate` grants.")
	}
	for _, name := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		var value string
		if err := s.background.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return Unreachable(err)
		}
		if value == "off" || (name == "synchronous_commit" && value == "local") {
			return fault.New(fault.Denied, "database_setting_unsafe",
				"PostgreSQL has %s = %s, so an acknowledged message could be lost. Set it to on and start again.", name, value)
		}
	}
	return nil
}

// Close returns every connection.
func (s *Store) Close() {
	for _, p := range []*pgxpool.Pool{s.receive, s.lanes, s.background, s.pages} {
		if p != nil {
			p.Close()
		}
	}
}

// Lanes is the pool that the queue's consumers use.
func (s *Store) Lanes() *pgxpool.Pool { return s.lanes }

// Background is the pool of planning, dispatch and housekeeping.
func (s *Store) Background() *pgxpool.Pool { return s.background }

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pages.Ping(ctx); err != nil {
		return Unreachable(err)
	}
	return nil
}

func collect[T any](ctx context.Context, q interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, sql string, scan pgx.RowToFunc[T], args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	out, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return out, nil
}
