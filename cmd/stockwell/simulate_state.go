package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/sftp/jail"
	"github.com/stockwell-hub/stockwell/internal/fault"
	simhospital "github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/store"
)

// sentBook notes, message by message, how many of its messages each sender has
// an answer to. What is not noted is sent again.
type sentBook struct {
	mu     sync.Mutex
	f      *os.File
	counts map[string]int
	all    int
}

// openSent reads what was noted; a line that was cut short by a crash is none.
func (s *simulation) openSent() (*sentBook, error) {
	b := &sentBook{counts: map[string]int{}}
	f, err := os.OpenFile(s.path("state/sent.log"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	whole := int64(0)
	for r := bufio.NewReader(f); ; {
		line, err := r.ReadString('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		b.counts[strings.TrimSuffix(line, "\n")]++
		b.all++
		whole += int64(len(line))
	}
	if err := errors.Join(f.Truncate(whole), seekTo(f, whole)); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	b.f = f
	return b, nil
}

func seekTo(f *os.File, at int64) error { _, err := f.Seek(at, io.SeekStart); return err }

func (b *sentBook) count(sender string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts[sender]
}

func (b *sentBook) total() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all
}

// acknowledged notes that a sender's next message has its answer.
func (b *sentBook) acknowledged(sender string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts[sender]++
	b.all++
	_, err := b.f.WriteString(sender + "\n")
	return err
}

func (b *sentBook) close() { _ = b.f.Close() }

// app is a on the simulated hub, for commands whose output nobody needs.
func (s *simulation) app(a *app) *app {
	flags := *a.cli
	flags.Config, flags.Data, flags.JSON, flags.Trust = cmp.Or(s.hubConfig, s.path("config/stockwell.yaml")), cmp.Or(s.hubData, s.dir), false, simhospital.Trust
	return &app{cli: &flags, ctx: a.ctx, out: io.Discard, err: io.Discard}
}

func (s *simulation) trustPath(name string) string {
	return s.path("config/trusts/" + simhospital.Trust + "/" + name)
}

// erpSide is the ERP while it is played: its file server, and somebody who
// answers orders.
type erpSide struct {
	dir     string
	end     func()
	answers *erpBook
}

// startERP serves the ERP's folder, unless it is served elsewhere, and answers
// what is ordered.
func (s *simulation) startERP(ctx context.Context, elsewhere string) (*erpSide, error) {
	e := &erpSide{dir: s.erpDir(elsewhere)}
	if err := makeFolders(e.dir, simulatedERPFolders); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "erp_folder", "The ERP's folder cannot be used: %v", err).At(e.dir)
	}
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	e.end = func() { stop(); running.Wait() }
	if elsewhere == "" {
		ln, err := net.Listen("tcp", s.settings.At.ERP)
		if err != nil {
			stop()
			return nil, fault.Wrap(err, fault.Conflict, "erp_address", "The simulated ERP cannot listen at %s. Is another simulation running? Name another first port with --port when it is written.", s.settings.At.ERP)
		}
		key, err := jail.GenerateHostKey(s.path("erp-host-key"))
		if err != nil {
			stop()
			return nil, errors.Join(err, ln.Close())
		}
		running.Go(func() { _ = jail.Serve(ctx, ln, e.dir, key, "stockwell", erpPassword) })
	}
	e.answers = &erpBook{sim: s, had: map[string][]erpFile{}}
	running.Go(func() { e.answers.run(ctx, e.dir) })
	return e, nil
}

// erpDir is the folder of the ERP's files.
func (s *simulation) erpDir(elsewhere string) string {
	if elsewhere != "" {
		return elsewhere
	}
	return s.path("erp")
}

// rest waits until the hub has done all that it can do by itself, and until
// every order has its answer.
func (s *simulation) rest(a *app, e *erpSide, patience time.Duration) error {
	return s.app(a).withTrust(func(hub *store.Store, trust string) error {
		left, quiet := "", 0
		for end := time.Now().Add(patience); quiet < 3; {
			var err error
			if left, err = s.undone(a.ctx, hub, trust, e); err != nil && a.ctx.Err() != nil {
				return errNo
			} else if err != nil {
				left = "its database does not answer"
			}
			if left == "" {
				quiet++
			} else {
				quiet = 0
			}
			if time.Now().After(end) {
				return fault.New(fault.Conflict, "hub_not_at_rest", "The hub did not finish within %s: %s. Is it running with this simulation's folder?", patience, left)
			}
			a.progress("waiting for the hub: %s", left)
			if err := sleepFor(a.ctx, 300*time.Millisecond); err != nil {
				return errNo
			}
		}
		a.progress("")
		return nil
	})
}

// undone says what is still to be done, by the hub or by the ERP.
func (s *simulation) undone(ctx context.Context, hub *store.Store, trust string, e *erpSide) (string, error) {
	what, err := hub.Undone(ctx, trust)
	if err != nil || what != "" {
		return what, err
	}
	orders, err := filepath.Glob(filepath.Join(e.dir, "orders", "*.csv"))
	if err != nil {
		return "", err
	}
	if n := e.answers.count(); n < len(orders) {
		return fmt.Sprintf("%d orders are not answered and delivered", len(orders)-n), nil
	}
	files, err := filepath.Glob(filepath.Join(e.dir, "responses", "*.csv"))
	if err != nil || len(files) > 0 {
		return fmt.Sprintf("%d responses are not taken", len(files)), err
	}
	return s.unreported(ctx, hub, trust)
}
