package mllp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
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
	s       *Server
	nc      net.Conn // raw, or TLS over it
	raw     net.Conn
	in      *FrameReader
	out     []byte
	answers []answer
	peer    string
	stat    *peerStat
	log     *slog.Logger
	away    bool // the last message could not be taken just then

	mu      sync.Mutex
	waiting bool // no frame has begun
}

func newConn(s *Server, raw net.Conn, stat *peerStat) *conn {
	c := &conn{s: s, nc: raw, raw: raw, peer: raw.RemoteAddr().String(), stat: stat}
	if s.certificates != nil {
		c.nc = tls.Server(raw, &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: s.certificates.config})
	}
	c.in = NewFrameReader(c.nc, s.cfg.MaxMessage)
	c.log = s.log.With("peer", c.peer)
	return c
}

// serve answers frames until the sender, a deadline or the server ends it.
func (c *conn) serve(d door) {
	defer c.close()
	if !c.begin() {
		return
	}
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
		c.stat.frame(len(frame), at)
		if err := c.handle(d, frame, tooLarge, at); err != nil {
			c.log.Warn("an answer could not be written; the sender will repeat the message", "error", err)
			return
		}
	}
}

// begin does the TLS handshake, or sees that a peer of a plain connection does
// not try one.
func (c *conn) begin() bool {
	if secured, ok := c.nc.(*tls.Conn); ok {
		c.limit(true, c.s.cfg.ReadTimeout)
		_ = c.raw.SetWriteDeadline(time.Now().Add(c.s.cfg.ReadTimeout))
		err := secured.HandshakeContext(context.Background())
		if err == nil {
			return true
		}
		ours := c.s.draining() && errors.Is(err, os.ErrDeadlineExceeded) // it was we who ended it
		if reason, cause := handshakeReason(err); reason != "" && !ours {
			c.s.refuse(reason, c.stat.address, cause)
		}
		return false
	}
	c.limit(true, c.s.cfg.IdleTimeout)
	if c.in.beginsTLS() {
		c.s.refuse(UnexpectedTLS, c.stat.address, "")
		return false
	}
	return true
}

// await waits for a frame to begin, then allows it its time.
func (c *conn) await() error {
	c.limit(true, c.s.cfg.IdleTimeout)
	err := c.in.Start()
	c.limit(false, c.s.cfg.ReadTimeout)
	return err
}

// limit sets the deadline for waiting or for reading a frame.
func (c *conn) limit(waiting bool, limit time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = waiting
	deadline := time.Now().Add(limit)
	if until := c.s.until.Load(); until != nil {
		if waiting {
			deadline = time.Now().Add(lastLook)
		}
		if deadline.After(*until) {
			deadline = *until
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
	switch {
	case errors.Is(err, io.EOF), c.s.draining():
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
	return c.send(answers, at)
}

// send writes what stands in out, which gives these answers.
func (c *conn) send(answers []answer, at time.Time) error {
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

// close lets the last answer, or the alert of a handshake that failed, arrive
// before the connection goes.
func (c *conn) close() {
	type halfCloser interface{ CloseWrite() error }
	_ = c.raw.SetWriteDeadline(time.Now().Add(linger))
	if secured, ok := c.nc.(halfCloser); ok && c.nc != c.raw {
		_ = secured.CloseWrite() // says goodbye; fails if there was no handshake
	}
	if half, ok := c.raw.(halfCloser); ok && half.CloseWrite() == nil {
		_ = c.raw.SetReadDeadline(time.Now().Add(linger))
		_, _ = io.Copy(io.Discard, io.LimitReader(c.raw, 8*c.s.cfg.MaxMessage))
	}
	_ = c.raw.Close()
}
