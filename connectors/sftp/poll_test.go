package sftp

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// look polls as often as a file needs to be seen unchanged.
func look(t *testing.T, c *Connector, k *clock, h *hub) error {
	t.Helper()
	if err := c.poll(t.Context(), h); err != nil {
		return err
	}
	k.advance(time.Hour)
	return c.poll(t.Context(), h)
}

func TestRun_AFileIsTakenOnceItIsWhole(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t)
	h := &hub{}
	poll := func(passed time.Duration, calls int) {
		t.Helper()
		k.advance(passed)
		if err := c.poll(t.Context(), h); err != nil || h.calls != calls {
			t.Fatalf("%d files taken, want %d: %v", h.calls, calls, err)
		}
	}
	put(t, s.path("in/ack.csv"), "PO-0000")
	poll(0, 0)
	poll(59*time.Second, 0)
	put(t, s.path("in/ack.csv"), "PO-000017,accepted\n")
	poll(time.Hour, 0)
	poll(59*time.Second, 0)
	poll(time.Second, 1)
	want := connectors.Envelope{
		Trust: "ZZ1", Connector: "erp", Format: "csv", Type: "order_ack", ControlID: "ack.csv",
		Sender: "hub@" + s.cfg.Address + "/in", Peer: "/in/ack.csv", ReceivedAt: k.now(),
		Raw: []byte("PO-000017,accepted\n"), Digest: sha256.Sum256([]byte("PO-000017,accepted\n")),
	}
	for _, got := range h.stored {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v\nwant %v", got, want)
		}
	}
	if files(t, s.path("in")) != "" || files(t, s.path("in/processed")) != "ack.csv" {
		t.Fatal("the file was not moved")
	}
	poll(time.Hour, 1)
}

func TestRun_NamesOfOthersAndOfFilesBeingWrittenArePassedOver(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t, func(cfg *Config) { cfg.Pattern = "*" })
	h := &hub{}
	for _, name := range []string{".a.csv", "a.csv.part", "a.TMP", "a.filepart", ".x.part"} {
		put(t, s.path("in/"+name), "x")
	}
	if err := os.Symlink(s.path("in/.a.csv"), s.path("in/link.csv")); err != nil {
		t.Fatal(err)
	}
	if err := look(t, c, k, h); err != nil || h.calls != 0 {
		t.Fatalf("%d files taken: %v", h.calls, err)
	}
	c, k = s.connector(t)
	put(t, s.path("in/notes.txt"), "x")
	if err := look(t, c, k, h); err != nil || h.calls != 0 {
		t.Fatalf("%d files taken: %v", h.calls, err)
	}
}

func TestRun_TheSameFileTwiceHasOneEffect(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t)
	h := &hub{}
	for _, text := range []string{"one", "one", "one", "two"} {
		put(t, s.path("in/ack.csv"), text)
		if err := look(t, c, k, h); err != nil {
			t.Fatal(err)
		}
	}
	if h.calls != 4 || h.effects != 2 || files(t, s.path("in")) != "" {
		t.Fatalf("%d calls, %d effects", h.calls, h.effects)
	}
	if got := files(t, s.path("in/processed")); got != "ack.3fc4ccfe7458.csv ack.7692c3ad3540.csv ack.csv" {
		t.Fatalf("processed holds %s", got)
	}
}

func TestRun_ARejectedFileIsMovedWithItsReasonBeside(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t, func(cfg *Config) { cfg.MaxFile = 10 })
	h := &hub{before: func(connectors.Envelope) error {
		return fault.New(fault.Invalid, "column_missing", "The column \"status\" is missing.").At("ack.csv:1:5")
	}}
	put(t, s.path("in/ack.csv"), "x")
	put(t, s.path("in/large.csv"), "more than ten bytes")
	if err := look(t, c, k, h); err != nil {
		t.Fatal(err)
	}
	if got := files(t, s.path("in/rejected")); got != "ack.csv ack.csv.reason.txt large.csv large.csv.reason.txt" || files(t, s.path("in")) != "" {
		t.Fatalf("rejected holds %s", got)
	}
	why := content(t, s.path("in/rejected/ack.csv.reason.txt"))
	if !strings.Contains(why, `ack.csv:1:5: The column "status" is missing. [column_missing]`) {
		t.Fatal(why)
	}
	if why := content(t, s.path("in/rejected/large.csv.reason.txt")); !strings.Contains(why, "at most 10") || h.calls != 1 {
		t.Fatal(why)
	}
}

func TestRun_WhatTheHubCannotStoreStaysAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t)
	h := &hub{before: func(connectors.Envelope) error {
		return fault.New(fault.Unavailable, "database_down", "The database does not answer.")
	}}
	put(t, s.path("in/a.csv"), "x")
	put(t, s.path("in/b.csv"), "x")
	expect(t, look(t, c, k, h), fault.Unavailable, notStored)
	if h.calls != 1 || files(t, s.path("in")) != "a.csv b.csv" {
		t.Fatalf("%d calls", h.calls)
	}
	h.before = nil
	if err := look(t, c, k, h); err != nil || h.effects != 2 || files(t, s.path("in")) != "" {
		t.Fatalf("%d effects, %v", h.effects, err)
	}
}

