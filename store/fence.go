package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Fenced reports whether a trust's orders are held since a restore, inside the
// transaction that ctx carries.
func (s *Store) Fenced(ctx context.Context, trust string) (fenced bool, err error) {
	err = pgtx.From(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM fence WHERE trust = $1 AND lifted_at IS NULL)`, trust).Scan(&fenced)
	return fenced, err
}

const selectFences = `SELECT id, set_at, set_by, set_why, held_through, lifted_at, coalesce(lifted_by, ''), coalesce(lifted_why, ''), report FROM fence`

// Fences lists a trust's fences, the latest first: an open one is the first.
func (s *Store) Fences(ctx context.Context, trust string) (out []journal.Fence, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), selectFences+` WHERE trust = $1 ORDER BY id DESC`, pgx.RowToStructByPos[journal.Fence], trust)
		return err
	})
	return out, err
}

// OpenFence gives the fence that holds a trust's orders, nil if none does.
func (s *Store) OpenFence(ctx context.Context, trust string) (*journal.Fence, error) {
	all, err := s.Fences(ctx, trust)
	if err != nil || len(all) == 0 || all[0].LiftedAt != nil {
		return nil, err
	}
	return &all[0], nil
}

// SetFence holds a trust's orders and opens the warning that says so. It tells
// whether they were not held already.
func (s *Store) SetFence(ctx context.Context, trust, by, why string) (set bool, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT fence_trust($1, $2, $3)`, trust, by, why).Scan(&set)
	})
	return set, err
}

// Served notes that a hub has brought its trusts into a restored database: a
// trust that is added from now on is new, and not one that the backup lacks.
func (s *Store) Served(ctx context.Context) error {
	_, err := s.background.Exec(ctx, `UPDATE restore SET served_at = clock_timestamp() WHERE served_at IS NULL`)
	return err
}

// Acknowledged is a message that its sender was told is stored: what makes it
// known again.
type Acknowledged struct {
	Connector, Sender, ControlID string
	Digest                       [8]byte // its first bytes
}

// Fit gives a sender's text as the archive keeps it.
func Fit(s string) string { return fit(s) }

// Lacking tells which of the messages the database does not hold, by index.
func (s *Store) Lacking(ctx context.Context, trust string, in []Acknowledged) (out []int, err error) {
	connector, sender, control, digest := make([]string, len(in)), make([]string, len(in)), make([]string, len(in)), make([][]byte, len(in))
	for i, a := range in {
		connector[i], sender[i], control[i], digest[i] = a.Connector, a.Sender, a.ControlID, a.Digest[:]
	}
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), `
			SELECT (u.ord - 1)::int FROM unnest($2::text[], $3::text[], $4::text[], $5::bytea[]) WITH ORDINALITY u (connector, sender, control_id, digest, ord)
			 WHERE NOT EXISTS (SELECT 1 FROM message_key k WHERE k.trust = $1 AND k.connector = u.connector AND k.sender = u.sender
			                      AND k.control_id = u.control_id AND substr(k.digest, 1, 8) = u.digest)
			 ORDER BY u.ord`, pgx.RowTo[int], trust, connector, sender, control, digest)
		return err
	})
	return out, err
}

// Settled tells how far a witness was looked through when a fence was last
// lifted; empty if never.
func (s *Store) Settled(ctx context.Context, trust, witness string) (through string, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		err := pgtx.From(ctx).QueryRow(ctx, `SELECT through FROM fence_settled WHERE trust = $1 AND witness = $2`, trust, witness).Scan(&through)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return through, err
}

// KnownOrder is what the database knows of an order number.
type KnownOrder struct {
	ID      int64
	Number  string
	State   string // of the order; left_out where a fence was lifted without it
	Created time.Time
}

// KnownOrders looks up order numbers, and names of registry batches.
func (s *Store) KnownOrders(ctx context.Context, trust string, numbers []string) (map[string]KnownOrder, error) {
	out := map[string]KnownOrder{}
	err := s.reading(ctx, trust, func(ctx context.Context) error {
		found, err := collect(ctx, pgtx.From(ctx), `
			SELECT id, number, state, created_at FROM purchase_order WHERE trust = $1 AND number = ANY ($2)
			UNION ALL SELECT 0, name, 'batch', created_at FROM registry_batch WHERE trust = $1 AND name = ANY ($2)
			UNION ALL SELECT 0, name, 'batch', now() FROM registry_lost WHERE trust = $1 AND name = ANY ($2)
			UNION ALL SELECT 0, number, 'left_out', now() FROM fence_left_out l WHERE trust = $1 AND number = ANY ($2)
			    AND NOT EXISTS (SELECT 1 FROM purchase_order o WHERE o.trust = l.trust AND o.number = l.number)`, pgx.RowToStructByPos[KnownOrder], trust, numbers)
		for _, o := range found {
			out[o.Number] = o
		}
		return err
	})
	return out, err
}

// ReadyOrders lists the orders that are numbered and not sent.
func (s *Store) ReadyOrders(ctx context.Context, trust string) (out []KnownOrder, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), `SELECT id, number, state, created_at FROM purchase_order WHERE trust = $1 AND state = 'ready' ORDER BY id`, pgx.RowToStructByPos[KnownOrder], trust)
		return err
	})
	return out, err
}

