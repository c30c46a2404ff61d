package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

const selectSuggestions = `SELECT g.id, p.code, i.code, g.cycle, g.packs, g.pack_size, g.unit_price::text, round(g.packs * g.unit_price, 2)::text, g.currency, g.state, g.why, g.inputs, g.release_at,
	g.decided_by, coalesce(o.number, ''), coalesce(g.movement, 0), g.message_id, g.origin
	FROM suggestion g JOIN place p ON p.trust = g.trust AND p.id = g.place JOIN item i ON i.trust = g.trust AND i.id = g.item
	LEFT JOIN purchase_order o ON o.trust = g.trust AND o.id = g.order_id`

func scanSuggestion(row pgx.CollectableRow) (g journal.Suggestion, err error) {
	err = row.Scan(&g.ID, &g.Place, &g.Item, &g.Cycle, &g.Packs, &g.PackSize, &g.UnitPrice, &g.Value, &g.Currency, &g.State, &g.Why, &g.Inputs, &g.ReleaseAt,
		&g.DecidedBy, &g.Order, &g.Movement, &g.Message, &g.Origin)
	return g, err
}

// cameFor lists what came for a line l of an order o.
const cameFor = `(SELECT coalesce(json_agg(json_build_object('receipt', r.receipt, 'line', r.key, 'received_on', coalesce(r.received_on::text, ''), 'units', r.met_units, 'lot', r.lot,
	'substitute', r.substitute, 'message', r.message_id, 'origin', r.origin) ORDER BY r.id), '[]') FROM receipt_line r WHERE r.trust = o.trust AND r.met_order = o.number AND r.met_line = l.line)`

// orders reads orders that meet a condition, which is one of this package's
// own constants and takes $2.
func orders(ctx context.Context, tx pgx.Tx, trust, condition string, arg any) ([]journal.Order, error) {
	return collect(ctx, tx, `
		SELECT o.id, o.number, o.supplier, p.code, o.state, o.value::text, o.currency, o.automatic, o.imported, o.created_at, o.sent_at, coalesce(o.file_name, ''), o.answered_at, coalesce(o.answered_by, 0),
		       coalesce((SELECT h.reason FROM queue_held q JOIN queue_hold h USING (trust, queue, key) JOIN queue k ON k.id = q.queue AND k.topic = 'order.dispatch'
		                  WHERE q.trust = o.trust AND q.subject = o.id LIMIT 1), ''),
		       (SELECT json_build_object('step', s.step, 'code', s.code, 'path', s.path, 'text', s.text, 'stopped_at', s.stopped_at)
		          FROM queue_stopped s JOIN queue k ON k.id = s.queue AND k.topic = 'order.dispatch' WHERE s.trust = o.trust AND s.subject = o.id LIMIT 1),
		       (SELECT coalesce(json_agg(json_build_object('line', l.line, 'item', i.code, 'description', i.description, 'place', lp.code, 'cycle', coalesce(l.cycle, 0), 'packs', l.packs,
		            'pack_size', l.pack_size, 'unit_price', l.unit_price::text, 'value', l.value::text, 'state', l.state, 'open_packs', l.open_packs, 'received_units', l.received, 'substituted_units', l.substituted, 'receipts', `+cameFor+`, 'expected_on', coalesce(l.expected_on::text, ''),
		            'reason', l.reason, 'movement', coalesce(l.movement, 0), 'message', l.message_id, 'origin', l.origin, 'profile', l.profile) ORDER BY l.line), '[]')
		          FROM purchase_order_line l JOIN item i ON i.trust = l.trust AND i.id = l.item JOIN place lp ON lp.trust = l.trust AND lp.id = l.place
		         WHERE l.trust = o.trust AND l.order_id = o.id)
		  FROM purchase_order o JOIN place p ON p.trust = o.trust AND p.id = o.deliver_to WHERE o.trust = $1`+condition,
		func(row pgx.CollectableRow) (o journal.Order, err error) {
			var stop, lines []byte
			err = row.Scan(&o.ID, &o.Number, &o.Supplier, &o.DeliverTo, &o.State, &o.Value, &o.Currency, &o.Automatic, &o.Imported, &o.CreatedAt, &o.SentAt, &o.File, &o.AnsweredAt, &o.AnsweredBy, &o.Waiting, &stop, &lines)
			if err == nil && stop != nil {
				err = json.Unmarshal(stop, &o.Stop)
			}
			if err == nil {
				err = json.Unmarshal(lines, &o.Lines)
			}
			return o, err
		}, trust, arg)
}

// Orders lists a trust's orders, newest first.
func (s *Store) Orders(ctx context.Context, trust string, limit int) (out []journal.Order, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = orders(ctx, pgtx.From(ctx), trust, ` ORDER BY o.id DESC LIMIT $2`, limit)
		return err
	})
	return out, err
}

