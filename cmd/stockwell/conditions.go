package main

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

// Kinds of conditions. Those of hubWide concern the whole hub, the others one
// trust.
const (
	databaseAway = "database_away"
	diskFull     = "disk_full"
	diskLow      = "disk_low"
	clockWrong   = "clock_wrong"
	backlog      = "backlog"
)

var hubWide = []string{databaseAway, diskFull, diskLow, clockWrong}

// conditionKeeper keeps the warnings of conditions; store.Store does.
type conditionKeeper interface {
	Conditions(ctx context.Context, trust string) ([]journal.Condition, error)
	KeepCondition(ctx context.Context, trust string, c journal.Condition, ended *time.Time) error
}

// conditions are the states of the hub that people must know of. Each alerts
// once when it begins and once when it ends, whatever part of the hub met it:
// one line in the log, a warning for the trusts that it concerns as soon as
// the database takes one, a metric and a banner on the pages. One that was
// open before a restart goes on without a second alert.
type conditions struct {
	keep   conditionKeeper
	trusts []string
	log    *slog.Logger
	gauge  *prometheus.GaugeVec // kind, trust
	now    func() time.Time

	mu     sync.Mutex
	open   map[conditionKey]journal.Condition
	unkept []keptCondition // warnings that the database has not taken yet
}

type conditionKey struct{ kind, trust string }

type keptCondition struct {
	trust string
	journal.Condition
	ended *time.Time
}

func newConditions(keep conditionKeeper, trusts []string, log *slog.Logger, gauge *prometheus.GaugeVec, now func() time.Time) *conditions {
	c := &conditions{keep: keep, trusts: trusts, log: log, gauge: gauge, now: now, open: map[conditionKey]journal.Condition{}}
	for _, kind := range hubWide {
		gauge.WithLabelValues(kind, "").Set(0)
	}
	for _, t := range trusts {
		gauge.WithLabelValues(backlog, t).Set(0)
	}
	return c
}

// remember takes up what was open when the hub last ran.
func (c *conditions) remember(ctx context.Context) error {
	for _, t := range c.trusts {
		were, err := c.keep.Conditions(ctx, t)
		if err != nil {
			return err
		}
		for _, w := range were {
			if slices.Contains(hubWide, w.Kind) {
				w.Trust = ""
			}
			c.open[conditionKey{w.Kind, w.Trust}] = w
			c.gauge.WithLabelValues(w.Kind, w.Trust).Set(1)
		}
	}
	return nil
}

// set begins a condition that holds and ends one that does not. What was said
// at its beginning stands until its end.
func (c *conditions) set(kind, trust string, holds bool, text, action string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := conditionKey{kind, trust}
	was, open := c.open[key]
	if open == holds {
		return
	}
	now := c.now()
	if holds {
		was = journal.Condition{Kind: kind, Trust: trust, Text: text, Action: action, Since: now}
		c.open[key] = was
		c.gauge.WithLabelValues(kind, trust).Set(1)
		c.log.Warn(text+" "+action, "condition", kind, "state", "began", "trust", trust)
		c.note(was, nil)
		return
	}
	delete(c.open, key)
	c.gauge.WithLabelValues(kind, trust).Set(0)
	c.log.Info("It is over: "+was.Text, "condition", kind, "state", "ended", "trust", trust, "lasted", max(now.Sub(was.Since), 0).Round(time.Second).String())
	c.note(was, &now)
}

func (c *conditions) end(kind, trust string) { c.set(kind, trust, false, "", "") }

func (c *conditions) note(was journal.Condition, ended *time.Time) {
	for _, t := range c.trusts {
		if was.Trust == "" || was.Trust == t {
			c.unkept = append(c.unkept, keptCondition{t, was, ended})
		}
	}
}

func (c *conditions) holds(kind, trust string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, open := c.open[conditionKey{kind, trust}]
	return open
}

// write hands the warnings to the database, in order; what it does not take
// waits for the next call. One goroutine calls it.
func (c *conditions) write(ctx context.Context) {
	for {
		c.mu.Lock()
		if len(c.unkept) == 0 {
			c.mu.Unlock()
			return
		}
		next := c.unkept[0]
		c.mu.Unlock()
		if c.keep.KeepCondition(ctx, next.trust, next.Condition, next.ended) != nil {
			return
		}
		c.mu.Lock()
		c.unkept = c.unkept[1:]
		c.mu.Unlock()
	}
}

// list gives what holds now, the oldest first.
func (c *conditions) list() []journal.Condition {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]journal.Condition, 0, len(c.open))
	for _, w := range c.open {
		out = append(out, w)
	}
	slices.SortFunc(out, func(a, b journal.Condition) int { return a.Since.Compare(b.Since) })
	return out
}