// NextNumber is the counter that the next order's number is made from.
func (s *Store) NextNumber(ctx context.Context, trust string) (n int64, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT next_number FROM purchasing WHERE trust = $1`, trust).Scan(&n)
	})
	return n, err
}

// LastHeld is the newest message that the database holds of a sender.
type LastHeld struct {
	Connector  string    `json:"connector"`
	Sender     string    `json:"sender"`
	ControlID  string    `json:"control_id"`
	ReceivedAt time.Time `json:"received_at"`
}

// LastHeld lists, for each connector and sender of the month before, the
// newest message that was received up to a time.
func (s *Store) LastHeld(ctx context.Context, trust string, through time.Time) (out []LastHeld, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), `
			SELECT DISTINCT ON (connector, sender) connector, sender, control_id, received_at FROM message
			 WHERE trust = $1 AND connector <> 'import' AND received_at <= $2 AND received_on BETWEEN ($2::timestamptz)::date - 31 AND ($2::timestamptz)::date + 1
			 ORDER BY connector, sender, received_at DESC, id DESC`, pgx.RowToStructByPos[LastHeld], trust, through)
		return err
	})
	return out, err
}

// Lift is what a person settles by lifting a fence.
type Lift struct {
	By, Why string
	// Next is the lowest counter that the next order may take.
	Next int64
	// Sent are orders that stand at the ERP though the database has them to
	// be sent.
	Sent []SentOrder
	// Stop are orders that may not be sent without a person, with why.
	Stop []StopOrder
	// LeftOut are numbers that no order here stands for.
	LeftOut []string
	// Batches went to the registry, and nothing here stands for them.
	Batches []LostBatch
	// Witness and Through say how far which witness was looked through.
	Witness, Through string
	// Report is what was found, for the record.
	Report any
}

// SentOrder is an order whose file is at the ERP.
type SentOrder struct {
	ID     int64
	File   string
	Digest []byte
}

// StopOrder is an order that waits for a person.
type StopOrder struct {
	ID         int64
	Code, Text string
}

// LiftFence lets a trust's orders go again: all that l says, or nothing.
func (s *Store) LiftFence(ctx context.Context, trust string, l Lift, beforeCommit func()) error {
	report, err := json.Marshal(l.Report)
	if err != nil {
		return err
	}
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		if _, err := tx.Exec(ctx, `SELECT 1 FROM purchasing WHERE trust = $1 FOR UPDATE`, trust); err != nil {
			return err
		}
		var id int64
		err := tx.QueryRow(ctx, `UPDATE fence SET lifted_at = clock_timestamp(), lifted_by = $2, lifted_why = $3, report = $4 WHERE trust = $1 AND lifted_at IS NULL RETURNING id`,
			trust, l.By, l.Why, report).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return notFenced(trust)
		}
		if err != nil {
			return err
		}
		if err := settle(ctx, tx, trust, id, l); err != nil {
			return err
		}
		beforeCommit()
		return nil
	})
}

func notFenced(trust string) error {
	return fault.New(fault.Conflict, "not_fenced", "The orders of %s are not held; there is nothing to lift.", trust)
}

// settle brings the books in step with what the outside world has.
func settle(ctx context.Context, tx pgx.Tx, trust string, fence int64, l Lift) error {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE purchasing SET next_number = greatest(next_number, $2) WHERE trust = $1`, trust, l.Next)
	for _, o := range l.Sent {
		batch.Queue(`UPDATE purchase_order SET state = 'sent', sent_at = clock_timestamp(), file_name = $3, file_digest = $4 WHERE trust = $1 AND id = $2 AND state = 'ready'`, trust, o.ID, o.File, o.Digest)
	}
	for _, o := range l.Stop {
		// The dispatcher may have the order in hand: it owns the lane then.
		batch.Queue(`SELECT pg_advisory_xact_lock((21335 << 16) | q.queue, queue_lane($1, q.lane)) FROM queue k JOIN (
			SELECT queue, lane FROM queue_message WHERE trust = $1 AND subject = $2 UNION ALL SELECT queue, lane FROM queue_held WHERE trust = $1 AND subject = $2) q
			ON q.queue = k.id AND k.topic = 'order.dispatch'`, trust, o.ID)
		batch.Queue(`WITH waits AS (
				DELETE FROM queue_message m USING queue k WHERE m.trust = $1 AND k.id = m.queue AND k.topic = 'order.dispatch' AND m.subject = $2 RETURNING m.*
			), held AS (
				DELETE FROM queue_held m USING queue k WHERE m.trust = $1 AND k.id = m.queue AND k.topic = 'order.dispatch' AND m.subject = $2 RETURNING m.*)
			INSERT INTO queue_stopped SELECT a.*, 'dispatch', $3, '', $4, '', clock_timestamp() FROM (SELECT * FROM waits UNION ALL SELECT * FROM held) a`, trust, o.ID, o.Code, o.Text)
	}
	settleBatches(batch, trust, fence, l.Batches)
	batch.Queue(`INSERT INTO fence_left_out (trust, number, fence) SELECT $1, n, $3 FROM unnest($2::text[]) n ON CONFLICT DO NOTHING`, trust, l.LeftOut, fence)
	if l.Witness != "" {
		batch.Queue(`INSERT INTO fence_settled (trust, witness, through) VALUES ($1, $2, $3) ON CONFLICT (trust, witness) DO UPDATE SET through = excluded.through`, trust, l.Witness, l.Through)
	}
	batch.Queue(`UPDATE queue_hold h SET until = clock_timestamp() FROM queue k WHERE h.trust = $1 AND k.id = h.queue AND k.topic IN ('order.dispatch', 'registry.submit') AND h.code = 'orders_held'`, trust)
	batch.Queue(`UPDATE warning SET closed_at = clock_timestamp(), closed_why = $2 WHERE trust = $1 AND kind = 'orders_held' AND closed_at IS NULL`, trust, l.By+": "+l.Why)
	return tx.SendBatch(ctx, batch).Close()
}
