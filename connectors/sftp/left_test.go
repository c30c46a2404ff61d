package sftp

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestRefused_TheHubIsToldOfFilesThatItDoesNotHold(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t, func(cfg *Config) { cfg.MaxFile = 20 })
	j := &judge{away: true}
	put(t, s.path("in/large.csv"), "more than twenty bytes")
	put(t, s.path("in/stopped.csv"), "wrong") // is stored, and listed as stopped
	if err := lookFor(t, c, k, j, 0); err != nil {
		t.Fatal(err)
	}
	// While that cannot be told the file stays: else nobody would be told.
	expect(t, lookFor(t, c, k, j, time.Hour), fault.Unavailable, notStored)
	s.holds(t, "large.csv stopped.csv", "", "")
	j.away = false
	if err := lookFor(t, c, k, j, time.Hour); err != nil {
		t.Fatal(err)
	}
	s.holds(t, "", "", "large.csv large.csv.reason.txt stopped.csv stopped.csv.reason.txt")
	if got := strings.Join(j.refused, ", "); got != "erp large.csv file_too_large" {
		t.Fatalf("told of %s", got)
	}
}

func TestRefused_AFileThatNeverWasWholeIsTold(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t, func(cfg *Config) { cfg.Whole = Marker })
	j := &judge{}
	put(t, s.path("in/a.csv"), "one")
	put(t, s.path("in/b.csv.done"), "")
	for range 2 {
		if err := lookFor(t, c, k, j, 2*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	s.holds(t, "", "", "a.csv a.csv.reason.txt b.csv.done b.csv.done.reason.txt")
	if len(j.refused) != 2 || !strings.Contains(strings.Join(j.refused, ", "), "a.csv marker_missing") || !strings.Contains(strings.Join(j.refused, ", "), "b.csv.done marker_alone") {
		t.Fatalf("told of %v", j.refused)
	}
}

func TestLeft_WhatIsNotTakenIsListedOnceItHasLainThere(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t, func(cfg *Config) { cfg.Pattern, cfg.Incomplete = "*.csv", time.Hour })
	j := &judge{}
	for _, name := range []string{"notes.txt", "half.csv.part", "back\\slash.csv", "new\nline.csv", strings.Repeat("l", 221) + ".csv", ".hidden.csv"} {
		put(t, s.path("in/"+name), "x")
	}
	for _, err := range []error{os.Symlink(s.path("in/notes.txt"), s.path("in/link.csv")), os.Mkdir(s.path("in/folder.csv"), 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := lookFor(t, c, k, j, 0); err != nil || len(c.Left()) != 0 {
		t.Fatal(err, c.Left())
	}
	if err := lookFor(t, c, k, j, time.Hour); err != nil || j.effects != 0 {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, l := range c.Left() {
		got[l.Name] = l.Why
	}
	for name, why := range map[string]string{"notes.txt": "pattern *.csv", "half.csv.part": "still being written", `back\slash.csv`: "control character", "new?line.csv": "control character", strings.Repeat("l", 220): "220 bytes", "link.csv": "no ordinary file"} {
		if !strings.Contains(got[name], why) {
			t.Errorf("%s: %q", name, got[name])
		}
	}
	if len(got) != 6 {
		t.Errorf("%v", got)
	}
	if err := os.Remove(s.path("in/notes.txt")); err != nil {
		t.Fatal(err)
	}
	if err := lookFor(t, c, k, j, 0); err != nil || len(c.Left()) != 5 {
		t.Errorf("%v, %v", err, c.Left())
	}
}

func TestRun_LettersOfEitherCaseFitThePattern(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t, func(cfg *Config) { cfg.Pattern = "*.csv" })
	j := &judge{}
	put(t, s.path("in/GOODS.CSV"), "x")
	for range 2 {
		if err := lookFor(t, c, k, j, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	s.holds(t, "", "GOODS.CSV", "")
}

// The longest name that is taken leaves room for all that is written after it.
func TestRun_ALongNameWithRefusedRowsIsPutAway(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t, func(cfg *Config) { cfg.Pattern = "*" })
	j := &judge{}
	name := strings.Repeat("n", maxName-4) + ".csv"
	for _, body := range []string{"partly", "partly, and more"} {
		put(t, s.path("in/"+name), body)
		for range 2 {
			if err := lookFor(t, c, k, j, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if files(t, s.path("in")) != "" {
			t.Fatal("the file stayed")
		}
	}
	if n := len(strings.Fields(files(t, s.path("in/rejected")))); n != 2 {
		t.Fatalf("%d files of refused rows", n)
	}
}

func TestLeft_AFileThatFailsAgainAndAgainIsListedAndTheFolderGoesOn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c, k := s.connector(t)
	h := &hub{before: func(e connectors.Envelope) error {
		if e.ControlID == "a.csv" {
			return fault.New(fault.Internal, "defect", "It failed.")
		}
		return nil
	}}
	put(t, s.path("in/a.csv"), "x")
	if err := lookFor(t, c, k, h, 0); err != nil {
		t.Fatal(err)
	}
	for n := range 2 {
		err := lookFor(t, c, k, h, time.Hour)
		if e := expect(t, err, fault.Internal, "defect"); !errors.As(err, new(ofOne)) {
			t.Fatalf("the folder as a whole fails: %v", e)
		}
		if left := c.Left(); len(left) != n || n == 1 && (left[0].Name != "a.csv" || left[0].Why != "It failed.") {
			t.Fatalf("after %d tries: %v", n+1, left)
		}
	}
	h.before = nil
	if err := lookFor(t, c, k, h, time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := lookFor(t, c, k, h, 0); err != nil || len(c.Left()) != 0 || files(t, s.path("in")) != "" {
		t.Fatal(err, c.Left())
	}
}
