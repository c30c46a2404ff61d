package pgqueue

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// A session is the one connection that owns a subscriber's lanes. The server
// ends it when it has been silent for too long, as a paused process is; its
// lanes are then free, and what the process still wants to acknowledge cannot
// be committed.
type session struct {
	queue   *Queue
	silence time.Duration

	mu   sync.Mutex
	conn *pgx.Conn
	// life ends with the connection: work that was claimed in it may no longer
	// be acknowledged.
	life context.Context
	lost context.CancelFunc

	waiting struct {
		sync.Mutex
		acks []*ack
	}
}

const (
	defaultSilence = 15 * time.Second
	// mostWork bounds a statement's wait for an answer.
	mostWork = 15 * time.Second
)

// An ack is a handled message whose removal waits to be committed.
type ack struct {
	life  context.Context
	trust string
	queue int16
	seq   int64
	done  chan error
}

// use calls fn with the session's connection. life is the lifetime in which
// the work was claimed; nil begins or continues one. That a caller goes away
// breaks nothing off: the connection is others' too.
func (s *session) use(ctx context.Context, life context.Context, fn func(ctx context.Context) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hold(ctx, life, fn)
}

func (s *session) hold(ctx context.Context, life context.Context, fn func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), mostWork)
	defer cancel()
	if s.conn != nil && s.conn.IsClosed() {
		s.drop()
	}
	if life != nil && life.Err() != nil {
		return life.Err()
	}
	if s.conn == nil {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	err := fn(ctx)
	if err != nil && s.conn != nil && (s.conn.IsClosed() || pgtx.Gone(err)) {
		s.drop()
	}
	return err
}

func (s *session) open(ctx context.Context) error {
	conn, err := s.queue.connect(ctx)
	if err != nil {
		return err
	}
	ms := strconv.FormatInt(s.silence.Milliseconds(), 10)
	const limit = `SELECT set_config('idle_session_timeout', $1, false), set_config('idle_in_transaction_session_timeout', $1, false)`
	if _, err := conn.Exec(ctx, limit, ms); err != nil {
		_ = conn.Close(ctx)
		return err
	}
	s.conn = conn
	s.life, s.lost = context.WithCancel(context.Background())
	return nil
}

// drop gives up the connection, and with it every lane.
func (s *session) drop() {
	if s.conn == nil {
		return
	}
	s.lost()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = s.conn.Close(ctx)
	s.conn = nil
}

func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

// beat keeps a living process's session from being ended.
func (s *session) beat(ctx context.Context) {
	t := time.NewTicker(s.silence / 5)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			_ = s.use(ctx, nil, func(ctx context.Context) error { return s.conn.Ping(ctx) })
		}
	}
}

// done removes a handled message. Those that wait together share a commit:
// whoever has the session next takes along all of its queue and trust.
func (s *session) done(ctx, life context.Context, m Message) error {
	mine := &ack{life: life, trust: m.Trust, queue: m.Queue, seq: m.Seq, done: make(chan error, 1)}
	s.waiting.Lock()
	s.waiting.acks = append(s.waiting.acks, mine)
	s.waiting.Unlock()

	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case err := <-mine.done:
		return err
	default:
	}
	group, seqs := s.together(mine)
	err := s.hold(ctx, life, func(ctx context.Context) error {
		_, err := s.conn.Exec(ctx, `SELECT queue_done($1, $2, $3)`, m.Trust, m.Queue, seqs)
		return err
	})
	for _, a := range group {
		a.done <- err
	}
	return err
}

func (s *session) together(mine *ack) (group []*ack, seqs []int64) {
	s.waiting.Lock()
	defer s.waiting.Unlock()
	rest := s.waiting.acks[:0]
	for _, a := range s.waiting.acks {
		if a.life == mine.life && a.trust == mine.trust && a.queue == mine.queue {
			group, seqs = append(group, a), append(seqs, a.seq)
		} else {
			rest = append(rest, a)
		}
	}
	clear(s.waiting.acks[len(rest):])
	s.waiting.acks = rest
	return group, seqs
}
