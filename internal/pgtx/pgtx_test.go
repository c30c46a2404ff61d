package pgtx_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// TestGone_WhatTheServersMachineLacksIsNotTheWorksFault keeps the states of a
// full disk, a failing device and the like from stopping messages.
func TestGone_WhatTheServersMachineLacksIsNotTheWorksFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		state                 string
		gone, transient, full bool
	}{
		{"53100", true, true, true},   // disk full
		{"53200", true, true, false},  // out of memory
		{"53300", true, true, false},  // no connection left
		{"58030", true, true, false},  // input or output failed
		{"58P01", true, true, false},  // a file of the server is missing
		{"57P01", true, true, false},  // shut down by its administrator
		{"57P03", true, true, false},  // starting
		{"08006", true, true, false},  // connection lost
		{"57014", false, true, false}, // cancelled from outside
		{"40P01", false, true, false}, // deadlock
		{"XX001", false, false, false},
		{"22P02", false, false, false},
		{"23514", false, false, false},
	} {
		err := fmt.Errorf("post: %w", &pgconn.PgError{Code: c.state})
		if pgtx.Gone(err) != c.gone || pgtx.Transient(err) != c.transient || pgtx.DiskFull(err) != c.full {
			t.Errorf("%s: gone %v, transient %v, full %v", c.state, pgtx.Gone(err), pgtx.Transient(err), pgtx.DiskFull(err))
		}
	}
}
