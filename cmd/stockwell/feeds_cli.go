package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/domain/feed"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/clock"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type feedsCmd struct {
	List    feedsList    `cmd:"" help:"List the feeds: when each was last heard, of which places it tells, and whether orders rely on it."`
	Hold    feedsHold    `cmd:"" help:"Let orders of a feed's places wait for a person, as while paper entries of a downtime are typed in."`
	Release feedsRelease `cmd:"" help:"Let orders of a feed's places go by themselves again; planning looks again at what waited."`
}

type feedsList struct{}

// Run lists feeds.
func (feedsList) Run(a *app) error {
	return a.withFeeds(func(s *store.Store, trust string, cfg *config.Trust) error {
		all, err := s.FeedStates(a.ctx, trust)
		if err != nil {
			return err
		}
		for _, c := range cfg.Connectors {
			if !slices.ContainsFunc(all, func(f journal.Feed) bool { return f.Connector == c.Name }) {
				all = append(all, journal.Feed{Connector: c.Name, Places: []string{}, Doubts: []journal.Warning{}})
			}
		}
		if a.JSON {
			return a.printJSON(all)
		}
		var rows [][]any
		for _, f := range all {
			rows = append(rows, []any{f.Connector, localOr(f.LastAt, "never"), placesOf(f), stateOf(f), f.Waiting})
		}
		a.printTable("No feeds.", []any{"feed", "last heard", "places", "orders", "suggestions that wait for it"}, rows)
		return nil
	})
}

func placesOf(f journal.Feed) string {
	switch places := strings.Join(f.Places, ", "); {
	case places == "":
		return "none known"
	case f.Declared:
		return places + " (as configured)"
	default:
		return places + " (learned)"
	}
}

func stateOf(f journal.Feed) string {
	if len(f.Doubts) == 0 {
		return "go by themselves"
	}
	var out []string
	for _, w := range f.Doubts {
		out = append(out, w.Text)
	}
	return strings.Join(out, "\n")
}

type feedsHold struct {
	Feed   string `arg:"" help:"The connector's name, as theatre."`
	By     said   `required:"" help:"Who holds it."`
	Reason said   `required:"" help:"Why."`
}

// Run holds a feed.
func (c feedsHold) Run(a *app) error {
	return a.withFeeds(func(s *store.Store, trust string, cfg *config.Trust) error {
		if err := knownFeed(cfg, c.Feed); err != nil {
			return err
		}
		zone, err := time.LoadLocation(cfg.TimeZone)
		if err != nil {
			return err
		}
		now := clock.Now()
		held, turned, err := s.BeginDoubt(a.ctx, trust, store.FeedAlert{
			Kind: feed.KindHeld, Feed: c.Feed, Since: now, Why: purchasing.WhyDoubted([]purchasing.Doubt{{Kind: feed.KindHeld, Feed: c.Feed, Since: now}}, now, zone),
			Text:   fmt.Sprintf("Orders of the places of which %s tells wait for a person, by %s: %s", c.Feed, string(c.By), string(c.Reason)),
			Action: fmt.Sprintf("Approve or decline what is suggested. When the feed can be relied on again: `stockwell feeds release %s --by NAME`.", c.Feed),
		})
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(feedChange{Feed: c.Feed, Held: true, Changed: held, Waits: turned})
		}
		if !held {
			fmt.Fprintf(a.out, "Feed %s is held already; nothing changed.\n", c.Feed)
			return nil
		}
		fmt.Fprintf(a.out, "Feed %s is held. Its messages are recorded as ever; orders of its places wait for a person until `stockwell feeds release %s`.\n", c.Feed, c.Feed)
		if turned > 0 {
			fmt.Fprintf(a.out, "%s approved by itself and had not left; it waits for a person now.\n", counted(turned, "suggested order was", "suggested orders were"))
		}
		states, err := s.FeedStates(a.ctx, trust)
		for _, f := range states {
			if f.Connector == c.Feed {
				fmt.Fprintf(a.out, "Its places: %s.\n", placesOf(f))
			}
		}
		return err
	})
}

// feedChange is what holding or releasing a feed did.
type feedChange struct {
	Feed    string `json:"feed"`
	Held    bool   `json:"held"`
	Changed bool   `json:"changed"`
	// Waits counts suggestions that had been approved by themselves and wait
	// for a person now.
	Waits int64 `json:"suggestions_waiting,omitempty"`
}

type feedsRelease struct {
	Feed   string `arg:"" help:"The connector's name, as theatre."`
	By     said   `required:"" help:"Who releases it."`
	Reason said   `default:"Released." help:"Why."`
}

// Run releases a feed.
func (c feedsRelease) Run(a *app) error {
	return a.withFeeds(func(s *store.Store, trust string, cfg *config.Trust) error {
		if err := knownFeed(cfg, c.Feed); err != nil {
			return err
		}
		released, err := s.EndDoubt(a.ctx, trust, feed.KindHeld, c.Feed, string(c.By)+": "+string(c.Reason), clock.Now())
		if err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(feedChange{Feed: c.Feed, Changed: released})
		}
		if !released {
			fmt.Fprintf(a.out, "Feed %s is not held; nothing changed.\n", c.Feed)
			return nil
		}
		fmt.Fprintf(a.out, "Feed %s is released. What waited for it is looked at again.\n", c.Feed)
		states, err := s.FeedStates(a.ctx, trust)
		for _, f := range states {
			for _, w := range f.Doubts {
				if f.Connector == c.Feed && w.Kind != feed.KindHeld {
					fmt.Fprintf(a.out, "Orders of its places go on waiting: %s\n", w.Text)
				}
			}
		}
		return err
	})
}

func counted(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

func knownFeed(cfg *config.Trust, name string) error {
	var all []string
	for _, c := range cfg.Connectors {
		all = append(all, c.Name)
	}
	if slices.Contains(all, name) {
		return nil
	}
	return fault.New(fault.NotFound, "feed_not_found", "There is no feed %s. The trust has: %s.", name, strings.Join(all, ", "))
}

// withFeeds runs fn on the database and the configuration of a trust.
func (a *app) withFeeds(fn func(s *store.Store, trust string, cfg *config.Trust) error) error {
	_, trusts, err := a.load()
	if err != nil {
		return err
	}
	return a.withTrust(func(s *store.Store, trust string) error {
		for _, t := range trusts {
			if t.ODS == trust {
				return fn(s, trust, t)
			}
		}
		return fault.New(fault.NotFound, "trust_not_found", "The configuration has no trust %s.", trust)
	})
}
