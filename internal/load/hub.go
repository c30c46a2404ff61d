package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// hub is one life of `stockwell serve`.
type hub struct {
	cmd   *exec.Cmd
	ready chan struct{}
	ended chan struct{}
	// meant is set when somebody here ends it.
	meant atomic.Bool
	last  string // of its log, once it has ended
	err   error
}

// start runs the hub and returns when it is ready to receive.
func (h *hospital) start(ctx context.Context) error {
	log, err := os.OpenFile(h.path("hub.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	x := &hub{cmd: exec.Command(h.path("stockwell"), append(h.where(), "serve")...), ready: make(chan struct{}), ended: make(chan struct{})}
	x.cmd.SysProcAttr = ownGroup()
	out, err := x.cmd.StderrPipe()
	if err != nil {
		return err
	}
	started := make(chan error)
	go func() {
		// The kernel ties the hub's life to the thread that starts it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		err := x.cmd.Start()
		started <- err
		if err == nil {
			x.follow(io.TeeReader(out, log))
			x.err = x.cmd.Wait()
			close(x.ended)
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	h.hub = x
	select {
	case <-x.ready:
		return nil
	case <-x.ended:
		return fmt.Errorf("the hub did not start: %s", x.last)
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(2 * time.Minute):
		return errors.New("the hub was not ready within two minutes")
	}
}

// follow reads the log until it ends.
func (x *hub) follow(log io.Reader) {
	ready := false
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var said struct{ Msg string }
		_ = json.Unmarshal(lines.Bytes(), &said)
		if said.Msg == "ready" && !ready {
			ready = true
			close(x.ready)
		}
		x.last = lines.Text()
	}
}

// stop drains the hub; it fails if the hub had ended by itself or does not end
// in good order.
func (x *hub) stop() error {
	if x.meant.Swap(true) {
		<-x.ended
		return nil
	}
	_ = x.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-x.ended:
		return x.err
	case <-time.After(90 * time.Second):
		_ = x.cmd.Process.Kill()
		<-x.ended
		return errors.New("the hub did not stop within 90 s of SIGTERM")
	}
}

// died says why the hub ended though nobody ended it.
func (x *hub) died() error {
	select {
	case <-x.ended:
		if !x.meant.Load() {
			return fmt.Errorf("the hub ended by itself (%v): %s", x.err, x.last)
		}
	default:
	}
	return nil
}
