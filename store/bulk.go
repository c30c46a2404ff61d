package store

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

//go:embed bulk.sql
var bulkSQL string

// The shape of a bulk history: twelve uses a message, so many messages in one
// transaction, and lots that change with each of them.
const (
	bulkLines    = 12
	bulkMessages = 2000
	bulkLots     = 24
)

// Bulk fills a trust's books with at least so many uses of made-up history,
// for benchmarks at size: messages, their postings, cases, lines, patients and
// movements of the year before today, with opening stock for all of them. The
// messages say no more than who sent them; patients have no numbers. It writes as the owner of the tables, by dsn, and every trigger looks
// at what it writes. The trust has a catalogue and places. done is told of the
// uses so far.
func Bulk(ctx context.Context, dsn, trust string, uses int64, done func(uses int64)) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return Unreachable(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var items, places []int64
	var supplier int64
	if err := conn.QueryRow(ctx, `SELECT coalesce((SELECT array_agg(id ORDER BY id) FROM item WHERE trust = $1), '{}'), coalesce((SELECT array_agg(id ORDER BY id) FROM place WHERE trust = $1 AND kind = 'stock'), '{}'),
		coalesce((SELECT id FROM place WHERE trust = $1 AND kind = 'supplier' AND code = 'world'), 0)`, trust).Scan(&items, &places, &supplier); err != nil {
		return err
	}
	if len(items) == 0 || len(places) == 0 || supplier == 0 {
		return fault.New(fault.NotFound, "trust_empty", "Trust %s has no catalogue or no places yet. Load its catalogue first.", trust)
	}
	parts := strings.Split(bulkSQL, "\n-- next\n")
	first := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -bulkDays)
	for chunk, told := 0, int64(0); told < uses; chunk++ {
		n := min((uses-told+bulkLines-1)/bulkLines, bulkMessages)
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SELECT set_config('app.trust', $1, true), set_config('work_mem', '64MB', true)`, trust); err != nil {
				return err
			}
			lot, day := fmt.Sprintf("BULK-%02d", chunk%bulkLots), first.AddDate(0, 0, chunk%bulkDays)
			if chunk < bulkLots {
				if err := bulkOpening(ctx, tx, trust, items, places, supplier, lot, uses, first); err != nil {
					return err
				}
			}
			var message, entity int64
			entities := (n+3)/4 + n + 2*bulkLines*n
			if err := tx.QueryRow(ctx, `SELECT nextval('message_id')`).Scan(&message); err != nil {
				return err
			}
			if err := tx.QueryRow(ctx, `SELECT nextval('entity_id')`).Scan(&entity); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `SELECT setval('message_id', $1), setval('entity_id', $2)`, message+n, entity+(entities/1024+1)*1024); err != nil {
				return err
			}
			for _, part := range parts {
				if _, err := tx.Exec(ctx, part, trust, message, n, entity, items, places, lot, day); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return ledgerFault(err)
		}
		told += n * bulkLines
		done(told)
	}
	_, err = conn.Exec(ctx, `ANALYZE patient, place, theatre_case, case_alias, case_patient, usage_line, movement, balance, posting, message_past`)
	return err
}

// bulkDays is over how many days before today the history goes.
const bulkDays = 365

// bulkOpening puts so much of a lot on every shelf that no use is short.
func bulkOpening(ctx context.Context, tx pgx.Tx, trust string, items, places []int64, supplier int64, lot string, uses int64, at time.Time) error {
	_, err := tx.Exec(ctx, `WITH told AS (
			INSERT INTO message (trust, id, received_on, received_at, connector, format, type, sender, control_id, key, digest, peer, reused, seal, raw)
			VALUES ($1, nextval('message_id'), (clock_timestamp() AT TIME ZONE 'UTC')::date, clock_timestamp(), 'import', 'csv', 'opening_stock', 'bulk', $5::text, 0, sha256(convert_to($5::text, 'UTF8')), '', false, 0, '') RETURNING id
		), posted AS (
			INSERT INTO posting (trust, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary)
			SELECT $1, id, 1, 'opening_stock', 'import', 'bulk', $5::text, 'bulk@1', 'applied', 'Opening stock of a made-up history.' FROM told
		), lots AS (
			INSERT INTO lot (trust, item, lot, expiry) SELECT $1, i, $5::text, $7::date + 3650 FROM unnest($2::bigint[]) i ON CONFLICT DO NOTHING
		), first AS (
			SELECT setval('entity_id', nextval('entity_id') + (cardinality($2::bigint[]) * cardinality($3::bigint[]) / 1024 + 1) * 1024) - (cardinality($2::bigint[]) * cardinality($3::bigint[]) / 1024 + 1) * 1024 AS id
		)
		INSERT INTO movement (trust, id, kind, item, lot, from_place, to_place, quantity, occurred_at, accounted_on, message_id, origin, profile)
		SELECT $1, first.id + row_number() OVER () - 1, 'opening', i, $5::text, $4::bigint, p, $6::bigint, $7::date, $7::date, told.id, 'line', 'bulk@1'
		  FROM told, first, unnest($2::bigint[]) i, unnest($3::bigint[]) p`, trust, items, places, supplier, lot, uses, at)
	return err
}
