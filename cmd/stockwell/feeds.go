package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/feed"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/clock"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

const silentAction = "Check that the sending system runs, that its interface is started and that the network lets it reach this hub; ask its operators. Orders of its places wait for a person meanwhile. The warning closes by itself at the next message."

// feeds counts what each connector receives, in memory and beside the path of
// the messages, and tells when one is silent for longer than its norm, or
// behind. The database remembers norms, last messages and open warnings, so
// that a restart, or another hub, alerts nobody twice.
type feeds struct {
	next connectors.Receiver
	// awaiter knows what became of stored messages; may be nil.
	awaiter connectors.Awaiter
	keep    *store.Store
	log     *slog.Logger
	now     func() time.Time
	zones   map[string]*time.Location       // by trust
	norms   map[string]map[string]*feedNorm // by trust and connector
	folders map[string]map[string]*watchedFolder
	since   time.Time // when this hub began to listen

	looking sync.Mutex       // over look, and
	learned map[string]int64 // the latest message whose places were learned

	mu     sync.Mutex
	heard  map[string]map[string]*store.Heard
	silent map[string]map[string]bool
	news   chan struct{} // a silent feed was heard
}

// feedNorm is what is usual for one feed.
type feedNorm struct {
	silent time.Duration // 0 is learned
	behind time.Duration
	late   late
}

func newFeeds(next connectors.Receiver, keep *store.Store, log *slog.Logger, now func() time.Time) *feeds {
	return &feeds{next: next, keep: keep, log: log, now: now, zones: map[string]*time.Location{}, norms: map[string]map[string]*feedNorm{},
		heard: map[string]map[string]*store.Heard{}, folders: map[string]map[string]*watchedFolder{}, silent: map[string]map[string]bool{}, learned: map[string]int64{}, news: make(chan struct{}, 1)}
}

// add names a connector that brings messages in, with the silence and the lag
// after which it alerts.
func (f *feeds) add(trust, connector string, zone *time.Location, silent, behind time.Duration) {
	if f.norms[trust] == nil {
		f.norms[trust], f.heard[trust], f.silent[trust] = map[string]*feedNorm{}, map[string]*store.Heard{}, map[string]bool{}
	}
	f.zones[trust], f.norms[trust][connector] = zone, &feedNorm{silent: silent, behind: behind}
}

// Receive passes e on, and counts it. A message that cannot be stored shows
// that its sender lives, and is not counted.
func (f *feeds) Receive(ctx context.Context, e connectors.Envelope) (connectors.Receipt, error) {
	e.ReceivedAt = clock.Shift(e.ReceivedAt)
	f.noticeLate(ctx, e)
	r, err := f.next.Receive(ctx, e)
	f.note(e, err)
	return r, err
}

// note counts what a connector brought, or could not be rid of.
func (f *feeds) note(e connectors.Envelope, err error) {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.heard[e.Trust][e.Connector]
	if h == nil {
		if h = (&store.Heard{Hours: map[time.Time]int64{}}); f.heard[e.Trust] == nil {
			return
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
}

// Applied passes the question on to who follows the messages.
func (f *feeds) Applied(ctx context.Context, trust string, messageID int64) error {
	if f.awaiter != nil {
		return f.awaiter.Applied(ctx, trust, messageID)
	}
	return fault.New(fault.Unavailable, "not_known", "What becomes of stored messages is not known here.")
}

// begun notes that this hub listens from now on, and looks for the first time.
func (f *feeds) begun(ctx context.Context) {
	f.since = f.now()
	f.look(ctx)
}

// run looks at the feeds once a minute, and when a silent one is heard, until
// ctx ends; what was counted is then kept.
func (f *feeds) run(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
			defer cancel()
			for trust := range f.norms {
				_, _ = f.flush(last, trust)
			}
			return nil
		case <-tick.C:
		case <-f.news:
		}
		f.look(ctx)
	}
}

