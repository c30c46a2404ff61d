package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/sftp/jail"
)

// hospital is one run's world: a temporary folder with the binary, a
// configuration of its own and the data, the ERP with its SFTP server, and
// the hub.
type hospital struct {
	folder string
	erp    net.Listener
	erpEnd func()
	mllp   string // the hub listens there after each start
	hub    *hub
	db     database
	tally  tally
	keep   bool
}

const trustCode = "ZZ7"

// newHospital writes everything down and builds the binary; open starts it.
func newHospital(ctx context.Context, o options) (h *hospital, err error) {
	h = &hospital{keep: o.keep}
	if h.folder, err = os.MkdirTemp(o.dir, "stockwell-load-"); err != nil {
		return nil, err
	}
	failed := h
	defer func() {
		if err != nil {
			failed.close()
		}
	}()
	for _, d := range []string{"data", "acks", "erp/orders", "erp/answers/processed", "erp/answers/rejected", "config/trusts/" + trustCode} {
		if err := os.MkdirAll(h.path(d), 0o755); err != nil {
			return nil, err
		}
	}
	if h.erp, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if h.mllp, err = freeAddress(); err != nil {
		return nil, err
	}
	if err := h.serveERP(); err != nil {
		return nil, err
	}
	if err := h.writeConfig(); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", h.path("stockwell"), "github.com/stockwell-hub/stockwell/cmd/stockwell")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build stockwell: %w: %s", err, out)
	}
	return h, nil
}

func (h *hospital) path(name string) string { return filepath.Join(h.folder, filepath.FromSlash(name)) }

// open gives the trust its stock through the hub's commands and starts it.
func (h *hospital) open(ctx context.Context) error {
	for _, args := range [][]string{{"catalogue", "load", h.path("catalogue.csv")}, {"stock", "open", h.path("opening.csv")}, {"orders", "history", h.path("history.csv")}} {
		cmd := exec.CommandContext(ctx, h.path("stockwell"), append(h.where(), args...)...)
		cmd.SysProcAttr = ownGroup()
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("stockwell %s: %w: %s", strings.Join(args[:2], " "), err, bytes.TrimSpace(out))
		}
	}
	if err := h.start(ctx); err != nil {
		return err
	}
	return h.db.attach(ctx, h.path("data/postgres"))
}

func (h *hospital) where() []string {
	return []string{"--config", h.path("config/stockwell.yaml"), "--data", h.path("data")}
}

// serveERP runs the ERP's SFTP server, which nobody kills: it is a machine of
// its own.
func (h *hospital) serveERP() error {
	key, err := jail.GenerateHostKey(h.path("erp-host-key"))
	if err != nil {
		return err
	}
	dir := h.path("config/trusts/" + trustCode)
	known := jail.KnownHostsLine(h.erp.Addr().String(), key.PublicKey()) + "\n"
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "known_hosts"), []byte(known), 0o644),
		os.WriteFile(filepath.Join(dir, "erp.password"), []byte("load\n"), 0o600)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := jail.Serve(ctx, h.erp, h.path("erp"), key, "stockwell", "load"); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "load: the ERP's SFTP server stopped:", err)
		}
	}()
	h.erpEnd = func() { cancel(); <-done }
	return nil
}

// close ends all that runs and removes the folder.
func (h *hospital) close() {
	if h.hub != nil {
		_ = h.hub.stop()
	}
	h.db.close()
	if h.erpEnd != nil {
		h.erpEnd()
	}
	if h.keep {
		fmt.Println("kept:", h.folder)
		return
	}
	_ = os.RemoveAll(h.folder)
}

func freeAddress() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
