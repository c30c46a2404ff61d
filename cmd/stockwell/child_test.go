package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/embeddedpg"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
)

// child is `stockwell serve` as a process of its own.
type child struct {
	cmd   *exec.Cmd
	pages string // http://host:port/
	ended chan struct{}
}

// serve starts the hub as a child on the hospital's data folder, with a
// failpoint armed if one is named, and returns when it is ready.
func (h *hospital) serve(point string) *child {
	h.t.Helper()
	c := &child{cmd: exec.Command(os.Args[0], "--config", h.path("stockwell.yaml"), "serve"), ended: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), asStockwell+"=1", failpoint.Variable+"="+point)
	c.cmd.Env = append(c.cmd.Env, h.env...)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	read, write := io.Pipe()
	c.cmd.Stdout, c.cmd.Stderr = h.log, io.MultiWriter(h.log, write)
	h.must(c.cmd.Start())
	go func() { _ = c.cmd.Wait(); close(c.ended); _ = write.Close() }()
	h.t.Cleanup(c.stop)
	for lines := bufio.NewScanner(read); lines.Scan(); {
		if _, address, ok := strings.Cut(lines.Text(), "msg=listening connector=ZZ1/theatre address="); ok {
			h.theatre = address
		}
		if _, pages, ok := strings.Cut(lines.Text(), "msg=ready pages="); ok {
			c.pages, _, _ = strings.Cut(pages, " ")
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, read) }()
	if c.pages == "" {
		<-c.ended
		h.t.Fatalf("the hub did not start:\n%s", h.log)
	}
	s, err := embeddedpg.Open(context.Background(), embeddedpg.Config{Dir: h.database()})
	h.must(err)
	h.super = s.SuperDSN(embeddedpg.Database)
	h.must(s.Close()) // it is the child's: this only lets go of it
	return c
}

func (h *hospital) database() string { return filepath.Join(h.stage.dir, "data", "postgres") }

// postmaster is the process number of the hub's PostgreSQL.
func (h *hospital) postmaster() int {
	h.t.Helper()
	raw, err := os.ReadFile(filepath.Join(h.database(), "cluster", "postmaster.pid"))
	h.must(err)
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	h.must(err)
	return pid
}

// kill is kill -9.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.ended
}

// stop asks the hub to end and waits until it has, with its PostgreSQL.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.ended:
	case <-time.After(patience):
		c.kill()
	}
}

// deliver sends a message as an engine does: again and again until it is
// acknowledged. It says how often it had to; dead is told of each failure and
// may bring the hub back.
func (h *hospital) deliver(raw []byte, dead func()) (times int) {
	h.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		times++
		client := mllp.NewClient(mllp.ClientConfig{Name: "theatre", Address: h.theatre})
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		frame, err := client.Send(ctx, raw)
		cancel()
		_ = client.Close()
		if answer, bad := mllp.ReadAnswer(frame); err == nil && bad == nil && answer.Code == "AA" {
			return times
		}
		dead()
	}
	h.t.Fatalf("the message was never acknowledged; the hub says:\n%s", h.log)
	return times
}

// alive reports whether a process is there and no zombie.
func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, after, _ := strings.Cut(string(raw), ") ")
	return !strings.HasPrefix(after, "Z")
}
