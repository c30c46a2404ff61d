package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/internal/embeddedpg"
	"github.com/stockwell-hub/stockwell/store"
)

// rig is the PostgreSQL that the hub and the yardsticks share, and the hub
// with its trust, catalogue and opening stock once a part asks for it.
type rig struct {
	b      *bench
	server *embeddedpg.Server
	// super bypasses row-level security: it serves the yardsticks and what
	// the generator looks up.
	super *pgxpool.Pool
	hub   *hub
	next  int64 // number of the last message
	// costs are milliseconds of CPU for each message, of end-to-end rounds.
	costs []float64
}

// trustCode is the fictional trust whose messages are sent.
const trustCode = "ZZ9"

// database starts PostgreSQL, once a run, with the hub's own settings.
func (b *bench) database(ctx context.Context) (*rig, error) {
	if b.env != nil {
		return b.env, nil
	}
	r := &rig{b: b}
	data := filepath.Join(b.folder, "data")
	if err := os.MkdirAll(data, 0o755); err != nil {
		return nil, err
	}
	cfg := embeddedpg.Config{Dir: filepath.Join(data, "postgres")}
	if b.explain {
		cfg.Settings = map[string]string{"shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "all"}
	}
	var err error
	if r.server, err = embeddedpg.Open(ctx, cfg); err != nil {
		return nil, err
	}
	b.defers(func() { _ = r.server.Close() })
	if _, err := store.Migrate(ctx, r.server.OwnerDSN(), embeddedpg.RuntimeRole); err != nil {
		return nil, err
	}
	pool, err := pgxpool.ParseConfig(r.server.SuperDSN(embeddedpg.Database))
	if err != nil {
		return nil, err
	}
	pool.MaxConns = 8
	if r.super, err = pgxpool.NewWithConfig(ctx, pool); err != nil {
		return nil, err
	}
	b.defers(r.super.Close)
	b.env = r
	if err := r.age(ctx); err != nil {
		return nil, err
	}
	return r, r.describe(ctx)
}

// age gives PostgreSQL the log segments that one which has run for a day has
// for reuse. Making a new one stops every commit for 50 to 150 ms, which a
// database that is minutes old does all the time and an older one never.
func (r *rig) age(ctx context.Context) error {
	const mebibytes = 480 // below min_wal_size
	for range mebibytes {
		if _, err := r.super.Exec(ctx, `SELECT pg_logical_emit_message(false, 'bench', repeat('x', 1 << 20))`); err != nil {
			return err
		}
	}
	_, err := r.super.Exec(ctx, `CHECKPOINT`)
	return err
}

func (r *rig) describe(ctx context.Context) error {
	if r.b.explain {
		if _, err := r.super.Exec(ctx, `CREATE EXTENSION pg_stat_statements`); err != nil {
			return err
		}
	}
	var version, buffers, wal string
	err := r.super.QueryRow(ctx, `SELECT current_setting('server_version'), current_setting('shared_buffers'), current_setting('max_wal_size')`).Scan(&version, &buffers, &wal)
	r.b.say("PostgreSQL %s, shared_buffers %s, max_wal_size %s, synchronous_commit and fsync on, Unix socket", version, buffers, wal)
	return err
}

// open gives the rig with a hub that is ready for messages.
func (b *bench) open(ctx context.Context) (*rig, error) {
	r, err := b.database(ctx)
	if err != nil {
		return nil, err
	}
	if r.hub != nil {
		return r, nil
	}
	folder := filepath.Join(b.folder, "hub")
	if err := writeTrust(folder, trustCode, true); err != nil {
		return nil, err
	}
	if err := writeStockFiles(b.folder, folder); err != nil {
		return nil, err
	}
	start := time.Now()
	for _, args := range [][]string{{"catalogue", "load", filepath.Join(b.folder, "catalogue.csv")}, {"stock", "open", filepath.Join(b.folder, "opening.csv")}} {
		if out, err := b.stockwell(ctx, folder, filepath.Join(b.folder, "data"), args...); err != nil {
			return nil, fmt.Errorf("stockwell %s %s: %w: %s", args[0], args[1], err, out)
		}
	}
	b.say("%d items and %d shelves with opening stock loaded in %.1f s", catalogueItems, catalogueItems*len(shelves), time.Since(start).Seconds())
	if r.hub, err = b.start(ctx, folder, filepath.Join(b.folder, "data")); err != nil {
		return nil, err
	}
	b.defers(r.hub.stop)
	return r, r.warm(ctx)
}

// warm posts the first messages of a new database, of whose growing tables
// PostgreSQL knows nothing yet, and then has it look, as it would by itself
// within a minute or two.
func (r *rig) warm(ctx context.Context) error {
	sent := int64(0)
	release, err := r.holdPosting(ctx)
	if err != nil {
		return err
	}
	_, _, err = r.push(ctx, 4, 3*time.Second, func() bool { return atomic.AddInt64(&sent, 1) < 3000 })
	release()
	if err != nil {
		return err
	}
	n, err := r.postingRate(ctx, 4*time.Second)
	if err != nil {
		return err
	}
	r.b.add(shown("posting on a new database, before its first ANALYZE", "1/s", n, 0))
	if _, err := r.super.Exec(ctx, `ANALYZE`); err != nil {
		return err
	}
	if err := r.drain(ctx); err != nil {
		return err
	}
	_, err = r.super.Exec(ctx, `ANALYZE`)
	return err
}

// program builds the binary once a run.
func (b *bench) program(ctx context.Context) (string, error) {
	if b.binary != "" {
		return b.binary, nil
	}
	out := filepath.Join(b.folder, "stockwell")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", out, "github.com/stockwell-hub/stockwell/cmd/stockwell")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build stockwell: %w: %s", err, text)
	}
	b.binary = out
	return out, nil
}