func TestRun_AFileThatFailsInTheHubHoldsBackNoOther(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t)
	h := &hub{before: func(e connectors.Envelope) error {
		if e.ControlID == "a.csv" {
			return fmt.Errorf("a defect")
		}
		return nil
	}}
	put(t, s.path("in/a.csv"), "x")
	put(t, s.path("in/b.csv"), "x")
	expect(t, look(t, c, k, h), fault.Internal, "internal")
	if h.effects != 1 || files(t, s.path("in")) != "a.csv" {
		t.Fatalf("%d effects", h.effects)
	}
}

func TestRun_ACrashBeforeTheMoveHasNoSecondEffect(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t)
	h := &hub{before: func(connectors.Envelope) error { return os.Rename(s.path("in/processed"), s.path("away")) }}
	put(t, s.path("in/ack.csv"), "x")
	e := expect(t, look(t, c, k, h), fault.Unavailable, "sftp_folder_missing")
	if e.Path != "processed" || files(t, s.path("in")) != "ack.csv" {
		t.Fatal(e)
	}
	if err := os.Rename(s.path("away"), s.path("in/processed")); err != nil {
		t.Fatal(err)
	}
	h.before = nil
	again, k := s.connector(t)
	if err := look(t, again, k, h); err != nil || h.calls != 2 || h.effects != 1 || files(t, s.path("in/processed")) != "ack.csv" {
		t.Fatalf("%d calls, %d effects, %v", h.calls, h.effects, err)
	}
}

func TestRun_AFileThatVanishesOrIsReplacedIsNoError(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t)
	h := &hub{}
	h.before = func(e connectors.Envelope) error {
		if string(e.Raw) == "first" {
			put(t, s.path("in/a.csv"), "second, longer")
			return os.Remove(s.path("in/b.csv"))
		}
		return nil
	}
	put(t, s.path("in/a.csv"), "first")
	old := time.Unix(1_000_000_000, 0)
	if err := os.Chtimes(s.path("in/a.csv"), old, old); err != nil {
		t.Fatal(err)
	}
	put(t, s.path("in/b.csv"), "x")
	if err := look(t, c, k, h); err != nil || h.effects != 1 || files(t, s.path("in")) != "a.csv" {
		t.Fatalf("%d effects, %s, %v", h.effects, files(t, s.path("in")), err)
	}
	if err := look(t, c, k, h); err != nil || h.effects != 2 || files(t, s.path("in")) != "" {
		t.Fatalf("%d effects, %v", h.effects, err)
	}
}

func TestRun_TwoHubsOnOneFolderTakeEachFileOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	h := &hub{}
	for i := range 30 {
		put(t, s.path(fmt.Sprintf("in/%02d.csv", i)), fmt.Sprint(i))
	}
	var both sync.WaitGroup
	for range 2 {
		c, k := s.connector(t)
		both.Go(func() {
			if err := look(t, c, k, h); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if h.effects != 30 || files(t, s.path("in")) != "" || len(strings.Fields(files(t, s.path("in/processed")))) != 30 {
		t.Fatalf("%d effects; processed holds %s", h.effects, files(t, s.path("in/processed")))
	}
}

func TestRun_AMissingFolderIsToldOnceAndAwaited(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if err := os.Rename(s.path("in"), s.path("away")); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cfg := s.cfg
	cfg.Stable = time.Nanosecond
	c := New(cfg, slog.New(slog.NewTextHandler(&log, nil)))
	ctx, cancel := context.WithCancel(t.Context())
	h := &hub{before: func(connectors.Envelope) error { cancel(); return nil }}
	ended := make(chan error)
	go func() { ended <- c.Run(ctx, h) }()
	for polls := s.proxy.dials.Load; polls() == 0; {
		time.Sleep(time.Millisecond)
	}
	for {
		if _, err := c.Status(); err != nil {
			if e := expect(t, err, fault.Unavailable, "sftp_folder_missing"); e.Path != "in" {
				t.Fatal(e)
			}
			break
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	put(t, s.path("away/ack.csv"), "x")
	if err := os.Rename(s.path("away"), s.path("in")); err != nil {
		t.Fatal(err)
	}
	// The file is handed over as Run is stopped: it is finished all the same.
	if err := <-ended; err != nil || files(t, s.path("in/processed")) != "ack.csv" {
		t.Fatal(err)
	}
	if lastOK, err := c.Status(); err != nil || lastOK.IsZero() {
		t.Fatalf("status is %v, %v", lastOK, err)
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 {
		t.Fatalf("%d warnings:\n%s", n, log.String())
	}
}

func TestRun_SettingsThatCannotWorkEndIt(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, _ := s.connector(t, func(cfg *Config) { cfg.In = "" })
	expect(t, c.Run(t.Context(), &hub{}), fault.Invalid, "sftp_setting_invalid")
	c, _ = s.connector(t, func(cfg *Config) { cfg.User = "" })
	expect(t, c.Run(t.Context(), &hub{}), fault.Invalid, "sftp_setting_invalid")
}

func TestRun_APauseGrowsWithFailuresToABound(t *testing.T) {
	t.Parallel()
	if pause(time.Second, 0) != time.Second || pause(time.Second, 3) != 8*time.Second || pause(time.Second, 1000) != maxPause || pause(time.Hour, 2) != time.Hour {
		t.Fatal("the pause is not as declared")
	}
}
