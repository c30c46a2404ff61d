package main

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

// slowPeerCount is how many peers send a byte a second each.
const slowPeerCount = 100

// besideSlowPeers measures the answers of 16 senders at a fixed pace, alone and
// beside the slow peers, in turns.
func besideSlowPeers(ctx context.Context, r *rig) error {
	if _, err := r.paced(ctx, 200, time.Second); err != nil { // warm
		return err
	}
	var alone, beside []float64
	before := r.usage()
	for range rounds {
		p99, err := r.pacedP99(ctx)
		if err != nil {
			return err
		}
		alone = append(alone, p99)
		slow, err := openSlowPeers(ctx, r.hub.mllp)
		if err != nil {
			return err
		}
		p99, err = r.pacedP99(ctx)
		closed, slowErr := slow.end()
		if err := errors.Join(err, slowErr); err != nil {
			return err
		}
		if closed > 0 {
			r.b.say("the hub closed %d slow connections in that time, and they came again", closed)
		}
		beside = append(beside, p99)
	}
	r.b.say("200/s: %s", r.usage().since(before))
	r.b.say("p99 of each round, ms: alone %.1f; beside slow peers %.1f", alone, beside)
	r.b.add(within("ACK at 200/s beside 100 slow peers, p99, against without", "ms", median(beside), median(alone), 2))
	return nil
}

func (r *rig) pacedP99(ctx context.Context) (float64, error) {
	sent, err := r.paced(ctx, 200, r.b.last(2500*time.Millisecond))
	if err != nil {
		return 0, err
	}
	took := make([]time.Duration, len(sent))
	for i, s := range sent {
		took[i] = s.latency
	}
	return quantile(milliseconds(took), 0.99), r.drain(ctx)
}

// slowPeers have begun a frame each and send one byte of it a second. One that
// the hub closes, as it does when a frame takes too long, connects again.
type slowPeers struct {
	stop   context.CancelFunc
	ended  chan struct{}
	closed int
	err    error
}

type slowPeer struct {
	conn net.Conn
	left []byte // of its frame
}

func openSlowPeers(ctx context.Context, addr string) (*slowPeers, error) {
	ctx, stop := context.WithCancel(ctx)
	s := &slowPeers{stop: stop, ended: make(chan struct{})}
	frame := mllp.AppendFrame(nil, newFeed().message(1, newPicker(1)))
	peers := make([]slowPeer, slowPeerCount)
	for i := range peers {
		if err := peers[i].begin(ctx, addr, frame); err != nil {
			closePeers(peers)
			stop()
			return nil, err
		}
	}
	go func() {
		defer close(s.ended)
		defer closePeers(peers)
		s.err = s.send(ctx, addr, frame, peers)
	}()
	return s, nil
}

// send has the peers take turns, each once a second.
func (s *slowPeers) send(ctx context.Context, addr string, frame []byte, peers []slowPeer) error {
	turn := time.NewTicker(time.Second / slowPeerCount)
	defer turn.Stop()
	for i := 0; ; i = (i + 1) % slowPeerCount {
		select {
		case <-ctx.Done():
			return nil
		case <-turn.C:
		}
		if peers[i].next() == nil {
			continue
		}
		s.closed++
		_ = peers[i].conn.Close()
		if err := peers[i].begin(ctx, addr, frame); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// end closes the peers and tells how many connections the hub closed before.
func (s *slowPeers) end() (closed int, err error) {
	s.stop()
	<-s.ended
	return s.closed, s.err
}

// begin connects and begins a frame.
func (p *slowPeer) begin(ctx context.Context, addr string, frame []byte) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	p.conn, p.left = conn, frame
	return p.next()
}

// next sends one byte more; the frame is longer than any peer gets to send of
// it.
func (p *slowPeer) next() error {
	_, err := p.conn.Write(p.left[:1])
	p.left = p.left[1:]
	return err
}

func closePeers(peers []slowPeer) {
	for _, p := range peers {
		if p.conn != nil {
			_ = p.conn.Close()
		}
	}
}
