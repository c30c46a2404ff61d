package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// underFire has the senders push while the killer kills.
func (h *hospital) underFire(ctx context.Context, o options, r *report) error {
	pushing, stop := context.WithCancel(ctx)
	defer stop()
	hard, abandon := context.WithCancel(ctx)
	defer abandon()
	var senders sync.WaitGroup
	failed := make(chan error, o.senders)
	for i := range o.senders {
		s, err := h.newSender(i, o)
		if err != nil {
			return err
		}
		senders.Go(func() {
			if err := s.run(pushing, hard); err != nil {
				failed <- err
			}
		})
	}
	began := time.Now()
	err := h.killAll(ctx, o, r, began, failed)
	r.Seconds = time.Since(began).Seconds()
	stop()
	if err != nil {
		abandon()
	}
	done := make(chan struct{})
	go func() { senders.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		abandon()
		<-done
		err = errors.Join(err, errors.New("a message was not acknowledged within two minutes of the last kill"))
	}
	close(failed)
	for e := range failed {
		err = errors.Join(err, e)
	}
	h.tally.mu.Lock()
	defer h.tally.mu.Unlock()
	r.Acknowledged, r.Kinds, r.Resent, r.Errors = h.tally.acks, h.tally.kinds, h.tally.resent.Load(), h.tally.errors.Load()
	return err
}

func (h *hospital) killAll(ctx context.Context, o options, r *report, began time.Time, failed chan error) error {
	choices := rand.New(rand.NewPCG(o.seed, 0))
	h.tally.mark()
	for kills := 0; ; {
		if err := h.running(ctx, time.Duration(1000+choices.IntN(1500))*time.Millisecond, failed); err != nil {
			return err
		}
		r.closeLast(&h.tally)
		over := o.seconds > 0 && time.Since(began).Seconds() > o.seconds
		if over || kills == o.kills && (o.kills > 0 || o.seconds == 0) {
			return nil
		}
		what, victim := choose(choices, o.pauses), choices.IntN(1<<20)
		k, err := h.strike(ctx, what, victim, failed)
		if err != nil {
			return err
		}
		k.At = time.Since(began).Seconds()
		if what != "pause" {
			kills++
			k.Number = kills
		}
		r.Kills = append(r.Kills, k)
		if what == "hub" || what == "all" {
			if err := h.start(ctx); err != nil {
				return fmt.Errorf("after kill %d (%s): %w", k.Number, what, err)
			}
		}
	}
}

// running waits until the hub has acknowledged for d on end: no second without
// an acknowledgement, and the database answers.
func (h *hospital) running(ctx context.Context, d time.Duration, failed chan error) error {
	var since time.Time
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); pause(ctx, 50*time.Millisecond) {
		if err := errors.Join(ctx.Err(), h.hub.died()); err != nil {
			return err
		}
		select {
		case err := <-failed:
			return err
		default:
		}
		_, err := h.db.look(ctx)
		acks, _, ago := h.tally.sinceMark()
		switch {
		case err != nil || acks < 20 || ago > time.Second:
			since = time.Time{}
		case since.IsZero():
			since = time.Now()
		case time.Since(since) > d:
			return nil
		}
	}
	return errors.New("the hub did not acknowledge messages again within two minutes of a kill")
}

// rest lets the hub finish what it was given, and ends it in good order.
func (h *hospital) rest(ctx context.Context) error {
	fmt.Println("the senders have stopped; the hub finishes what it was given")
	if err := h.db.settle(ctx, func() error { return h.hub.died() }); err != nil {
		return err
	}
	h.db.close()
	if err := h.hub.stop(); err != nil {
		return fmt.Errorf("the hub did not stop in good order: %w", err)
	}
	return nil
}
