package store

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

func notFound(id int64) error {
	return fault.New(fault.NotFound, "message_not_found", "There is no message %d. `stockwell messages list` shows those that there are.", id)
}

// message reads where one message stands.
func (s *Store) message(ctx context.Context, trust string, id int64) (journal.Message, error) {
	near, err := s.daysOf(ctx, id)
	if err != nil {
		return journal.Message{}, err
	}
	for _, d := range []days{near, anyDay} {
		found, err := collect(ctx, pgtx.From(ctx), selectMessages+` WHERE m.trust = $1 AND m.id = $2 AND m.received_on BETWEEN $3 AND $4`, scanMessage, trust, id, d.from, d.to)
		if err != nil {
			return journal.Message{}, err
		}
		if len(found) > 0 {
			return found[0], nil
		}
	}
	return journal.Message{}, notFound(id)
}

// reading runs fn in a read of trust's rows, on the pages' pool.
func (s *Store) reading(ctx context.Context, trust string, fn func(ctx context.Context) error) error {
	err := pgtx.Run(ctx, s.pages, trust, fn)
	if pgtx.Gone(err) {
		return Unreachable(err)
	}
	return err
}

// Trusts lists the trusts by ODS code.
func (s *Store) Trusts(ctx context.Context) ([]string, error) {
	all, err := collect(ctx, s.pages, `SELECT trusts()`, pgx.RowTo[string])
	if pgtx.Gone(err) {
		return nil, Unreachable(err)
	}
	return all, err
}

// messageState derives where a message stands from the rows that exist.
const selectMessages = `
	SELECT m.id, m.trust, m.connector, m.format, m.type, m.sender, m.control_id, m.received_at, m.reused, m.bytes, m.pruned_at,
	       coalesce((SELECT k.seen FROM message_key k WHERE k.trust = m.trust AND k.connector = m.connector AND k.sender = m.sender AND k.control_id = m.control_id AND k.digest = m.digest), 1),
	       coalesce(CASE WHEN q.subject IS NOT NULL THEN 'stopped' END, CASE WHEN h.subject IS NOT NULL THEN CASE WHEN w.until = 'infinity' THEN 'parked' ELSE 'retrying' END END, p.outcome, 'waiting'),
	       coalesce(q.text, w.reason, p.summary, 'Received and stored; not handled yet.'), coalesce(nullif(q.profile, ''), p.profile, '')
	  FROM archive m
	  LEFT JOIN LATERAL (SELECT outcome, summary, profile FROM posting p WHERE p.trust = m.trust AND p.message_id = m.id ORDER BY attempt DESC LIMIT 1) p ON true
	  LEFT JOIN LATERAL (SELECT subject, text, profile FROM queue_stopped q WHERE q.trust = m.trust AND q.queue = 1 AND q.subject = m.id LIMIT 1) q ON true
	  LEFT JOIN LATERAL (SELECT subject, key FROM queue_held h WHERE h.trust = m.trust AND h.queue = 1 AND h.key = m.key AND h.subject = m.id LIMIT 1) h ON true
	  LEFT JOIN queue_hold w ON w.trust = m.trust AND w.queue = 1 AND w.key = h.key`

func scanMessage(row pgx.CollectableRow) (m journal.Message, err error) {
	err = row.Scan(&m.ID, &m.Trust, &m.Connector, &m.Format, &m.Type, &m.Sender, &m.ControlID, &m.ReceivedAt, &m.Reused, &m.Bytes, &m.PrunedAt, &m.Received, &m.State, &m.Summary, &m.Profile)
	return m, err
}

// Messages lists a trust's messages, newest first.
func (s *Store) Messages(ctx context.Context, trust string, f journal.Filter) (out []journal.Message, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	out = []journal.Message{}
	before := f.Before
	if before <= 0 {
		before = math.MaxInt64
	}
	marks, err := s.knownMarks(ctx)
	if err != nil {
		return nil, err
	}
	among, err := s.among(ctx, trust, f)
	if err != nil {
		return nil, err
	}
	for _, w := range windows(marks, before) {
		var ids []int64
		if among != nil {
			low, _ := slices.BinarySearch(among, w.low+1)
			high, _ := slices.BinarySearch(among, w.high+1)
			if ids = among[low:high]; len(ids) == 0 {
				continue
			}
		}
		// Each in a transaction of its own, so that their locks do not add up.
		err = s.reading(ctx, trust, func(ctx context.Context) error {
			found, err := messages(ctx, trust, f, w, ids, f.Limit-len(out))
			out = append(out, found...)
			return err
		})
		if err != nil || len(out) == f.Limit {
			break
		}
	}
	return out, err
}

