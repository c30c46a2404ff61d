package mllp

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// ClientConfig is one destination. A zero duration or size means its default.
type ClientConfig struct {
	// Name is the connector's name, for errors.
	Name string
	// Address is HOST:PORT.
	Address string
	// DialTimeout bounds connecting; default 10 seconds.
	DialTimeout time.Duration
	// AnswerTimeout bounds the wait for an answer; default 30 seconds.
	AnswerTimeout time.Duration
	// WriteTimeout bounds the writing of a message; default 30 seconds.
	WriteTimeout time.Duration
	// MaxMessage bounds an answer, in bytes; default 1 MiB.
	MaxMessage int64
}

// After a failed connection the next attempt waits: twice as long each time,
// between these, less up to half of it by chance, so that many clients do not
// return at once.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 30 * time.Second
	// restUnchecked is how long a connection may rest before it is looked at
	// again: a far side that has gone in the meantime is noticed before a
	// message is written to it.
	restUnchecked = time.Second
)

// Client sends messages to one destination over one connection, one message at
// a time. It may be used concurrently; callers wait for one another.
type Client struct {
	cfg  ClientConfig
	turn chan struct{} // holds one token: whose turn it is

	nc       net.Conn
	in       *FrameReader
	used     time.Time
	pause    time.Duration
	notUntil time.Time
}

// NewClient makes a Client; it connects when the first message is sent.
func NewClient(cfg ClientConfig) *Client {
	cfg.DialTimeout = positive(cfg.DialTimeout, 10*time.Second)
	cfg.AnswerTimeout = positive(cfg.AnswerTimeout, 30*time.Second)
	cfg.WriteTimeout = positive(cfg.WriteTimeout, 30*time.Second)
	cfg.MaxMessage = positive(cfg.MaxMessage, 1<<20)
	return &Client{cfg: cfg, turn: make(chan struct{}, 1)}
}

// Send sends msg and gives the answer whose MSA-2 is msg's MSH-10; what it
// says is for the caller to read, see ReadAnswer. Any other answer is passed
// over: a late one is never credited to another message.
//
// When an error is returned msg may or may not have arrived. After an error or
// the end of ctx the connection is dropped, so that nothing late can arrive on
// it. Send does not repeat: fault.Unavailable says that the caller may.
func (c *Client) Send(ctx context.Context, msg []byte) ([]byte, error) {
	h, _, err := hl7v2.Peek(msg)
	if err != nil {
		return nil, err
	}
	if h.ControlID == "" {
		return nil, fault.New(fault.Invalid, "hl7_no_control_id", "The message has no control ID, so no answer could be matched to it.").At("MSH-10")
	}
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return nil, c.failed(ctx.Err(), "not_sent", "The message was not sent: others before it were still waiting for their answers.")
	}
	if err := c.connect(ctx); err != nil {
		return nil, err
	}
	nc := c.nc
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	answer, err := c.exchange(msg, h.ControlID)
	if err != nil {
		c.drop()
		return nil, err
	}
	c.used = time.Now()
	if !stop() {
		c.drop() // its deadline has been spoilt
	}
	return answer, nil
}

// exchange writes msg and reads answers until the one to it.
func (c *Client) exchange(msg []byte, controlID string) ([]byte, error) {
	_ = c.nc.SetWriteDeadline(time.Now().Add(c.cfg.WriteTimeout)) // fails as the write then does
	if err := WriteFrame(c.nc, msg); err != nil {
		return nil, c.failed(err, "not_sent", "The message could not be written to the destination.")
	}
	_ = c.nc.SetReadDeadline(time.Now().Add(c.cfg.AnswerTimeout))
	for {
		frame, err := c.in.Next()
		switch {
		case errors.Is(err, ErrTooLarge):
			continue
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil, c.failed(err, "no_answer", "The destination did not answer in time. The message may have arrived; it may be sent again.")
		case err != nil:
			return nil, c.failed(err, "no_answer", "The destination closed the connection without an answer. The message may have arrived; it may be sent again.")
		}
		if a, err := ReadAnswer(frame); err == nil && a.ControlID == controlID {
			return append([]byte(nil), frame...), nil
		}
	}
}

// connect makes sure of a connection that the far side has not closed.
func (c *Client) connect(ctx context.Context) error {
	if c.nc != nil && time.Since(c.used) > restUnchecked && !c.alive() {
		c.drop()
	}
	if c.nc != nil {
		return nil
	}
	if wait := time.Until(c.notUntil); wait > 0 {
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return c.failed(ctx.Err(), "unreachable", "The destination could not be reached; the next attempt is yet to come.")
		}
	}
	dialer := net.Dialer{Timeout: c.cfg.DialTimeout}
	nc, err := dialer.DialContext(ctx, "tcp", c.cfg.Address)
	if err != nil {
		c.pause = min(max(2*c.pause, firstPause), lastPause)
		c.notUntil = time.Now().Add(c.pause/2 + rand.N(c.pause/2))
		return c.failed(err, "unreachable", "The destination could not be reached. Check its address, and that it is running.")
	}
	c.pause, c.nc, c.in = 0, nc, NewFrameReader(nc, c.cfg.MaxMessage)
	return nil
}

// alive looks whether the far side has closed a resting connection.
func (c *Client) alive() bool {
	_ = c.nc.SetReadDeadline(time.Now().Add(time.Millisecond))
	return c.in.open()
}

func (c *Client) drop() {
	if c.nc != nil {
		_ = c.nc.Close()
	}
	c.nc, c.in = nil, nil
}

// Close ends the connection after the message in flight, if any.
func (c *Client) Close() error {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()
	c.drop()
	return nil
}

func (c *Client) failed(cause error, code, text string) error {
	return fault.Wrap(cause, fault.Unavailable, code, "%s", text).At(c.cfg.Name)
}
