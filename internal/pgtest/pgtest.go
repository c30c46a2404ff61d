// Package pgtest gives each test a PostgreSQL database of its own, migrated
// and empty, on a real server with real durability. One server serves a test
// process: it starts when the first test asks for it and is stopped and
// removed at the end, however the process ends.
//
// Fixtures and anything that knows a table do not belong here.
package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/internal/embeddedpg"
)

// state is the test process's one server, with its template database.
var state struct {
	inMain  bool
	migrate func(ctx context.Context, ownerDSN string) error

	start  sync.Once
	err    error
	dir    string
	server *embeddedpg.Server

	mu     sync.Mutex
	closed bool
	count  atomic.Int64
}

// Main runs a package's tests and exits with their result. Call it from
// TestMain. migrate brings the template database up to date, through the role
// that owns it; nil leaves the template empty. It must close its connections.
func Main(m *testing.M, migrate func(ctx context.Context, ownerDSN string) error) {
	state.inMain, state.migrate = true, migrate
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupted
		stop()
		os.Exit(130)
	}()
	code := m.Run()
	if err := stop(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, "pgtest: the test server did not stop cleanly:", err)
		code = 1
	}
	os.Exit(code)
}

// DB is one test's database.
type DB struct {
	// OwnerDSN connects as the role that owns the tables, RuntimeDSN as the
	// role that the hub works as (row-level security binds both), SuperDSN as
	// the bootstrap role, which sees everything.
	OwnerDSN, RuntimeDSN, SuperDSN string
}

// New gives a test a fresh, migrated database. Advisory locks belong to a
// database, so tests may run in parallel. It is dropped when the test ends,
// whoever is still connected.
func New(t testing.TB) *DB {
	t.Helper()
	srv := Server(t)
	name := fmt.Sprintf("test_%d", state.count.Add(1))
	if err := clone(t.Context(), srv, name); err != nil {
		t.Fatalf("pgtest: making the test's database: %v", err)
	}
	t.Cleanup(func() {
		// That it fails says nothing about the test: the server may be down
		// because the test killed it, and the database goes with the server.
		_ = execute(context.Background(), srv.SuperDSN("postgres"), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	})
	db := func(dsn string) string {
		return strings.Replace(dsn, " dbname="+embeddedpg.Database+" ", " dbname="+name+" ", 1)
	}
	return &DB{OwnerDSN: db(srv.OwnerDSN()), RuntimeDSN: db(srv.RuntimeDSN()), SuperDSN: srv.SuperDSN(name)}
}

// Pool connects to the database as the hub does, with the runtime role. It is
// closed when the test ends.
func (db *DB) Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), db.RuntimeDSN)
	if err != nil {
		t.Fatalf("pgtest: connecting: %v", err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// Server gives the test process's server, for tests that kill it; it restarts
// by itself. Such a test must not be parallel.
func Server(t testing.TB) *embeddedpg.Server {
	t.Helper()
	if !state.inMain {
		t.Fatal("pgtest: call pgtest.Main from the package's TestMain")
	}
	state.start.Do(func() { state.err = start() })
	if state.err != nil {
		t.Fatalf("pgtest: starting PostgreSQL: %v", state.err)
	}
	return state.server
}

// clone copies the template. Privileges on a database are not copied with it,
// so they are granted again.
func clone(ctx context.Context, srv *embeddedpg.Server, name string) error {
	conn, err := pgx.Connect(ctx, srv.SuperDSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var temporary bool
	if err := conn.QueryRow(ctx, "SELECT has_database_privilege($1, $2, 'TEMPORARY')",
		embeddedpg.RuntimeRole, embeddedpg.Database).Scan(&temporary); err != nil {
		return err
	}
	statements := []string{
		"CREATE DATABASE " + name + " TEMPLATE " + embeddedpg.Database + " OWNER " + embeddedpg.OwnerRole,
		"REVOKE ALL ON DATABASE " + name + " FROM PUBLIC",
		"GRANT CONNECT ON DATABASE " + name + " TO " + embeddedpg.RuntimeRole,
	}
	if temporary {
		statements = append(statements, "GRANT TEMPORARY ON DATABASE "+name+" TO "+embeddedpg.RuntimeRole)
	}
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func execute(ctx context.Context, dsn, statement string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}
