package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/simulator/expected"
	simfeeds "github.com/stockwell-hub/stockwell/simulator/feeds"
	"github.com/stockwell-hub/stockwell/simulator/folder"
	"github.com/stockwell-hub/stockwell/store"
)

// manyFaults has all that goes wrong go wrong often.
const manyFaults = "cancel=0.1,reschedule=0.2,relist=0.1,cancel-used=0.05,correct=0.15,delete=0.08,credit=0.12,wrong-patient=0.25,other-patient=0.1,visit-move=0.08," +
	"second-number=0.2,unmerge=0.4,nhs-change=0.02,nhs-invalid=0.05,duplicate=0.15,replay=0.15,resend=0.1,late=0.2,disorder=0.1,outage=0.3,second-feed=1,lost-lines=0.2," +
	"unknown-item=0.03,unknown-place=0.02,unknown-sign=0.02,fraction=0.02,no-key=0.03,missing-lot=0.08,strange-lot=0.05,pack-scan=0.05,box=0.05,other-shelf=0.1,odd=0.05," +
	"unrecorded=0.05,short=0.3,delivery-late=0.2,rejected=0.1,over=0.1,substituted=0.1,miscount=0.2"

// simulated is a small synthetic hospital with a hub of its own.
type simulated struct {
	*simulation
	t    *testing.T
	db   *pgtest.DB
	log  *transcript
	stop func()
}

// newSimulated writes the hospital, has it changed before its hub starts, and
// starts it.
func newSimulated(t *testing.T, s simulationSettings, change ...func(*simulated)) *simulated {
	t.Helper()
	db := pgtest.New(t)
	s.At = folder.Addresses{HTTP: "127.0.0.1:0", ERP: freeAddressFor(t), Feeds: map[string]string{}}
	for _, name := range simfeeds.All() {
		s.At.Feeds[name] = freeAddressFor(t)
	}
	x := &simulated{simulation: &simulation{dir: t.TempDir(), settings: s}, t: t, db: db, log: &transcript{}}
	x.must(x.make())
	x.must(x.write())
	yaml, err := os.ReadFile(x.path("config/stockwell.yaml"))
	x.must(err)
	x.must(writeUnder(x.path("config/secrets/runtime.dsn"), []byte(db.RuntimeDSN)))
	x.must(writeUnder(x.path("config/secrets/owner.dsn"), []byte(db.OwnerDSN)))
	x.must(writeUnder(x.path("config/stockwell.yaml"), append(yaml, "database: {dsn: file:secrets/runtime.dsn, owner_dsn: file:secrets/owner.dsn}\n"...)))
	for _, fn := range change {
		fn(x)
	}
	x.start()
	return x
}

func freeAddressFor(t *testing.T) string {
	t.Helper()
	address, err := freeAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func (x *simulated) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatalf("%v\nthe hub says:\n%s", err, x.log)
	}
}

// start runs the hub until the test ends or stop.
func (x *simulated) start() {
	x.t.Helper()
	cfg, trusts, err := config.Load(x.path("config/stockwell.yaml"))
	x.must(err)
	cfg.Data = x.dir
	ctx, cancel := context.WithCancel(context.Background())
	hub, err := newHub(ctx, cfg, trusts, newLog(config.Log{}, x.log))
	if err != nil {
		cancel()
		x.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- hub.run(ctx) }()
	x.stop = sync.OnceFunc(func() { cancel(); <-ended; hub.close() })
	x.t.Cleanup(x.stop)
	<-hub.ready
}

// run does what the command does and gives its exit status and output.
func (x *simulated) run(ctx context.Context, c simulateCmd) (int, string) {
	var out, stderr bytes.Buffer
	c.Out, c.Patience = x.dir, int(2*patience/time.Second)
	a := &app{cli: &cli{}, ctx: ctx, out: &out, err: &stderr}
	return status(c.Run(a), &stderr), out.String() + stderr.String()
}

// TestSimulate_TheHubSaysWhatItShould sends all that a small hospital tells in
// two days and a night in which the clocks go back, with every fault, breaks
// off in between, and compares. The mutants of internal/mutants that break the
// hub must make it fail.
func TestSimulate_TheHubSaysWhatItShould(t *testing.T) {
	t.Parallel()
	x := newSimulated(t, simulationSettings{Seed: 6, Theatres: 5, Days: 3, Start: "2026-10-23", Faults: manyFaults})
	heard := 0
	for _, c := range expected.Compute(x.plan, all(x.plan)).Cases {
		for _, l := range c.Lines {
			if l.WasWrong && l.State == "withdrawn" {
				heard++
			}
		}
	}
	if heard == 0 {
		t.Fatal("nothing was told of the wrong patient and left at that; choose another seed")
	}
	short, cancel := context.WithCancel(t.Context())
	go func() { // broken off when a third was acknowledged
		defer cancel()
		for short.Err() == nil && len(sentLines(x.path("state/sent.log"))) < x.sendings()/3 {
			_ = sleepFor(short, 5*time.Millisecond)
		}
	}()
	if code, out := x.run(short, simulateCmd{Send: true}); code != 1 || !strings.Contains(out, "Interrupted") {
		t.Fatalf("broken off: status %d, %s", code, out)
	}
	if code, out := x.run(t.Context(), simulateCmd{Send: true}); code != 0 {
		t.Fatalf("status %d, %s\nthe hub says:\n%s", code, out, x.log)
	}
	if n := len(sentLines(x.path("state/sent.log"))); n != x.sendings() {
		t.Errorf("%d of %d messages were sent", n, x.sendings())
	}
	if code, out := x.run(t.Context(), simulateCmd{Verify: true}); code != 0 {
		t.Errorf("status %d\n%s", code, out)
	}
	if invoices, err := os.ReadDir(x.path("truth/invoices")); err != nil || len(invoices) == 0 {
		t.Errorf("%d invoices, %v", len(invoices), err)
	}
	x.breaks()
}

