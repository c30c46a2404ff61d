package main

import (
	"context"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/feed"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
	"github.com/stockwell-hub/stockwell/store"
)

const behindAction = "Nothing, if its sender empties a queue: orders of its places wait for a person until it has caught up, and are then looked at again. If it stays, look at the sender's queue, at its clock and time zone (MSH-7), and at what this hub has to post; `behind_after` of the connector says from when on it is told."

// late is when a feed last was said to tell old news.
type late struct {
	mu   sync.Mutex
	next time.Time // when it is said again
}

// noticeLate says that a feed tells old news, before the message that shows it
// is stored: what the message brings about is then planned in that light. While
// more such messages come it is said again once a minute; those that come at
// the same time wait until it is said.
func (f *feeds) noticeLate(ctx context.Context, e connectors.Envelope) {
	norm := f.norms[e.Trust][e.Connector]
	if norm == nil || e.SentAt == "" || !feed.Late(sentAt(e.SentAt, f.zones[e.Trust]), e.ReceivedAt, norm.behind) {
		return
	}
	norm.late.mu.Lock()
	defer norm.late.mu.Unlock()
	now, again := f.now(), min(time.Minute, norm.behind/2)
	if wait := norm.late.next.Sub(now); wait > 0 && wait <= again {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	text, _ := feed.Lag{Late: now}.Behind(e.Connector, false, now, f.zones[e.Trust], norm.behind)
	if f.begin(ctx, e.Trust, store.FeedAlert{Kind: feed.KindBehind, Feed: e.Connector, Text: text, Action: behindAction, Since: now, Late: true}, now) != nil {
		again = min(again, time.Second) // storing the message fails as well, or the next one says it
	}
	norm.late.next = now.Add(again)
}

// sentAt reads MSH-7; zero where it does not tell the minute. Of an hour that
// October repeats it takes the later one, which makes nothing late.
func sentAt(text string, zone *time.Location) time.Time {
	t, err := hl7v2.ParseTime(text, zone)
	switch {
	case err != nil || t.Precision != hl7v2.Minute && t.Precision != hl7v2.Second && t.Precision != hl7v2.Fraction:
		return time.Time{}
	case t.Other.After(t.At):
		return t.Other
	}
	return t.At
}

// waiting tells since when each feed's oldest message waits to be posted.
func (f *feeds) waiting(ctx context.Context, trust string) (func(connector string) time.Time, error) {
	now, least := f.now(), time.Duration(0)
	for _, n := range f.norms[trust] {
		if least == 0 || n.behind < least {
			least = n.behind
		}
	}
	oldest, all, err := f.keep.FeedsWaiting(ctx, trust, now.Add(-least/2))
	return func(connector string) time.Time {
		at := oldest[connector]
		if all != nil && (at.IsZero() || all.Before(at)) {
			return *all
		}
		return at
	}, err
}

// judgeLag opens the warning of a feed that is behind, and closes that of one
// that has caught up.
func (f *feeds) judgeLag(ctx context.Context, trust, connector string, norm *feedNorm, k store.KnownFeed, waiting time.Time) {
	text, behind := feed.Lag{Late: k.Late, Waiting: waiting}.Behind(connector, k.BehindSince != nil, f.now(), f.zones[trust], norm.behind)
	switch {
	case behind && k.BehindSince == nil:
		if k.Last.IsZero() { // the hub died before it told that it heard it
			_ = f.keep.KeepFeeds(ctx, trust, map[string]store.Heard{connector: {Last: waiting}})
		}
		_ = f.begin(ctx, trust, store.FeedAlert{Kind: feed.KindBehind, Feed: connector, Text: text, Action: behindAction, Since: f.now()}, f.now())
	case !behind && k.BehindSince != nil:
		f.end(ctx, trust, feed.KindBehind, connector, "It has caught up.")
	}
}
