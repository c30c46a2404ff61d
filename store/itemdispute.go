package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// disputed gives the codes of rejected rows that another item has.
const disputed = `SELECT u.kind, u.value, i.code, s.code, r.line FROM stage_refused r JOIN stage_item s ON s.line = r.line CROSS JOIN LATERAL unnest(s.kinds, s.code_values) u (kind, value)
	CROSS JOIN LATERAL (SELECT c.item FROM item_code c WHERE c.trust = $1 AND c.kind = u.kind AND c.value = u.value AND one_maker(c.maker, CASE WHEN u.kind = 'mpc' THEN maker_of(s.manufacturer) ELSE '' END) OFFSET 0) c
	JOIN item i ON i.trust = $1 AND i.id = c.item WHERE r.problem = 'code_taken' AND i.code <> s.code ORDER BY r.line, u.kind, u.value`

// undisputed gives the open conflicts that this file has settled: the row of the
// one that claimed the code is right now, or the other has the code no longer.
const undisputed = `SELECT c.id FROM catalogue_conflict c WHERE c.trust = $1 AND c.kind = 'code_taken' AND c.closed_at IS NULL AND (
		EXISTS (SELECT 1 FROM stage_item s WHERE 'item ' || s.code = c.b AND NOT EXISTS (SELECT 1 FROM stage_refused r WHERE r.line = s.line))
		OR NOT EXISTS (SELECT 1 FROM item_code k JOIN item i ON i.trust = k.trust AND i.id = k.item WHERE k.trust = $1 AND k.kind = split_part(c.code, ' ', 1) AND k.value = substr(c.code, strpos(c.code, ' ') + 1) AND 'item ' || i.code = c.a))`

// Dispute opens a conflict for each code that a rejected row claims and another
// item has, for a person decides whose it is. What the file has settled is
// closed.
func (l *ItemLoad) Dispute(ctx context.Context) (opened, closed int64, err error) {
	var found []catalogue.Conflict
	var over []int64
	err = pgtx.Run(ctx, l.conn, l.what.Trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		rows, err := tx.Query(ctx, disputed, l.what.Trust)
		if err != nil {
			return err
		}
		var kind, value, holder, claimant string
		var line int64
		if _, err = pgx.ForEachRow(rows, []any{&kind, &value, &holder, &claimant, &line}, func() error {
			found = append(found, catalogue.Conflict{Kind: catalogue.CodeTaken, Code: kind + " " + value, A: itemName(holder), B: itemName(claimant),
				Text: fmt.Sprintf("A file gives %s the code of %s. Its row was rejected.", claimant, holder)})
			return nil
		}); err != nil {
			return err
		}
		over, err = collect(ctx, tx, undisputed, pgx.RowTo[int64], l.what.Trust)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	if opened, err = openConflicts(ctx, l.conn, l.what.Trust, found); err != nil {
		return opened, 0, err
	}
	closed, err = closeConflicts(ctx, l.conn, l.what.Trust, over)
	return opened, closed, err
}

// TakeCode takes a code from the item that has it by mistake. It stays to be
// found as one that the item had; use that names it is unidentified until
// another item has it.
func (s *Store) TakeCode(ctx context.Context, trust, item string, c catalogue.Code, by, reason string) (journal.ItemCode, error) {
	c = c.AsKept()
	out := journal.ItemCode{Kind: string(c.Kind), Value: c.Value}
	if c.Kind == catalogue.ERP {
		return out, fault.New(fault.Invalid, "code_is_the_items_own", "An item keeps its own code.")
	}
	return out, pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		err := tx.QueryRow(ctx, `WITH gone AS (DELETE FROM item_code c USING item i WHERE c.trust = $1 AND c.kind = $3 AND c.value = $4 AND i.trust = $1 AND i.id = c.item AND i.code = $2 RETURNING c.*)
			INSERT INTO item_code_former (trust, kind, value, item, ratio, since, decided_by, reason) SELECT trust, kind, value, item, max(ratio), min(since), $5, $6 FROM gone GROUP BY 1, 2, 3, 4 RETURNING ratio, coalesce(since::text, ''), until::text`,
			trust, item, out.Kind, out.Value, by, reason).Scan(&out.Ratio, &out.From, &out.To)
		if err == pgx.ErrNoRows {
			return fault.New(fault.NotFound, "code_not_found", "Item %s does not have this code. `stockwell catalogue show` lists those that it has.", item)
		}
		if err != nil {
			return err
		}
		// Whoever claimed the code may have it now.
		_, err = tx.Exec(ctx, `UPDATE catalogue_conflict SET closed_at = clock_timestamp(), closed_by = $4, closed_why = $5 WHERE trust = $1 AND kind = 'code_taken' AND closed_at IS NULL AND code = $2 AND a = $3`,
			trust, out.Kind+" "+out.Value, itemName(item), by, reason)
		return err
	})
}