// all is all that is told.
func all(p *simfeeds.Plan) (out []expected.Heard) {
	for _, s := range p.Senders {
		for _, x := range s.Sendings {
			if x.Again == "" {
				out = append(out, expected.Heard{Message: x.Message, Sender: s})
			}
		}
	}
	return out
}

func sentLines(file string) []string {
	raw, _ := os.ReadFile(file)
	return strings.Fields(string(raw))
}

// TestSimulate_ADifferenceIsToldItemByItem has the simulation forget that its
// last message was acknowledged: the hub then says more than it should.
func TestSimulate_ADifferenceIsToldItemByItem(t *testing.T) {
	t.Parallel()
	x := newSimulated(t, simulationSettings{Seed: 3, Theatres: 1, Days: 1, Start: "2026-10-20", Faults: "none", Feeds: []string{"theatre"}})
	if code, out := x.run(t.Context(), simulateCmd{Send: true, Verify: true}); code != 0 {
		t.Fatalf("status %d, %s", code, out)
	}
	noted := sentLines(x.path("state/sent.log"))
	x.must(writeUnder(x.path("state/sent.log"), []byte(strings.Join(noted[:len(noted)-1], "\n")+"\n")))
	last := x.plan.Senders[0].Sendings[len(noted)-1].Usage
	code, out := x.run(t.Context(), simulateCmd{Verify: true})
	if code != 1 {
		t.Fatalf("status %d\n%s", code, out)
	}
	for _, l := range last.Lines {
		if want := fmt.Sprintf("case %s: line %s of %s: the hub says there is one, and should say there is none\n", last.Case.Number, l.Key, l.Item.Code); !strings.Contains(out, want) {
			t.Errorf("it is not told that %s\n%s", want, out)
		}
	}
}

// TestSimulate_ABulkHistoryIsConsistent fills a database, and reads it as
// people do.
func TestSimulate_ABulkHistoryIsConsistent(t *testing.T) {
	t.Parallel()
	x := newSimulated(t, simulationSettings{Seed: 1, Theatres: 2, Days: 1, Start: "2026-10-20", Faults: "none", Feeds: []string{"theatre"}})
	const movements = 36_000
	if code, out := x.run(t.Context(), simulateCmd{Bulk: movements}); code != 0 || !strings.Contains(out, "a second") {
		t.Fatalf("status %d, %s", code, out)
	}
	x.must(x.app(&app{cli: &cli{}, ctx: t.Context()}).withTrust(func(hub *store.Store, trust string) error {
		account, err := hub.Account(t.Context(), trust, nil)
		x.must(err)
		if account.Unbalanced != 0 {
			t.Errorf("%d balances differ from the fold of their movements", account.Unbalanced)
		}
		lines, last := 0, journal.AccountCase{}
		x.must(hub.EachCase(t.Context(), trust, func(c journal.AccountCase) error {
			lines, last = lines+len(c.Lines), c
			return nil
		}))
		if lines != movements || last.Lines[0].ToPatient != 1 || last.Patient == 0 {
			t.Errorf("%d lines; the last case is %+v", lines, last)
		}
		detail, err := hub.Case(t.Context(), trust, journal.CaseQuery{Case: last.Number, Lines: 20})
		x.must(err)
		chain, err := hub.Chain(t.Context(), trust, detail.Lines[0].Message)
		x.must(err)
		if len(chain.Moves) != 12 || len(chain.Lines) != 12 {
			t.Errorf("a message of it brought about %d lines and %d movements", len(chain.Lines), len(chain.Moves))
		}
		return nil
	}))
}

func TestSentBook_ALineThatWasCutShortIsNone(t *testing.T) {
	t.Parallel()
	s := &simulation{dir: t.TempDir()}
	if err := writeUnder(s.path("state/sent.log"), []byte("A\nB\nA\nB")); err != nil {
		t.Fatal(err)
	}
	b, err := s.openSent()
	if err != nil {
		t.Fatal(err)
	}
	if b.count("A") != 2 || b.count("B") != 1 || b.total() != 3 {
		t.Errorf("A %d, B %d, in all %d", b.count("A"), b.count("B"), b.total())
	}
	if err := b.acknowledged("B"); err != nil {
		t.Fatal(err)
	}
	b.close()
	if got := fmt.Sprint(sentLines(s.path("state/sent.log"))); got != "[A B A B]" {
		t.Errorf("noted %s", got)
	}
}
