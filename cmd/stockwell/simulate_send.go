package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
	simtold "github.com/stockwell-hub/stockwell/simulator/told"
)

// simulatedSend is one run of `simulate --send`.
type simulatedSend struct {
	sim  *simulation
	c    simulateCmd
	sent *sentBook
	pace *pace

	mu    sync.Mutex
	took  []time.Duration
	codes map[string]int
	again int // messages that had to be sent more than once for an answer
}

// send gives the hub what it has not acknowledged yet, answers its orders, and
// waits until it has finished.
func (s *simulation) send(a *app, c simulateCmd) error {
	ctx, stop := context.WithCancel(a.ctx)
	defer stop()
	erp, err := s.startERP(ctx, c.ERPDir)
	if err != nil {
		return err
	}
	defer erp.end()
	if err := s.opened(a); err != nil {
		return err
	}
	book, err := s.openSent()
	if err != nil {
		return err
	}
	defer book.close()
	r := &simulatedSend{sim: s, c: c, sent: book, codes: map[string]int{}}
	workers := r.share()
	r.pace = newPace(c, workers, book)
	begun := time.Now()
	left := s.sendings() - book.total()
	failed := make(chan error, len(workers))
	var all sync.WaitGroup
	for _, w := range workers {
		all.Go(func() {
			if err := r.work(ctx, w); err != nil {
				failed <- err
				stop()
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	r.watch(a, done, left)
	close(failed)
	for err := range failed {
		if !errors.Is(err, context.Canceled) {
			return err
		}
	}
	r.report(a, time.Since(begun))
	if a.ctx.Err() != nil {
		fmt.Fprintf(a.err, "Interrupted: %d of %d messages are acknowledged. The same command goes on from there.\n", book.total(), s.sendings())
		return errNo
	}
	return s.rest(a, erp, time.Duration(c.Patience)*time.Second)
}

// sendings counts all that goes out.
func (s *simulation) sendings() (n int) {
	for _, x := range s.plan.Senders {
		n += len(x.Sendings)
	}
	return n
}

// share gives each connection its senders.
func (r *simulatedSend) share() [][]*simtold.Sender {
	n := r.c.Connections
	if n <= 0 || n > len(r.sim.plan.Senders) {
		n = len(r.sim.plan.Senders)
	}
	out := make([][]*simtold.Sender, n)
	for i, s := range r.sim.plan.Senders {
		out[i%n] = append(out[i%n], s)
	}
	return out
}

// work sends what its senders have, one message after another.
func (r *simulatedSend) work(ctx context.Context, senders []*simtold.Sender) error {
	doors := map[string]simulatedDoor{}
	defer func() {
		for _, d := range doors {
			d.close()
		}
	}()
	type next struct {
		s *simtold.Sender
		i int
	}
	at := make([]next, len(senders))
	for i, s := range senders {
		at[i] = next{s, r.sent.count(s.Name)}
	}
	for {
		at = slices.DeleteFunc(at, func(n next) bool { return n.i >= len(n.s.Sendings) })
		if len(at) == 0 {
			return nil
		}
		first := 0
		for i, n := range at {
			if n.s.Sendings[n.i].At.Before(at[first].s.Sendings[at[first].i].At) {
				first = i
			}
		}
		n := at[first]
		x := n.s.Sendings[n.i]
		if err := r.pace.wait(ctx, x.At); err != nil {
			return err
		}
		address := r.sim.settings.At.Feeds[n.s.Connector]
		door := doors[n.s.Connector]
		switch {
		case door != nil:
		case n.s.Door == simtold.FHIR:
			door = newFHIRClient(address)
		default:
			door = mllpDoor{mllp.NewClient(mllp.ClientConfig{Name: n.s.Connector, Address: address})}
		}
		doors[n.s.Connector] = door
		if err := r.deliver(ctx, door, r.sim.plan.Write(n.s, x), n.s.Name, x.Control); err != nil {
			return err
		}
		if err := r.sent.acknowledged(n.s.Name); err != nil {
			return err
		}
		at[first].i++
	}
}

// deliver sends one message, as engines do, until it is acknowledged.
func (r *simulatedSend) deliver(ctx context.Context, door simulatedDoor, raw []byte, sender, control string) error {
	for try := 1; ; try++ {
		begun := time.Now()
		code, what, text, err := door.send(ctx, raw)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil && fault.Is(err, fault.Invalid) {
			return err
		}
		if err == nil {
			r.mu.Lock()
			r.took = append(r.took, time.Since(begun))
			r.codes[code]++
			if try > 1 {
				r.again++
			}
			r.mu.Unlock()
			switch what {
			case doorTook:
				return nil
			case doorRefused:
				return fault.New(fault.Conflict, "simulation_refused", "The hub refused message %s of %s with %s: %s. Every simulated message is one that it must store.", control, sender, code, text)
			}
		}
		if err := sleepFor(ctx, min(time.Duration(try)*50*time.Millisecond, time.Second)); err != nil {
			return err
		}
	}
}

func sleepFor(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// pace says when a message may go.
type pace struct {
	speed  float64
	every  time.Duration
	origin time.Time // simulated
	start  time.Time

	mu   sync.Mutex
	next time.Time
}

func newPace(c simulateCmd, workers [][]*simtold.Sender, sent *sentBook) *pace {
	p := &pace{speed: c.Speed, start: time.Now()}
	if c.Rate > 0 {
		p.every = time.Duration(float64(time.Second) / c.Rate)
	}
	for _, w := range workers {
		for _, s := range w {
			if i := sent.count(s.Name); i < len(s.Sendings) && (p.origin.IsZero() || s.Sendings[i].At.Before(p.origin)) {
				p.origin = s.Sendings[i].At
			}
		}
	}
	return p
}

func (p *pace) wait(ctx context.Context, at time.Time) error {
	due := time.Time{}
	if p.speed > 0 {
		due = p.start.Add(time.Duration(float64(at.Sub(p.origin)) / p.speed))
	}
	if p.every > 0 {
		p.mu.Lock()
		if now := time.Now(); p.next.Before(now) {
			p.next = now
		}
		if due.Before(p.next) {
			due = p.next
		}
		p.next = p.next.Add(p.every)
		p.mu.Unlock()
	}
	return sleepFor(ctx, time.Until(due))
}

// watch tells how far it is until it is done.
func (r *simulatedSend) watch(a *app, done <-chan struct{}, left int) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for n := 1; ; n++ {
		select {
		case <-done:
			a.progress("")
			return
		case <-tick.C:
			r.mu.Lock()
			count := len(r.took)
			r.mu.Unlock()
			a.progress("%d of %d messages acknowledged", count, left)
			if !isTerminal(a.err) && n%30 == 0 {
				fmt.Fprintf(a.err, "%d of %d messages acknowledged\n", count, left)
			}
		}
	}
}

// stretchOf is how many answers are told of by themselves, so that one sees
// whether the last ones took longer than the first.
const stretchOf = 100_000

// simulatedStretch is how so many answers in a row were given.
type simulatedStretch struct {
	Answers int     `json:"answers"`
	P50     float64 `json:"p50_ms"`
	P90     float64 `json:"p90_ms"`
	P99     float64 `json:"p99_ms"`
	Max     float64 `json:"max_ms"`
}

// stretchAnswers sorts what it is given.
func stretchAnswers(took []time.Duration) simulatedStretch {
	slices.Sort(took)
	return simulatedStretch{Answers: len(took), P50: percentile(took, 50), P90: percentile(took, 90), P99: percentile(took, 99), Max: percentile(took, 100)}
}

// simulatedAnswers is how the hub answered.
type simulatedAnswers struct {
	Answers int            `json:"answers"`
	Codes   map[string]int `json:"codes"`
	Again   int            `json:"sent_again_for_want_of_an_answer"`
	P50     float64        `json:"p50_ms"`
	P90     float64        `json:"p90_ms"`
	P99     float64        `json:"p99_ms"`
	Max     float64        `json:"max_ms"`
	Seconds float64        `json:"seconds"`
	Rate    float64        `json:"messages_per_second"`
	// Stretches are the answers in the order in which they came, 100,000 at a
	// time; none if there are fewer.
	Stretches []simulatedStretch `json:"stretches,omitempty"`
}

func (r *simulatedSend) report(a *app, took time.Duration) {
	var stretches []simulatedStretch
	if len(r.took) > stretchOf {
		for some := range slices.Chunk(r.took, stretchOf) {
			stretches = append(stretches, stretchAnswers(some))
		}
	}
	all := stretchAnswers(r.took)
	s := simulatedAnswers{Answers: all.Answers, Codes: r.codes, Again: r.again, P50: all.P50, P90: all.P90, P99: all.P99, Max: all.Max, Stretches: stretches,
		Seconds: math.Round(took.Seconds()*1000) / 1000, Rate: math.Round(float64(len(r.took))/took.Seconds()*10) / 10}
	if a.JSON {
		_ = a.printJSON(s)
		return
	}
	var counts []string
	for _, code := range slices.SortedFunc(maps.Keys(r.codes), func(x, y string) int { return cmp.Compare(r.codes[y], r.codes[x]) }) {
		counts = append(counts, fmt.Sprintf("%d %s", r.codes[code], code))
	}
	fmt.Fprintf(a.out, "%d messages answered: %s; %d had to be sent again for want of an answer.\n", s.Answers, orDash(strings.Join(counts, ", ")), s.Again)
	if s.Answers > 0 {
		fmt.Fprintf(a.out, "Answered in p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms; %.1f messages a second.\n", s.P50, s.P90, s.P99, s.Max, s.Rate)
	}
	for i, x := range s.Stretches {
		fmt.Fprintf(a.out, "  answers from %8d on: p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, max %.2f ms\n", i*stretchOf+1, x.P50, x.P90, x.P99, x.Max)
	}
}

// opened gives the hub the catalogue, opening stock and past orders, once.
func (s *simulation) opened(a *app) error {
	if _, err := os.Stat(s.path("state/opened")); err == nil {
		return nil
	}
	b := s.app(a)
	for _, step := range []struct {
		name string
		do   func(file string) error
	}{
		{"catalogue.csv", func(f string) error { return (catalogueLoad{File: f, Profile: "items/v1"}).Run(b) }},
		{"opening.csv", func(f string) error { return (stockOpen{File: f}).Run(b) }},
		{"order-history.csv", func(f string) error { return (ordersHistory{File: f}).Run(b) }},
	} {
		if err := step.do(s.trustPath(step.name)); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return writeUnder(s.path("state/opened"), nil)
}
