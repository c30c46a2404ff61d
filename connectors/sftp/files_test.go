package sftp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// judge is a hub that says what became of a file by its first words.
type judge struct {
	hub
	patience []time.Duration
	refused  []string // files that the hub does not hold, with the code of the reason
	away     bool     // nothing can be told
}

func (j *judge) FileRefused(_ context.Context, e connectors.Envelope, why error) error {
	if j.away {
		return fault.New(fault.Unavailable, "database_away", "Away.")
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.refused = append(j.refused, e.Connector+" "+e.ControlID+" "+fault.Of(why).Code)
	return nil
}

func (j *judge) ReceiveFile(ctx context.Context, e connectors.Envelope, patience time.Duration) (fate connectors.Fate, err error) {
	if strings.HasPrefix(string(e.Raw), "wrong") {
		return fate, fault.New(fault.Stopped, "column_missing", "The column \"line\" is missing.").At("line 1")
	}
	if fate.Receipt, err = j.Receive(ctx, e); err != nil {
		return fate, err
	}
	j.mu.Lock()
	j.patience = append(j.patience, patience)
	j.mu.Unlock()
	fate.Known = !strings.HasPrefix(string(e.Raw), "later")
	if strings.HasPrefix(string(e.Raw), "partly") {
		fate.Refused = []byte("line,reason,a\r\n3,\"no\",x\r\n")
	}
	return fate, nil
}

// lookFor is look with a judge.
func lookFor(t *testing.T, c *Connector, k *clock, j connectors.Receiver, passed time.Duration) error {
	t.Helper()
	k.advance(passed)
	return c.poll(t.Context(), j)
}

// holds fails the test unless the folders hold just these files.
func (s *server) holds(t *testing.T, in, processed, rejected string) {
	t.Helper()
	if a, b, c := files(t, s.path("in")), files(t, s.path("in/processed")), files(t, s.path("in/rejected")); a != in || b != processed || c != rejected {
		t.Fatalf("in holds %q, processed %q, rejected %q; want %q, %q, %q", a, b, c, in, processed, rejected)
	}
}

func TestFiles_EachGoesWhereItsFateSendsIt(t *testing.T) {
	t.Parallel()
	s := openSSH(t)
	c, k := s.connector(t, func(cfg *Config) { cfg.Patience = 7 * time.Second })
	j := &judge{}
	for name, text := range map[string]string{"a.csv": "good", "b.csv": "partly", "c.csv": "wrong", "d.csv": "later"} {
		put(t, s.path("in/"+name), text)
	}
	for range 2 {
		if err := lookFor(t, c, k, j, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	s.holds(t, "", "a.csv b.csv d.csv", "b.csv.rejected.csv c.csv c.csv.reason.txt")
	if content(t, s.path("in/rejected/b.csv.rejected.csv")) != "line,reason,a\r\n3,\"no\",x\r\n" || !strings.Contains(content(t, s.path("in/rejected/c.csv.reason.txt")), "line 1: The column \"line\" is missing. [column_missing]") {
		t.Error("what is said of them is not right")
	}
	if len(j.patience) != 3 || j.patience[0] != 7*time.Second {
		t.Errorf("waited %v", j.patience)
	}
}

func TestFiles_WhatTheHubCannotTakeNowStays(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t)
	j := &judge{}
	j.before = func(connectors.Envelope) error { return fault.New(fault.Unavailable, "hub_stopping", "It stops.") }
	put(t, s.path("in/a.csv"), "good")
	_ = lookFor(t, c, k, j, 0)
	expect(t, lookFor(t, c, k, j, time.Hour), fault.Unavailable, notStored)
	s.holds(t, "a.csv", "", "")
}

func TestMarker_AFileIsWholeWhenItsMarkerSaysSo(t *testing.T) {
	t.Parallel()
	s := openSSH(t)
	c, k := s.connector(t, func(cfg *Config) { cfg.Whole, cfg.Incomplete = Marker, time.Hour })
	j := &judge{}
	look := func(passed time.Duration, effects int) {
		t.Helper()
		if err := lookFor(t, c, k, j, passed); err != nil || j.effects != effects {
			t.Fatalf("%d effects, %v", j.effects, err)
		}
	}
	put(t, s.path("in/a.csv"), "half")
	look(0, 0)
	look(30*time.Minute, 0)
	put(t, s.path("in/a.csv"), "half and half")
	put(t, s.path("in/a.csv.done"), "")
	look(0, 1)
	s.holds(t, "", "a.csv", "")
	// A marker that was left by a former file says nothing of the next.
	put(t, s.path("in/a.csv.done"), "")
	old := time.Now().Add(-time.Minute)
	if err := os.Chtimes(s.path("in/a.csv.done"), old, old); err != nil {
		t.Fatal(err)
	}
	put(t, s.path("in/a.csv"), "half of the next")
	look(0, 1)
	look(59*time.Minute, 1)
	s.holds(t, "a.csv a.csv.done", "a.csv", "")
	put(t, s.path("in/a.csv.done"), "")
	look(0, 2)
	// One whose marker never comes is given back, and so is a marker alone.
	put(t, s.path("in/b.csv"), "half")
	put(t, s.path("in/c.csv.done"), "")
	look(0, 2)
	look(time.Hour, 2)
	s.holds(t, "", "a.a723151c918b.csv a.csv", "b.csv b.csv.reason.txt c.csv.done c.csv.done.reason.txt")
	for name, code := range map[string]string{"b.csv": "marker_missing", "c.csv.done": "marker_alone"} {
		if why := content(t, s.path("in/rejected/"+name+".reason.txt")); !strings.Contains(why, code) {
			t.Error(why)
		}
	}
}

func TestTrailer_AFileThatDoesNotEndWithItIsNotWhole(t *testing.T) {
	t.Parallel()
	s := openSSH(t)
	read := 0
	c, k := s.connector(t, func(cfg *Config) {
		cfg.Whole, cfg.Incomplete = Trailer, time.Hour
		cfg.Complete = func(raw []byte) error {
			read++
			if strings.HasSuffix(string(raw), "T,1\n") {
				return nil
			}
			return fault.New(fault.Invalid, "trailer_missing", "The file does not end with its trailer: it is not whole.")
		}
	})
	j := &judge{}
	look := func(passed time.Duration, effects, reads int) {
		t.Helper()
		if err := lookFor(t, c, k, j, passed); err != nil || j.effects != effects || read != reads {
			t.Fatalf("%d effects, read %d times, %v", j.effects, read, err)
		}
	}
	put(t, s.path("in/a.csv"), "x\n")
	put(t, s.path("in/b.csv"), "x\n")
	look(0, 0, 0)
	look(time.Minute, 0, 2)
	look(30*time.Minute, 0, 2) // nothing changed: nothing to read
	put(t, s.path("in/a.csv"), "x\nT,1\n")
	look(time.Minute, 0, 2)
	look(time.Minute, 1, 3)
	look(time.Hour, 1, 3)
	s.holds(t, "", "a.csv", "b.csv b.csv.reason.txt")
	if why := content(t, s.path("in/rejected/b.csv.reason.txt")); !strings.Contains(why, "trailer_missing") {
		t.Error(why)
	}
}

// TestOpenSSH_WhatLftpUploadsSlowlyIsTakenOnceAndWhole has a real client write
// a file a little at a time, and its marker after it, while the hub looks all
// the time.
func TestOpenSSH_WhatLftpUploadsSlowlyIsTakenOnceAndWhole(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("lftp"); err != nil {
		t.Fatal("this test needs lftp; install it with: sudo apt-get install -y lftp")
	}
	s := openSSH(t)
	dir := t.TempDir()
	body := strings.Repeat("GR-0001,1,2026-03-16,PO-000017\n", 40_000)
	put(t, dir+"/goods.csv", body)
	put(t, dir+"/goods.csv.done", "")
	put(t, dir+"/key", string(s.cfg.PrivateKey))
	if err := os.Chmod(dir+"/key", 0o600); err != nil {
		t.Fatal(err)
	}
	c, k := s.connector(t, func(cfg *Config) { cfg.Whole = Marker })
	j := &judge{}
	ssh := fmt.Sprintf("ssh -a -x -i %s/key -o UserKnownHostsFile=%s -o StrictHostKeyChecking=yes", dir, s.cfg.KnownHosts)
	host, port, _ := strings.Cut(s.cfg.Address, ":")
	script := fmt.Sprintf(`set sftp:connect-program "%s"; set sftp:auto-confirm no; set net:max-retries 1; set net:limit-rate 0:700000; open -u %s,none -p %s sftp://%s; cd %s; put %s/goods.csv; put %s/goods.csv.done; bye`,
		ssh, s.cfg.User, port, host, s.path("in"), dir, dir)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		out, err := exec.CommandContext(ctx, "lftp", "-c", script).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		ended <- err
	}()
	seen := 0
	for done := false; !done; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		default:
		}
		if info, err := os.Stat(s.path("in/goods.csv")); err == nil && info.Size() < int64(len(body)) {
			seen++
		}
		if err := lookFor(t, c, k, j, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	s.holds(t, "", "goods.csv", "")
	if j.effects != 1 || content(t, s.path("in/processed/goods.csv")) != body {
		t.Fatalf("%d effects", j.effects)
	}
	t.Logf("the hub looked %d times while part of the file was there", seen)
}

// TestOpenSSH_ALineThatBreaksBetweenAnyTwoStepsDoublesNothing breaks the line
// at each step of taking a file, once, and lets the hub go on.
func TestOpenSSH_ALineThatBreaksBetweenAnyTwoStepsDoublesNothing(t *testing.T) {
	t.Parallel()
	for _, at := range []Step{Received, Told, Moved} {
		t.Run(string(at), func(t *testing.T) {
			t.Parallel()
			s := openSSH(t)
			broken := false
			c, k := s.connector(t, func(cfg *Config) {
				cfg.Whole = Marker
				cfg.Between = func(step Step) {
					if step == at && !broken {
						broken = true
						s.proxy.breakAll()
					}
				}
			})
			j := &judge{}
			put(t, s.path("in/a.csv"), "partly")
			put(t, s.path("in/a.csv.done"), "")
			for range 3 {
				_ = lookFor(t, c, k, j, time.Minute)
			}
			if err := lookFor(t, c, k, j, 2*time.Hour); err != nil || !broken || j.effects != 1 {
				t.Fatalf("%v, broken %v, %d effects", err, broken, j.effects)
			}
			s.holds(t, "", "a.csv", "a.csv.rejected.csv")
		})
	}
}

// TestOpenSSH_TwoHubsTellOfEachFileOnce has two hubs take the same files, of
// all fates, at once.
func TestOpenSSH_TwoHubsTellOfEachFileOnce(t *testing.T) {
	t.Parallel()
	s := openSSH(t)
	j := &judge{}
	const each = 12
	for i := range each {
		for name, text := range map[string]string{"good": "good", "part": "partly", "wrong": "wrong"} {
			put(t, s.path(fmt.Sprintf("in/%s%02d.csv", name, i)), text+fmt.Sprint(i))
		}
	}
	var both sync.WaitGroup
	failed := make(chan error, 2)
	for range 2 {
		c, k := s.connector(t)
		both.Go(func() { failed <- errors.Join(lookFor(t, c, k, j, 0), lookFor(t, c, k, j, time.Hour)) })
	}
	both.Wait()
	if err := errors.Join(<-failed, <-failed); err != nil {
		t.Fatal(err)
	}
	processed, rejected := strings.Fields(files(t, s.path("in/processed"))), strings.Fields(files(t, s.path("in/rejected")))
	if j.effects != 2*each || files(t, s.path("in")) != "" || len(processed) != 2*each || len(rejected) != 3*each {
		t.Fatalf("%d effects; %d processed, %d rejected: %v", j.effects, len(processed), len(rejected), rejected)
	}
}
