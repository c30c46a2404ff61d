package embeddedpg

import (
	"context"
	"log/slog"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// How long a stopping server may take: for a clean shutdown, whose checkpoint
// may be slow on a poor disk, and for an immediate one, which recovers at the
// next start.
const (
	fastLimit      = 60 * time.Second
	immediateLimit = 10 * time.Second
)

// How long the launcher rests before it starts a dead server again: twice as
// long each time while it dies within the minute.
const (
	restMin = 50 * time.Millisecond
	restMax = 5 * time.Second
)

// child keeps one postgres process running until it is stopped.
type child struct {
	prepare func() (cmd *exec.Cmd, done func(), err error)
	clear   func(context.Context) error // waits out a dead server's backends
	log     *slog.Logger
	out     *serverLog

	quit context.CancelFunc
	ctx  context.Context // ends with stop
	done chan struct{}

	mu   sync.Mutex
	cmd  *exec.Cmd // nil while no process runs
	up   bool      // it has been ready once: from then on a death means a restart
	last error     // why the first start failed
}

// run starts the process and reaps it; a death that nobody asked for is logged
// and mended by a new start. Its goroutine keeps its thread to the end, since
// the kernel ties the child to the thread that started it.
func (c *child) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(c.done)
	defer c.out.Close()
	rest, said := restMin, "nothing"
	for {
		began := time.Now()
		err := c.once()
		c.mu.Lock()
		up := c.up
		c.last = err
		c.mu.Unlock()
		if !up || c.ctx.Err() != nil {
			return
		}
		if reason := c.out.reason(); reason != said || time.Since(began) > time.Minute { // one that dies again and again is told of once
			c.log.Error("the embedded database stopped unexpectedly; it is started again", "reason", reason)
			said = reason
		}
		if rest = min(2*rest, restMax); time.Since(began) > time.Minute {
			rest = restMin
		}
		for err := c.clear(c.ctx); err != nil; err = c.clear(c.ctx) {
			c.log.Error("the embedded database cannot be started again yet", "reason", err.Error())
			if !pause(c.ctx, restMax) {
				return
			}
		}
		if !pause(c.ctx, rest) {
			return
		}
	}
}

// once runs the process to its end.
func (c *child) once() error {
	c.mu.Lock()
	if c.ctx.Err() != nil {
		c.mu.Unlock()
		return c.ctx.Err()
	}
	cmd, done, err := c.prepare()
	if err != nil {
		c.mu.Unlock()
		return err
	}
	cmd.Stdout, cmd.Stderr = c.out, c.out
	cmd.WaitDelay = time.Second // backends that outlive a killed postmaster hold its stderr
	dieWithParent(cmd, syscall.SIGINT)
	err = cmd.Start()
	done()
	if err == nil {
		c.cmd = cmd
	}
	c.mu.Unlock()
	if err != nil {
		return err
	}
	err = cmd.Wait()
	c.mu.Lock()
	c.cmd = nil
	c.mu.Unlock()
	return err
}

func (c *child) pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// failed gives why the first start ended.
func (c *child) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

func (c *child) setUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.up = true
}

// stop asks for a fast shutdown, then an immediate one, and at last kills.
func (c *child) stop() error {
	c.quit()
	for _, step := range []struct {
		sig   syscall.Signal
		limit time.Duration
	}{{syscall.SIGINT, fastLimit}, {syscall.SIGQUIT, immediateLimit}, {syscall.SIGKILL, immediateLimit}} {
		c.signal(step.sig)
		select {
		case <-c.done:
			// Its backends are gone too, unless the postmaster was killed.
			ctx, cancel := context.WithTimeout(context.Background(), fastLimit)
			defer cancel()
			return c.clear(ctx)
		case <-time.After(step.limit):
			c.log.Warn("the embedded database is slow to stop", "waited", step.limit.String())
		}
	}
	return fault.New(fault.Internal, "database_not_stopped", "The embedded database did not stop when it was told to. Look at the machine's disk.")
}

func (c *child) signal(sig syscall.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd != nil {
		_ = c.cmd.Process.Signal(sig)
	}
}
