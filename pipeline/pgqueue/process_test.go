package pgqueue_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// A child is this test binary run again, as another process of the hub. It
// takes one message, says so, and goes on with it when it is told.
const (
	childMode = "STOCKWELL_QUEUE_CHILD" // batch or single
	childDSN  = "STOCKWELL_QUEUE_DSN"
)

func child(mode string) {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv(childDSN))
	if err != nil {
		fmt.Println("failed:", err)
		return
	}
	queue := pgqueue.New(pool)
	told := bufio.NewReader(os.Stdin)
	goOn := func() {
		fmt.Println("holding")
		_, _ = told.ReadString('\n')
	}
	if mode == "single" {
		sub := queue.Subscriber(pgqueue.SubscriberConfig{Group: group, Poll: 20 * time.Millisecond, Silence: time.Second, Log: slog.New(slog.DiscardHandler)})
		messages, err := sub.Subscribe(ctx, topic)
		if err != nil {
			fmt.Println("failed:", err)
			return
		}
		m := <-messages
		goOn()
		m.Ack()
		_ = sub.Close()
		fmt.Println("closed")
		return
	}
	id, err := queue.Ensure(ctx, topic, group)
	if err != nil {
		fmt.Println("failed:", err)
		return
	}
	c := pgqueue.Consumer{Queue: queue, ID: id, Topic: topic, Workers: 1, BatchSize: 10, Poll: 20 * time.Millisecond,
		Log:     slog.New(slog.NewTextHandler(os.Stdout, nil)),
		Observe: observe(func([]pgqueue.Message) { fmt.Println("committed") }),
		Handler: handler(func(ctx context.Context, batch []pgqueue.Message) ([]pgqueue.Result, error) {
			results, err := record("child")(ctx, batch)
			if err == nil {
				goOn()
			}
			return results, err
		})}
	_ = c.Run(ctx)
}

// startChild starts a child and returns once it holds a message.
func (b *bench) startChild(mode string) (process *os.Process, tell io.Writer, says func() string) {
	b.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childMode+"="+mode, childDSN+"="+b.db.RuntimeDSN+" idle_in_transaction_session_timeout=1000")
	cmd.Stderr = os.Stderr
	tell, err := cmd.StdinPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	out := bufio.NewReader(pipe)
	says = func() string {
		line, err := out.ReadString('\n')
		if err != nil {
			b.t.Fatalf("the child broke off: %v", err)
		}
		return strings.TrimSpace(line)
	}
	if line := says(); line != "holding" {
		b.t.Fatalf("the child says %q", line)
	}
	return cmd.Process, tell, says
}

func signalTo(t *testing.T, p *os.Process, s syscall.Signal) {
	t.Helper()
	if err := p.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func TestConsumer_AStoppedProcessLosesItsBatchAndCannotCommitLate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, "a", "b")
	process, tell, says := b.startChild("batch")
	signalTo(t, process, syscall.SIGSTOP)
	b.run(b.consumer(record("parent")))
	b.untilEmpty()
	signalTo(t, process, syscall.SIGCONT)
	if _, err := io.WriteString(tell, "go on\n"); err != nil {
		t.Fatal(err)
	}
	if line := says(); !strings.Contains(line, "does not answer") {
		t.Errorf("the child says %q", line)
	}
	b.inOrder(map[int64][]string{1: {"a", "b"}})
	if n := b.count(`SELECT count(*) FROM effect WHERE by = 'parent'`); n != 2 {
		t.Errorf("%d of 2 effects are the parent's", n)
	}
}

func TestSubscriber_AStoppedProcessLosesItsMessageAndCannotAcknowledgeLate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.publish(topic, trust, 1, "a")
	process, tell, says := b.startChild("single")
	signalTo(t, process, syscall.SIGSTOP)
	sub, messages := b.subscribe()
	m := wait(b, "the message", messages)
	signalTo(t, process, syscall.SIGCONT)
	if _, err := io.WriteString(tell, "go on\n"); err != nil {
		t.Fatal(err)
	}
	if line := says(); line != "closed" {
		t.Errorf("the child says %q", line)
	}
	if b.count(`SELECT count(*) FROM queue_message`) != 1 {
		t.Error("the message was acknowledged by a process that had lost it")
	}
	m.Ack()
	b.untilEmpty()
	_ = sub.Close()
}