// Order gives one order by its number.
func (s *Store) Order(ctx context.Context, trust, number string) (o journal.Order, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		found, err := orders(ctx, pgtx.From(ctx), trust, ` AND o.number = $2`, number)
		if err == nil && len(found) == 0 {
			return fault.New(fault.NotFound, "order_not_found", "There is no order %s. `stockwell orders list` shows those that there are.", number)
		}
		if err == nil {
			o = found[0]
		}
		return err
	})
	return o, err
}

// Suggestions lists the suggested orders, the latest first, at most limit; all
// includes those that are decided.
func (s *Store) Suggestions(ctx context.Context, trust string, all bool, limit int) (out []journal.Suggestion, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), selectSuggestions+` WHERE g.trust = $1 AND ($2 OR g.state IN ('waits', 'approved')) ORDER BY g.id DESC LIMIT $3`, scanSuggestion, trust, all, limit)
		return err
	})
	return out, err
}

// Suggestion gives the suggested order of this number. It fails with
// fault.NotFound.
func (s *Store) Suggestion(ctx context.Context, trust string, id int64) (g journal.Suggestion, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		found, err := collect(ctx, pgtx.From(ctx), selectSuggestions+` WHERE g.trust = $1 AND g.id = $2`, scanSuggestion, trust, id)
		if err == nil && len(found) == 0 {
			err = fault.New(fault.NotFound, "suggestion_not_found", "There is no suggested order %d. `stockwell orders suggested` lists those that wait.", id)
		}
		if err == nil {
			g = found[0]
		}
		return err
	})
	return g, err
}

// DecideSuggestion approves or declines a suggestion that waits, for a person.
// An approved one leaves at its supplier's next time in zone.
func (s *Store) DecideSuggestion(ctx context.Context, trust string, id int64, approve bool, by, why string, zone *time.Location) error {
	state := "declined"
	if approve {
		state = "approved"
	}
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		var rule string
		var now time.Time
		err := tx.QueryRow(ctx, `SELECT u.release, clock_timestamp() FROM suggestion g JOIN item i ON i.trust = g.trust AND i.id = g.item
			JOIN supplier u ON u.trust = i.trust AND u.code = i.supplier WHERE g.trust = $1 AND g.id = $2 AND g.state = 'waits' FOR UPDATE OF g`, trust, id).Scan(&rule, &now)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, "suggestion_not_waiting", "There is no suggested order %d that waits for a person. `stockwell orders suggested` shows those that do.", id)
		}
		if err != nil {
			return err
		}
		release, err := purchasing.Release(rule, now, zone)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE suggestion SET state = $3, decided_by = $4, why = $5, decided_at = $6, release_at = $7 WHERE trust = $1 AND id = $2`, trust, id, state, by, why, now, release)
		return err
	})
}

// Resend gives an order whose dispatch was stopped back to the dispatcher.
func (s *Store) Resend(ctx context.Context, trust, number string) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tag, err := pgtx.From(ctx).Exec(ctx, `
			WITH gone AS (
				DELETE FROM queue_stopped q USING queue k, purchase_order o
				 WHERE q.trust = $1 AND k.id = q.queue AND k.topic = 'order.dispatch' AND o.trust = q.trust AND o.id = q.subject AND o.number = $2
				RETURNING q.trust, q.queue, q.seq, q.lane, q.key, q.subject, q.uuid, q.payload, q.metadata, q.published_at)
			INSERT INTO queue_message (trust, queue, seq, lane, key, subject, uuid, payload, metadata, published_at) SELECT * FROM gone`, trust, number)
		if err == nil && tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "order_not_stopped", "Order %s is not one whose sending was stopped. `stockwell orders show %s` tells where it stands.", number, number)
		}
		return err
	})
}

// Pause stops automatic purchasing of a trust; Resume lets it go on. Both
// say who and why.
func (s *Store) Pause(ctx context.Context, trust, by, why string) error {
	return s.setPause(ctx, trust, `UPDATE purchasing SET paused_at = coalesce(paused_at, clock_timestamp()), paused_by = $2, paused_why = $3 WHERE trust = $1`, by, why)
}

// Resume lets automatic purchasing go on.
func (s *Store) Resume(ctx context.Context, trust, by, why string) error {
	return s.setPause(ctx, trust, `UPDATE purchasing SET paused_at = NULL, paused_why = NULL, paused_by = $2 || ': ' || $3 WHERE trust = $1`, by, why)
}

func (s *Store) setPause(ctx context.Context, trust, sql, by, why string) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tag, err := pgtx.From(ctx).Exec(ctx, sql, trust, by, why)
		if err == nil && tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "trust_not_found", "There is no trust %s on this hub.", trust)
		}
		return err
	})
}
