package main

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
)

// TestFence_ADatabaseThatWasRestoredUnderARunningHubIsNoticed does what a
// database's administrator may do without a word to the hub's people.
func TestFence_ADatabaseThatWasRestoredUnderARunningHubIsNoticed(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	if code, text := h.send(h.use(1)); code != "AA" {
		t.Fatal(code, text)
	}
	inside, err := pgx.Connect(t.Context(), h.super)
	h.must(err)
	defer inside.Close(context.WithoutCancel(t.Context()))
	outside, err := pgx.Connect(t.Context(), withDatabase(h.super, "postgres"))
	h.must(err)
	defer outside.Close(context.WithoutCancel(t.Context()))
	name := inside.Config().Database
	exec := func(c *pgx.Conn, sql string, args ...any) {
		t.Helper()
		_, err := c.Exec(t.Context(), sql, args...)
		h.must(err)
	}
	exec(outside, `ALTER DATABASE `+quoted(name)+` ALLOW_CONNECTIONS false`)
	exec(outside, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> $2`, name, inside.PgConn().PID())
	h.until("the hub notices that the database is away", func() (string, error) {
		if h.hub.conditions.holds(databaseAway, "") {
			return "", nil
		}
		return "it does not", nil
	})
	exec(inside, `DELETE FROM message_key WHERE connector = 'theatre'`)
	exec(outside, `ALTER DATABASE `+quoted(name)+` ALLOW_CONNECTIONS true`)
	h.until("orders are held", func() (string, error) {
		var held int
		err := inside.QueryRow(t.Context(), `SELECT count(*) FROM fence WHERE lifted_at IS NULL`).Scan(&held)
		if held != 1 {
			return "they are not", err
		}
		return "", err
	})
}
