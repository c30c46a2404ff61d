package store

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Books loads what a batch must know and keeps what it decides, inside the
// transaction that ctx carries. One Books serves one trust.
type Books struct {
	store  *Store
	trust  string
	sealer Sealer
	world  world

	linked   atomic.Pointer[kept]
	mu       sync.Mutex
	next, to int64
}

// world is the places outside the shelves that every trust has.
type world struct{ unidentified, waste, supplier, variance, nobody inventory.PlaceID }

// Books opens a trust's books. SetUp must have run for the trust before.
func (s *Store) Books(ctx context.Context, trust string, sealer Sealer) (*Books, error) {
	b := &Books{store: s, trust: trust, sealer: sealer}
	err := pgtx.Run(ctx, s.background, trust, func(ctx context.Context) error {
		const query = `SELECT id, kind FROM place WHERE trust = $1 AND code = 'world'`
		rows, err := pgtx.From(ctx).Query(ctx, query, trust)
		if err != nil {
			return err
		}
		var id inventory.PlaceID
		var kind inventory.PlaceKind
		_, err = pgx.ForEachRow(rows, []any{&id, &kind}, func() error {
			switch kind {
			case inventory.Unidentified:
				b.world.unidentified = id
			case inventory.Waste:
				b.world.waste = id
			case inventory.Supplier:
				b.world.supplier = id
			case inventory.Variance:
				b.world.variance = id
			case inventory.PatientPlace:
				b.world.nobody = id
			}
			return nil
		})
		return err
	})
	return b, err
}

// IDs gives new entity numbers, one a call. It reserves n; should more be
// needed, and the database then fail, it gives zero, and the transaction can
// no longer commit.
func (b *Books) IDs(ctx context.Context, n int) (func() int64, error) {
	ids, err := b.reserve(ctx, n)
	return func() int64 {
		if len(ids) == 0 {
			if ids, _ = b.reserve(ctx, 64); len(ids) == 0 {
				return 0
			}
		}
		id := ids[0]
		ids = ids[1:]
		return id
	}, err
}

func (b *Books) reserve(ctx context.Context, n int) ([]int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := make([]int64, 0, n)
	for len(ids) < n {
		if b.next == b.to {
			var first int64
			if err := pgtx.From(ctx).QueryRow(ctx, `SELECT nextval('entity_id')`).Scan(&first); err != nil {
				return nil, err
			}
			b.next, b.to = first, first+1024
		}
		ids = append(ids, b.next)
		b.next++
	}
	return ids, nil
}

// lockKeys are the names that two batches must not decide about at once.
func (b *Books) lockKeys(n posting.Need) []int64 {
	var keys []int64
	for _, p := range n.Pseudonyms {
		keys = append(keys, hash64("patient", b.trust, string(p[:])))
	}
	for _, a := range n.Aliases {
		keys = append(keys, hash64("case", b.trust, a.Kind, a.Value))
	}
	for _, v := range n.Coded {
		keys = append(keys, hash64("visit", b.trust, v))
	}
	if len(n.Receipts) > 0 {
		keys = append(keys, hash64("receipts", b.trust))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// Known locks the patients, cases and orders that a batch names, in one
// order for all, and then loads them with their lines and items. Posted says
// which of the messages had their effect before.
func (b *Books) Known(ctx context.Context, n posting.Need, messages []int64) (k *posting.Known, posted map[int64]int, locked time.Time, err error) {
	k, posted = posting.NewKnown(), map[int64]int{}
	k.Unidentified, k.Waste, k.Supplier, k.Nobody = b.world.unidentified, b.world.waste, b.world.supplier, b.world.nobody
	l := loader{b: b, k: k, batch: &pgx.Batch{}}
	// Who is one person is decided alone; all else side by side.
	also := make([]int64, len(n.Cases))
	for i, c := range n.Cases {
		also[i] = int64(c)
	}
	if n.Merges {
		var concerned []int64
		if k.Merges, concerned, err = b.alone(ctx, n); err != nil {
			return nil, nil, locked, err
		}
		also = append(also, concerned...)
	} else {
		l.batch.Queue(`SELECT pg_advisory_xact_lock_shared($1)`, hash64("merge", b.trust)).Exec(ignoreTag)
	}
	l.batch.Queue(`SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) WITH ORDINALITY AS u (k, o) ORDER BY o`, b.lockKeys(n)).Exec(ignoreTag)
	l.patients(n.Pseudonyms)
	l.cases(n.Aliases, also, n.Visits)
	l.items(n.Codes)
	l.deliveries(n, messages)
	l.each(`SELECT message_id, max(attempt) FROM posting WHERE trust = $1 AND message_id = ANY ($2) GROUP BY 1`, func(row pgx.CollectableRow) error {
		var id int64
		var attempt int
		err := row.Scan(&id, &attempt)
		posted[id] = attempt
		return err
	}, b.trust, messages)
	var version int64
	l.batch.Queue(`SELECT coalesce(locked_through, '-infinity') = '-infinity', coalesce(locked_through, '1970-01-01'), links_version FROM trust WHERE trust = $1`, b.trust).QueryRow(func(row pgx.Row) error {
		var open bool
		var day time.Time
		if err := row.Scan(&open, &day, &version); err != nil {
			return err
		}
		if !open {
			locked = day
		}
		return nil
	})
	if err = pgtx.From(ctx).SendBatch(ctx, l.batch).Close(); err == nil && !n.Merges {
		k.Merges, err = b.links(ctx, version)
	}
	return k, posted, locked, err
}
