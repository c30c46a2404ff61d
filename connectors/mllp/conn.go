package mllp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
)

const (
	// lastLook is how long a connection that waits is still listened to when
	// draining, for bytes that have arrived already.
	lastLook = 50 * time.Millisecond
	// linger is how long an ended connection is read from before it is
	// closed: closing on unread bytes would make TCP discard our last answer.
	linger = 500 * time.Millisecond
)

// conn is one sender's connection.
type conn struct {
	s    *Server
	nc   net.Conn
	in   *FrameReader
	out  []byte
	peer string
	log  *slog.Logger

	mu      sync.Mutex
	waiting bool // no frame has begun
}

func newConn(s *Server, nc net.Conn) *conn {
	peer := nc.RemoteAddr().String()
	return &conn{s: s, nc: nc, in: NewFrameReader(nc, s.cfg.MaxMessage), peer: peer, log: s.log.With("peer", peer)}
}

// serve answers frames until the sender, a deadline or the server ends it.
func (c *conn) serve(ctx context.Context, r connectors.Receiver) {
	defer c.close()
	for {
		if err := c.await(); err != nil {
			c.ended(err)
			return
		}
		frame, err := c.in.Frame()
		tooLarge := errors.Is(err, ErrTooLarge)
		if err != nil && !tooLarge {
			c.ended(err)
			return
		}
		at := time.Now()
		c.countSkipped()
		c.s.metrics.Frame(c.s.cfg.Name, len(frame))
		answers := c.receive(ctx, r, frame, tooLarge, at)
		if err := c.write(answers, at); err != nil {
			c.log.Warn("an answer could not be written; the sender will repeat the message", "error", err)
			return
		}
	}
}

// await waits for a frame to begin, then allows it its time.
func (c *conn) await() error {
	c.idle(true)
	err := c.in.Start()
	c.idle(false)
	return err
}

// idle sets the deadline for waiting or for reading a frame.
func (c *conn) idle(waiting bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = waiting
	now := time.Now()
	deadline := now.Add(c.s.cfg.ReadTimeout)
	if waiting {
		deadline = now.Add(c.s.cfg.IdleTimeout)
	}
	if until := c.s.draining(); !until.IsZero() {
		if waiting {
			deadline = now.Add(lastLook)
		}
		if deadline.After(until) {
			deadline = until
		}
	}
	_ = c.nc.SetReadDeadline(deadline) // fails only on a closed connection, as the read then does
}

// wake shortens the present wait when draining begins.
func (c *conn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	wait := lastLook
	if !c.waiting {
		wait = min(c.s.cfg.ReadTimeout, drainLimit)
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(wait))
}

// ended logs why no more is read.
func (c *conn) ended(err error) {
	c.countSkipped()
	draining := !c.s.draining().IsZero()
	switch {
	case errors.Is(err, io.EOF), draining:
	case errors.Is(err, io.ErrUnexpectedEOF):
		c.log.Warn("the sender closed the connection within a message; it was not taken")
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.log.Info("the connection was closed: no whole message came in time")
	default:
		c.log.Info("the connection was lost", "error", err)
	}
}

func (c *conn) countSkipped() {
	if n := c.in.TakeSkipped(); n > 0 {
		c.s.metrics.Skipped(c.s.cfg.Name, n)
		c.log.Warn("bytes outside a message were skipped", "bytes", n)
	}
}

// write sends the answers in one write.
func (c *conn) write(answers []answer, at time.Time) error {
	if len(answers) == 0 {
		return nil
	}
	c.out = c.out[:0]
	for _, a := range answers {
		c.out = AppendFrame(c.out, a.text)
	}
	if err := c.nc.SetWriteDeadline(time.Now().Add(c.s.cfg.WriteTimeout)); err != nil {
		return err
	}
	if _, err := c.nc.Write(c.out); err != nil {
		return err
	}
	for _, a := range answers {
		c.s.metrics.Answer(c.s.cfg.Name, a.code, time.Since(at))
	}
	return nil
}

// close lets the last answer arrive before the connection goes.
func (c *conn) close() {
	if half, ok := c.nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = c.nc.SetReadDeadline(time.Now().Add(linger))
		_, _ = io.Copy(io.Discard, io.LimitReader(c.nc, 8*c.s.cfg.MaxMessage))
	}
	_ = c.nc.Close()
}
