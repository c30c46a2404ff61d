package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type archiveStatus struct{}

// archiveReport is what `archive status` prints.
type archiveReport struct {
	Trust    string       `json:"trust"`
	KeepDays int          `json:"keep_days"`
	Days     []archiveDay `json:"days"`
	Bytes    int64        `json:"bytes"`
	Due      dueReport    `json:"due"`
	Keys     []archiveKey `json:"keys"`
	Kept     []keptRaw    `json:"kept"`
}

type dueReport struct {
	Days  int   `json:"days"`
	Bytes int64 `json:"bytes"`
}

// archiveDay is one day's raw bytes, of all trusts. Messages is an estimate.
type archiveDay struct {
	Day      string `json:"day"`
	Bytes    int64  `json:"bytes"`
	Messages int64  `json:"messages_about"`
}

type archiveKey struct {
	Fingerprint string `json:"fingerprint"`
	State       string `json:"state"` // in_force, former, missing
	Keys        int64  `json:"keys"`
	First       string `json:"first_day,omitempty"`
	Last        string `json:"last_day,omitempty"`
}

// Run tells what the archive holds.
func (archiveStatus) Run(a *app) error {
	return a.withArchiveKeys(func(s *store.Store, hub *config.Hub, trust string, keys store.ArchiveKeys) error {
		r := archiveReport{Trust: trust, KeepDays: hub.Archive.KeepDays, Days: []archiveDay{}}
		days, err := s.ArchiveDays(a.ctx)
		if err != nil {
			return err
		}
		for _, d := range days {
			name := "other"
			if d.Day != nil {
				name = d.Day.Format(time.DateOnly)
			}
			r.Days, r.Bytes = append(r.Days, archiveDay{name, d.Bytes, d.Messages}), r.Bytes+d.Bytes
		}
		due, err := dueDays(a.ctx, s, pruneBefore(hub, time.Now()))
		if err != nil {
			return err
		}
		for _, d := range due {
			r.Due.Days, r.Due.Bytes = r.Due.Days+1, r.Due.Bytes+d.Bytes
		}
		uses, err := s.Masters(a.ctx, trust)
		if err != nil {
			return err
		}
		r.Keys = keyStates(keys.Fingerprints(), uses)
		if r.Kept, err = allKept(a.ctx, s); err != nil {
			return err
		}
		if a.JSON {
			return a.printJSON(r)
		}
		a.printArchive(r)
		return nil
	})
}

// keyStates joins the keys that are configured with those that are needed.
func keyStates(configured []string, uses []store.MasterUse) []archiveKey {
	out := []archiveKey{}
	for i, f := range configured {
		out = append(out, archiveKey{Fingerprint: f, State: map[bool]string{true: "in_force", false: "former"}[i == 0]})
	}
	for _, u := range uses {
		i := slices.IndexFunc(out, func(k archiveKey) bool { return k.Fingerprint == u.Fingerprint })
		if i < 0 {
			out = append(out, archiveKey{Fingerprint: u.Fingerprint, State: "missing"})
			i = len(out) - 1
		}
		out[i].Keys, out[i].First, out[i].Last = u.Keys, u.First.Format(time.DateOnly), u.Last.Format(time.DateOnly)
	}
	return out
}

func (a *app) printArchive(r archiveReport) {
	keep := "for ever"
	if r.KeepDays > 0 {
		keep = "for " + inDays(int64(r.KeepDays))
	}
	fmt.Fprintf(a.out, "Raw bytes are kept %s. They take %s, of all trusts; %s with some %s are due to be pruned.\n", keep, size(r.Bytes), inDays(int64(r.Due.Days)), size(r.Due.Bytes))
	fmt.Fprintf(a.out, "Archive keys of trust %s:\n", r.Trust)
	for _, k := range r.Keys {
		says := map[string]string{"in_force": "in force", "former": "former", "missing": "MISSING"}[k.State]
		wraps := "wraps nothing"
		if k.Keys > 0 {
			wraps = fmt.Sprintf("wraps the keys of %s, %s to %s", inDays(k.Keys), k.First, k.Last)
		} else if k.State == "former" {
			wraps = "wraps nothing: it can be removed"
		}
		fmt.Fprintf(a.out, "  %s  %s, %s\n", k.Fingerprint, says, wraps)
	}
	a.printKept(r.Kept)
}

type archiveRekey struct{}

// Run wraps the days' keys of one trust anew, whether or not the hub runs.
func (archiveRekey) Run(a *app) error {
	return a.withArchiveKeys(func(s *store.Store, _ *config.Hub, trust string, keys store.ArchiveKeys) error {
		if err := s.UseArchiveKeys(a.ctx, keys); err != nil {
			return err
		}
		n, err := s.Rekey(a.ctx, trust)
		if err != nil {
			return err
		}
		now := keys.Fingerprints()[0]
		if a.JSON {
			return a.printJSON(map[string]any{"trust": trust, "rewrapped": n, "fingerprint": now})
		}
		fmt.Fprintf(a.out, "The keys of %s were wrapped anew; all are under %s now. Former archive keys can be removed once every hub has the new one.\n", inDays(int64(n)), now)
		return nil
	})
}

type archiveGiveUp struct {
	Fingerprint string `arg:"" help:"Fingerprint of the lost archive key, as archive status tells it."`
	Yes         bool   `help:"Give it up. Without this the command only tells what that costs."`
}

// Run gives up a lost archive key.
func (c archiveGiveUp) Run(a *app) error {
	return a.withArchiveKeys(func(s *store.Store, _ *config.Hub, trust string, keys store.ArchiveKeys) error {
		if slices.Contains(keys.Fingerprints(), c.Fingerprint) {
			return fault.New(fault.Conflict, "archive_key_not_lost", "The archive key with fingerprint %s is configured, so it is not lost. Nothing was given up.", c.Fingerprint)
		}
		uses, err := s.Masters(a.ctx, trust)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(uses, func(u store.MasterUse) bool { return u.Fingerprint == c.Fingerprint }); i >= 0 && !c.Yes {
			fmt.Fprintf(a.out, "The keys of %s, %s to %s, are under %s. Without it the raw bytes of the messages that they seal can never be read again; what those messages caused stays. Messages that are not handled yet stop at step open. To go on: --yes\n",
				inDays(uses[i].Keys), uses[i].First.Format(time.DateOnly), uses[i].Last.Format(time.DateOnly), c.Fingerprint)
			return errNo
		}
		n, err := s.GiveUp(a.ctx, trust, c.Fingerprint)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.out, "The keys of %s were given up. The hub starts without %s now.\n", inDays(n), c.Fingerprint)
		return nil
	})
}

func inDays(n int64) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
