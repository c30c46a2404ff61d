// Package pgtx carries a PostgreSQL transaction in a context, so that the
// pipeline can span a transaction over ports whose interfaces know no
// database. Every transaction names its trust first; row-level security shows
// it no other (law 10).
//
// Queries and retry policies do not belong here.
package pgtx

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

type key struct{}

// With returns a context that carries tx.
func With(ctx context.Context, tx pgx.Tx) context.Context {
	return context.WithValue(ctx, key{}, tx)
}

// From gives the transaction that ctx carries. It panics without one: a port
// called outside its transaction is a defect that must not reach production.
func From(ctx context.Context) pgx.Tx {
	tx, ok := ctx.Value(key{}).(pgx.Tx)
	if !ok {
		panic("pgtx: no transaction in the context")
	}
	return tx
}

// Inside reports whether ctx carries a transaction.
func Inside(ctx context.Context) bool {
	_, ok := ctx.Value(key{}).(pgx.Tx)
	return ok
}

// Beginner begins transactions: a pool or a connection.
type Beginner interface {
	BeginTx(ctx context.Context, opts pgx.TxOptions) (pgx.Tx, error)
}

var _ Beginner = (*pgxpool.Pool)(nil)

// Begin starts a transaction that sees the rows of trust; the empty trust is
// the hub's own.
func Begin(ctx context.Context, db Beginner, trust string) (pgx.Tx, error) {
	if strings.ContainsAny(trust, `'\`) {
		return nil, fmt.Errorf("trust %q is not an ODS code", trust)
	}
	return db.BeginTx(ctx, pgx.TxOptions{BeginQuery: "BEGIN; SELECT set_config('app.trust', '" + trust + "', true)"})
}

// Run calls fn inside a transaction of trust and commits unless fn fails.
func Run(ctx context.Context, db Beginner, trust string, fn func(ctx context.Context) error) error {
	tx, err := Begin(ctx, db, trust)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := fn(With(ctx, tx)); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// State gives the SQLSTATE that err carries, or "".
func State(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// Transient reports whether the same transaction may succeed when it is run
// again: a deadlock, a serialization failure, a race on a unique key, stock
// that another one took meanwhile (SW004), or a server that went away.
func Transient(err error) bool {
	switch s := State(err); {
	case s == "40001", s == "40P01", s == "23505", s == "55P03", s == "SW004":
		return true
	case outOfOrder(s):
		return true
	case strings.HasPrefix(s, "08"), strings.HasPrefix(s, "57"), s == "25P03", s == "25P04":
		return true
	case s != "":
		return false
	}
	return err != nil && !errors.Is(err, context.Canceled) && (pgconn.SafeToRetry(err) || pgconn.Timeout(err) || lostConnection(err))
}

// outOfOrder reports whether a state tells of the server's machine: disk full,
// out of memory or connections (class 53), or a device that fails (class 58).
func outOfOrder(state string) bool {
	return strings.HasPrefix(state, "53") || strings.HasPrefix(state, "58")
}

// DiskFull reports whether the server has no room for what it was to keep.
func DiskFull(err error) bool { return State(err) == "53100" }

// Gone reports whether the server could not be reached, went away, or lacks
// what it needs for any work, which says nothing about the work itself.
func Gone(err error) bool {
	s := State(err)
	if strings.HasPrefix(s, "08") || strings.HasPrefix(s, "57P") || outOfOrder(s) || s == "25P03" {
		return true
	}
	return s == "" && lostConnection(err)
}

func lostConnection(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		return true
	}
	text := err.Error()
	for _, s := range []string{"unexpected EOF", "conn closed", "connection reset", "broken pipe", "connection refused", "closed the connection", "no such file or directory", "write failed", "failed to deallocate"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}
