// Package pipeline joins the hub's parts: what connectors receive is stored
// and then acknowledged, translated by the trust's mapping, decided by the
// domain, kept by the store, planned, and dispatched. Its ports are the
// interfaces below; the store satisfies them.
//
// Rules of stock, theatre and orders do not belong here, nor SQL.
package pipeline

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/tracing"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// Archive stores messages of one trust in one commit.
type Archive interface {
	Receive(ctx context.Context, trust string, in []connectors.Envelope, keys []int64) ([]connectors.Receipt, error)
}

// Waker is told that a trust has received messages.
type Waker interface{ Wake(topic, trust string) }

// TopicReceived is the topic of stored messages.
const TopicReceived = "received"

// Intake is the hub's connectors.Receiver. Messages that wait together share
// a commit; none is acknowledged before its commit.
type Intake struct {
	archive Archive
	waker   Waker
	secret  func(trust string) []byte
	observe func(n int, took time.Duration, err error)
	// Witness is told of each commit before its senders are; may be nil.
	Witness Witness
	// Tracer is told of sampled messages; may be nil.
	Tracer *tracing.Tracer
	// Outcomes is asked where a sender waits until its message was applied.
	Outcomes Outcomes

	stored  atomic.Int64 // messages, since the process began
	crowded atomic.Int64 // when a commit last held a crowd, in Unix nanoseconds

	mu      sync.Mutex
	waiting map[string][]*arrival
	running map[string]bool
	awaited map[int64][]chan struct{} // by message
}

type arrival struct {
	envelope connectors.Envelope
	receipt  connectors.Receipt
	err      error
	done     chan struct{}
}

const (
	// mostTogether bounds a commit: by then its own cost is well shared.
	mostTogether = 128
	// crowd is how many messages in one commit say that senders wait in numbers.
	crowd = 8
	// ofLate is how long such a commit is taken as what goes on now.
	ofLate = 50 * time.Millisecond
	// mostBytes bounds what one commit carries.
	mostBytes = 8 << 20
)

// NewIntake stores through archive and wakes consumers through waker. secret
// gives a trust's key for hashing ordering keys: always the same one, or
// order is lost across a restart. observe, if not nil, is told of each commit.
func NewIntake(archive Archive, waker Waker, secret func(trust string) []byte, observe func(n int, took time.Duration, err error)) *Intake {
	if observe == nil {
		observe = func(int, time.Duration, error) {}
	}
	return &Intake{archive: archive, waker: waker, secret: secret, observe: observe, waiting: map[string][]*arrival{}, running: map[string]bool{}, awaited: map[int64][]chan struct{}{}}
}

// Receive stores e durably before it returns. It fails with
// fault.Unavailable, and then e may or may not have been stored: sent again,
// it has the effect of once (law 2).
func (in *Intake) Receive(ctx context.Context, e connectors.Envelope) (connectors.Receipt, error) {
	a := &arrival{envelope: e, done: make(chan struct{})}
	in.mu.Lock()
	in.waiting[e.Trust] = append(in.waiting[e.Trust], a)
	start := !in.running[e.Trust]
	in.running[e.Trust] = true
	in.mu.Unlock()
	if start {
		go in.drain(e.Trust)
	}
	<-a.done
	return a.receipt, a.err
}

// drain commits what waits for a trust until nothing does, one commit at a
// time: what comes meanwhile goes with the next, and the more come, the less
// each costs.
func (in *Intake) drain(trust string) {
	for {
		in.mu.Lock()
		batch, rest := take(in.waiting[trust])
		if len(batch) == 0 {
			in.running[trust] = false
			in.mu.Unlock()
			return
		}
		in.waiting[trust] = rest
		in.mu.Unlock()
		in.commit(trust, batch)
	}
}

