package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Outcome reports whether a stored message was handled. If it was stopped the
// error, fault.Stopped, says why.
func (s *Store) Outcome(ctx context.Context, trust string, id int64) (handled bool, err error) {
	err = pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		stops, err := collect(ctx, tx, `SELECT step, code, path, text, profile, stopped_at FROM queue_stopped WHERE trust = $1 AND queue = 1 AND subject = $2`, pgx.RowToStructByPos[journal.Stop], trust, id)
		if err != nil {
			return err
		}
		if len(stops) > 0 {
			return fault.New(fault.Stopped, stops[0].Code, "%s", stops[0].Text).At(stops[0].Path)
		}
		return tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM posting WHERE trust = $1 AND message_id = $2)`, trust, id).Scan(&handled)
	})
	if pgtx.Gone(err) {
		return false, Unreachable(err)
	}
	return handled, err
}
