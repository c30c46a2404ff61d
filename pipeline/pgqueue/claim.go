package pgqueue

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
)

// claim asks for up to limit rows of a trust's queue, numbered above after, in
// up to lanes lanes that nobody else holds. The lanes in busy are left out.
type claim struct {
	queue int16
	after int64
	limit int
	lanes int
	busy  []int16
}

const (
	window    = 1024 // rows looked at in one go
	mostLanes = 256
	fromStart = math.MinInt64
)

// take locks lanes until tx ends and gives their first rows, in order.
func (c claim) take(ctx context.Context, tx pgx.Tx) ([]Message, error) {
	const query = `SELECT trust, queue, seq, lane, key, subject, uuid, payload, metadata, published_at, attempts
		FROM queue_claim($1, $2, $3, $4, $5, $6)`
	if c.busy == nil {
		c.busy = []int16{}
	}
	rows, err := tx.Query(ctx, query, c.queue, c.after, c.limit, max(window, c.limit), c.lanes, c.busy)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Message])
}

// ready gives the trusts that have work in a queue, with the number of their
// first row above after.
func ready(ctx context.Context, db querier, queue int16, after int64) (map[string]int64, error) {
	rows, err := db.Query(ctx, `SELECT o_trust, o_low FROM queue_ready($1, $2)`, queue, after)
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	var trust string
	var low int64
	_, err = pgx.ForEachRow(rows, []any{&trust, &low}, func() error {
		out[trust] = low
		return nil
	})
	return out, err
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func remove(ctx context.Context, tx pgx.Tx, trust string, queue int16, seqs []int64) error {
	if len(seqs) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `SELECT queue_done($1, $2, $3)`, trust, queue, seqs)
	return err
}

func stop(ctx context.Context, tx pgx.Tx, m Message, s Stop) error {
	_, err := tx.Exec(ctx, `SELECT queue_stop($1, $2, $3, $4, $5, $6, $7)`, m.Queue, m.Seq, s.Step, s.Code, s.Path, s.Text, s.Profile)
	if err == nil && s.Park {
		_, err = tx.Exec(ctx, `INSERT INTO queue_hold (trust, queue, key, lane, until, code, reason) VALUES ($1, $2, $3, $4, 'infinity', $5, $6)
			ON CONFLICT (trust, queue, key) DO UPDATE SET until = 'infinity', code = excluded.code, reason = excluded.reason`,
			m.Trust, m.Queue, m.Key, m.Lane, s.Code, s.Text)
	}
	return err
}

func delay(ctx context.Context, tx pgx.Tx, m Message, d time.Duration, code, reason string) error {
	_, err := tx.Exec(ctx, `SELECT queue_delay($1, $2, $3, $4, $5)`, m.Queue, m.Seq, d, code, reason)
	return err
}

// aside moves rows whose keys are held out of the way.
func aside(ctx context.Context, tx pgx.Tx, queue int16, seqs []int64) error {
	_, err := tx.Exec(ctx, `SELECT queue_aside($1, $2)`, queue, seqs)
	return err
}

// Backoff is how long a message waits after its nth failure: a second at
// first, doubling to five minutes.
func Backoff(attempts int16) time.Duration {
	if attempts > 8 {
		return 5 * time.Minute
	}
	return min(time.Second<<max(attempts, 0), 5*time.Minute)
}
