package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/embeddedpg"
)

// database looks into the hub's PostgreSQL as its superuser, by a connection
// that is made anew after each crash.
type database struct {
	dsn   string
	queue atomic.Int64

	mu   sync.Mutex
	conn *pgx.Conn
}

// attach finds the server that the hub runs.
func (d *database) attach(ctx context.Context, folder string) error {
	s, err := embeddedpg.Open(ctx, embeddedpg.Config{Dir: folder})
	if err != nil {
		return err
	}
	d.dsn = s.SuperDSN(embeddedpg.Database)
	if !s.Attached() {
		_ = s.Close()
		return fmt.Errorf("the hub does not run its database")
	}
	return s.Close()
}

// use calls fn with the connection; any failure ends it.
func (d *database) use(ctx context.Context, limit time.Duration, fn func(ctx context.Context, conn *pgx.Conn) error) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if d.conn == nil {
		if d.conn, err = pgx.Connect(ctx, d.dsn); err != nil {
			d.conn = nil
			return err
		}
	}
	if err = fn(ctx, d.conn); err != nil {
		_ = d.conn.Close(context.WithoutCancel(ctx))
		d.conn = nil
	}
	return err
}

func (d *database) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.conn != nil {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = d.conn.Close(ctx)
		d.conn = nil
	}
}

// moment is what is under way in the database.
type moment struct {
	batches, queue int64
	busy, all      []int32 // backends: the hub's that work; every one
}

// A batch is open while its transaction holds a lane of queue 1.
const momentSQL = `SELECT
	(SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1398210561 AND objsubid = 2 AND granted),
	(SELECT count(*) FROM (SELECT FROM queue_message WHERE queue = 1 LIMIT 50000) q),
	(SELECT coalesce(array_agg(pid ORDER BY pid), '{}') FROM pg_stat_activity WHERE usename = 'stockwell' AND state <> 'idle'),
	(SELECT coalesce(array_agg(pid ORDER BY pid), '{}') FROM pg_stat_activity)`

func (d *database) look(ctx context.Context) (m moment, err error) {
	err = d.use(ctx, 5*time.Second, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, momentSQL).Scan(&m.batches, &m.queue, &m.busy, &m.all)
	})
	if err == nil {
		d.queue.Store(m.queue)
	} else {
		d.queue.Store(0) // nobody waits for what cannot be seen
	}
	return m, err
}

// leftSQL names what the hub has still to do.
const leftSQL = `SELECT concat_ws(', ',
	(SELECT count(*) || ' messages wait' FROM queue_message HAVING count(*) > 0),
	(SELECT count(*) || ' messages are held' FROM queue_held HAVING count(*) > 0),
	(SELECT count(*) || ' par levels are due' FROM policy_due HAVING count(*) > 0),
	(SELECT count(*) || ' suggested orders go out' FROM suggestion WHERE state = 'approved' HAVING count(*) > 0),
	(SELECT count(*) || ' orders are not sent' FROM purchase_order WHERE state = 'ready' HAVING count(*) > 0))`

// settle waits until nothing is left to do, twice in a row.
func (d *database) settle(ctx context.Context, alive func() error) error {
	left, quiet := "", 0
	for end := time.Now().Add(15 * time.Minute); time.Now().Before(end); pause(ctx, 300*time.Millisecond) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := alive(); err != nil {
			return err
		}
		err := d.use(ctx, 10*time.Second, func(ctx context.Context, conn *pgx.Conn) error {
			return conn.QueryRow(ctx, leftSQL).Scan(&left)
		})
		if err != nil || left != "" {
			quiet = 0
			continue
		}
		if quiet++; quiet == 3 {
			return nil
		}
	}
	return fmt.Errorf("the hub did not come to rest within 15 minutes: %s", left)
}
