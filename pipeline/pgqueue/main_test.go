package pgqueue_test

import (
	"context"
	"flag"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/store"
)

func TestMain(m *testing.M) {
	// The one test of Watermill's suite that skips itself here: it asks a new
	// group for messages that were handled before it existed, which a log keeps
	// and a queue does not.
	_ = flag.Set("test.skip", "TestSubscriber_PassesWatermillsSuite/TestNewSubscriberReceivesOldMessages")
	pgtest.Main(m, func(ctx context.Context, dsn string) error {
		_, err := store.Migrate(ctx, dsn, store.DefaultRuntimeRole)
		return err
	})
}

// super connects as the role that sees everything and may end backends.
func super(t testing.TB, db *pgtest.DB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}
