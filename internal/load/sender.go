package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// sender pushes messages one after the other, each until it is acknowledged,
// and logs every acknowledgement to a file of its own.
type sender struct {
	id    int
	rand  *rand.Rand
	wire  wire
	log   *os.File
	acks  int64
	tally *tally
	queue *atomic.Int64 // acknowledged and not posted, as last seen
	most  int64

	known []*episode
	sent  []*message
}

// remembered is how many episodes and messages a sender can come back to.
// New ones replace any, so that some are very old.
const remembered = 200

func (h *hospital) newSender(id int, o options) (*sender, error) {
	log, err := os.OpenFile(h.path(fmt.Sprintf("acks/sender-%02d.log", id)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	return &sender{id: id, rand: rand.New(rand.NewPCG(o.seed, uint64(id)+1)), wire: wire{address: h.mllp}, log: log, tally: &h.tally, queue: &h.db.queue, most: o.backlog}, nil
}

// run pushes until ctx ends; the message in hand is still sent until it is
// acknowledged or hard ends.
func (s *sender) run(ctx, hard context.Context) error {
	defer s.log.Close()
	defer s.wire.close()
	for ctx.Err() == nil {
		for s.queue.Load() > s.most && ctx.Err() == nil {
			pause(ctx, 5*time.Millisecond)
		}
		if err := s.push(hard, s.next()); err != nil {
			return fmt.Errorf("sender %d: %w", s.id, err)
		}
	}
	return nil
}

// next chooses what to send.
func (s *sender) next() *message {
	n := s.tally.messages.Add(1)
	control := fmt.Sprintf("S%d-%d", s.id, n)
	dice := s.rand.IntN(100)
	if len(s.known) < 20 {
		dice = 99
	}
	kind := ""
	switch {
	case dice < 3:
		old := *s.sent[s.rand.IntN(len(s.sent))]
		if s.rand.IntN(2) == 0 {
			old.raw = atTime(old.raw, time.Now())
		}
		old.kind, old.words = "duplicate", nil
		return &old
	case dice < 11:
		kind = "correction"
	case dice < 15:
		kind = "credit"
	case dice < 17:
		kind = "deletion"
	}
	if kind != "" {
		e := s.known[s.rand.IntN(len(s.known))]
		if words := e.again(s.rand, kind); len(words) > 0 {
			return s.keep(e.write(control, kind, words, time.Now()))
		}
	}
	e := newEpisode(s.rand, n, s.id)
	s.known = replace(s.rand, s.known, e)
	kind = "use"
	if dice < 19 { // its number was another message's before
		kind, control = "reused_id", s.sent[s.rand.IntN(len(s.sent))].control
	}
	return s.keep(e.write(control, kind, e.all(), time.Now()))
}

func (s *sender) keep(m *message) *message {
	s.sent = replace(s.rand, s.sent, m)
	return m
}

func replace[T any](r *rand.Rand, in []T, x T) []T {
	if len(in) < remembered {
		return append(in, x)
	}
	in[r.IntN(len(in))] = x
	return in
}

// push sends m again and again, as engines do, until it is acknowledged.
func (s *sender) push(ctx context.Context, m *message) error {
	for try := 0; ctx.Err() == nil; try++ {
		if try > 0 {
			s.tally.resent.Add(1)
			pause(ctx, time.Duration(10+s.rand.IntN(40))*time.Millisecond)
		}
		s.tally.inFlight.Add(1)
		code, err := s.wire.exchange(ctx, m.control, m.raw)
		s.tally.inFlight.Add(-1)
		switch {
		case err != nil:
		case code == "AA":
			s.tally.acknowledged(m.kind)
			return s.note(m)
		case code == "AE":
			s.tally.errors.Add(1)
		default:
			return fmt.Errorf("message %s was answered %s: %w", m.control, code, errRefused)
		}
	}
	return ctx.Err()
}

// note logs an acknowledgement: one line of tab-separated text, which
// evidence.sql reads.
func (s *sender) note(m *message) error {
	s.acks++
	words := make([]string, len(m.words))
	for i, w := range m.words {
		words[i] = w.String()
	}
	digest := sha256.Sum256([]byte(withoutTime(m.raw)))
	_, err := fmt.Fprintf(s.log, "%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", s.id, s.acks, time.Now().UTC().Format(time.RFC3339Nano),
		m.kind, m.control, hex.EncodeToString(digest[:]), m.patient, m.caseNo, m.shelf, strings.Join(words, " "))
	return err
}
