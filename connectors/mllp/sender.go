package mllp

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// SenderConfig is how a Sender treats its destination. A zero number means its
// default.
type SenderConfig struct {
	// Client is the destination.
	Client ClientConfig
	// Connections is how many messages may be under way at the same time,
	// each on a connection of its own; default 1, and only then is the order
	// of the messages kept.
	Connections int
	// Rate bounds the messages sent in a second, repeats included, over all
	// connections; 0 means no bound.
	Rate float64
	// Attempts is how often a message is sent before it is given up; default
	// 5.
	Attempts int
}

// Sender sends many messages to one destination: it repeats what may be
// repeated, and keeps to a rate. What each answer leads to is at Answer.
type Sender struct {
	cfg  SenderConfig
	pace pace
}

// NewSender makes a Sender; it connects when the first message is sent.
func NewSender(cfg SenderConfig) *Sender {
	cfg.Connections = positive(cfg.Connections, 1)
	cfg.Attempts = positive(cfg.Attempts, 5)
	s := &Sender{cfg: cfg}
	if cfg.Rate > 0 {
		s.pace.every = time.Duration(float64(time.Second) / cfg.Rate)
	}
	return s
}

// Sent is what became of one message.
type Sent struct {
	// Index is the message's place among all, from 0.
	Index int
	// ControlID is its MSH-10; empty if it has none or is no HL7.
	ControlID string
	// Answer is that of the last attempt; the zero Answer if none came.
	Answer Answer
	// Attempts is how often it was sent.
	Attempts int
	// Took is the time from the last attempt's start to its end.
	Took time.Duration
	// Err is set if there was no answer: fault.Unavailable if none came,
	// fault.Denied if the two sides do not agree on TLS, fault.Invalid if the
	// message cannot be sent.
	Err error
}

// away reports whether what follows would fare no better.
func (x Sent) away() bool { return x.Err != nil && !fault.Is(x.Err, fault.Invalid) }

// Send sends the messages and tells what became of each, one call at a time;
// with several connections not in their order. It returns nil when all were
// told of, and otherwise the error of the first message that got no answer:
// what follows it is not sent.
func (s *Sender) Send(ctx context.Context, messages iter.Seq[[]byte], told func(Sent)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	type numbered struct {
		index int
		msg   []byte
	}
	queue := make(chan numbered)
	var all sync.WaitGroup
	var telling sync.Mutex
	for range s.cfg.Connections {
		all.Go(func() {
			client := NewClient(s.cfg.Client)
			defer client.Close()
			for m := range queue {
				x := s.one(ctx, client, m.msg)
				x.Index = m.index
				telling.Lock()
				told(x)
				telling.Unlock()
				if x.away() {
					stop(x.Err)
				}
			}
		})
	}
	index := 0
	for msg := range messages {
		if ctx.Err() != nil {
			break
		}
		select {
		case queue <- numbered{index, msg}:
		case <-ctx.Done():
		}
		index++
	}
	close(queue)
	all.Wait()
	return context.Cause(ctx)
}

// one sends a message until it is answered for good or given up.
func (s *Sender) one(ctx context.Context, client *Client, msg []byte) Sent {
	var x Sent
	var failures backoff
	if h, _, err := hl7v2.Peek(msg); err == nil {
		x.ControlID = h.ControlID
	}
	for {
		if err := s.pace.wait(ctx); err != nil {
			x.Err = client.failed(err, "not_sent", "The message was not sent: sending was ended before its turn.")
			return x
		}
		x.Attempts++
		start := time.Now()
		frame, err := client.Send(ctx, msg)
		x.Took, x.Err, x.Answer = time.Since(start), err, Answer{}
		if err == nil {
			x.Answer, x.Err = ReadAnswer(frame)
		}
		var pause time.Duration // after an error the Client itself waits before it connects
		if x.Answer.Again() {
			pause = failures.next()
		} else if !fault.Is(x.Err, fault.Unavailable) {
			return x
		}
		if x.Attempts >= s.cfg.Attempts || sleep(ctx, pause) != nil {
			return x
		}
	}
}