// take chooses the messages of one commit: in order, bounded, and no two
// equal, for the second one's answer depends on the first one's commit.
func take(waiting []*arrival) (batch, rest []*arrival) {
	type identity struct {
		connector, sender, control string
		digest                     [32]byte
	}
	seen := make(map[identity]bool, min(len(waiting), mostTogether))
	size := 0
	for i, a := range waiting {
		e := &a.envelope
		id := identity{e.Connector, e.Sender, e.ControlID, e.Digest}
		if len(batch) == mostTogether || len(batch) > 0 && size+len(e.Raw) > mostBytes || seen[id] {
			return batch, append([]*arrival(nil), waiting[i:]...)
		}
		seen[id] = true
		size += len(e.Raw)
		batch = append(batch, a)
	}
	return batch, nil
}

// Inflow tells how many messages were stored since the process began, and
// whether senders wait in numbers just now.
func (in *Intake) Inflow() (stored int64, crowded bool) {
	ago := time.Since(time.Unix(0, in.crowded.Load()))
	return in.stored.Load(), ago >= 0 && ago < ofLate // below 0 the clock was set back since
}

// commitLimit bounds how long senders wait for a database that does not
// answer; they are then told to try again.
const commitLimit = 20 * time.Second

func (in *Intake) commit(trust string, batch []*arrival) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), commitLimit)
	defer cancel()
	envelopes, keys := make([]connectors.Envelope, len(batch)), make([]int64, len(batch))
	for i, a := range batch {
		envelopes[i], keys[i] = a.envelope, in.keyHash(a.envelope)
	}
	receipts, err := in.store(ctx, trust, envelopes, keys)
	in.observe(len(batch), time.Since(start), err)
	if err != nil && len(batch) > 1 && !fault.Is(err, fault.Unavailable) {
		// One of them cannot be stored: it must not fail its neighbours.
		in.commit(trust, batch[:len(batch)/2])
		in.commit(trust, batch[len(batch)/2:])
		return
	}
	if err == nil && in.Witness != nil {
		in.Witness.Acknowledged(trust, envelopes, receipts)
	}
	if err == nil {
		traceCommit(in.Tracer, trust, start, envelopes, receipts)
	}
	for i, a := range batch {
		if a.err = err; err == nil {
			a.receipt = receipts[i]
		}
		close(a.done)
	}
	if err == nil {
		in.stored.Add(int64(len(batch)))
		if len(batch) >= crowd {
			in.crowded.Store(time.Now().UnixNano())
		}
		in.waker.Wake(TopicReceived, trust)
	}
}

// outlast is how long senders wait for a database that went away before they
// are told to try again: it is often back sooner, and many engines stop their
// queue at the first error.
const outlast = 5 * time.Second

// store tries again while the database is away. A try that did commit before
// its answer was lost is found again by its key, so it is stored once.
func (in *Intake) store(ctx context.Context, trust string, envelopes []connectors.Envelope, keys []int64) ([]connectors.Receipt, error) {
	start, pause := time.Now(), 20*time.Millisecond
	for {
		failpoint.Hit(failpoint.ReceiveBeforeCommit)
		receipts, err := in.archive.Receive(ctx, trust, envelopes, keys)
		if err == nil {
			failpoint.Hit(failpoint.ReceiveAfterCommit)
		}
		if err == nil || !fault.Is(err, fault.Unavailable) || time.Since(start) > outlast {
			return receipts, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
			pause = min(2*pause, 500*time.Millisecond)
		}
	}
}

// keyHash is the ordering key: (trust, connector, first patient identifier),
// else (trust, connector). It is hashed under a secret, for the number space
// of patients is small enough to be counted through.
func (in *Intake) keyHash(e connectors.Envelope) int64 {
	if e.Key == "" {
		return pgqueue.KeyHash(e.Trust, e.Connector)
	}
	mac := hmac.New(sha256.New, in.secret(e.Trust))
	for _, s := range []string{e.Trust, e.Connector, e.Key} {
		mac.Write([]byte(s))
		mac.Write([]byte{0})
	}
	return int64(binary.LittleEndian.Uint64(mac.Sum(nil)))
}