// among narrows by state and control ID through the small tables that hold
// them, so that neither reads the whole archive. Nil: it may be any message.
func (s *Store) among(ctx context.Context, trust string, f journal.Filter) (ids []int64, err error) {
	query, args := "", []any{trust}
	switch f.State {
	case "stopped", "waiting", "retrying", "parked":
		query = `SELECT subject FROM queue_stopped WHERE trust = $1 AND queue = 1
			UNION ALL SELECT subject FROM queue_message WHERE trust = $1 AND queue = 1
			UNION ALL SELECT subject FROM queue_held WHERE trust = $1 AND queue = 1 ORDER BY 1`
	}
	if f.ControlID != "" {
		query, args = `SELECT DISTINCT message_id FROM message_key WHERE trust = $1 AND control_id = $2 ORDER BY 1`, append(args, f.ControlID)
	}
	if query == "" {
		return nil, nil
	}
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		ids, err = collect(ctx, pgtx.From(ctx), query, pgx.RowTo[int64], args...)
		return err
	})
	if ids == nil {
		ids = []int64{}
	}
	return ids, err
}

// messages lists a window's messages, newest first; if ids are given, only
// those.
func messages(ctx context.Context, trust string, f journal.Filter, w window, ids []int64, limit int) ([]journal.Message, error) {
	return collect(ctx, pgtx.From(ctx), `SELECT * FROM (`+selectMessages+` WHERE m.trust = $1 AND m.id > $5 AND m.id <= $6 AND m.received_on BETWEEN $7 AND $8
			AND ($9::bigint[] IS NULL OR m.id = ANY ($9))
		) x (id, trust, connector, format, type, sender, control_id, received_at, reused, bytes, pruned_at, seen, state, summary, profile)
		WHERE ($2 = '' OR state = $2) AND ($3 = '' OR type = $3) AND ($4 = '' OR connector = $4)
		ORDER BY id DESC LIMIT $10`, scanMessage, trust, f.State, f.Type, f.Connector, w.low, w.high, w.days.from, w.days.to, ids, limit)
}

// Chain gives everything that a message brought about.
func (s *Store) Chain(ctx context.Context, trust string, id int64) (c journal.Chain, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		if c.Message, err = s.message(ctx, trust, id); err != nil {
			return err
		}
		return loadChain(ctx, pgtx.From(ctx), trust, id, &c)
	})
	return c, err
}

func loadChain(ctx context.Context, tx pgx.Tx, trust string, id int64, c *journal.Chain) (err error) {
	if c.Postings, err = collect(ctx, tx, `SELECT attempt, outcome, summary, profile, posted_at, findings FROM posting WHERE trust = $1 AND message_id = $2 ORDER BY attempt`,
		pgx.RowToStructByPos[journal.Posting], trust, id); err != nil {
		return err
	}
	stops, err := collect(ctx, tx, `SELECT step, code, path, text, profile, stopped_at FROM queue_stopped WHERE trust = $1 AND queue = 1 AND subject = $2`, pgx.RowToStructByPos[journal.Stop], trust, id)
	if err != nil {
		return err
	}
	if len(stops) > 0 {
		c.Stop = &stops[0]
	}
	if c.Moves, err = collect(ctx, tx, selectMovements+` WHERE m.trust = $1 AND m.message_id = $2 ORDER BY m.id`, scanMovement, trust, id); err != nil {
		return err
	}
	if c.Lines, err = collect(ctx, tx, selectLines+` WHERE l.trust = $1 AND l.id = ANY (ARRAY(
			SELECT id FROM usage_line WHERE trust = $1 AND message_id = $2
			UNION SELECT usage_line FROM movement WHERE trust = $1 AND message_id = $2
			UNION SELECT u.id FROM posting p JOIN theatre_case c ON c.trust = p.trust AND c.id = ANY (p.cases) AND c.message_id = p.message_id JOIN usage_line u ON u.trust = c.trust AND u.case_id = c.id
			       WHERE p.trust = $1 AND p.message_id = $2)) ORDER BY l.id`, scanLine, trust, id); err != nil {
		return err
	}
	if c.Cases, err = collect(ctx, tx, `SELECT c.id, c.name, c.booking, coalesce(c.patient, 0) FROM theatre_case c WHERE c.trust = $1 AND c.id = ANY (ARRAY(
			SELECT unnest(cases) FROM posting WHERE trust = $1 AND message_id = $2 UNION SELECT case_id FROM usage_line WHERE trust = $1 AND message_id = $2)) ORDER BY c.id`,
		pgx.RowToStructByPos[journal.Case], trust, id); err != nil {
		return err
	}
	if c.Suggests, err = collect(ctx, tx, selectSuggestions+` WHERE g.trust = $1 AND g.message_id = $2 ORDER BY g.id`, scanSuggestion, trust, id); err != nil {
		return err
	}
	if c.Orders, err = orders(ctx, tx, trust, ` AND (o.answered_by = $2 OR EXISTS (SELECT 1 FROM purchase_order_line l WHERE l.trust = o.trust AND l.order_id = o.id AND l.message_id = $2)
			OR o.number IN (SELECT r.met_order FROM receipt_line r WHERE r.trust = $1 AND r.message_id = $2)) ORDER BY o.id LIMIT 500`, id); err != nil {
		return err
	}
	if c.Receipts, err = collect(ctx, tx, selectReceipts+` WHERE r.trust = $1 AND $2 IN (r.message_id, r.told_by) ORDER BY r.id LIMIT 500`, scanReceipt, trust, id); err != nil {
		return err
	}
	if c.Submissions, err = collect(ctx, tx, selectSubmissions+` WHERE u.trust = $1 AND u.line IN (
			SELECT line FROM submission WHERE trust = $1 AND (message_id = $2 OR answered_by = $2) UNION SELECT id FROM usage_line WHERE trust = $1 AND message_id = $2) ORDER BY u.line LIMIT 500`, scanSubmission, trust, id); err != nil {
		return err
	}
	c.Warnings, err = collect(ctx, tx, selectWarnings+` WHERE trust = $1 AND message_id = $2 ORDER BY id`, scanWarning, trust, id)
	return err
}

