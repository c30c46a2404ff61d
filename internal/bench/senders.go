package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

// sender is one connection to the hub, one message at a time.
type sender struct {
	conn net.Conn
	in   *bufio.Reader
	out  []byte
}

func dial(ctx context.Context, addr string) (*sender, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return &sender{conn: c, in: bufio.NewReader(c)}, nil
}

// send writes a message and waits for its positive answer.
func (s *sender) send(raw []byte) error {
	s.out = mllp.AppendFrame(s.out[:0], raw)
	_ = s.conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := s.conn.Write(s.out); err != nil {
		return err
	}
	answer, err := s.in.ReadSlice(0x1c)
	if err != nil {
		return err
	}
	if !bytes.Contains(answer, []byte("MSA|AA|")) {
		return fmt.Errorf("the hub did not accept a message: %q", answer)
	}
	_, err = s.in.ReadByte()
	return err
}

// push has n senders send as fast as they are answered until the time is over
// or gate, if there is one, ends; it gives the number of ACKs and the time.
// gate is called before each message and may wait.
func (r *rig) push(ctx context.Context, n int, d time.Duration, gate func() bool) (int64, time.Duration, error) {
	feed := newFeed()
	all := make([]*sender, n)
	for i := range all {
		s, err := dial(ctx, r.hub.mllp)
		if err != nil {
			return 0, 0, err
		}
		defer s.conn.Close()
		all[i] = s
	}
	var acked atomic.Int64
	start := time.Now()
	err := together(n, func(i int) error {
		p := newPicker(uint64(r.b.seed()))
		for time.Since(start) < d && ctx.Err() == nil && (gate == nil || gate()) {
			if err := all[i].send(feed.message(atomic.AddInt64(&r.next, 1), p)); err != nil {
				return err
			}
			acked.Add(1)
		}
		return ctx.Err()
	})
	return acked.Load(), time.Since(start), err
}

// together runs fn n times side by side.
func together(n int, fn func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// sentMessage is one message of a schedule.
type sentMessage struct {
	number  int64
	due     time.Time
	latency time.Duration // from when it was due to its ACK
}

// paced sends perSecond messages a second for d whatever the answers do: a
// message that has to wait for its connection counts from when it was due.
func (r *rig) paced(ctx context.Context, perSecond int, d time.Duration) ([]sentMessage, error) {
	const connections = 16
	feed, p := newFeed(), newPicker(uint64(r.b.seed()))
	total := int(d.Seconds() * float64(perSecond))
	all := make([]sentMessage, total)
	raw := make([][]byte, total)
	for i := range all {
		all[i].number = atomic.AddInt64(&r.next, 1)
		raw[i] = feed.message(all[i].number, p)
	}
	turns := make([]chan int, connections)
	for i := range turns {
		turns[i] = make(chan int, total)
	}
	start := time.Now().Add(50 * time.Millisecond)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for i := range all {
			all[i].due = start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
			sleepUntil(all[i].due)
			turns[i%connections] <- i
		}
		for _, t := range turns {
			close(t)
		}
	}()
	err := together(connections, func(c int) error {
		s, err := dial(ctx, r.hub.mllp)
		if err == nil {
			defer s.conn.Close()
		}
		for i := range turns[c] {
			if err == nil && ctx.Err() == nil {
				err = s.send(raw[i])
				all[i].latency = time.Since(all[i].due)
			}
		}
		return errors.Join(err, ctx.Err())
	})
	return all, err
}
