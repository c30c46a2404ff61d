package store

import (
	"context"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/feed"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

func TestFeedsWaiting_TellsWhoseMessagesWaitTooLong(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	now := time.Now()
	h.now = now.Add(-time.Hour)
	h.received(t, "old", h.used("1", "A"))
	look := func(when string, want int) {
		t.Helper()
		oldest, all, err := h.FeedsWaiting(t.Context(), h.trust, now.Add(-15*time.Minute))
		if err != nil || all != nil || len(oldest) != want {
			t.Errorf("%s: %v, %v, %v", when, oldest, all, err)
		}
	}
	look("just published", 0)
	at := func(sql string) {
		t.Helper()
		if err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) error {
			_, err := pgtx.From(ctx).Exec(ctx, sql, h.trust)
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	at(`UPDATE queue_message SET published_at = now() - interval '1 hour' WHERE trust = $1`)
	look("ready", 1)
	at(`WITH q AS (DELETE FROM queue_message WHERE trust = $1 RETURNING *), h AS (INSERT INTO queue_held SELECT * FROM q RETURNING *)
		INSERT INTO queue_hold (trust, queue, key, lane, until, code, reason) SELECT trust, queue, key, lane, now() + interval '1 minute', 'x', 'tried again' FROM h`)
	look("tried again", 1)
	at(`UPDATE queue_hold SET until = 'infinity' WHERE trust = $1`)
	look("behind a stopped message", 0)
}

func TestBeginDoubt_OneWarningHoweverOftenAFeedTellsOldNews(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	at := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	for i, want := range []bool{true, false} {
		late := FeedAlert{Kind: feed.KindBehind, Feed: "theatre", Text: "It is late.", Action: "Wait.", Since: at.Add(time.Duration(i) * time.Minute), Late: true}
		if opened, _, err := h.BeginDoubt(t.Context(), h.trust, late); err != nil || opened != want {
			t.Errorf("time %d: opened %v, %v", i, opened, err)
		}
	}
	fs, err := h.Feeds(t.Context(), h.trust, at)
	if f := fs["theatre"]; err != nil || !f.Late.Equal(at.Add(time.Minute)) || f.BehindSince == nil || !f.BehindSince.Equal(at) || f.SilentSince != nil {
		t.Errorf("%+v, %v", f, err)
	}
}
