package pgqueue_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// claim runs queue_claim in a transaction that stays open.
func (b *bench) claim(limit, window int) (uuids []string, tx pgx.Tx) {
	b.t.Helper()
	tx, err := pgtx.Begin(b.t.Context(), b.pool(), trust)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = tx.Rollback(b.t.Context()) })
	rows, _ := tx.Query(b.t.Context(), `SELECT uuid FROM queue_claim($1, $2, $3, $4, 256, '{}')`, b.id, int64(math.MinInt64), limit, window)
	if uuids, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		b.t.Fatal(err)
	}
	return uuids, tx
}

func TestClaim_LanesThatOthersHoldGiveNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, "a", "b")
	first, tx := b.claim(1, 64)
	second, _ := b.claim(10, 64)
	if !slices.Equal(first, []string{"a"}) || len(second) != 0 {
		t.Errorf("claimed %v, then %v", first, second)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if third, _ := b.claim(10, 64); !slices.Equal(third, []string{"a", "b"}) {
		t.Errorf("after the holder went: %v", third)
	}
}

func TestClaim_WorkBehindACrowdOfHeldLanesIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.exec(fmt.Sprintf(`INSERT INTO queue_message (trust, queue, lane, key, uuid)
		SELECT 'ZZ1', %d, i & 15, i & 15, 'crowd' FROM generate_series(1, 5000) i`, b.id))
	if crowd, _ := b.claim(16, 64); len(crowd) != 16 {
		t.Fatalf("claimed %d", len(crowd))
	}
	b.publish(topic, trust, 99, "behind")
	for len(b.strings(`SELECT 1::text FROM pg_locks WHERE locktype = 'advisory'`)) < 16 {
		b.claim(1, 1) // the rest of the crowd's lanes
	}
	if got, _ := b.claim(10, 64); !slices.Equal(got, []string{"behind"}) {
		t.Errorf("claimed %v", got)
	}
}

func TestClaim_ALaneGivesItsFirstRowsAndNoGaps(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 30 {
		b.publish(topic, trust, int64(i%3), fmt.Sprintf("%d-%d", i%3, i/3))
	}
	got, _ := b.claim(20, 8)
	next := map[string]int{}
	for _, uuid := range got {
		key := uuid[:1]
		if want := fmt.Sprintf("%s-%d", key, next[key]); uuid != want {
			t.Fatalf("got %s, want %s, of %v", uuid, want, got)
		}
		next[key]++
	}
	if len(got) == 0 {
		t.Error("nothing was claimed")
	}
}
