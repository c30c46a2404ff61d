package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// LostBatch is a batch that went to the registry, and of which the books know
// nothing.
type LostBatch struct {
	Name   string
	Number int64
}

// KnownBatches tells which of the named batches the database knows, or was told
// of when a fence was lifted.
func (s *Store) KnownBatches(ctx context.Context, trust string, names []string) (map[string]bool, error) {
	out := map[string]bool{}
	err := s.reading(ctx, trust, func(ctx context.Context) error {
		found, err := collect(ctx, pgtx.From(ctx), `SELECT name FROM registry_batch WHERE trust = $1 AND name = ANY ($2) UNION SELECT name FROM registry_lost WHERE trust = $1 AND name = ANY ($2)`, pgx.RowTo[string], trust, names)
		for _, n := range found {
			out[n] = true
		}
		return err
	})
	return out, err
}

// settleBatches keeps the numbers of lost batches from being given again, and
// has a person compare them.
func settleBatches(batch *pgx.Batch, trust string, fence int64, all []LostBatch) {
	if len(all) == 0 {
		return
	}
	names, numbers := make([]string, len(all)), make([]int64, len(all))
	for i, b := range all {
		names[i], numbers[i] = b.Name, b.Number
	}
	batch.Queue(`UPDATE registry SET next_batch = greatest(next_batch, (SELECT max(n) + 1 FROM unnest($2::bigint[]) n)) WHERE trust = $1`, trust, numbers)
	batch.Queue(`INSERT INTO registry_lost (trust, name, number, fence) SELECT $1, n, m, $4 FROM unnest($2::text[], $3::bigint[]) u (n, m) ON CONFLICT DO NOTHING`, trust, names, numbers, fence)
	batch.Queue(`INSERT INTO warning (trust, id, kind, subject, text, action, severity)
		VALUES ($1, nextval('warning_id'), 'registry_batches_lost', 'registry', 'The registry was sent ' || $2::int || ' batches of which the books know nothing since a restore; the last is ' || $3::text || '.',
			'Once the senders have replayed what is missing, compare the records of these batches with the registry''s list, and answer what it holds with a response file; then close this warning with the reason.', 'warning')
		ON CONFLICT (trust, kind, subject) WHERE closed_at IS NULL DO NOTHING`, trust, len(names), names[len(names)-1])
}
