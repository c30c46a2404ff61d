package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// hub is a running `stockwell serve`.
type hub struct {
	cmd   *exec.Cmd
	mllp  string
	fhir  string
	pages string
	took  time.Duration // from the start of the process to ready
	done  chan struct{}
	once  sync.Once
}

// start runs the hub and returns when it is ready.
func (b *bench) start(ctx context.Context, folder, data string) (*hub, error) {
	program, err := b.program(ctx)
	if err != nil {
		return nil, err
	}
	h := &hub{done: make(chan struct{})}
	h.cmd = exec.Command(program, "--config", filepath.Join(folder, "config", "stockwell.yaml"), "--data", data, "serve")
	h.cmd.SysProcAttr = ownGroup()
	log, err := h.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	ready, last := make(chan struct{}), make(chan string, 1)
	go h.follow(log, began, ready, last)
	select {
	case <-ready:
		return h, nil
	case <-h.done:
		return nil, fmt.Errorf("the hub ended: %s", <-last)
	case <-ctx.Done():
	case <-time.After(2 * time.Minute):
		err = errors.New("the hub was not ready within two minutes")
	}
	h.stop()
	return nil, errors.Join(err, ctx.Err())
}

// follow reads the hub's log: where it listens, and when it is ready. It prints
// errors, and the first warning of each kind: a part may provoke hundreds.
func (h *hub) follow(log io.Reader, began time.Time, ready chan<- struct{}, last chan<- string) {
	var line string
	warned := map[string]bool{}
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line = lines.Text()
		var said struct{ Msg, Level, Connector, Address, Pages string }
		_ = json.Unmarshal([]byte(line), &said)
		switch {
		case said.Msg == "listening" && strings.HasSuffix(said.Connector, "theatre"):
			h.mllp = said.Address
		case said.Msg == "listening" && strings.HasSuffix(said.Connector, "fhir"):
			h.fhir = said.Address
		case said.Msg == "ready":
			h.took, h.pages = time.Since(began), said.Pages
			close(ready)
		case said.Level == "ERROR" || said.Level == "WARN" && !warned[said.Msg]:
			warned[said.Msg] = true
			fmt.Fprintln(os.Stderr, "  hub:", line)
		}
	}
	last <- line
	_ = h.cmd.Wait()
	close(h.done)
}

func (h *hub) pid() int { return h.cmd.Process.Pid }

// stop drains the hub; one that does not end is killed.
func (h *hub) stop() {
	h.once.Do(func() {
		_ = h.cmd.Process.Signal(os.Interrupt)
		select {
		case <-h.done:
		case <-time.After(30 * time.Second):
			_ = h.cmd.Process.Kill()
			<-h.done
		}
	})
}

// plainHTTP asks for no compression: it would cost the hub more than the rest
// of the answer.
var plainHTTP = &http.Client{Transport: &http.Transport{DisableCompression: true}, Timeout: 10 * time.Second}

// posted is how many messages the hub has posted since it started.
func (h *hub) posted(ctx context.Context) (int64, error) {
	const name = `stockwell_posted_messages_total{trust="` + trustCode + `"}`
	f, err := h.metrics(ctx, name)
	return int64(f[name]), err
}

// metrics reads figures of the hub's metrics page, those of names that it has.
func (h *hub) metrics(ctx context.Context, names ...string) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.pages+"metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := plainHTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	out := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if !slices.Contains(names, name) {
			continue
		}
		if out[name], err = strconv.ParseFloat(value, 64); err != nil {
			return nil, err
		}
	}
	return out, lines.Err()
}
