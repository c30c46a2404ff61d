package mllp

import (
	"context"
	"crypto/tls"
	"errors"
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
	// TLS secures the connection; nil means plain text. See ClientTLS.
	TLS *tls.Config
	// MaxMessage bounds an answer, in bytes; default 1 MiB.
	MaxMessage int64
}

const (
	// restUnchecked is how long a connection may rest before it is looked at
	// again: a far side that has gone in the meantime is noticed before a
	// message is written to it.
	restUnchecked = time.Second
	// mostOnOne bounds the messages of one connection, and so what is
	// remembered of them.
	mostOnOne = 10_000
)

// Client sends messages to one destination over one connection, one message at
// a time. It may be used concurrently; callers wait for one another.
type Client struct {
	cfg  ClientConfig
	turn chan struct{} // holds one token: whose turn it is

	nc       net.Conn
	in       *FrameReader
	used     time.Time
	sent     map[string][32]byte // by control ID, what this connection has carried
	failures backoff
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
// over: a late one is never credited to another message. Where msg asks for an
// answer at commit and one of the application, it is the first to come.
//
// When an error is returned msg may or may not have arrived. After an error or
// the end of ctx the connection is dropped, so that nothing late can arrive on
// it; the next one is opened after a pause that grows with each failure. Send
// does not repeat: fault.Unavailable says that the caller may. See Sender.
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
	if err := c.connect(ctx, h.ControlID, hl7v2.Digest(msg)); err != nil {
		return nil, err
	}
	nc := c.nc
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	answer, err := c.exchange(msg, h.ControlID)
	if err != nil {
		c.drop()
		c.notUntil = time.Now().Add(c.failures.next())
		return nil, err
	}
	c.used, c.failures = time.Now(), backoff{}
	if !stop() {
		c.drop() // its deadline has been spoilt
	}
	return answer, nil
}

// exchange writes msg and reads answers until the one to it.
func (c *Client) exchange(msg []byte, controlID string) ([]byte, error) {
	_ = c.nc.SetWriteDeadline(time.Now().Add(c.cfg.WriteTimeout)) // fails as the write then does
	if err := WriteFrame(c.nc, msg); err != nil {
		if refused := c.refusedTLS(err); refused != nil {
			return nil, refused
		}
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
			if refused := c.refusedTLS(err); refused != nil {
				return nil, refused
			}
			return nil, c.failed(err, "no_answer", "The destination closed the connection without an answer. The message may have arrived; it may be sent again.")
		}
		if a, err := ReadAnswer(frame); err == nil && a.ControlID == controlID {
			return append([]byte(nil), frame...), nil
		}
	}
}

// connect makes sure of a connection that the far side has not closed, and
// that has not carried another message under this control ID: an answer to
// that one, however late, could be taken for an answer to this one.
func (c *Client) connect(ctx context.Context, controlID string, digest [32]byte) error {
	if c.nc != nil && time.Since(c.used) > restUnchecked && !c.alive() {
		c.drop()
	}
	if before, again := c.sent[controlID]; again && before != digest || len(c.sent) >= mostOnOne {
		c.drop()
	}
	if c.nc == nil {
		if err := c.dial(ctx); err != nil {
			return err
		}
	}
	c.sent[controlID] = digest
	return nil
}

func (c *Client) dial(ctx context.Context) error {
	if err := sleep(ctx, time.Until(c.notUntil)); err != nil {
		return c.failed(err, "unreachable", "The destination could not be reached; the next attempt is yet to come.")
	}
	plain := &net.Dialer{Timeout: c.cfg.DialTimeout}
	dial := plain.DialContext
	if c.cfg.TLS != nil {
		dial = (&tls.Dialer{NetDialer: plain, Config: c.cfg.TLS}).DialContext
	}
	nc, err := dial(ctx, "tcp", c.cfg.Address)
	if err != nil {
		c.notUntil = time.Now().Add(c.failures.next())
		if refused := c.refusedTLS(err); refused != nil {
			return refused
		}
		return c.failed(err, "unreachable", "The destination could not be reached. Check its address, and that it is running.")
	}
	c.nc, c.in, c.sent = nc, NewFrameReader(nc, c.cfg.MaxMessage), map[string][32]byte{}
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
	c.nc, c.in, c.sent = nil, nil, nil
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
