package pgqueue

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Notifier wakes the consumers of other processes, and this process's when
// they say so. It is the only place that calls NOTIFY, which takes a lock of
// the whole cluster through commit: on a connection of its own, at most once
// in 20 ms, saying no more than topics and trusts. What is lost with a
// connection is found by polling. One runs for each Queue.
type Notifier struct {
	Queue *Queue
	Log   *slog.Logger
}

const (
	notifyChannel = "stockwell_queue"
	notifyPause   = 20 * time.Millisecond
	longestNotice = 7900 // bytes; PostgreSQL takes fewer than 8,000
)

// Run passes wakes on until ctx ends, and then returns nil.
func (n *Notifier) Run(ctx context.Context) error {
	ear := n.Queue.listen("")
	defer n.Queue.deafen(ear)
	for up := true; ctx.Err() == nil; {
		connected, err := n.pass(ctx, ear)
		if (up || connected) && err != nil && ctx.Err() == nil {
			n.Log.Info("queue: other processes cannot be woken; they poll until the database answers")
		}
		up = false
		pause(ctx, time.Second)
	}
	return nil
}

// pass serves one connection until it is lost. It alone uses the connection:
// it listens until there is something to say.
func (n *Notifier) pass(ctx context.Context, ear *ear) (connected bool, err error) {
	conn, err := n.Queue.connect(ctx)
	if err != nil {
		return false, err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+notifyChannel); err != nil {
		return false, err
	}
	for {
		if err := n.hearOthers(ctx, conn, ear); err != nil {
			return true, err
		}
		if err := n.tellOthers(ctx, conn, ear.take()); err != nil {
			return true, err
		}
	}
}

// hearOthers listens until this process has something to say and the pause
// since it last spoke is over.
func (n *Notifier) hearOthers(ctx context.Context, conn *pgx.Conn, ear *ear) error {
	listening, interrupt := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		pause(listening, notifyPause)
		select {
		case <-ear.signal:
			interrupt()
		case <-listening.Done():
		}
	}()
	defer func() { interrupt(); <-done }()
	for {
		got, err := conn.WaitForNotification(listening)
		if err != nil {
			if listening.Err() != nil && ctx.Err() == nil && !conn.IsClosed() {
				return nil
			}
			return err
		}
		trust, topic, ok := strings.Cut(got.Payload, "/")
		if ok && got.PID != conn.PgConn().PID() {
			n.Queue.wake(work{topic, trust}, ear)
		}
	}
}

func (n *Notifier) tellOthers(ctx context.Context, conn *pgx.Conn, news []work) error {
	var notices []string
	for _, w := range news {
		if s := w.trust + "/" + w.topic; len(s) < longestNotice {
			notices = append(notices, s)
		}
	}
	if len(notices) == 0 {
		return nil
	}
	_, err := conn.Exec(ctx, `SELECT pg_notify($1, x) FROM unnest($2::text[]) AS x`, notifyChannel, notices)
	return err
}
