package pgqueue

import (
	"context"
	"sync"
)

// work says that a trust may have messages in a topic.
type work struct{ topic, trust string }

// An ear hears of work in one topic, or in all. It forgets nothing: what its
// owner has not taken yet adds up, each trust once.
type ear struct {
	topic  string // "" is all
	signal chan struct{}

	mu    sync.Mutex
	heard map[work]struct{}
}

func (q *Queue) listen(topic string) *ear {
	e := &ear{topic: topic, signal: make(chan struct{}, 1), heard: map[work]struct{}{}}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ears[e] = struct{}{}
	return e
}

func (q *Queue) deafen(e *ear) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.ears, e)
}

// take gives what was heard since it was last called.
func (e *ear) take() []work {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := make([]work, 0, len(e.heard))
	for w := range e.heard {
		out = append(out, w)
	}
	clear(e.heard)
	return out
}

func (e *ear) hear(w work) {
	e.mu.Lock()
	e.heard[w] = struct{}{}
	e.mu.Unlock()
	select {
	case e.signal <- struct{}{}:
	default:
	}
}

// Wake tells consumers that trust has work in topic: this process's at once,
// those of others through a Notifier, if one runs. What it misses is found by
// polling.
func (q *Queue) Wake(topic, trust string) { q.wake(work{topic, trust}, nil) }

// wake tells all ears but one.
func (q *Queue) wake(w work, but *ear) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for e := range q.ears {
		if e != but && (e.topic == "" || e.topic == w.topic) {
			e.hear(w)
		}
	}
}

type wakesKey struct{}

// wakes is what a transaction's commit sets off.
type wakes struct {
	work  map[work]struct{}
	after []func()
}

// AfterCommit calls fn once the transaction of ctx (Tx, or a batch) is
// committed; never if it is not.
func AfterCommit(ctx context.Context, fn func()) {
	if w, ok := ctx.Value(wakesKey{}).(*wakes); ok {
		w.after = append(w.after, fn)
	}
}

func withWakes(ctx context.Context) (context.Context, *wakes) {
	w := &wakes{work: map[work]struct{}{}}
	return context.WithValue(ctx, wakesKey{}, w), w
}

// forget drops what a part of the transaction, rolled back, had asked for.
func (w *wakes) forget() {
	clear(w.work)
	w.after = nil
}

func (q *Queue) wakeAll(w *wakes) {
	for x := range w.work {
		q.wake(x, nil)
	}
	for _, fn := range w.after {
		fn()
	}
}
