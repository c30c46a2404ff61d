package pgqueue

import (
	"context"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// lane hands over a lane's messages in order, then frees it.
func (t *subscription) lane(ctx, life context.Context, p place, ms []Message) {
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
			if life.Err() == nil {
				t.failed(ctx)
			}
			break
		}
		held[m.Key] = !acked
	}
	s := &t.s.session
	err := s.use(ctx, life, func(ctx context.Context) error {
		return release(ctx, s.conn, p)
	})
	if err != nil && life.Err() == nil {
		s.close() // the only other way to free the lane
	}
	t.s.free(p)
	select {
	case t.freed <- struct{}{}:
	default:
	}
}

// one hands over a message and keeps its answer. It fails if there is none, or
// if it could not be kept; the message then stays where it is.
func (t *subscription) one(ctx, life context.Context, m Message) (acked bool, err error) {
	hand, cancel := context.WithCancel(t.hands)
	defer cancel()
	defer context.AfterFunc(life, cancel)()
	wm := message.NewMessage(m.UUID, m.Payload)
	for k, v := range m.Metadata {
		wm.Metadata.Set(k, v)
	}
	v := &verdict{}
	wm.SetContext(context.WithValue(hand, verdictKey{}, v))
	select {
	case t.out <- wm:
	case <-ctx.Done():
		return false, ctx.Err()
	case <-life.Done():
		return false, life.Err()
	}
	select {
	case <-wm.Acked():
	case <-wm.Nacked():
	case <-hand.Done():
	}
	select {
	case <-wm.Acked():
		return true, t.s.session.done(ctx, life, m)
	case <-wm.Nacked():
		return false, t.refused(ctx, life, m, v)
	default:
		return false, hand.Err()
	}
}

func (t *subscription) refused(ctx, life context.Context, m Message, v *verdict) error {
	s := &t.s.session
	return s.use(ctx, life, func(ctx context.Context) error {
		return pgtx.Run(ctx, s.conn, m.Trust, func(ctx context.Context) error {
			if v.stop != nil {
				return stop(ctx, pgtx.From(ctx), m, *v.stop)
			}
			code, text := v.reason()
			return delay(ctx, pgtx.From(ctx), m, t.s.cfg.Backoff(m.Attempts), code, text)
		})
	})
}

// keep holds lanes beyond the transaction that claimed them.
func keep(ctx context.Context, tx pgx.Tx, queue int16, trust string, lanes []int16) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_lock((21335 << 16) | $1::int, queue_lane($2, l)) FROM unnest($3::int[]) AS l`, queue, trust, lanes)
	return err
}

// release frees a lane whose messages are handled.
func release(ctx context.Context, conn *pgx.Conn, p place) error {
	_, err := conn.Exec(ctx, `SELECT pg_advisory_unlock((21335 << 16) | $1::int, queue_lane($2, $3))`, p.queue, p.trust, p.lane)
	return err
}
