package pgqueue

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// claim asks for up to limit rows of a trust's queue in lanes that nobody
// else holds.
type claim struct {
	queue   int16
	after   int64
	limit   int
	window  int
	lanes   int
	busy    []int16
	session bool
}

const (
	smallestWindow = 1024
	largestWindow  = 1 << 17
	mostLanes      = 256
)

func (c claim) take(ctx context.Context, tx pgx.Tx) ([]Message, error) {
	const query = `SELECT trust, queue, seq, lane, key, subject, uuid, payload, metadata, published_at, attempts
		FROM queue_claim($1, $2, $3, $4, $5, $6, $7)`
	if c.busy == nil {
		c.busy = []int16{}
	}
	rows, err := tx.Query(ctx, query, c.queue, c.after, c.limit, c.window, c.lanes, c.busy, c.session)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Message])
}

func remove(ctx context.Context, tx pgx.Tx, trust string, queue int16, seqs []int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM queue_message WHERE trust = $1 AND queue = $2 AND seq = ANY ($3)`, trust, queue, seqs)
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

// Backoff is how long a message waits after its nth failure: a second at
// first, doubling to five minutes.
func Backoff(attempts int16) time.Duration {
	if attempts > 8 {
		return 5 * time.Minute
	}
	return min(time.Second<<max(attempts, 0), 5*time.Minute)
}
