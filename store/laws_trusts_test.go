package store

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

func replaceOnce(t *testing.T, s, from, to string) string {
	t.Helper()
	if strings.Count(s, from) != 1 {
		t.Fatalf("%q is in the query %d times", from, strings.Count(s, from))
	}
	return strings.Replace(s, from, to, 1)
}

func TestLaw10_NoTableShowsOneTrustAnothersRows(t *testing.T) {
	t.Parallel()
	hs, db := hubs(t, "ZZ1", "ZZ2")
	together(t, func(ctx context.Context, w int) error {
		h := hs[w%2]
		return h.post(ctx, h.from("theatre", h.used("4411", "A", told(fmt.Sprint(w), "I0", "1"))))
	})
	for _, h := range hs {
		if n := value[int](t, h, `SELECT -sum(quantity) FROM balance`); n != writers/2 {
			t.Errorf("%s: %d units left the shelf, want its own %d", h.trust, n, writers/2)
		}
		if n := value[int](t, h, `SELECT count(*) FROM patient`); n != 1 {
			t.Errorf("%s: %d patients, want its own one", h.trust, n)
		}
	}
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	tables, err := collect(t.Context(), conn, `SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'trust'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition ORDER BY 1`, pgx.RowTo[string])
	if err != nil || len(tables) < 20 {
		t.Fatal(tables, err)
	}
	for _, table := range tables {
		for _, trust := range []string{"ZZ2", ""} {
			var n int
			err := pgtx.Run(t.Context(), hs[0].background, trust, func(ctx context.Context) error {
				return pgtx.From(ctx).QueryRow(ctx, `SELECT count(*) FROM `+pgx.Identifier{table}.Sanitize()+` WHERE trust <> $1`, trust).Scan(&n)
			})
			if err != nil || n != 0 {
				t.Errorf("%s shows trust %q %d rows of others, %v", table, trust, n, err)
			}
		}
	}
}

func TestLaw10_OneTrustCannotWriteAnothersLedger(t *testing.T) {
	t.Parallel()
	hs, _ := hubs(t, "ZZ1", "ZZ2")
	h := hs[0]
	err := pgtx.Run(t.Context(), h.background, "ZZ2", func(ctx context.Context) error {
		return h.books.Finish(ctx, []posting.Warning{{Kind: "k", Subject: "s", Severity: "notice"}}, nil, nil)
	})
	if pgtx.State(err) != "42501" {
		t.Errorf("writing for ZZ1 as ZZ2: %v, want a row-level security violation", err)
	}
}
