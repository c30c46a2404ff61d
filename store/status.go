package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// How many of each the status lists; it counts them all.
const (
	warningsPeek = 500
	waitingPeek  = 100
	belowPeek    = 100
)

// Status gives a trust at a glance: what needs a person first.
func (s *Store) Status(ctx context.Context, trust string) (out journal.Status, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) (err error) {
		tx := pgtx.From(ctx)
		if err := tx.QueryRow(ctx, `SELECT trust, name, environment FROM trust WHERE trust = $1`, trust).Scan(&out.Trust, &out.Name, &out.Environment); err != nil {
			if err == pgx.ErrNoRows {
				return fault.New(fault.NotFound, "trust_not_found", "There is no trust %s on this hub.", trust)
			}
			return err
		}
		pauses, err := collect(ctx, tx, `SELECT paused_at, coalesce(paused_by, ''), paused_why FROM purchasing WHERE trust = $1 AND paused_at IS NOT NULL`, pgx.RowToStructByPos[journal.Pause], trust)
		if err != nil {
			return err
		}
		if len(pauses) > 0 {
			out.Paused = &pauses[0]
		}
		fences, err := collect(ctx, tx, selectFences+` WHERE trust = $1 AND lifted_at IS NULL`, pgx.RowToStructByPos[journal.Fence], trust)
		if err != nil {
			return err
		}
		if len(fences) > 0 {
			out.Fence = &fences[0]
		}
		if out.Warnings, err = warnings(ctx, trust, false, warningsPeek); err != nil {
			return err
		}
		stopped, err := collect(ctx, tx, `SELECT subject FROM queue_stopped WHERE trust = $1 AND queue = 1 ORDER BY subject`, pgx.RowTo[int64], trust)
		if err != nil {
			return err
		}
		if out.Stopped, err = s.messagesOf(ctx, trust, stopped[:min(100, len(stopped))]); err != nil {
			return err
		}
		if out.Waiting, err = collect(ctx, tx, selectSuggestions+` WHERE g.trust = $1 AND g.state = 'waits' ORDER BY g.id LIMIT $2`, scanSuggestion, trust, waitingPeek); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM warning WHERE trust = $1 AND closed_at IS NULL), (SELECT count(*) FROM suggestion WHERE trust = $1 AND state = 'waits')`, trust).
			Scan(&out.WarningsInAll, &out.WaitingInAll); err != nil {
			return err
		}
		if out.Unsent, err = orders(ctx, tx, trust, ` AND o.state = 'ready' AND o.created_at < now() - interval '10 seconds' ORDER BY o.id LIMIT $2`, 100); err != nil {
			return err
		}
		if out.Flows, err = s.flows(ctx, tx, trust, stopped); err != nil {
			return err
		}
		if out.Registry, err = registryAtAGlance(ctx, tx, trust); err != nil {
			return err
		}
		if out.Below, out.BelowInAll, err = stock(ctx, tx, trust, journal.StockFilter{Below: true, Limit: belowPeek}); err != nil {
			return err
		}
		out.Orders, err = orders(ctx, tx, trust, ` AND NOT o.imported ORDER BY o.id DESC LIMIT $2`, 15)
		return err
	})
	if err == nil {
		out.Messages, err = s.Messages(ctx, trust, journal.Filter{Limit: 15})
	}
	return out, err
}

// messagesOf reads the messages with the given numbers, in order.
func (s *Store) messagesOf(ctx context.Context, trust string, ids []int64) (out []journal.Message, err error) {
	out = []journal.Message{}
	err = s.apart(ctx, ids, func(ids []int64, d days) error {
		found, err := collect(ctx, pgtx.From(ctx), selectMessages+` WHERE m.trust = $1 AND m.id = ANY ($2) AND m.received_on BETWEEN $3 AND $4 ORDER BY m.id`, scanMessage, trust, ids, d.from, d.to)
		out = append(found, out...)
		return err
	})
	return out, err
}

// flows counts each connector's messages and the orders that left, over the
// last day. stopped are all messages that are stopped.
func (s *Store) flows(ctx context.Context, tx pgx.Tx, trust string, stopped []int64) ([]journal.Flow, error) {
	halted := map[string]int64{}
	err := s.apart(ctx, stopped, func(ids []int64, d days) error {
		found, err := collect(ctx, tx, `SELECT connector FROM archive WHERE trust = $1 AND id = ANY ($2) AND received_on BETWEEN $3 AND $4`, pgx.RowTo[string], trust, ids, d.from, d.to)
		for _, c := range found {
			halted[c]++
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var oldest int64
	if err := tx.QueryRow(ctx, `SELECT coalesce(min(subject), 0) FROM queue_message WHERE trust = $1 AND queue = 1`, trust).Scan(&oldest); err != nil {
		return nil, err
	}
	near, err := s.waitingDays(ctx, oldest)
	if err != nil {
		return nil, err
	}
	in, err := collect(ctx, tx, `
		WITH day AS (SELECT m.id, m.connector, m.received_at FROM message m WHERE m.trust = $1 AND m.received_on >= $2 AND m.received_at > now() - interval '24 hours'),
		     recent AS (SELECT d.connector, extract(epoch FROM p.posted_at - d.received_at) * 1000 AS ms
		                  FROM (SELECT * FROM day ORDER BY id DESC LIMIT 1000) d JOIN posting p ON p.trust = $1 AND p.message_id = d.id AND p.attempt = 1)
		SELECT $1::text, d.connector, 'in', count(*), count(*) FILTER (WHERE d.received_at > now() - interval '1 hour'), 0, 0, NULL::timestamptz, max(d.received_at),
		       coalesce((SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(ms, 0)) FROM recent r WHERE r.connector = d.connector), 0),
		       coalesce((SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY greatest(ms, 0)) FROM recent r WHERE r.connector = d.connector), 0)
		  FROM day d GROUP BY d.connector ORDER BY d.connector`,
		pgx.RowToStructByPos[journal.Flow], trust, dayOf(time.Now()).AddDate(0, 0, -1))
	if err != nil {
		return nil, err
	}
	if err := waitingIn(ctx, tx, trust, near, in); err != nil {
		return nil, err
	}
	for i := range in {
		in[i].Stopped = halted[in[i].Connector]
	}
	out, err := collect(ctx, tx, `
		WITH day AS (SELECT *, greatest(extract(epoch FROM sent_at - created_at) * 1000, 0) AS ms FROM purchase_order WHERE trust = $1 AND NOT imported AND created_at > now() - interval '24 hours')
		SELECT $1::text, 'orders', 'out', count(sent_at), count(sent_at) FILTER (WHERE sent_at > now() - interval '1 hour'), count(*) FILTER (WHERE state = 'ready'),
		       (SELECT count(*) FROM queue_stopped q JOIN queue k ON k.id = q.queue AND k.topic = 'order.dispatch' WHERE q.trust = $1),
		       min(created_at) FILTER (WHERE state = 'ready'), max(sent_at),
		       coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), 0), coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY ms), 0)
		  FROM day HAVING count(*) > 0`, pgx.RowToStructByPos[journal.Flow], trust)
	if err != nil {
		return nil, err
	}
	told, err := collect(ctx, tx, `
		WITH day AS (SELECT *, greatest(extract(epoch FROM sent_at - created_at) * 1000, 0) AS ms FROM registry_batch WHERE trust = $1 AND created_at > now() - interval '24 hours')
		SELECT $1::text, 'registry', 'out', coalesce(sum(records) FILTER (WHERE sent_at IS NOT NULL), 0)::bigint, coalesce(sum(records) FILTER (WHERE sent_at > now() - interval '1 hour'), 0)::bigint,
		       coalesce(sum(records) FILTER (WHERE sent_at IS NULL), 0)::bigint, (SELECT count(*) FROM queue_stopped q JOIN queue k ON k.id = q.queue AND k.topic = 'registry.submit' WHERE q.trust = $1),
		       min(created_at) FILTER (WHERE sent_at IS NULL), max(sent_at),
		       coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms), 0), coalesce(percentile_cont(0.99) WITHIN GROUP (ORDER BY ms), 0)
		  FROM day HAVING count(*) > 0`, pgx.RowToStructByPos[journal.Flow], trust)
	return append(append(in, out...), told...), err
}
