package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	simhospital "github.com/stockwell-hub/stockwell/simulator/hospital"
)

// demoHospital is the synthetic hospital behind the demo: a second trust of
// the same hub.
type demoHospital struct {
	*simulation
	rate float64
}

// hospital writes a synthetic hospital into the demo's folder, and its trust
// into the demo's configuration. One that is told to its end is small; one
// that goes on behind the pages has months before it.
func (s *stage) hospital(a *app, once bool) (*demoHospital, error) {
	port, err := freePorts(27000, 16)
	if err != nil {
		return nil, err
	}
	c := simulateCmd{Out: filepath.Join(s.dir, "hospital"), Seed: 1, Theatres: 6, Days: 90, Growth: 0.03, Faults: "all", Port: port}
	if once {
		c.Theatres, c.Days = 2, 3
	}
	c.Start = time.Now().AddDate(0, 0, -c.Days).Format(time.DateOnly)
	sim, err := c.open(a)
	if err != nil {
		return nil, err
	}
	sim.hubConfig, sim.hubData = filepath.Join(s.dir, "config", "stockwell.yaml"), s.dir
	from, to := sim.path("config/trusts/"+simhospital.Trust), filepath.Join(s.dir, "config", "trusts", simhospital.Trust)
	return &demoHospital{sim, map[bool]float64{false: 5}[once]}, os.CopyFS(to, os.DirFS(from))
}

// live has the hospital tell what it does, at a lively rate, until ctx ends.
func (h *demoHospital) live(ctx context.Context, log io.Writer) {
	quiet := &app{cli: &cli{}, ctx: ctx, out: log, err: log}
	if err := h.send(quiet, simulateCmd{Rate: h.rate, Patience: 600}); err != nil && ctx.Err() == nil {
		fmt.Fprintln(log, "the synthetic hospital stopped:", err)
	}
}

// whole has the hospital tell all, as fast as it is acknowledged, and compares
// the hub with what it should then say.
func (h *demoHospital) whole(ctx context.Context, out io.Writer) error {
	a := &app{cli: &cli{}, ctx: ctx, out: out, err: out}
	if err := h.send(a, simulateCmd{Patience: 600}); err != nil {
		return err
	}
	return h.verify(a, simulateCmd{})
}

// freePorts finds n ports in a row that nobody uses, the usual ones first.
func freePorts(usual, n int) (int, error) {
	for first := usual; first < usual+100*n; first += n {
		free := true
		for p := first; p < first+n && free; p++ {
			ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p))
			if free = err == nil; free {
				_ = ln.Close()
			}
		}
		if free {
			return first, nil
		}
	}
	return 0, fault.New(fault.Conflict, "ports_taken", "No %d ports in a row from %d on are free. Stop other demos.", n, usual)
}
