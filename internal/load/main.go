// Command load has senders push messages into a running hub as fast as they
// are acknowledged while it kills the hub, single backends, the postmaster, or
// all at once with SIGKILL: `make load`. Each sender logs its acknowledgements
// outside the database. At the end judge.sql, plain SQL that shares no code
// with the hub, compares those logs and the files at the ERP with what stands
// in the database. docs/load.md tells how to read a run.
//
// Speed does not belong here (internal/bench), nor deaths at chosen points of
// the code (internal/failpoint and the tests that use it).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	kills   int
	seconds float64
	seed    uint64
	senders int
	backlog int64
	pauses  bool
	tamper  string
	json    string
	dir     string
	keep    bool
	judge   string
}

// errNo says that the answer is no: the judge found something.
var errNo = errors.New("the laws were broken, see above")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// run gives the exit status: 0 if no law was broken, 1 if one was or the run
// could not be finished, 2 for bad usage.
func run(ctx context.Context, args []string) int {
	o, status := parse(args)
	if status >= 0 {
		return status
	}
	r, err := load(ctx, o)
	if jsonErr := r.writeJSON(o.json); jsonErr != nil {
		err = errors.Join(err, jsonErr)
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted; all processes were ended")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		return 1
	}
	return 0
}

func parse(args []string) (o options, status int) {
	f := flag.NewFlagSet("load", flag.ContinueOnError)
	f.IntVar(&o.kills, "kills", 20, "how many kills")
	f.Float64Var(&o.seconds, "seconds", 0, "stop killing after so many seconds, however many kills there were; 0: after --kills")
	f.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano())%1_000_000, "what the choices of killer and senders follow from")
	f.IntVar(&o.senders, "senders", 8, "how many senders push side by side")
	f.Int64Var(&o.backlog, "backlog", 4000, "senders wait while more acknowledged messages than this wait to be posted")
	f.BoolVar(&o.pauses, "pauses", true, "now and then pause the hub by SIGSTOP for longer than its sessions may be silent")
	f.StringVar(&o.tamper, "tamper", "", "falsify before judging, so that the judge must find it; one of: "+forgeryNames())
	f.StringVar(&o.json, "json", "", "also write kills and checks to this file")
	f.StringVar(&o.dir, "dir", "", "make the temporary folder here; it should be on a disk")
	f.BoolVar(&o.keep, "keep", false, "do not remove the folder")
	f.StringVar(&o.judge, "judge", "", "only judge what an earlier run left in this folder (--keep)")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return o, 0
		}
		return o, 2
	}
	_, known := forgery(o.tamper)
	if f.NArg() > 0 || o.kills < 0 || o.seconds < 0 || o.senders < 1 || o.backlog < 1 || o.tamper != "" && !known {
		fmt.Fprintln(os.Stderr, "load: an argument is not understood; see --help")
		return o, 2
	}
	return o, -1
}

// load makes a hospital, has it shot at, and judges what is left.
func load(ctx context.Context, o options) (r *report, err error) {
	r = &report{Seed: o.seed, Senders: o.senders}
	if o.judge != "" {
		return r, (&hospital{folder: o.judge}).judged(ctx, o, r)
	}
	h, err := newHospital(ctx, o)
	if err != nil {
		return r, err
	}
	defer h.close()
	r.printHeader(h, o)
	if err := h.open(ctx); err != nil {
		return r, err
	}
	if err := h.underFire(ctx, o, r); err != nil {
		return r, err
	}
	if err := h.rest(ctx); err != nil {
		return r, err
	}
	r.printTotals()
	return r, h.judged(ctx, o, r)
}
