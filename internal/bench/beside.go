package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// besidePart sends 200 messages a second while a national catalogue is loaded
// by a process of its own, and measures ACKs and the way to the posted
// movement: what a theatre would notice.
func besidePart(ctx context.Context, b *bench) error {
	r, err := b.open(ctx)
	if err != nil {
		return err
	}
	if err := r.forgetNational(ctx); err != nil {
		return err
	}
	file := filepath.Join(b.folder, "beside.csv")
	if err := writeNational(file, b.items, true); err != nil {
		return err
	}
	if _, err := r.paced(ctx, 200, time.Second); err != nil { // warm
		return err
	}
	looking, stop := context.WithCancel(ctx)
	defer stop()
	seen, watched, ready := map[string]time.Time{}, make(chan error, 1), make(chan struct{})
	go func() { watched <- r.watchPostings(looking, ready, seen) }()
	<-ready
	type loaded struct {
		took time.Duration
		err  error
	}
	load := make(chan loaded, 1)
	go func() {
		took, _, err := b.timed(ctx, filepath.Join(b.folder, "hub"), "catalogue", "load", "--profile", nationalProfile, file)
		load <- loaded{took, err}
	}()
	var all []sentMessage
	var done *loaded
	before := r.usage()
	for done == nil {
		sent, err := r.paced(ctx, 200, 2*time.Second)
		if err != nil {
			return err
		}
		select {
		case l := <-load:
			done = &l
		default:
		}
		if done != nil && len(all) > 0 {
			break // part of these were sent when the load was over
		}
		if err := r.drain(ctx); err != nil {
			return err
		}
		all = append(all, sent...)
	}
	time.Sleep(10 * time.Millisecond)
	b.say("%d rows loaded in %.1f s beside 200 messages/s; %s", b.items, done.took.Seconds(), r.usage().since(before))
	stop()
	if err := <-watched; err != nil && ctx.Err() == nil {
		return err
	}
	if done.err != nil {
		return fmt.Errorf("catalogue load: %w", done.err)
	}
	var acks, moves []time.Duration
	for _, s := range all {
		at, ok := seen[controlID(s.number)]
		if !ok {
			return fmt.Errorf("message %d was acknowledged and never posted", s.number)
		}
		acks, moves = append(acks, s.latency), append(moves, at.Sub(s.due))
	}
	a, m := milliseconds(acks), milliseconds(moves)
	b.add(below("ACK at 200/s while a catalogue loads, p99", "ms", quantile(a, 0.99), 50), shown("ACK at 200/s while a catalogue loads, p50", "ms", quantile(a, 0.5), 0),
		below("socket to movement at 200/s while a catalogue loads, p99", "ms", quantile(m, 0.99), 250))
	return r.explained(ctx)
}