// look keeps what was heard, judges every feed, learns whose places it tells
// of, and lets planning look again at what waited for feeds that are well.
// What fails, fails for want of the database, and is done a minute later.
func (f *feeds) look(ctx context.Context) {
	f.looking.Lock()
	defer f.looking.Unlock()
	for trust := range f.norms {
		if err := f.lookAt(ctx, trust); err != nil && ctx.Err() == nil {
			f.log.Debug("the feeds could not be looked at; it is tried again", "trust", trust, "err", err)
		}
	}
}

func (f *feeds) lookAt(ctx context.Context, trust string) error {
	heard, err := f.flush(ctx, trust)
	if err != nil {
		return err
	}
	known, err := f.keep.Feeds(ctx, trust, f.now())
	if err != nil {
		return err
	}
	waiting, err := f.waiting(ctx, trust)
	if err != nil {
		return err
	}
	for connector, norm := range f.norms[trust] {
		k, ok := known[connector]
		if ok {
			_, just := heard[connector]
			f.judge(ctx, trust, connector, k, just)
		} // else no hub has told of it yet
		f.judgeLag(ctx, trust, connector, norm, k, waiting(connector))
	}
	for connector, k := range known {
		if f.norms[trust][connector] == nil {
			f.gone(ctx, trust, connector, k)
		}
	}
	if err := f.lookAtFolders(ctx, trust); err != nil {
		return err
	}
	latest, err := f.keep.LearnPlaces(ctx, trust, f.learned[trust], f.now())
	if err != nil {
		return err
	}
	f.learned[trust] = latest
	return f.keep.LookAgain(ctx, trust)
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
	f.silent[trust][connector] = k.SilentSince != nil
	f.mu.Unlock()
	if k.SilentSince != nil {
		if just || k.Last.After(*k.SilentSince) {
			f.end(ctx, trust, feed.KindSilent, connector, "It sends again.")
		}
		return
	}
	last := k.Last
	if last.Before(f.since) {
		last = f.since
	}
	text, silent := k.Silent(connector, last, now, f.zones[trust], f.norms[trust][connector].silent)
	if !silent {
		return
	}
	err := f.begin(ctx, trust, store.FeedAlert{Kind: feed.KindSilent, Feed: connector, Text: text, Action: silentAction, Since: now}, last)
	f.mu.Lock()
	f.silent[trust][connector] = err == nil
	f.mu.Unlock()
}

// begin raises a feed's warning, and says so once; end closes it. What then
// waits says since when the feed cannot be relied on.
func (f *feeds) begin(ctx context.Context, trust string, a store.FeedAlert, since time.Time) error {
	a.Why = purchasing.WhyDoubted([]purchasing.Doubt{{Kind: a.Kind, Feed: a.Feed, Since: since}}, f.now(), f.zones[trust])
	opened, turned, err := f.keep.BeginDoubt(ctx, trust, a)
	if err == nil && opened {
		f.log.Warn(a.Text+" "+a.Action, "warning", a.Kind, "state", "began", "trust", trust, "connector", a.Feed, "suggestions", turned)
	}
	return err
}

func (f *feeds) end(ctx context.Context, trust, kind, connector, why string) {
	if closed, err := f.keep.EndDoubt(ctx, trust, kind, connector, why, f.now()); err == nil && closed {
		f.log.Info(why, "warning", kind, "state", "ended", "trust", trust, "connector", connector)
	}
}

// gone closes the warnings of a feed that is no longer configured.
func (f *feeds) gone(ctx context.Context, trust, connector string, k store.KnownFeed) {
	if k.SilentSince != nil {
		f.end(ctx, trust, feed.KindSilent, connector, "It is no longer configured.")
	}
	if k.BehindSince != nil {
		f.end(ctx, trust, feed.KindBehind, connector, "It is no longer configured.")
	}
}

// normOf gives the silence and the lag after which a connector alerts; a
// silence of 0 is what it has shown.
func normOf(t *config.Trust, connector string) (silent, behind time.Duration) {
	for _, c := range t.Connectors {
		if c.Name == connector {
			return time.Duration(c.SilentAfter), time.Duration(c.BehindAfter)
		}
	}
	return 0, 0
}
