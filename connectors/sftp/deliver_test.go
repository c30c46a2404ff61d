package sftp

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pkgsftp "github.com/pkg/sftp"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/connectors/sftp/jail"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

var order = connectors.File{Name: "PO-000017.csv", Body: []byte("PO-000017,FAB12345,1,1240.00\n")}

func TestDeliver_TheFileLandsWholeUnderItsName(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, _ := s.connector(t)
	if err := c.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	large := connectors.File{Name: "large.csv", Body: bytes.Repeat([]byte("0123456789\n"), 200_000)}
	empty := connectors.File{Name: "empty.csv"}
	for _, f := range []connectors.File{order, large, empty} {
		if err := c.Deliver(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if got := content(t, s.path("out/"+f.Name)); got != string(f.Body) {
			t.Fatalf("%s has %d bytes, want %d", f.Name, len(got), len(f.Body))
		}
	}
	if got := files(t, s.path("out")); got != "PO-000017.csv empty.csv large.csv" {
		t.Fatalf("the folder holds %s", got)
	}
	if n := s.proxy.dials.Load(); n != 2 {
		t.Fatalf("%d connections; one to check and one to keep were expected", n)
	}
}

func TestDeliver_TheSameFileAgainIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, _ := s.connector(t)
	old := time.Unix(1_000_000_000, 0)
	for range 2 {
		if err := c.Deliver(t.Context(), order); err != nil {
			t.Fatal(err)
		}
		if info, _ := os.Stat(s.path("out/PO-000017.csv")); old.Equal(info.ModTime()) {
			return
		}
		if err := os.Chtimes(s.path("out/PO-000017.csv"), old, old); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("the file was written twice")
}

func TestDeliver_AnotherFileOfThatNameIsAConflictAndLeftAlone(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, _ := s.connector(t)
	for _, other := range []string{"shorter", strings.ToLower(string(order.Body))} {
		put(t, s.path("out/PO-000017.csv"), other)
		e := expect(t, c.Deliver(t.Context(), order), fault.Conflict, "file_differs")
		if !strings.Contains(e.Text, "PO-000017.csv") || content(t, s.path("out/PO-000017.csv")) != other {
			t.Fatalf("%v", e)
		}
	}
}

func TestDeliver_WhatABrokenAttemptLeftIsTakenUp(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, _ := s.connector(t)
	for i, left := range []string{"PO-0000", strings.Repeat("x", 1000)} {
		f := connectors.File{Name: []string{"a.csv", "b.csv"}[i], Body: order.Body}
		put(t, s.path("out/."+f.Name+".part"), left)
		if err := c.Deliver(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if got := content(t, s.path("out/"+f.Name)); got != string(order.Body) {
			t.Fatalf("got %q", got)
		}
	}
	if got := files(t, s.path("out")); got != "a.csv b.csv" {
		t.Fatalf("the folder holds %s", got)
	}
}

func TestDeliver_ALineThatBreaksMidFileLeavesNoHalfFile(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, _ := s.connector(t)
	f := connectors.File{Name: "large.csv", Body: bytes.Repeat([]byte("0123456789\n"), 200_000)}
	s.proxy.budget.Store(900_000)
	expect(t, c.Deliver(t.Context(), f), fault.Unavailable, "sftp_connection_lost")
	if got := files(t, s.path("out")); got != ".large.csv.part" {
		t.Fatalf("the folder holds %q", got)
	}
	s.proxy.budget.Store(-1)
	if err := c.Deliver(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if got := content(t, s.path("out/large.csv")); got != string(f.Body) || files(t, s.path("out")) != "large.csv" {
		t.Fatal("the file is not whole")
	}
}

func TestDeliver_AConnectionThatDiedWhileKeptIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, _ := s.connector(t)
	for _, name := range []string{"a.csv", "b.csv"} {
		if err := c.Deliver(t.Context(), connectors.File{Name: name, Body: order.Body}); err != nil {
			t.Fatal(err)
		}
		s.proxy.breakAll()
	}
	if n := s.proxy.dials.Load(); n != 2 {
		t.Fatalf("%d connections", n)
	}
}

func TestDeliver_AServerThatFallsSilentIsGivenUp(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, _ := s.connector(t, func(cfg *Config) { cfg.Timeout = 3 * time.Second })
	if err := c.Deliver(t.Context(), connectors.File{Name: "a.csv"}); err != nil {
		t.Fatal(err)
	}
	s.proxy.frozen.Store(true)
	if err := c.Deliver(t.Context(), order); !fault.Is(err, fault.Unavailable) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	expect(t, c.Deliver(ctx, order), fault.Unavailable, "sftp_interrupted")
}

func TestDeliver_TheCallersEndInterruptsATransfer(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, _ := s.connector(t)
	if err := c.Deliver(t.Context(), connectors.File{Name: "a.csv"}); err != nil {
		t.Fatal(err)
	}
	s.proxy.frozen.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	defer time.AfterFunc(20*time.Millisecond, cancel).Stop()
	expect(t, c.Deliver(ctx, order), fault.Unavailable, "sftp_interrupted")
}

func TestDeliver_WhatCannotWorkSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	other, err := jail.GenerateHostKey(filepath.Join(t.TempDir(), "key"))
	if err != nil {
		t.Fatal(err)
	}
	changed, empty := filepath.Join(t.TempDir(), "changed"), filepath.Join(t.TempDir(), "empty")
	put(t, changed, jail.KnownHostsLine(s.cfg.Address, other.PublicKey())+"\n")
	put(t, empty, "# nobody\n")
	closed := listen(t)
	_ = closed.Close()
	gone := filepath.Join(t.TempDir(), "known")
	put(t, gone, jail.KnownHostsLine(closed.Addr().String(), other.PublicKey())+"\n")
	for _, x := range []struct {
		name   string
		change func(*Config)
		kind   fault.Kind
		code   string
		path   string
	}{
		{"wrong password", func(c *Config) { c.Password = "guess" }, fault.Unavailable, "sftp_sign_in_refused", ""},
		{"unknown host key", func(c *Config) { c.KnownHosts = empty }, fault.Denied, "host_key_unknown", "known_hosts"},
		{"changed host key", func(c *Config) { c.KnownHosts = changed }, fault.Denied, "host_key_changed", "known_hosts"},
		{"no known_hosts file", func(c *Config) { c.KnownHosts += ".not" }, fault.Invalid, "known_hosts_unreadable", "known_hosts"},
		{"unreachable", func(c *Config) { c.Address, c.KnownHosts = closed.Addr().String(), gone }, fault.Unavailable, "sftp_unreachable", ""},
		{"folder missing", func(c *Config) { c.Out = "/orders" }, fault.Unavailable, "sftp_folder_missing", "out"},
		{"folder is a file", func(c *Config) { c.Out = "/note" }, fault.Unavailable, "", "out"},
		{"no password", func(c *Config) { c.Password = "" }, fault.Invalid, "sftp_setting_invalid", "password"},
		{"no key", func(c *Config) { c.PrivateKey = []byte("x") }, fault.Invalid, "sftp_setting_invalid", "private_key"},
		{"no out", func(c *Config) { c.Out = "" }, fault.Invalid, "sftp_setting_invalid", "out"},
	} {
		t.Run(x.name, func(t *testing.T) {
			put(t, s.path("note"), "")
			c, _ := s.connector(t, x.change)
			// Twice: what is wrong stays wrong.
			for range 2 {
				err := c.Deliver(t.Context(), order)
				if x.code == "" {
					x.code = fault.Of(err).Code
				}
				if e := expect(t, err, x.kind, x.code); e.Path != x.path {
					t.Fatalf("at %q, want %q", e.Path, x.path)
				}
			}
			if x.name != "no out" {
				if e := fault.Of(c.Check(t.Context())); e.Kind != x.kind {
					t.Fatalf("the check says %s: %v", e.Kind, e)
				}
			}
			if files(t, s.path("out")) != "" {
				t.Fatal("something was delivered")
			}
		})
	}
}

func TestDeliver_AnUnsafeNameIsRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, _ := s.connector(t)
	for _, name := range []string{"", ".", "..", ".hidden", "a/b", `a\b`, "a.part", "a.tmp", "a\nb", strings.Repeat("x", 300)} {
		if err := c.Deliver(t.Context(), connectors.File{Name: name}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if s.proxy.dials.Load() > 0 {
		t.Fatal("the server was asked")
	}
}

func TestNew_EverySettingThatCannotWorkIsTold(t *testing.T) {
	t.Parallel()
	err := New(Config{Address: "erp", Pattern: "[", In: "/in", Processed: "/in/"}, nil).Check(t.Context())
	var paths []string
	for _, e := range joined(err) {
		paths = append(paths, e.Path)
	}
	if got := strings.Join(paths, " "); got != "address user password known_hosts pattern processed type" {
		t.Fatalf("got %s", got)
	}
}

// It changes what the library's servers offer, so it runs alone.
func TestDeliver_AServerWithoutTheRenameExtensionIsServedToo(t *testing.T) {
	if err := pkgsftp.SetSFTPExtensions(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pkgsftp.SetSFTPExtensions("hardlink@openssh.com", "posix-rename@openssh.com", "statvfs@openssh.com"); err != nil {
			t.Error(err)
		}
	})
	s := newServer(t)
	c, _ := s.connector(t)
	for range 2 {
		if err := c.Deliver(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s.path("out/PO-000017.csv"), "other")
	expect(t, c.Deliver(t.Context(), order), fault.Conflict, "file_differs")
	if got := files(t, s.path("out")); got != "PO-000017.csv" {
		t.Fatalf("the folder holds %s", got)
	}
}
