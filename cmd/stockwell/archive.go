package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type archiveCmd struct {
	Status archiveStatus `cmd:"" help:"What the archive holds, under which keys, and what is due to be pruned."`
	Prune  archivePrune  `cmd:"" help:"Free the raw bytes of old messages. What they caused stays."`
	Rekey  archiveRekey  `cmd:"" help:"Wrap the archive's keys anew under the archive key in force. Former ones can then be removed."`
	GiveUp archiveGiveUp `cmd:"" name:"give-up" help:"Give up what is sealed under a lost archive key, so that the hub starts without it."`
}

// withArchive runs fn on a trust's database with its archive keys.
func (a *app) withArchive(fn func(s *store.Store, trust string) error) error {
	return a.withArchiveKeys(func(s *store.Store, _ *config.Hub, trust string, keys store.ArchiveKeys) error {
		if err := s.UseArchiveKeys(a.ctx, keys); err != nil {
			return err
		}
		return fn(s, trust)
	})
}

// withArchiveKeys is withArchive without the demand that no key is missing.
func (a *app) withArchiveKeys(fn func(s *store.Store, hub *config.Hub, trust string, keys store.ArchiveKeys) error) error {
	hub, trusts, err := a.load()
	if err != nil {
		return err
	}
	s, done, err := a.readingOf(hub)
	if err != nil {
		return err
	}
	defer done()
	ods, err := a.oneTrust(s)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(trusts, func(t *config.Trust) bool { return t.ODS == ods })
	if i < 0 {
		return fault.New(fault.NotFound, "trust_not_configured", "Trust %s is in the database and not in the configuration. Add its folder, or name the configuration with --config.", ods)
	}
	keys, err := archiveKeys(hub, trusts[i])
	if err != nil {
		return err
	}
	return fn(s, hub, ods, keys)
}

// pruneBefore is the first day that the configuration keeps; zero if it keeps
// all.
func pruneBefore(hub *config.Hub, now time.Time) time.Time {
	if hub.Archive.KeepDays == 0 {
		return time.Time{}
	}
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -hub.Archive.KeepDays)
}

type archivePrune struct {
	Before string `help:"Prune the days before this one, as 2026-03-14, instead of what archive.keep_days says. Today and yesterday always stay." placeholder:"DATE"`
	DryRun bool   `help:"Tell what would be pruned, and prune nothing."`
}

// prunedReport is what a prune came to.
type prunedReport struct {
	DryRun bool        `json:"dry_run"`
	Before string      `json:"before"`
	Days   []prunedDay `json:"days"`
	Bytes  int64       `json:"bytes"`
	Kept   []keptRaw   `json:"kept"`
}

type prunedDay struct {
	Day   string `json:"day"`
	Bytes int64  `json:"bytes"`
}

type keptRaw struct {
	Trust      string `json:"trust"`
	Message    int64  `json:"message"`
	ReceivedOn string `json:"received_on"`
}

// Run prunes the archive of all trusts, whether or not the hub runs.
func (c archivePrune) Run(a *app) error {
	hub, _, err := a.load()
	if err != nil {
		return err
	}
	before := pruneBefore(hub, time.Now())
	if c.Before != "" {
		if before, err = time.Parse(time.DateOnly, c.Before); err != nil {
			return fault.New(fault.Invalid, "date_invalid", "Write the day as 2026-03-14.").At("--before")
		}
	}
	if before.IsZero() {
		return fault.New(fault.Invalid, "archive_kept_for_ever", "The configuration keeps raw bytes for ever (archive.keep_days is 0). Set it, or name a day with --before.")
	}
	s, done, err := a.readingOf(hub)
	if err != nil {
		return err
	}
	defer done()
	report := prunedReport{DryRun: c.DryRun, Before: before.Format(time.DateOnly), Days: []prunedDay{}, Kept: []keptRaw{}}
	due, err := dueDays(a.ctx, s, before)
	if err != nil {
		return err
	}
	for _, d := range due {
		report.Days, report.Bytes = append(report.Days, prunedDay{d.Day.Format(time.DateOnly), d.Bytes}), report.Bytes+d.Bytes
	}
	if !c.DryRun {
		err := s.Prune(a.ctx, before, func(day *time.Time) error {
			switch {
			case a.JSON:
			case day == nil:
				fmt.Fprintln(a.out, "days without a partition of their own pruned")
			default:
				fmt.Fprintf(a.out, "%s freed\n", day.Format(time.DateOnly))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if report.Kept, err = allKept(a.ctx, s); err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(report)
	}
	what := map[bool]string{true: "to be freed", false: "freed"}[c.DryRun]
	fmt.Fprintf(a.out, "%s before %s, some %s, %s.\n", inDays(int64(len(due))), report.Before, size(report.Bytes), what)
	a.printKept(report.Kept)
	return nil
}

// dueDays are the days with a partition of their own that a prune would drop.
func dueDays(ctx context.Context, s *store.Store, before time.Time) ([]store.ArchiveDay, error) {
	all, err := s.ArchiveDays(ctx)
	if yesterday := time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -1); before.After(yesterday) {
		before = yesterday
	}
	return slices.DeleteFunc(all, func(d store.ArchiveDay) bool { return d.Day == nil || !d.Day.Before(before) }), err
}

// allKept lists every trust's messages that outlived their day.
func allKept(ctx context.Context, s *store.Store) ([]keptRaw, error) {
	trusts, err := s.Trusts(ctx)
	if err != nil {
		return nil, err
	}
	out := []keptRaw{}
	for _, t := range trusts {
		kept, err := s.KeptRaw(ctx, t)
		if err != nil {
			return nil, err
		}
		for _, k := range kept {
			out = append(out, keptRaw{t, k.Message, k.ReceivedOn.Format(time.DateOnly)})
		}
	}
	return out, nil
}

func (a *app) printKept(kept []keptRaw) {
	if len(kept) == 0 {
		return
	}
	fmt.Fprintf(a.out, "%d messages of pruned days keep their raw bytes, since they are stopped or wait, or have a line that is unidentified or waits:\n", len(kept))
	for _, k := range kept[:min(50, len(kept))] {
		fmt.Fprintf(a.out, "  message %d of %s, received %s\n", k.Message, k.Trust, k.ReceivedOn)
	}
	if len(kept) > 50 {
		fmt.Fprintf(a.out, "  and %d more; --json lists all\n", len(kept)-50)
	}
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	default:
		return fmt.Sprintf("%d KiB", (n+1023)/1024)
	}
}

// retain prunes what the configuration no longer keeps, once an hour.
func (h *hub) retain(ctx context.Context) error {
	hour := time.NewTicker(time.Hour)
	defer hour.Stop()
	for {
		if err := h.store.Prune(ctx, pruneBefore(h.cfg, time.Now()), func(day *time.Time) error {
			if day != nil {
				h.log.Info("a day of the archive was pruned", "day", day.Format(time.DateOnly))
			}
			return nil
		}); err != nil && ctx.Err() == nil {
			h.log.Warn("the archive could not be pruned; it is tried again in an hour", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-hour.C:
		}
	}
}
