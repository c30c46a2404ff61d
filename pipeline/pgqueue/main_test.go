package pgqueue_test

import (
	"context"
	"flag"
	"os"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/store"
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		child(mode)
		return
	}
	// The one test of Watermill's suite that skips itself here: it asks a new
	// group for messages that were handled before it existed, which a log keeps
	// and a queue does not.
	_ = flag.Set("test.skip", "TestSubscriber_PassesWatermillsSuite/TestNewSubscriberReceivesOldMessages")
	_ = flag.Set("rapid.checks", "25")
	pgtest.Main(m, func(ctx context.Context, dsn string) error {
		_, err := store.Migrate(ctx, dsn, store.DefaultRuntimeRole)
		return err
	})
}
