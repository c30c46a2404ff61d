package pgqueue

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// Subscriber hands single messages to Watermill: one at a time in each lane,
// in order, outside any transaction, so a handler may use the network. A
// message that is not acknowledged is tried again after a backoff, and holds
// back only its own key.
type Subscriber struct {
	queue *Queue
	cfg   SubscriberConfig

	session session
	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	once    sync.Once

	// busy are the lanes that this subscriber's session holds. It changes only
	// while the session is held, for a session gets its own locks twice.
	mu   sync.Mutex
	busy map[place]bool
}

// A place is a trust's lane of a queue.
type place struct {
	queue int16
	trust string
	lane  int16
}

// SubscriberConfig names a consumer group and says how to serve it.
type SubscriberConfig struct {
	Group string
	// Poll is how often to look for work that nobody announced.
	Poll time.Duration
	// Backoff, if set, replaces the package's.
	Backoff func(attempts int16) time.Duration
	// Grace is how long messages in hand may take to be answered after the
	// subscription ends; then their contexts end. None by default.
	Grace time.Duration
	// Silence is how long the process may be paused before others take over
	// its messages; 15 s if it is zero.
	Silence time.Duration
	Log     *slog.Logger
}

// Subscriber gives a Watermill subscriber on q. While it lives it keeps one
// connection of its own, beside q's pool.
func (q *Queue) Subscriber(cfg SubscriberConfig) *Subscriber {
	if cfg.Backoff == nil {
		cfg.Backoff = Backoff
	}
	if cfg.Silence <= 0 {
		cfg.Silence = defaultSilence
	}
	s := &Subscriber{queue: q, cfg: cfg, busy: map[place]bool{}}
	s.session.queue, s.session.silence = q, cfg.Silence
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.running.Go(func() { s.session.beat(s.ctx) })
	return s
}

var errClosed = fault.New(fault.Conflict, "subscriber_closed", "The subscriber is closed.")

// SubscribeInitialize makes topic keep messages for the subscriber's group.
func (s *Subscriber) SubscribeInitialize(topic string) error {
	_, err := s.queue.Ensure(s.ctx, topic, s.cfg.Group)
	return err
}

// Subscribe gives the messages of topic until ctx or the subscriber ends. It
// waits for a database that went away, as its subscription would a moment
// later.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	id, err := s.queue.Ensure(ctx, topic, s.cfg.Group)
	for pgtx.Gone(err) && ctx.Err() == nil && s.ctx.Err() == nil {
		pause(ctx, 200*time.Millisecond)
		id, err = s.queue.Ensure(ctx, topic, s.cfg.Group)
	}
	if err != nil {
		return nil, err
	}
	t := &subscription{s: s, topic: topic, id: id, out: make(chan *message.Message), freed: make(chan struct{}, 1)}
	if !s.start(func() { t.run(ctx) }) {
		return nil, errClosed
	}
	return t.out, nil
}

// start runs fn unless the subscriber is closed; Close waits for it.
func (s *Subscriber) start(fn func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() != nil {
		return false
	}
	s.running.Go(fn)
	return true
}

// Close ends every subscription; unacknowledged messages stay in the queue.
func (s *Subscriber) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.cancel()
		s.mu.Unlock()
		s.running.Wait()
		s.session.close()
	})
	return nil
}

// lanesOf gives the lanes of a trust's queue that this subscriber holds.
func (s *Subscriber) lanesOf(queue int16, trust string) []int16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []int16{}
	for p := range s.busy {
		if p.queue == queue && p.trust == trust {
			out = append(out, p.lane)
		}
	}
	return out
}

func (s *Subscriber) hold(queue int16, trust string, lanes []int16) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range lanes {
		s.busy[place{queue, trust, l}] = true
	}
}

func (s *Subscriber) free(p place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, p)
}
