package pgqueue_test

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/tests"

	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// The suite's restart of the service is a postmaster killed with -9; it comes
// back by itself. It runs alone, before the suite's parallel tests.
func TestSubscriber_PassesWatermillsSuite(t *testing.T) {
	db := pgtest.New(t)
	var dir string
	if err := super(t, db).QueryRow(t.Context(), "SHOW data_directory").Scan(&dir); err != nil {
		t.Fatal(err)
	}
	restart := "until kill -9 $(head -n 1 '" + filepath.Join(dir, "postmaster.pid") + "') 2>/dev/null; do sleep 0.1; done"
	features := tests.Features{
		ConsumerGroups: true, GuaranteedOrder: true, Persistent: true,
		RestartServiceCommand: []string{"sh", "-c", restart},
	}
	queue := pgqueue.New(db.Pool(t))
	build := func(_ *testing.T, group string) (message.Publisher, message.Subscriber) {
		return queue.Publisher(), queue.Subscriber(pgqueue.SubscriberConfig{
			Group: group, Poll: 200 * time.Millisecond, Log: slog.New(slog.DiscardHandler),
			Backoff: func(int16) time.Duration { return 0 },
		})
	}
	tests.TestPubSub(t, features, func(t *testing.T) (message.Publisher, message.Subscriber) { return build(t, "suite") }, build)
}