// stockwell runs a short command to its end.
func (b *bench) stockwell(ctx context.Context, folder, data string, args ...string) (string, error) {
	program, err := b.program(ctx)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, program, append([]string{"--config", filepath.Join(folder, "config", "stockwell.yaml"), "--data", data}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	err = cmd.Run()
	return out.String(), err
}

// usage reads CPU times of the generator, the hub and PostgreSQL.
func (r *rig) usage() usage {
	hub := 0
	if r.hub != nil {
		hub = r.hub.pid()
	}
	return usageOf(hub, r.server.PID())
}

// discard empties the hub's queue of what waits, so that the next round does
// not pay for the last one.
func (r *rig) discard(ctx context.Context) error {
	_, err := r.super.Exec(ctx, `TRUNCATE queue_message`)
	return err
}

// waiting counts messages that are stored and not posted.
func (r *rig) waiting(ctx context.Context) (n int64, err error) {
	err = r.super.QueryRow(ctx, `SELECT count(*) FROM queue_message`).Scan(&n)
	return n, err
}

// drain waits until everything is posted.
func (r *rig) drain(ctx context.Context) error {
	for {
		n, err := r.waiting(ctx)
		if err != nil || n == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// holdPosting keeps the hub from claiming messages until release is called.
// The workers wait for a lock, which costs no CPU; receiving does not need it.
func (r *rig) holdPosting(ctx context.Context) (release func(), err error) {
	tx, err := r.super.Begin(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := tx.Exec(ctx, `LOCK TABLE queue_hold IN ACCESS EXCLUSIVE MODE`); err != nil {
		_ = tx.Rollback(ctx)
		return nil, err
	}
	return func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }, nil
}

// explained lists the statements that PostgreSQL spent its time on.
func (r *rig) explained(ctx context.Context) error {
	if !r.b.explain {
		return nil
	}
	rows, err := r.super.Query(ctx, `SELECT calls, total_exec_time, mean_exec_time, rows, wal_bytes::float8/1e6, wal_fpi, toplevel, left(regexp_replace(query, '\s+', ' ', 'g'), 150)
		FROM pg_stat_statements ORDER BY total_exec_time DESC LIMIT 40`)
	if err != nil {
		return err
	}
	var calls, n, pages int64
	var total, mean, wal float64
	var top bool
	var query string
	_, err = pgx.ForEachRow(rows, []any{&calls, &total, &mean, &n, &wal, &pages, &top, &query}, func() error {
		r.b.say("%9.0f ms %8d calls %9.3f ms each %9d rows %7.1f MB of log %6d pages whole %5v %s", total, calls, mean, n, wal, pages, top, query)
		return nil
	})
	if err == nil {
		_, err = r.super.Exec(ctx, `SELECT pg_stat_statements_reset()`)
	}
	return err
}
