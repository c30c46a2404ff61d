package main

import (
	"context"
	"fmt"
	"math"
	"syscall"
	"time"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
	"github.com/stockwell-hub/stockwell/store"
)

const (
	// awayFor is how long the database may be silent before it is away: a
	// restart is over sooner.
	awayFor = 3 * time.Second
	// lookLimit bounds one look.
	lookLimit = 5 * time.Second
	// clockSlack is how far a clock may be behind: servers are set by a little
	// all the time.
	clockSlack = time.Minute
	// noRoom is the free space at which the disk is looked at as full.
	noRoom = 16 << 20
)

// watchConditions looks after what the hub rests on, until ctx ends: the
// database, its disk and the clocks.
func (h *hub) watchConditions(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var silentSince time.Time
	for n := 0; ; n++ {
		h.look(ctx, n%10 == 0, &silentSince)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look looks once; all includes what changes slowly. A database that hangs does
// not hold it up for long.
func (h *hub) look(ctx context.Context, all bool, silentSince *time.Time) {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	answers := h.lookAtDatabase(ctx, silentSince)
	if all {
		h.lookAtDisk(ctx, answers)
	}
	if !answers {
		return
	}
	if h.doubted.Load() && h.compareNotes(ctx) == nil {
		h.doubted.Store(false)
	}
	if all {
		h.lookAtClocks(ctx)
	}
	h.conditions.write(ctx)
}

// lookAtDatabase reports whether the database answers. That it is away, or its
// disk full, is over when it can keep something again.
func (h *hub) lookAtDatabase(ctx context.Context, silentSince *time.Time) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := h.store.Answers(ctx); err != nil {
		h.doubted.Store(true)
		if silentSince.IsZero() {
			*silentSince = time.Now()
		}
		if time.Since(*silentSince) >= awayFor && ctx.Err() != context.Canceled {
			h.conditions.set(databaseAway, "", true, "The database does not answer.",
				"Senders are asked to try again, and work waits; both go on by themselves when it is back. Look at its server, and at postgres.log under the data folder if it is the hub's own.")
		}
		return false
	}
	*silentSince = time.Time{}
	if h.conditions.holds(databaseAway, "") || h.conditions.holds(diskFull, "") {
		if err := h.store.ProbeDisk(ctx); err != nil {
			h.met(err)
			return true
		}
		h.conditions.end(diskFull, "")
		h.conditions.end(databaseAway, "")
	}
	return true
}

// meeting tells the hub of a handler's errors.
type meeting struct {
	pgqueue.BatchHandler
	met func(error)
}

// HandleBatch handles a batch and tells of its error.
func (m meeting) HandleBatch(ctx context.Context, trust string, batch []pgqueue.Message) ([]pgqueue.Result, error) {
	results, err := m.BatchHandler.HandleBatch(ctx, trust, batch)
	m.met(err)
	return results, err
}

// met is told of errors by the parts of the hub that meet the database.
func (h *hub) met(err error) {
	if pgtx.DiskFull(err) {
		h.full()
	}
}

func (h *hub) full() {
	h.conditions.set(diskFull, "", true, "The database's disk is full.",
		"Messages are not stored and not acknowledged, so senders keep them; orders wait. Make room on the disk, but never remove files of the database. All goes on by itself.")
}

// lookAtDisk looks at the free space of the embedded database's folder.
func (h *hub) lookAtDisk(ctx context.Context, answers bool) {
	if h.db.server == nil {
		return
	}
	var s syscall.Statfs_t
	if syscall.Statfs(h.cfg.Data, &s) != nil {
		return
	}
	free, least := int64(s.Bavail)*s.Bsize, int64(h.cfg.Alerts.DiskFree)
	low := h.conditions.holds(diskLow, "")
	h.metrics.diskFree.Set(float64(free))
	h.conditions.set(diskLow, "", free < least || low && free < least+least/4,
		fmt.Sprintf("The disk of the data folder has %d MiB left.", free>>20),
		fmt.Sprintf("Make room on it, or give it more: when nothing is left no message is acknowledged. It is told below %s (alerts.disk_free).", h.cfg.Alerts.DiskFree))
	switch {
	case free >= noRoom || h.conditions.holds(diskFull, ""):
	case answers:
		h.met(h.store.ProbeDisk(ctx))
	default: // a server that finds no room for its log goes away
		h.full()
	}
}

// lookAtClocks compares the hub's clock and the database's with the latest
// time that either has told, and mends what a clock that was set back makes
// wait.
func (h *hub) lookAtClocks(ctx context.Context) {
	now := h.now()
	database, latest, err := h.store.Clocks(ctx, now)
	if err != nil {
		h.met(err)
		return
	}
	which, behind := "This machine's clock", latest.Sub(now)
	if b := latest.Sub(database); b > behind {
		which, behind = "The database server's clock", b
	}
	h.conditions.set(clockWrong, "", behind > clockSlack || h.conditions.holds(clockWrong, "") && behind > clockSlack/10,
		fmt.Sprintf("%s was set back, or is wrong: it is %s behind a time that was told before.", which, behind.Round(time.Second)),
		"Have the machines' time service looked at. Nothing is lost or doubled: the order of messages does not rest on clocks. Times of what happens until then overlap those of what happened before.")
	for ods := range h.trusts {
		mended, err := h.store.MendHolds(ctx, ods, pgqueue.Backoff(math.MaxInt16))
		if err == nil && mended > 0 {
			h.log.Info("messages whose next try lay too far ahead are tried at once", "trust", ods, "keys", mended)
		}
	}
}

// lookAtBacklog is told what waits in a trust.
func (h *hub) lookAtBacklog(trust string, w store.Waiting) {
	for _, q := range w.Queues {
		if q.Topic != pipeline.TopicReceived {
			continue
		}
		most, longest := h.cfg.Alerts.Backlog, time.Duration(h.cfg.Alerts.BacklogAge)
		oldest := time.Duration(q.ReadySeconds * float64(time.Second))
		h.conditions.set(backlog, trust, piledUp(h.conditions.holds(backlog, trust), q.Ready+q.Retrying, oldest, int64(most), longest),
			fmt.Sprintf("%d messages wait to be posted; the oldest has waited for %s.", q.Ready+q.Retrying, oldest.Round(time.Second)),
			"Senders are still acknowledged and nothing is lost; stock and orders lag behind until they are posted. If it does not shrink, look at the machine's load and at what else uses the database.")
	}
}

// piledUp reports whether what waits is a backlog: more than most messages,
// or one older than longest; once it is, until both are below their half.
func piledUp(already bool, messages int64, oldest time.Duration, most int64, longest time.Duration) bool {
	if already {
		return messages > most/2 || oldest > longest/2
	}
	return messages > most || oldest > longest
}