const selectMovements = `SELECT m.id, m.kind, coalesce(i.code, ''), m.lot, m.serial, f.kind, f.code, t.kind, t.code, m.quantity, m.occurred_at, m.recorded_at, coalesce(m.reverses, 0), m.message_id, m.origin, m.profile
	FROM movement m LEFT JOIN item i ON i.trust = m.trust AND i.id = m.item
	JOIN place f ON f.trust = m.trust AND f.id = m.from_place JOIN place t ON t.trust = m.trust AND t.id = m.to_place`

func scanMovement(row pgx.CollectableRow) (m journal.Movement, err error) {
	var fk, fc, tk, tc string
	err = row.Scan(&m.ID, &m.Kind, &m.Item, &m.Lot, &m.Serial, &fk, &fc, &tk, &tc, &m.Quantity, &m.OccurredAt, &m.RecordedAt, &m.Reverses, &m.Message, &m.Origin, &m.Profile)
	m.From, m.To = placeName(fk, fc), placeName(tk, tc)
	return m, err
}

// placeName is a place as people read it: a shelf by its code, a patient by
// surrogate, the rest of the world by kind.
func placeName(kind, code string) string {
	switch kind {
	case "stock", "transit":
		return code
	case "patient":
		if code == "world" {
			return "patient not known"
		}
		return "patient " + code
	default:
		return kind
	}
}

const selectLines = `SELECT l.id, c.name, l.key, l.state, l.why, coalesce(i.code, ''), coalesce(i.description, ''), l.text, l.lot, l.serial, coalesce(l.expiry::text, ''), l.quantity::text,
	l.disposition, coalesce(p.code, ''), coalesce(l.patient, 0), coalesce(l.movement, 0), l.message_id, l.origin, l.profile
	FROM usage_line l JOIN theatre_case c ON c.trust = l.trust AND c.id = l.case_id
	LEFT JOIN item i ON i.trust = l.trust AND i.id = l.item LEFT JOIN place p ON p.trust = l.trust AND p.id = l.place`

func scanLine(row pgx.CollectableRow) (l journal.Line, err error) {
	err = row.Scan(&l.ID, &l.Case, &l.Key, &l.State, &l.Why, &l.Item, &l.Description, &l.Text, &l.Lot, &l.Serial, &l.Expiry, &l.Quantity,
		&l.Disposition, &l.Place, &l.Patient, &l.Movement, &l.Message, &l.Origin, &l.Profile)
	return l, err
}

const selectWarnings = `SELECT w.id, w.kind, w.severity, w.text, w.action, coalesce(w.message_id, 0), w.opened_at, w.closed_at, coalesce(w.closed_why, ''), coalesce(w.closed_by, ''),
	coalesce(w.case_id, 0), coalesce(w.line, 0) FROM warning w`

func scanWarning(row pgx.CollectableRow) (w journal.Warning, err error) {
	err = row.Scan(&w.ID, &w.Kind, &w.Severity, &w.Text, &w.Action, &w.Message, &w.OpenedAt, &w.ClosedAt, &w.Why, &w.ClosedBy, &w.Case, &w.Line)
	return w, err
}

// Warnings lists what needs a person, gravest and then oldest first, at most
// limit; all includes what is closed.
func (s *Store) Warnings(ctx context.Context, trust string, all bool, limit int) (out []journal.Warning, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = warnings(ctx, trust, all, limit)
		return err
	})
	return out, err
}

func warnings(ctx context.Context, trust string, all bool, limit int) ([]journal.Warning, error) {
	return collect(ctx, pgtx.From(ctx), selectWarnings+` WHERE trust = $1 AND ($2 OR closed_at IS NULL)
		ORDER BY closed_at IS NOT NULL, array_position(ARRAY['danger', 'warning', 'notice'], severity), opened_at LIMIT $3`, scanWarning, trust, all, limit)
}

// CloseWarning closes a warning for a person, who says why.
func (s *Store) CloseWarning(ctx context.Context, trust string, id int64, by, why string) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tag, err := pgtx.From(ctx).Exec(ctx, `UPDATE warning SET closed_at = $4, closed_by = $5, closed_why = $3 WHERE trust = $1 AND id = $2 AND closed_at IS NULL`, trust, id, by+": "+why, time.Now(), by)
		if err == nil && tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "warning_not_open", "There is no open warning %d.", id)
		}
		return err
	})
}
