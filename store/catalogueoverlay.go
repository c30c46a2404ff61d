package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Approve keeps whether a trust lets a product be bought, by whom and why.
func (s *Store) Approve(ctx context.Context, trust, source, key string, a journal.Approval) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		var there bool
		if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM product WHERE key = $2 AND source_name = $1)`, source, key).Scan(&there); err != nil {
			return err
		}
		if !there {
			return fault.New(fault.NotFound, "product_not_found", "The source %s has no product %s.", source, key)
		}
		_, err := tx.Exec(ctx, `INSERT INTO product_approval (trust, source, key, approved, decided_by, reason) VALUES ($1, $2, $3, $4, $5, $6)`, trust, source, key, a.Approved, a.By, a.Reason)
		return err
	})
}

// SetAlternative says that one item of the trust may stand in for another; an
// empty kind ends it.
func (s *Store) SetAlternative(ctx context.Context, trust, item, alternative, kind, by, reason string) error {
	return pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		ids := map[string]int64{}
		for _, code := range []string{item, alternative} {
			var id int64
			err := tx.QueryRow(ctx, `SELECT id FROM item WHERE trust = $1 AND code = $2`, trust, code).Scan(&id)
			if err == pgx.ErrNoRows {
				return fault.New(fault.NotFound, "item_unknown", "The trust has no item %s.", code)
			}
			if err != nil {
				return err
			}
			ids[code] = id
		}
		if item == alternative {
			return fault.New(fault.Invalid, "alternative_itself", "An item is no alternative to itself.")
		}
		if _, err := tx.Exec(ctx, `UPDATE item_alternative SET ended_at = clock_timestamp() WHERE trust = $1 AND item = $2 AND alternative = $3 AND ended_at IS NULL`, trust, ids[item], ids[alternative]); err != nil || kind == "" {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO item_alternative (trust, item, alternative, kind, decided_by, reason) VALUES ($1, $2, $3, $4, $5, $6)`, trust, ids[item], ids[alternative], kind, by, reason)
		return err
	})
}

// Loads lists the loads of a trust's items and of the national catalogue, the
// latest first.
func (s *Store) Loads(ctx context.Context, trust string, limit int) ([]journal.Load, error) {
	return bothLists(ctx, s, trust, limit, func(ctx context.Context, tx pgx.Tx, of string) ([]journal.Load, error) {
		return collect(ctx, tx, `SELECT id, trust, source, profile, mode, file, bytes, digest, state, rows, added, changed, same, suspended, removed, rejected, fields, rejections, text, accepted_by, started_at, ended_at
			FROM catalogue_load WHERE trust = $1 ORDER BY id DESC LIMIT $2`, pgx.RowToStructByPos[journal.Load], of, limit)
	}, func(a, b journal.Load) bool { return a.ID > b.ID })
}

// Conflicts lists what waits for a person, the oldest first: a trust's, and
// what sources disagree on.
func (s *Store) Conflicts(ctx context.Context, trust string, limit int) ([]journal.CatalogueConflict, error) {
	return bothLists(ctx, s, trust, limit, func(ctx context.Context, tx pgx.Tx, of string) ([]journal.CatalogueConflict, error) {
		return collect(ctx, tx, `SELECT id, trust, kind, code, a, b, text, opened_at, closed_at, closed_by, closed_why FROM catalogue_conflict
			WHERE trust = $1 AND closed_at IS NULL ORDER BY id LIMIT $2`, pgx.RowToStructByPos[journal.CatalogueConflict], of, limit)
	}, func(a, b journal.CatalogueConflict) bool { return a.ID < b.ID })
}

// bothLists reads a trust's rows and those that are no trust's, each as its own
// transaction may, and merges them.
func bothLists[T any](ctx context.Context, s *Store, trust string, limit int, read func(context.Context, pgx.Tx, string) ([]T, error), before func(a, b T) bool) ([]T, error) {
	lists := [2][]T{}
	for i, of := range []string{trust, ""} {
		if i == 1 && trust == "" {
			break
		}
		err := pgtx.Run(ctx, s.pages, of, func(ctx context.Context) (err error) {
			lists[i], err = read(ctx, pgtx.From(ctx), of)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	out := []T{}
	a, b := lists[0], lists[1]
	for len(out) < limit && len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && before(a[0], b[0]) {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return out, nil
}

// CloseConflict closes a conflict that a person has decided. It stays closed
// while the two say the same.
func (s *Store) CloseConflict(ctx context.Context, trust string, id int64, by, why string, at time.Time) error {
	for _, of := range []string{trust, ""} {
		var n int64
		err := pgtx.Run(ctx, s.background, of, func(ctx context.Context) error {
			tag, err := pgtx.From(ctx).Exec(ctx, `UPDATE catalogue_conflict SET closed_at = $5, closed_by = $3, closed_why = $4 WHERE trust = $1 AND id = $2 AND closed_at IS NULL`, of, id, by, why, at)
			n = tag.RowsAffected()
			return err
		})
		if err != nil || n > 0 {
			return err
		}
	}
	return fault.New(fault.NotFound, "conflict_not_found", "There is no open conflict %d. `stockwell catalogue conflicts` lists them.", id)
}
