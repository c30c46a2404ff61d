package main

import (
	"context"
	"flag"
	"os"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/store"
)

// asStockwell makes the test binary be stockwell itself, so that tests can
// kill it.
const asStockwell = "STOCKWELL_TEST_MAIN"

var update = flag.Bool("update", false, "write the journeys' expected.txt anew; read the diff")

func TestMain(m *testing.M) {
	if os.Getenv(asStockwell) != "" {
		main()
		return
	}
	pgtest.Main(m, func(ctx context.Context, dsn string) error {
		_, err := store.Migrate(ctx, dsn, store.DefaultRuntimeRole)
		return err
	})
}
