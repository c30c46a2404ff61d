package store

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"sync"
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
// messages say no more than who sent them; patients have no numbers. It writes
// as the owner of the tables, by dsn, and every trigger looks at what it
// writes. The trust has a catalogue and places, and no hub runs. done is told
// of the uses so far.
func Bulk(ctx context.Context, dsn, trust string, uses int64, done func(uses int64)) error {
	f := &filler{trust: trust, uses: uses, parts: strings.Split(bulkSQL, "\n-- next\n"), done: done, first: time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -bulkDays)}
	conns := make([]*pgx.Conn, bulkWriters)
	for i := range conns {
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return Unreachable(err)
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		conns[i] = conn
	}
	if err := conns[0].QueryRow(ctx, `SELECT coalesce((SELECT array_agg(id ORDER BY id) FROM item WHERE trust = $1), '{}'), coalesce((SELECT array_agg(id ORDER BY id) FROM place WHERE trust = $1 AND kind = 'stock'), '{}'),
		coalesce((SELECT id FROM place WHERE trust = $1 AND kind = 'supplier' AND code = 'world'), 0)`, trust).Scan(&f.items, &f.places, &f.supplier); err != nil {
		return err
	}
	if len(f.items) == 0 || len(f.places) == 0 || f.supplier == 0 {
		return fault.New(fault.NotFound, "trust_empty", "Trust %s has no catalogue or no places yet. Load its catalogue first.", trust)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, len(conns))
	for _, conn := range conns {
		go func() {
			err := f.fill(ctx, conn)
			if err != nil {
				stop()
			}
			failed <- err
		}()
	}
	var err error
	for range conns {
		if e := <-failed; e != nil && (err == nil || errors.Is(err, context.Canceled)) {
			err = e
		}
	}
	if err != nil {
		return ledgerFault(err)
	}
	_, err = conns[0].Exec(ctx, `ANALYZE patient, place, theatre_case, case_alias, case_patient, usage_line, movement, balance, posting, message`)
	return err
}

// bulkWriters write side by side, each chunk with lots that no other of the
// same time has.
const bulkWriters = 2

// filler fills one trust's books.
type filler struct {
	trust         string
	uses          int64
	parts         []string
	items, places []int64
	supplier      int64
	first         time.Time
	done          func(uses int64)

	mu     sync.Mutex
	begun  int64 // uses
	filled int64
	chunks int
}

// next gives the next chunk and how many messages it has; none when all are
// begun.
func (f *filler) next() (chunk int, n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n = min((f.uses-f.begun+bulkLines-1)/bulkLines, bulkMessages)
	chunk, f.chunks, f.begun = f.chunks, f.chunks+1, f.begun+max(n, 0)*bulkLines
	return chunk, n
}

func (f *filler) fill(ctx context.Context, conn *pgx.Conn) error {
	for {
		chunk, n := f.next()
		if n <= 0 {
			return nil
		}
		if err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error { return f.chunk(ctx, tx, chunk, n) }); err != nil {
			return err
		}
		f.mu.Lock()
		f.filled += n * bulkLines
		f.done(f.filled)
		f.mu.Unlock()
	}
}

// numbers hands out numbers in blocks, which no sequence does by itself.
func (f *filler) numbers(ctx context.Context, tx pgx.Tx, messages, entities int64) (message, entity int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := tx.QueryRow(ctx, `SELECT nextval('message_id'), nextval('entity_id')`).Scan(&message, &entity); err != nil {
		return 0, 0, err
	}
	_, err = tx.Exec(ctx, `SELECT setval('message_id', $1), setval('entity_id', $2)`, message+messages, entity+(entities/1024+1)*1024)
	return message, entity, err
}

func (f *filler) chunk(ctx context.Context, tx pgx.Tx, chunk int, n int64) error {
	if _, err := tx.Exec(ctx, `SELECT set_config('app.trust', $1, true), set_config('work_mem', '64MB', true)`, f.trust); err != nil {
		return err
	}
	lot, day := fmt.Sprintf("BULK-%02d", chunk%bulkLots), f.first.AddDate(0, 0, chunk%bulkDays)
	if chunk < bulkLots {
		if err := f.opening(ctx, tx, lot); err != nil {
			return err
		}
	}
	message, entity, err := f.numbers(ctx, tx, n, (n+3)/4+n+2*bulkLines*n)
	if err != nil {
		return err
	}
	for _, part := range f.parts {
		if _, err := tx.Exec(ctx, part, f.trust, message, n, entity, f.items, f.places, lot, day); err != nil {
			return err
		}
	}
	return nil
}

// bulkDays is over how many days before today the history goes.
const bulkDays = 365

// opening puts so much of a lot on every shelf that no use is short.
func (f *filler) opening(ctx context.Context, tx pgx.Tx, lot string) error {
	message, entity, err := f.numbers(ctx, tx, 1, int64(len(f.items)*len(f.places)))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `WITH told AS (
			INSERT INTO message (trust, id, received_on, received_at, connector, format, type, sender, control_id, key, digest, peer, reused, seal, raw)
			VALUES ($1, $8::bigint, (clock_timestamp() AT TIME ZONE 'UTC')::date, clock_timestamp(), 'import', 'csv', 'opening_stock', 'bulk', $5::text, 0, sha256(convert_to($5::text, 'UTF8')), '', false, 0, '') RETURNING id
		), posted AS (
			INSERT INTO posting (trust, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary)
			SELECT $1, id, 1, 'opening_stock', 'import', 'bulk', $5::text, 'bulk@1', 'applied', 'Opening stock of a made-up history.' FROM told
		), lots AS (
			INSERT INTO lot (trust, item, lot, expiry) SELECT $1, i, $5::text, $7::date + 3650 FROM unnest($2::bigint[]) i ON CONFLICT DO NOTHING
		)
		INSERT INTO movement (trust, id, kind, item, lot, from_place, to_place, quantity, occurred_at, accounted_on, message_id, origin, profile)
		SELECT $1, $9::bigint + row_number() OVER () - 1, 'opening', i, $5::text, $4::bigint, p, $6::bigint, $7::date, $7::date, told.id, 'line', 'bulk@1'
		  FROM told, unnest($2::bigint[]) i, unnest($3::bigint[]) p`, f.trust, f.items, f.places, f.supplier, lot, f.uses, f.first, message, entity)
	return err
}
