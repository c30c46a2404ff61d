package store

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// ArchiveDay is what a day's raw bytes take on the disk, of all trusts.
type ArchiveDay struct {
	// Day is nil for the days that have no partition of their own.
	Day *time.Time
	// Bytes is what they take, with indexes.
	Bytes int64
	// Messages is how many there are, as PostgreSQL's statistics have it.
	Messages int64
}

// ArchiveDays lists the days with raw bytes.
func (s *Store) ArchiveDays(ctx context.Context) ([]ArchiveDay, error) {
	return collect(ctx, s.background, `SELECT o_day, o_bytes, o_messages FROM archive_days()`, pgx.RowToStructByPos[ArchiveDay])
}

// KeptRaw is a message that keeps its raw bytes though its day was pruned.
type KeptRaw struct {
	Message    int64
	ReceivedOn time.Time
}

// KeptRaw lists a trust's messages that outlive their day: they are stopped or
// wait, or have a line that is unidentified or waits.
func (s *Store) KeptRaw(ctx context.Context, trust string) (out []KeptRaw, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), `SELECT p.id, p.received_on FROM message_past p JOIN archive_pruned d ON d.day = p.received_on WHERE p.trust = $1 AND p.raw IS NOT NULL ORDER BY p.id`,
			pgx.RowToStructByPos[KeptRaw], trust)
		return err
	})
	return out, err
}

// pruneChunk is how many messages one transaction of a prune handles: none
// takes longer than two seconds.
const pruneChunk = 5000

// Prune frees the raw bytes of the days before a day, oldest first; today and
// yesterday always stay. What law 5 needs is kept, and the raw bytes of
// messages that may yet be read again. done, if not nil, is told of each day
// that is freed; nil is a day without a partition of its own.
//
// It may be killed or fail at any moment and be called again: a day's bytes go
// in one short transaction, after all that stays of it. Several at a time do
// no harm. If the archive is too busy to let go of a day it fails with
// fault.Unavailable.
func (s *Store) Prune(ctx context.Context, before time.Time, done func(day *time.Time) error) error {
	if done == nil {
		done = func(*time.Time) error { return nil }
	}
	if yesterday := dayOf(time.Now()).AddDate(0, 0, -1); before.After(yesterday) {
		before = yesterday
	}
	all, err := s.ArchiveDays(ctx)
	if err != nil {
		return err
	}
	for _, d := range all {
		if d.Day == nil || !d.Day.Before(before) {
			continue
		}
		if err := s.pruneDay(ctx, *d.Day); err != nil {
			return err
		}
		if err := done(d.Day); err != nil {
			return err
		}
	}
	swept, err := s.chunks(ctx, `SELECT archive_sweep($1, $2)`, before, pruneChunk)
	if err == nil && swept > 0 {
		err = done(nil)
	}
	if err != nil {
		return err
	}
	_, err = s.chunks(ctx, `SELECT archive_let_go($1)`, pruneChunk)
	return err
}

// chunks runs a statement that says how many rows it handled until those are
// fewer than it may.
func (s *Store) chunks(ctx context.Context, sql string, args ...any) (total int64, err error) {
	for n := int64(pruneChunk); n == pruneChunk && err == nil; total += n {
		err = s.background.QueryRow(ctx, sql, args...).Scan(&n)
	}
	return total, err
}

// pruneDay copies what stays of a day, and drops its partition.
func (s *Store) pruneDay(ctx context.Context, day time.Time) error {
	for {
		if err := s.copyDay(ctx, day); err != nil {
			return err
		}
		// False: a message came meanwhile, from a clock that is far behind.
		if dropped, err := s.dropDay(ctx, day); err != nil || dropped {
			return err
		}
	}
}

func (s *Store) copyDay(ctx context.Context, day time.Time) error {
	var trust string
	var id int64
	for n := int64(pruneChunk); n == pruneChunk; {
		rows, err := s.background.Query(ctx, `SELECT o_trust, o_id, o_rows FROM archive_copy($1, $2, $3, $4)`, day, trust, id, pruneChunk)
		if err != nil {
			return err
		}
		n = 0
		if _, err := pgx.ForEachRow(rows, []any{&trust, &id, &n}, func() error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

// dropTries and dropPause say how often the archive is asked for a moment in
// which nobody uses it. Each try holds up senders for 50 ms at most.
const (
	dropTries = 40
	dropPause = time.Second
)

func (s *Store) dropDay(ctx context.Context, day time.Time) (dropped bool, err error) {
	for range dropTries {
		err = s.background.QueryRow(ctx, `SELECT archive_drop($1)`, day).Scan(&dropped)
		if state := pgtx.State(err); state != "55P03" && state != "40P01" {
			return dropped, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(dropPause/2 + rand.N(dropPause)):
		}
	}
	return false, fault.Wrap(err, fault.Unavailable, "archive_busy",
		"The archive was in use all the time, so the day %s could not be freed. Nothing was lost; it is tried again. A backup that runs, or a long query, may be the reason.", day.Format(time.DateOnly))
}
