package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/clock"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

// feedSilent is the kind of warning of a feed that is silent for longer than
// its norm.
const feedSilent = "feed_silent"

const silentAction = "Check that the sending system runs, that its interface is started and that the network lets it reach this hub; ask its operators. The warning closes by itself at the next message."

// feedKeeper keeps what is heard of feeds, and warnings; store.Store does.
type feedKeeper interface {
	KeepFeeds(ctx context.Context, trust string, heard map[string]store.Heard) error
	Feeds(ctx context.Context, trust, warning string, now time.Time) (map[string]store.KnownFeed, error)
	OpenAlert(ctx context.Context, trust, kind, subject, text, action string, since time.Time) (bool, error)
	CloseAlert(ctx context.Context, trust, kind, subject, why string, at time.Time) (bool, error)
}

// feeds counts what each connector receives, in memory and beside the path of
// the messages, and tells when one is silent for longer than its norm. The
// database remembers norms, last messages and open warnings, so that a
// restart, or another hub, alerts nobody twice.
type feeds struct {
	next connectors.Receiver
	// awaiter knows what became of stored messages; may be nil.
	awaiter connectors.Awaiter
	keep    feedKeeper
	log     *slog.Logger
	now     func() time.Time
	zones   map[string]*time.Location           // by trust
	after   map[string]map[string]time.Duration // by trust and connector; 0 is learned
	since   time.Time                           // when this hub began to listen

	mu     sync.Mutex
	heard  map[string]map[string]*store.Heard
	silent map[string]map[string]bool
	news   chan struct{} // a silent feed was heard
}

func newFeeds(next connectors.Receiver, keep feedKeeper, log *slog.Logger, now func() time.Time) *feeds {
	return &feeds{next: next, keep: keep, log: log, now: now, zones: map[string]*time.Location{}, after: map[string]map[string]time.Duration{},
		heard: map[string]map[string]*store.Heard{}, silent: map[string]map[string]bool{}, news: make(chan struct{}, 1)}
}

// add names a connector that brings messages in.
func (f *feeds) add(trust, connector string, zone *time.Location, after time.Duration) {
	if f.after[trust] == nil {
		f.after[trust], f.heard[trust], f.silent[trust] = map[string]time.Duration{}, map[string]*store.Heard{}, map[string]bool{}
	}
	f.zones[trust], f.after[trust][connector] = zone, after
}

// Receive passes e on, and counts it. A message that cannot be stored shows
// that its sender lives, and is not counted.
func (f *feeds) Receive(ctx context.Context, e connectors.Envelope) (connectors.Receipt, error) {
	e.ReceivedAt = clock.Shift(e.ReceivedAt)
	r, err := f.next.Receive(ctx, e)
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.heard[e.Trust][e.Connector]
	if h == nil {
		if h = (&store.Heard{Hours: map[time.Time]int64{}}); f.heard[e.Trust] == nil {
			return r, err
		}
		f.heard[e.Trust][e.Connector] = h
	}
	h.Last = now
	if err == nil {
		h.Hours[now.UTC().Truncate(time.Hour)]++
	}
	if f.silent[e.Trust][e.Connector] {
		select {
		case f.news <- struct{}{}:
		default:
		}
	}
	return r, err
}

// Applied passes the question on to who follows the messages.
func (f *feeds) Applied(ctx context.Context, trust string, messageID int64) error {
	if f.awaiter != nil {
		return f.awaiter.Applied(ctx, trust, messageID)
	}
	return fault.New(fault.Unavailable, "not_known", "What becomes of stored messages is not known here.")
}

// run looks at the feeds once a minute, and when a silent one is heard, until
// ctx ends; what was counted is then kept.
func (f *feeds) run(ctx context.Context) error {
	f.since = f.now()
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			for trust := range f.after {
				_, _ = f.flush(last, trust)
			}
			return nil
		case <-tick.C:
		case <-f.news:
		}
		f.look(ctx)
	}
}

// look keeps what was heard and judges every feed. What fails, fails for want
// of the database, and is done a minute later.
func (f *feeds) look(ctx context.Context) {
	for trust := range f.after {
		heard, err := f.flush(ctx, trust)
		if err != nil {
			continue
		}
		known, err := f.keep.Feeds(ctx, trust, feedSilent, f.now())
		if err != nil {
			continue
		}
		for connector := range f.after[trust] {
			if k, ok := known[connector]; ok {
				_, just := heard[connector]
				f.judge(ctx, trust, connector, k, just)
			}
		}
	}
}

// flush hands what was heard to the database, or keeps it for the next time.
func (f *feeds) flush(ctx context.Context, trust string) (heard map[string]store.Heard, err error) {
	f.mu.Lock()
	heard = map[string]store.Heard{}
	for c, h := range f.heard[trust] {
		heard[c] = *h
	}
	f.heard[trust] = map[string]*store.Heard{}
	f.mu.Unlock()
	if len(heard) == 0 {
		return nil, nil
	}
	if err = f.keep.KeepFeeds(ctx, trust, heard); err == nil {
		return heard, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for c, h := range heard {
		now := f.heard[trust][c]
		if now == nil {
			f.heard[trust][c] = &h
			continue
		}
		for hour, n := range h.Hours {
			now.Hours[hour] += n
		}
	}
	return nil, err
}

// judge opens the warning of a feed that fell silent, and closes that of one
// that was heard just now, or by another hub. Only while this hub listens has a feed
// the chance to be heard.
func (f *feeds) judge(ctx context.Context, trust, connector string, k store.KnownFeed, just bool) {
	now := f.now()
	f.mu.Lock()
	f.silent[trust][connector] = k.Warned != nil
	f.mu.Unlock()
	if k.Warned != nil {
		if !just && !k.Last.After(*k.Warned) {
			return
		}
		if closed, err := f.keep.CloseAlert(ctx, trust, feedSilent, connector, "It sends again.", now); err == nil && closed {
			f.log.Info("the feed sends again", "warning", feedSilent, "state", "ended", "trust", trust, "connector", connector)
		}
		return
	}
	last := k.Last
	if last.Before(f.since) {
		last = f.since
	}
	text, silent := k.Silent(connector, last, now, f.zones[trust], f.after[trust][connector])
	if !silent {
		return
	}
	opened, err := f.keep.OpenAlert(ctx, trust, feedSilent, connector, text, silentAction, now)
	if err == nil && opened {
		f.log.Warn(text+" "+silentAction, "warning", feedSilent, "state", "began", "trust", trust, "connector", connector)
	}
	f.mu.Lock()
	f.silent[trust][connector] = err == nil
	f.mu.Unlock()
}

// silentAfter is how long a connector may be silent; 0 is what it has shown.
func silentAfter(t *config.Trust, connector string) time.Duration {
	for _, c := range t.Connectors {
		if c.Name == connector {
			return time.Duration(c.SilentAfter)
		}
	}
	return 0
}
