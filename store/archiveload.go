package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Load reads stored messages for translation. Those whose raw bytes were
// pruned are left out; those whose bytes do not open say why.
func (s *Store) Load(ctx context.Context, trust string, ids []int64) (map[int64]journal.Stored, error) {
	near, err := s.daysOf(ctx, ids...)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]journal.Stored, len(ids))
	const archived = `SELECT o_id, o_connector, o_format, o_type, o_sender, o_control_id, o_received_at, o_reused, o_received_on, o_digest, o_seal, o_raw FROM archived($1, $2, $3, $4)`
	if err := s.load(ctx, trust, out, archived, trust, ids, near.from, near.to); err != nil || len(out) == len(ids) {
		return out, err
	}
	const past = `SELECT p.id, p.connector, p.format, p.type, p.sender, p.control_id, p.received_at, p.reused, p.received_on, p.digest, p.seal, p.raw
		FROM message_past p JOIN archive_pruned d ON d.day = p.received_on WHERE p.trust = $1 AND p.id = ANY ($2) AND p.raw IS NOT NULL`
	missing := slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { _, ok := out[id]; return ok })
	if err := s.load(ctx, trust, out, past, trust, missing); err != nil || len(out) == len(ids) {
		return out, err
	}
	return out, s.load(ctx, trust, out, archived, trust, missing, anyDay.from, anyDay.to)
}

func (s *Store) load(ctx context.Context, trust string, out map[int64]journal.Stored, query string, args ...any) error {
	type sealed struct {
		journal.Stored
		day    time.Time
		digest []byte
		seal   int16
	}
	all, err := collect(ctx, pgtx.From(ctx), query, func(row pgx.CollectableRow) (m sealed, err error) {
		err = row.Scan(&m.ID, &m.Connector, &m.Format, &m.Type, &m.Sender, &m.ControlID, &m.ReceivedAt, &m.Reused, &m.day, &m.digest, &m.seal, &m.Raw)
		return m, err
	}, args...)
	for _, m := range all {
		m.Raw, err = s.openRaw(ctx, trust, m.day, m.digest, m.seal, m.Raw)
		if fault.Is(err, fault.Stopped) {
			m.Unreadable, err = err, nil
		}
		if err != nil {
			return err
		}
		out[m.ID] = m.Stored
	}
	return err
}

// Raw gives a message as it came: personal data, for a person who asks for
// it. It fails with fault.Conflict if the bytes were pruned.
func (s *Store) Raw(ctx context.Context, trust string, id int64) (raw []byte, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		m, err := s.message(ctx, trust, id)
		if err != nil {
			return err
		}
		if m.PrunedAt != nil {
			return pruned(m)
		}
		found, err := s.Load(ctx, trust, []int64{id})
		raw = found[id].Raw
		return errors.Join(err, found[id].Unreadable)
	})
	return raw, err
}

func pruned(m journal.Message) error {
	return fault.New(fault.Conflict, "message_pruned",
		"The raw bytes of message %d were pruned on %s, as the archive's retention says, so it cannot be read again. What it caused remains: movements, lines, cases and orders.", m.ID, m.PrunedAt.Format(time.DateOnly))
}
