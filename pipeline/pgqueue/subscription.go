package pgqueue

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// A subscription is one channel of a subscriber's messages.
type subscription struct {
	s     *Subscriber
	topic string
	id    int16
	out   chan *message.Message

	// hands is the context of messages in hand; it ends a grace after the
	// subscription does.
	hands context.Context
	lanes sync.WaitGroup
	freed chan struct{}
	away  atomic.Bool // the database; said once
}

const (
	// lanesOfTrust bounds a trust's messages in hand, so that one whose
	// handler waits for a dead system leaves the others theirs.
	lanesOfTrust = 32
	singlesLimit = 256
)

func (t *subscription) run(ctx context.Context) {
	defer close(t.out)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(t.s.ctx, cancel)()

	var drop context.CancelFunc
	t.hands, drop = context.WithCancel(context.WithoutCancel(ctx))
	defer drop()
	defer context.AfterFunc(ctx, func() {
		if t.s.cfg.Grace <= 0 {
			drop()
			return
		}
		time.AfterFunc(t.s.cfg.Grace, drop)
	})()
	defer t.lanes.Wait()

	ear := t.s.queue.listen(t.topic)
	defer t.s.queue.deafen(ear)
	tick := time.NewTicker(t.s.cfg.Poll)
	defer tick.Stop()
	for ctx.Err() == nil {
		if t.round(ctx) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-ear.signal:
			ear.take()
		case <-t.freed:
		case <-tick.C:
		}
	}
}

// round claims what it can of every trust and gives the number of messages.
func (t *subscription) round(ctx context.Context) int {
	var trusts map[string]int64
	err := t.s.session.use(ctx, nil, func(ctx context.Context) (err error) {
		trusts, err = ready(ctx, t.s.session.conn, t.id, fromStart)
		return err
	})
	if err != nil {
		t.failed(ctx)
		return 0
	}
	t.away.Store(false)
	n := 0
	for trust := range trusts {
		if ctx.Err() != nil {
			break
		}
		n += t.claim(ctx, trust)
	}
	return n
}

// claim takes lanes of a trust and sets off the handing over of their
// messages.
func (t *subscription) claim(ctx context.Context, trust string) int {
	var rows []Message
	var life context.Context
	var byLane map[int16][]Message
	err := t.s.session.use(ctx, nil, func(ctx context.Context) error {
		busy := t.s.lanesOf(t.id, trust)
		if len(busy) >= lanesOfTrust {
			return nil
		}
		life, byLane = t.s.session.life, map[int16][]Message{}
		err := pgtx.Run(ctx, t.s.session.conn, trust, func(ctx context.Context) (err error) {
			rows, err = claim{queue: t.id, after: fromStart, limit: singlesLimit, lanes: lanesOfTrust - len(busy), busy: busy}.take(ctx, pgtx.From(ctx))
			if err != nil || len(rows) == 0 {
				return err
			}
			var lanes []int16
			for _, m := range rows {
				if byLane[m.Lane] == nil {
					lanes = append(lanes, m.Lane)
				}
				byLane[m.Lane] = append(byLane[m.Lane], m)
			}
			t.s.hold(t.id, trust, lanes)
			return keep(ctx, pgtx.From(ctx), t.id, trust, lanes)
		})
		if err != nil {
			t.s.session.drop() // it may hold lanes whose claim was rolled back
			for lane := range byLane {
				t.s.free(place{t.id, trust, lane})
			}
		}
		return err
	})
	if err != nil {
		t.failed(ctx)
		return 0
	}
	for lane, ms := range byLane {
		t.lanes.Go(func() { t.lane(ctx, life, place{t.id, trust, lane}, ms) })
	}
	return len(rows)
}

func (t *subscription) failed(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	if !t.away.Swap(true) {
		t.s.cfg.Log.Info("queue: the database does not answer; work waits", "topic", t.topic)
	}
	pause(ctx, 200*time.Millisecond)
}
