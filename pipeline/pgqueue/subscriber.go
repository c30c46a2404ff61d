package pgqueue

import (
	"context"
	"errors"
	"log/slog"
	"math"
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
	queue   *Queue
	group   string
	log     *slog.Logger
	poll    time.Duration
	backoff func(attempts int16) time.Duration

	session session
	ctx     context.Context
	cancel  context.CancelFunc
	done    sync.WaitGroup
	once    sync.Once
}

// SubscriberConfig names a consumer group. Poll is how often to look for work
// that nobody announced; Backoff, if set, replaces the package's.
type SubscriberConfig struct {
	Group   string
	Poll    time.Duration
	Backoff func(attempts int16) time.Duration
	Log     *slog.Logger
}

// Subscriber gives a Watermill subscriber on q. It keeps one connection of
// q's pool for as long as it lives.
func (q *Queue) Subscriber(cfg SubscriberConfig) *Subscriber {
	s := &Subscriber{queue: q, group: cfg.Group, log: cfg.Log, poll: cfg.Poll, backoff: cfg.Backoff}
	if s.backoff == nil {
		s.backoff = Backoff
	}
	s.session.pool = q.pool
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.done.Add(1)
	go func() { defer s.done.Done(); s.session.beat(s.ctx) }()
	return s
}

var errClosed = fault.New(fault.Conflict, "subscriber_closed", "The subscriber is closed.")

// SubscribeInitialize makes topic keep messages for the subscriber's group.
func (s *Subscriber) SubscribeInitialize(topic string) error {
	_, err := s.queue.Ensure(s.ctx, topic, s.group)
	return err
}

// Subscribe gives the messages of topic until ctx or the subscriber ends.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	if s.ctx.Err() != nil {
		return nil, errClosed
	}
	id, err := s.queue.Ensure(ctx, topic, s.group)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan *message.Message)
	t := &subscription{s: s, topic: topic, id: id, out: out, busy: map[int16]bool{}, freed: make(chan struct{}, 1)}
	stop := context.AfterFunc(s.ctx, cancel)
	s.done.Add(1)
	go func() {
		defer s.done.Done()
		defer close(out)
		defer cancel()
		defer stop()
		t.run(ctx)
	}()
	return out, nil
}

// Close ends every subscription; unacknowledged messages stay in the queue.
func (s *Subscriber) Close() error {
	s.once.Do(func() {
		s.cancel()
		s.done.Wait()
		s.session.close()
	})
	return nil
}

type subscription struct {
	s     *Subscriber
	topic string
	id    int16
	out   chan<- *message.Message

	mu    sync.Mutex
	busy  map[int16]bool
	lanes sync.WaitGroup
	freed chan struct{}
}

const singlesInFlight = 64

func (t *subscription) run(ctx context.Context) {
	wakes := make(chan wake, 64)
	defer t.s.queue.listen(wakes)()
	defer t.lanes.Wait()
	tick := time.NewTicker(t.s.poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		if t.round(ctx) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-wakes:
		case <-t.freed:
		case <-tick.C:
		}
	}
}

// round claims what it can of every trust and gives the number of messages.
func (t *subscription) round(ctx context.Context) int {
	if len(t.busyLanes()) >= singlesInFlight {
		return 0
	}
	var trusts []string
	err := t.s.session.tx(ctx, "", nil, func(ctx, _ context.Context) error {
		rows, err := pgtx.From(ctx).Query(ctx, `SELECT queue_ready($1)`, t.id)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var trust string
			if err := rows.Scan(&trust); err != nil {
				return err
			}
			trusts = append(trusts, trust)
		}
		return rows.Err()
	})
	if err != nil {
		t.failed(ctx, err)
		return 0
	}
	n := 0
	for _, trust := range trusts {
		n += t.claim(ctx, trust)
	}
	return n
}

func (t *subscription) claim(ctx context.Context, trust string) int {
	var rows []Message
	var life context.Context
	err := t.s.session.tx(ctx, trust, nil, func(ctx, l context.Context) (err error) {
		life = l
		rows, err = claim{queue: t.id, after: math.MinInt64, limit: 8 * singlesInFlight, window: smallestWindow,
			lanes: singlesInFlight, busy: t.busyLanes(), session: true}.take(ctx, pgtx.From(ctx))
		return err
	})
	if err != nil {
		t.failed(ctx, err)
		return 0
	}
	byLane := map[int16][]Message{}
	for _, m := range rows {
		byLane[m.Lane] = append(byLane[m.Lane], m)
	}
	for lane, ms := range byLane {
		t.mu.Lock()
		t.busy[lane] = true
		t.mu.Unlock()
		t.lanes.Add(1)
		go t.lane(ctx, life, trust, lane, ms)
	}
	return len(rows)
}

func (t *subscription) busyLanes() []int16 {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]int16, 0, len(t.busy))
	for l := range t.busy {
		out = append(out, l)
	}
	return out
}

// lane hands over a lane's messages in order, then frees it.
func (t *subscription) lane(ctx, life context.Context, trust string, lane int16, ms []Message) {
	defer t.lanes.Done()
	held := map[int64]bool{}
	for _, m := range ms {
		if ctx.Err() != nil || life.Err() != nil {
			break
		}
		if held[m.Key] {
			continue
		}
		acked, err := t.one(ctx, life, m)
		if err != nil {
			break
		}
		held[m.Key] = !acked
	}
	err := t.s.session.tx(context.WithoutCancel(ctx), trust, life, func(ctx, _ context.Context) error {
		return unlock(ctx, pgtx.From(ctx), t.id, []int16{lane})
	})
	if err != nil && life.Err() == nil {
		t.s.session.close() // the only other way to free the lane
	}
	t.mu.Lock()
	delete(t.busy, lane)
	t.mu.Unlock()
	select {
	case t.freed <- struct{}{}:
	default:
	}
}

// one hands over a message and keeps its answer.
func (t *subscription) one(ctx, life context.Context, m Message) (acked bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(life, cancel)()
	wm := message.NewMessage(m.UUID, m.Payload)
	for k, v := range m.Metadata {
		wm.Metadata.Set(k, v)
	}
	v := &verdict{}
	wm.SetContext(context.WithValue(ctx, verdictKey{}, v))
	select {
	case t.out <- wm:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	select {
	case <-wm.Acked():
		acked = true
	case <-wm.Nacked():
	case <-ctx.Done():
		return false, ctx.Err()
	}
	err = t.s.session.tx(context.WithoutCancel(ctx), m.Trust, life, func(ctx, _ context.Context) error {
		tx := pgtx.From(ctx)
		if acked {
			return remove(ctx, tx, m.Trust, m.Queue, []int64{m.Seq})
		}
		if v.stop != nil {
			return stop(ctx, tx, m, *v.stop)
		}
		code, text := v.reason()
		return delay(ctx, tx, m, t.s.backoff(m.Attempts), code, text)
	})
	return acked, err
}

func (t *subscription) failed(ctx context.Context, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	t.s.log.Warn("queue: the database does not answer; work waits", "topic", t.topic)
	pause(ctx, 200*time.Millisecond)
}
