package pgqueue_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

const (
	trust   = "ZZ1"
	topic   = "work"
	group   = "test"
	overall = 90 * time.Second // for a whole test; nothing here is timed
)

// bench is a database with a queue, and a table that handlers write to.
type bench struct {
	t     testing.TB
	db    *pgtest.DB
	root  *pgx.Conn
	queue *pgqueue.Queue
	id    int16
}

func newBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{t: t, db: pgtest.New(t)}
	b.root = super(t, b.db)
	b.exec(`INSERT INTO trust (trust, name, environment) VALUES ('ZZ1', 'One', 'test'), ('ZZ2', 'Two', 'test');
		CREATE TABLE effect (id bigint GENERATED ALWAYS AS IDENTITY, by text NOT NULL, key bigint NOT NULL, uuid text NOT NULL);
		GRANT SELECT, INSERT ON effect TO stockwell`)
	b.queue = pgqueue.New(b.pool())
	b.id = b.ensure(topic)
	return b
}

// super connects as the role that sees everything and may end backends.
func super(t testing.TB, db *pgtest.DB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func (b *bench) pool() *pgxpool.Pool {
	b.t.Helper()
	cfg, err := pgxpool.ParseConfig(b.db.RuntimeDSN)
	if err != nil {
		b.t.Fatal(err)
	}
	cfg.MaxConns = 12
	pool, err := pgxpool.NewWithConfig(b.t.Context(), cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(pool.Close)
	return pool
}

func (b *bench) ensure(topic string) int16 {
	b.t.Helper()
	id, err := b.queue.Ensure(b.t.Context(), topic, group)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bench) exec(sql string) {
	b.t.Helper()
	if _, err := b.root.Exec(b.t.Context(), sql); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) count(sql string) (n int) {
	b.t.Helper()
	if err := b.root.QueryRow(b.t.Context(), sql).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func (b *bench) strings(sql string) []string {
	b.t.Helper()
	rows, _ := b.root.Query(b.t.Context(), sql)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.t.Fatal(err)
	}
	return out
}

// publish sends messages named names with one key.
func (b *bench) publish(topic, trust string, key int64, names ...string) {
	b.t.Helper()
	err := b.queue.Tx(b.t.Context(), trust, func(ctx context.Context) error {
		for _, name := range names {
			if err := b.queue.Publish(ctx, topic, pgqueue.Message{Trust: trust, Key: key, UUID: name}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// until waits for a condition that other goroutines bring about.
func (b *bench) until(what string, cond func() bool) {
	b.t.Helper()
	for end := time.Now().Add(overall); !cond(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatalf("it never came about that %s", what)
		}
	}
}

func (b *bench) untilEmpty() {
	b.t.Helper()
	b.until("the queue is empty", func() bool {
		return b.count(`SELECT (SELECT count(*) FROM queue_message) + (SELECT count(*) FROM queue_held)`) == 0
	})
}

func wait[T any](b *bench, what string, c <-chan T) (v T) {
	b.t.Helper()
	select {
	case v = <-c:
	case <-time.After(overall):
		b.t.Fatalf("%s never came", what)
	}
	return v
}

type handler func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error)

func (h handler) HandleBatch(ctx context.Context, _ string, batch []pgqueue.Message) ([]pgqueue.Result, error) {
	return h(ctx, batch)
}

// record writes each message's effect, in the batch's transaction.
func record(by string) handler {
	return func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
		for _, m := range batch {
			if err := effect(ctx, by, m); err != nil {
				return nil, err
			}
		}
		return make([]pgqueue.Result, len(batch)), nil
	}
}

func effect(ctx context.Context, by string, m pgqueue.Message) error {
	_, err := pgtx.From(ctx).Exec(ctx, `INSERT INTO effect (by, key, uuid) VALUES ($1, $2, $3)`, by, m.Key, m.UUID)
	return err
}

func (b *bench) consumer(h handler) *pgqueue.Consumer {
	return &pgqueue.Consumer{Queue: b.queue, ID: b.id, Topic: topic, Handler: h, Workers: 4, BatchSize: 100,
		Poll: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}
}

// run runs a consumer until the test ends or stop is called.
func (b *bench) run(c *pgqueue.Consumer) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { _ = c.Run(ctx) })
	stop = func() { cancel(); done.Wait() }
	b.t.Cleanup(stop)
	return stop
}

// observe adapts fn to Consumer.Observe.
func observe(fn func(batch []pgqueue.Message)) func(string, []pgqueue.Message, time.Duration) {
	return func(_ string, batch []pgqueue.Message, _ time.Duration) { fn(batch) }
}

func names(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = prefix + strconv.Itoa(i)
	}
	return out
}

// inOrder fails unless each key's effects are exactly want, in order.
func (b *bench) inOrder(want map[int64][]string) {
	b.t.Helper()
	if wrong := b.disorder(want); wrong != "" {
		b.t.Error(wrong)
	}
}

func (b *bench) disorder(want map[int64][]string) string {
	b.t.Helper()
	for key, names := range want {
		got := b.strings(`SELECT uuid FROM effect WHERE key = ` + strconv.FormatInt(key, 10) + ` ORDER BY id`)
		if !slices.Equal(got, names) {
			return fmt.Sprintf("key %d: effects %v, want %v", key, got, names)
		}
	}
	return ""
}
