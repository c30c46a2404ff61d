package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/sftp"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// playedFolder is a folder as the test wants it.
type playedFolder struct {
	lastOK time.Time
	err    error
	left   []sftp.Left
}

func (f *playedFolder) Status() (time.Time, error) { return f.lastOK, f.err }
func (f *playedFolder) Left() []sftp.Left          { return f.left }

// TestFolders_WhatKeepsFilesFromBeingTakenIsTold plays a folder through an
// outage, a restart of the hub in the midst of it, and files that nobody takes.
func TestFolders_WhatKeepsFilesFromBeingTakenIsTold(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	now := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
	x := &playedFolder{}
	begin := func() *feeds {
		f := newFeeds(taker{}, h.hub.store, h.hub.log, func() time.Time { return now })
		f.add("ZZ1", "stores", time.UTC, time.Hour, time.Hour)
		f.addFolder("ZZ1", "stores", x)
		f.since, x.lastOK = now, time.Time{}
		return f
	}
	f := begin()
	open := func(kind string) string {
		f.look(t.Context())
		text, err := h.query(`SELECT coalesce(string_agg(text, ' | '), '') FROM warning WHERE kind = $1 AND subject = 'folder:stores' AND closed_at IS NULL`, kind)
		h.must(err)
		return text
	}
	away := fault.New(fault.Unavailable, "sftp_unreachable", "Nothing listens there.")
	for _, step := range []struct {
		after time.Duration
		ok    bool
		err   error
		told  bool
	}{
		{0, false, away, false}, {time.Minute, false, away, false}, {time.Minute, false, away, true}, {time.Hour, false, away, true},
		{0, true, nil, false}, {time.Hour, false, fault.New(fault.Unavailable, "sftp_not_stored", "The database is away."), false}, {0, true, nil, false},
	} {
		if now, x.err = now.Add(step.after), step.err; step.ok {
			x.lastOK = now
		}
		if text := open(filesUnreachable); (text != "") != step.told || step.told && text != "The connector stores cannot collect files. Nothing listens there." {
			t.Fatalf("%+v: %q", step, text)
		}
	}
	x.err, now = away, now.Add(time.Hour)
	if open(filesUnreachable) == "" {
		t.Fatal("an outage is not told")
	}
	f = begin() // the hub is started again, and has not looked yet
	x.err = nil
	if open(filesUnreachable) == "" {
		t.Error("a restart ended an outage")
	}
	x.lastOK = now
	if text := open(filesUnreachable); text != "" {
		t.Errorf("it is over, and it says %q", text)
	}
	for i := range 7 {
		x.left = append(x.left, sftp.Left{Name: fmt.Sprintf("f%d.txt", i), Changed: now, Why: "Its name does not fit."})
	}
	if text := open(filesLeft); !strings.HasPrefix(text, "7 files lie in the folder of the connector stores and are not taken: f0.txt, of 2026-03-09 ") || !strings.HasSuffix(text, "(Its name does not fit); and others.") {
		t.Errorf("it says %q", text)
	}
	x.left = x.left[:1]
	if text := open(filesLeft); !strings.HasPrefix(text, "A file lies in the folder") {
		t.Errorf("it says %q", text)
	}
	x.left = nil
	if text := open(filesLeft); text != "" {
		t.Errorf("they are gone, and it says %q", text)
	}
}
