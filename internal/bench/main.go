// Command bench measures the hub against yardsticks on the same machine, the
// same PostgreSQL and in the same run: `make bench`. It builds the real
// binary, gives it a folder of its own with a fictional trust and a catalogue,
// and drives it from outside through its sockets. Ours and the yardstick take
// turns in rounds, and medians count, because machines are noisy.
// docs/benchmarks.md keeps what was measured, and what bounds it.
//
// Tests of behaviour do not belong here, nor proofs that nothing is lost: no
// figure is a pass or a failure of the build.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// part is one group of figures that can be measured alone.
type part struct {
	name, about string
	run         func(ctx context.Context, b *bench) error
}

var parts = []part{
	{"hl7", "parse a 2 KB DFT and read ten fields; build it; set a field", codecHL7},
	{"frames", "take MLLP frames off a stream in memory, beside @medplum/hl7", framesPart},
	{"mapping", "translate a 12-line DFT into canonical events", codecMapping},
	{"udi", "parse a GS1 element string", codecUDI},
	{"queue", "publish, handle and delete through pgqueue, beside watermill-sql", queuePart},
	{"snapshot", "pgqueue at 500/s while another session holds a snapshot (--seconds 600 for ten minutes)", snapshotPart},
	{"start", "time to ready, and memory after messages", startPart},
	{"catalogue", "load a national catalogue (--rows), again, and a hundredth of it; look up and search", cataloguePart},
	{"catalogue-beside", "ACK and end to end at 200/s while a national catalogue is loaded", besidePart},
	{"own-items", "load a trust's own items", ownItemsPart},
	{"goods", "files of goods received, from an SFTP folder into the ledger", goodsPart},
	{"ack", "durable ACK rate at 1, 16, 64 and 256 senders", ackPart},
	{"fhir", "durable answers to a FHIR Bundle with a Procedure and three Devices, at 1 and 16 clients", fhirPart},
	{"pages", "the console's pages with --bulk movements of history and an open warning for every tenth line", pagesPart},
	{"connections", "1,000 idle connections; 100 slow peers beside 16 good ones", connectionsPart},
	{"latency", "ACK latency at 500/s; socket to posted movement at 200/s", latencyPart},
	{"end-to-end", "12-line DFTs posted, sustained", endToEndPart},
}

// options are the command line.
type options struct {
	only    string
	json    string
	dir     string
	binary  string
	seconds float64
	items   int
	history int
	archive int
	bulk    int
	list    bool
	explain bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run measures and gives the exit status: 0, 1 if a part could not be
// measured, 2 for bad usage.
func run(ctx context.Context, args []string) int {
	o, status := parse(args)
	if status >= 0 {
		return status
	}
	chosen, err := choose(o.only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 2
	}
	b := &bench{options: o}
	err = b.measure(ctx, chosen)
	b.close()
	if jsonErr := writeJSON(o.json, b.rows); jsonErr != nil {
		err = errors.Join(err, jsonErr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		return 1
	}
	return 0
}

func parse(args []string) (o options, status int) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&o.only, "only", "", "measure only these parts, separated by commas")
	f.StringVar(&o.json, "json", "", "also write the rows to this file, as a JSON array")
	f.BoolVar(&o.list, "list", false, "list the parts")
	f.Float64Var(&o.seconds, "seconds", 20, "length of the end-to-end part; the others are scaled with it")
	f.IntVar(&o.items, "rows", 600000, "rows of the catalogue parts' file")
	f.IntVar(&o.history, "history", 100000, "movements that are there before the end-to-end part")
	f.IntVar(&o.archive, "archive", 100000, "messages that are in the archive before the start part's warm starts")
	f.IntVar(&o.bulk, "bulk", 1000000, "movements of made-up history behind the pages part")
	f.StringVar(&o.dir, "dir", "", "make the temporary folder here; it should be on the disk that is meant")
	f.StringVar(&o.binary, "stockwell", "", "measure this binary instead of building one")
	f.BoolVar(&o.explain, "explain", false, "list PostgreSQL's costliest statements after each part (pg_stat_statements)")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, 0
		}
		return o, 2
	}
	if f.NArg() > 0 || o.seconds <= 0 || o.items < 1 || o.history < 0 || o.archive < 0 || o.bulk < 1 {
		fmt.Fprintln(os.Stderr, "bench: an argument is not understood; see --help")
		return o, 2
	}
	if o.list {
		for _, p := range parts {
			fmt.Printf("%-12s %s\n", p.name, p.about)
		}
		return o, 0
	}
	return o, -1
}

// choose picks parts by name; none named is all.
func choose(only string) ([]part, error) {
	if only == "" {
		return parts, nil
	}
	var out []part
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(parts, func(p part) bool { return p.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("there is no part %q; --list names them", name)
		}
		out = append(out, parts[i])
	}
	return out, nil
}

// bench is one run.
type bench struct {
	options
	rows   []row
	folder string
	env    *rig
	seeds  atomic.Int64
	closed []func()
}

// seed differs at each call, and not from run to run.
func (b *bench) seed() int64 { return b.seeds.Add(1) }

// last scales a duration that suits the default --seconds.
func (b *bench) last(d time.Duration) time.Duration {
	return time.Duration(float64(d) * b.seconds / 20)
}

// say prints a line of a part's report.
func (b *bench) say(format string, args ...any) { fmt.Printf("  "+format+"\n", args...) }

// add keeps rows and prints them.
func (b *bench) add(rows ...row) {
	b.rows = append(b.rows, rows...)
	printTable(rows)
}

func (b *bench) measure(ctx context.Context, chosen []part) (err error) {
	if b.folder, err = os.MkdirTemp(b.dir, "stockwell-bench-"); err != nil {
		return err
	}
	b.defers(func() { _ = os.RemoveAll(b.folder) })
	printMachine(b.folder)
	var failed []error
	for _, p := range chosen {
		fmt.Printf("\n%s: %s\n", p.name, p.about)
		start := time.Now()
		if err := p.run(ctx, b); err != nil {
			if ctx.Err() != nil {
				return errors.New("interrupted; the folder and all processes are being removed")
			}
			fmt.Printf("  could not be measured: %v\n", err)
			failed = append(failed, fmt.Errorf("%s: %w", p.name, err))
		}
		b.say("(%.0f s)", time.Since(start).Seconds())
	}
	if len(chosen) > 1 {
		fmt.Println("\nAll figures")
		printTable(b.rows)
	}
	return errors.Join(failed...)
}

// defers has fn called when the run ends, last first.
func (b *bench) defers(fn func()) { b.closed = append(b.closed, fn) }

func (b *bench) close() {
	for _, fn := range slices.Backward(b.closed) {
		fn()
	}
}
