package pgqueue

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// A session is the one connection that owns a subscriber's lanes. The server
// ends it when it has been silent for sessionTimeout, as a paused process is;
// its lanes are then free, and what the process still wants to acknowledge
// cannot be committed.
type session struct {
	pool *pgxpool.Pool

	mu   sync.Mutex
	conn *pgxpool.Conn
	// lost ends when the connection does: work that was claimed on it may no
	// longer be acknowledged.
	lost context.CancelFunc
	life context.Context
}

const (
	sessionTimeout = 15 * time.Second
	heartbeat      = 3 * time.Second
)

// tx runs fn in a transaction of trust on the session's connection. life is
// the lifetime that the work was claimed in; nil begins or continues one.
func (s *session) tx(ctx context.Context, trust string, life context.Context, fn func(ctx context.Context, life context.Context) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if life != nil && life.Err() != nil {
		return life.Err()
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	err := pgtx.Run(ctx, s.conn.Conn(), trust, func(ctx context.Context) error { return fn(ctx, s.life) })
	if err != nil && (s.conn.Conn().IsClosed() || pgtx.Gone(err)) {
		s.drop()
	}
	return err
}

func (s *session) connect(ctx context.Context) error {
	if s.conn != nil && !s.conn.Conn().IsClosed() {
		return nil
	}
	s.drop()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_unlock_all(), set_config('idle_session_timeout', $1, false)", sessionTimeout.String()); err != nil {
		conn.Release()
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
	c := s.conn.Hijack()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.Close(ctx)
	s.conn = nil
}

func (s *session) beat(ctx context.Context) {
	t := time.NewTicker(heartbeat)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			_ = s.tx(ctx, "", nil, func(ctx, _ context.Context) error {
				_, err := pgtx.From(ctx).Exec(ctx, "SELECT 1")
				return err
			})
		}
	}
}

func (s *session) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop()
}

// unlock frees lanes whose messages are handled.
func unlock(ctx context.Context, tx pgx.Tx, queue int16, lanes []int16) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_unlock((21335 << 16) | $1::int, l) FROM unnest($2::int[]) l`, queue, lanes)
	return err
}
