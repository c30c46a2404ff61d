package main

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/embeddedpg"
)

// TestJudge_SaysNoToEveryFalsification has a short run judged, which must find
// nothing, and then once more for each falsification, which must be found by
// the check that is meant for it.
func TestJudge_SaysNoToEveryFalsification(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	o := options{kills: 2, seed: 1, senders: 4, backlog: 1000, dir: t.TempDir()}
	h, err := newHospital(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	for _, step := range []func() error{
		func() error { return h.open(ctx) },
		func() error { return h.underFire(ctx, o, &report{}) },
		func() error { return h.rest(ctx) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	s, err := embeddedpg.Open(ctx, embeddedpg.Config{Dir: h.path("data/postgres")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	conn, err := pgx.Connect(ctx, s.SuperDSN(embeddedpg.Database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(ctx)) })
	if err := h.evidence(ctx, conn); err != nil {
		t.Fatal(err)
	}
	for _, c := range verdictOn(t, conn, nil) {
		if c.Violations != 0 {
			t.Errorf("nothing was falsified, and %s: %d times, as %s", c.Name, c.Violations, c.Example)
		}
	}
	for _, f := range forgeries {
		found := false
		for _, c := range verdictOn(t, conn, &f) {
			found = found || c.Violations > 0 && strings.HasPrefix(c.Name, f.found)
		}
		if !found {
			t.Errorf("%s (%s): not found", f.name, f.about)
		}
	}
}

// verdictOn judges what f, if there is one, leaves, and takes f back.
func verdictOn(t *testing.T, conn *pgx.Conn, f *falsification) []check {
	t.Helper()
	exec := func(sql string) {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	exec("BEGIN")
	defer exec("ROLLBACK")
	if f != nil {
		if err := f.commit(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
	}
	checks, err := judge(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	if len(checks) < 20 {
		t.Fatalf("the judge asked %d questions", len(checks))
	}
	return checks
}
