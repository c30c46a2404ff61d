package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// report is what a run comes to.
type report struct {
	Seed         uint64           `json:"seed"`
	Senders      int              `json:"senders"`
	Seconds      float64          `json:"seconds"`
	Acknowledged int64            `json:"acknowledged"`
	Resent       int64            `json:"resent"`
	Errors       int64            `json:"answered_AE"`
	Kinds        map[string]int64 `json:"acknowledged_by_kind"`
	Kills        []kill           `json:"kills"`
	Checks       []check          `json:"checks"`
	closed       int
}

// check is one of the judge's questions and how often the answer was wrong.
type check struct {
	Law        string `json:"law"`
	Name       string `json:"name"`
	Looked     int64  `json:"looked_at"`
	Violations int64  `json:"violations"`
	Example    string `json:"example,omitempty"`
}

func (r *report) printHeader(h *hospital, o options) {
	version, _ := exec.Command("uname", "-sr").Output()
	fmt.Printf("load: seed %d, %d senders, %d kills\n", o.seed, o.senders, o.kills)
	fmt.Printf("machine: %d cores (%s), %s, folder on %s; %s; %s\n", runtime.NumCPU(), processor(), strings.TrimSpace(string(version)), filesystem(h.folder), runtime.Version(), time.Now().UTC().Format("2006-01-02 15:04 UTC"))
	fmt.Println("each line: the kill, when, what; at that moment frames unanswered, batches open, messages queued; then the longest time without an ACK, and ACKs until the next kill")
}

// processor names the machine's processor, where Linux tells it.
func processor() string {
	raw, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(raw)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, "\t :\n")
		}
	}
	return runtime.GOARCH
}

// filesystem names the type of the folder's file system.
func filesystem(folder string) string {
	out, err := exec.Command("stat", "-f", "-c", "%T", folder).Output()
	if err != nil {
		return "a file system that is not told"
	}
	return strings.TrimSpace(string(out))
}

// closeLast completes and prints the last kill's line.
func (r *report) closeLast(t *tally) {
	if r.closed == len(r.Kills) {
		return
	}
	k := &r.Kills[len(r.Kills)-1]
	acks, gap, _ := t.sinceMark()
	k.Acks, k.Silence = acks, gap.Seconds()
	r.closed++
	number := fmt.Sprintf("#%d", k.Number)
	if k.What == "pause" {
		number = "–"
	}
	fmt.Printf("%5s %7.1f s  %-10s  in flight %2d  batches %d  queue %5d  no ACK for %6.2f s  then %6d ACKs\n", number, k.At, k.What, k.InFlight, k.Batches, k.Queue, k.Silence, k.Acks)
}

func (r *report) printTotals() {
	by, silence := map[string]int{}, map[string][]float64{}
	for _, k := range r.Kills {
		by[k.What]++
		silence[k.What] = append(silence[k.What], k.Silence)
	}
	fmt.Printf("\n%.0f s, %d acknowledged (%.0f/s), %d sent again for want of an answer, %d answered AE\n", r.Seconds, r.Acknowledged, float64(r.Acknowledged)/r.Seconds, r.Resent, r.Errors)
	var kinds []string
	for k, n := range r.Kinds {
		kinds = append(kinds, fmt.Sprintf("%s %d", k, n))
	}
	slices.Sort(kinds)
	fmt.Println("acknowledged:", strings.Join(kinds, ", "))
	for _, t := range targets {
		if s := silence[t.name]; len(s) > 0 {
			slices.Sort(s)
			fmt.Printf("%-10s %3d times; without an ACK for %.2f s (median), %.2f s (most)\n", t.name, by[t.name], s[len(s)/2], s[len(s)-1])
		}
	}
}

func (r *report) printChecks() (violations int64) {
	fmt.Println("\nthe judge (looked at, violations):")
	for _, c := range r.Checks {
		fmt.Printf("  law %-2s %9d %4d  %s\n", c.Law, c.Looked, c.Violations, c.Name)
		if c.Violations > 0 {
			fmt.Printf("                            as: %s\n", c.Example)
		}
		violations += c.Violations
	}
	return violations
}

func (r *report) writeJSON(file string) error {
	if file == "" {
		return nil
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644)
}
