package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// kill is one death and what was under way when it came.
type kill struct {
	Number   int     `json:"number"`
	At       float64 `json:"at_seconds"`
	What     string  `json:"what"`
	InFlight int64   `json:"in_flight"` // frames sent and not answered
	Batches  int64   `json:"open_batches"`
	Queue    int64   `json:"queue"`
	Silence  float64 `json:"seconds_without_ack"` // until the next kill
	Acks     int64   `json:"acks_until_next"`
}

// What is killed, and how often of 41 times.
var targets = []struct {
	name  string
	times int
}{{"hub", 10}, {"backend", 10}, {"postmaster", 10}, {"all", 10}, {"pause", 1}}

// pauseFor is longer than a session of the hub may be silent (15 s).
const pauseFor = 18 * time.Second

func choose(r *rand.Rand, pauses bool) string {
	for {
		n := r.IntN(41)
		for _, t := range targets {
			if n -= t.times; n < 0 {
				if t.name == "pause" && !pauses {
					break
				}
				return t.name
			}
		}
	}
}

// strike waits for a moment that counts, with frames unanswered and a batch
// open, and kills in it.
func (h *hospital) strike(ctx context.Context, what string, victim int, failed chan error) (kill, error) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		if err := errors.Join(ctx.Err(), h.hub.died()); err != nil {
			return kill{}, err
		}
		select {
		case err := <-failed:
			return kill{}, err
		default:
		}
		postmaster, err := h.postmaster()
		if err != nil {
			return kill{}, err
		}
		m, err := h.db.look(ctx)
		inFlight := h.tally.inFlight.Load()
		if err != nil || inFlight == 0 || m.batches == 0 || len(m.busy) == 0 {
			continue
		}
		h.tally.mark()
		switch what {
		case "hub":
			h.hub.meant.Store(true)
			_ = h.hub.cmd.Process.Kill()
			<-h.hub.ended
		case "backend":
			_ = syscall.Kill(int(m.busy[victim%len(m.busy)]), syscall.SIGKILL)
		case "postmaster":
			_ = syscall.Kill(postmaster, syscall.SIGKILL)
		case "all":
			h.hub.meant.Store(true)
			_ = h.hub.cmd.Process.Kill()
			_ = syscall.Kill(postmaster, syscall.SIGKILL)
			for _, pid := range m.all {
				_ = syscall.Kill(int(pid), syscall.SIGKILL)
			}
			<-h.hub.ended
		case "pause":
			_ = h.hub.cmd.Process.Signal(syscall.SIGSTOP)
			pause(ctx, pauseFor)
			_ = h.hub.cmd.Process.Signal(syscall.SIGCONT)
		}
		return kill{What: what, InFlight: inFlight, Batches: m.batches, Queue: m.queue}, nil
	}
	return kill{}, errors.New("for a minute no frame was unanswered while a batch was open: raise --senders")
}

func (h *hospital) postmaster() (int, error) {
	raw, err := os.ReadFile(h.path("data/postgres/cluster/postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	return strconv.Atoi(first)
}
