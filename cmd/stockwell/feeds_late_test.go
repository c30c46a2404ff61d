package main

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/store"
)

// witnessed notes which of a feed's warnings were open when each message was
// stored.
type witnessed struct {
	h    *hospital
	mu   sync.Mutex
	open []string
}

func (w *witnessed) Receive(context.Context, connectors.Envelope) (connectors.Receipt, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	open, err := w.h.query(`SELECT string_agg(kind, ' ' ORDER BY kind) FROM warning WHERE subject = 'cathlab' AND closed_at IS NULL`)
	w.open = append(w.open, open)
	return connectors.Receipt{MessageID: 1}, err
}

// TestFeeds_OldNewsIsToldBeforeItIsStored plays the morning of a feed whose
// engine was cut off for three hours.
func TestFeeds_OldNewsIsToldBeforeItIsStored(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	london, err := time.LoadLocation("Europe/London")
	h.must(err)
	now := time.Date(2026, 7, 6, 9, 0, 0, 0, london)
	w := &witnessed{h: h}
	f := newFeeds(w, h.hub.store, h.hub.log, func() time.Time { return now })
	f.add("ZZ1", "cathlab", london, 0, 15*time.Minute)
	f.begun(t.Context())
	message := func(sentAt, want string) {
		t.Helper()
		_, err := f.Receive(t.Context(), connectors.Envelope{Trust: "ZZ1", Connector: "cathlab", SentAt: sentAt, ReceivedAt: now})
		h.must(err)
		if got := w.open[len(w.open)-1]; got != want {
			t.Errorf("when what was sent at %q was stored, %q was open, not %q", sentAt, got, want)
		}
	}
	minutes := func(n int, want string) {
		t.Helper()
		for range n {
			now = now.Add(time.Minute)
			f.look(t.Context())
		}
		if got, err := h.query(`SELECT string_agg(CASE WHEN closed_at IS NULL THEN 'open' ELSE closed_why END, ' ' ORDER BY id) FROM warning WHERE kind = 'feed_behind'`); err != nil || got != want {
			t.Errorf("at %s the warnings are: %s, not %s; %v", now.Format(time.TimeOnly), got, want, err)
		}
	}
	for _, fresh := range []string{"20260706090000", "20260706084500", "202607060850", "20260706080000+0000", "20260706093000", "20260706", "2026070606", "", `""`, "yesterday"} {
		message(fresh, "")
	}
	message("20260706060000", "feed_behind") // the backlog begins
	minutes(5, "open")
	message("20260706090500", "feed_behind") // fresh news in between
	message("20260706063000", "feed_behind")
	minutes(14, "open")
	minutes(1, "It has caught up.")
	message("20260706091900", "")
	message("20260706070000+0100", "feed_behind") // another one
	minutes(16, "It has caught up. It has caught up.")

	autumn := time.Date(2026, 10, 25, 1, 20, 0, 0, time.UTC) // 01:20 for the second time
	now = autumn
	message("20261025012000", "") // perhaps an hour ago, perhaps not
	if log := h.log.String(); strings.Count(log, "warning=feed_behind state=began") != 2 || strings.Count(log, "warning=feed_behind state=ended") != 2 {
		t.Errorf("it was told otherwise than twice:\n%s", log)
	}
}

func TestFeeds_ABacklogOverManyConnectionsIsToldOnce(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	w := &witnessed{h: h}
	f := newFeeds(w, h.hub.store, h.hub.log, time.Now)
	f.add("ZZ1", "cathlab", time.UTC, 0, 15*time.Minute)
	var all sync.WaitGroup
	for range 32 {
		all.Go(func() {
			_, err := f.Receive(context.WithoutCancel(t.Context()), connectors.Envelope{Trust: "ZZ1", Connector: "cathlab", SentAt: "20260101000000", ReceivedAt: time.Now()})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i, open := range w.open {
		if open != "feed_behind" {
			t.Errorf("message %d was stored when %q was open", i, open)
		}
	}
	if n := strings.Count(h.log.String(), "warning=feed_behind state=began"); n != 1 {
		t.Errorf("it was told %d times", n)
	}
}

// TestFeeds_WhatWaitedWhileNoHubRanOrdersNothingByItself leaves a use in the
// queue for an hour.
func TestFeeds_WhatWaitedWhileNoHubRanOrdersNothingByItself(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.set("behind_after", "15m")
	h.seed()
	raw := []byte(strings.ReplaceAll(string((&journey{hospital: h, dir: journeys + "/use"}).file("use.hl7")), "\n", "\r"))
	ago := time.Now().Add(-time.Hour)
	a := &app{cli: &cli{Config: h.path("stockwell.yaml")}, ctx: t.Context()}
	h.must(a.withBooks(func(s *store.Store, _ *trust) error {
		_, err := s.Receive(t.Context(), "ZZ1", []connectors.Envelope{{Trust: "ZZ1", Connector: "theatre", Format: "hl7v2", Type: "DFT^P03", Sender: "THEATRE|ZZ1", ControlID: "MSG000441", Raw: raw, ReceivedAt: ago}}, []int64{7})
		return err
	}))
	if _, err := h.query(`WITH u AS (UPDATE queue_message SET published_at = $1 RETURNING 1) SELECT count(*)::text FROM u`, ago); err != nil {
		t.Fatal(err)
	}
	h.start()
	h.quiet()
	why, err := h.query(`SELECT state || ': ' || why FROM suggestion`)
	if h.must(err); !strings.HasPrefix(why, "waits: Feed theatre has been behind since ") {
		t.Errorf("the suggestion %s", why)
	}
	if text, err := h.query(`SELECT text FROM warning WHERE kind = 'feed_behind' AND closed_at IS NULL`); err != nil || !strings.HasPrefix(text, "theatre is behind: a message that came at ") {
		t.Errorf("the warning says %q, %v", text, err)
	}
	h.hub.feeds.look(t.Context()) // it is posted by now
	h.until("the order is made by itself", func() (string, error) {
		return h.query(`SELECT 'not ordered' FROM suggestion WHERE state <> 'ordered' OR decided_by <> 'planner'`)
	})
}

func TestCLI_FeedsAreListedHeldAndReleased(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	for _, c := range []struct{ command, want string }{
		{"feeds list", "theatre  never       none known  go by themselves"},
		{"feeds hold theatre --by B.Buyer --reason Stocktake", "Feed theatre is held. Its messages are recorded as ever; orders of its places wait for a person until `stockwell feeds release theatre`."},
		{"feeds hold theatre --by B.Buyer --reason Again", "Feed theatre is held already; nothing changed."},
		{"feeds list", "wait for a person, by B.Buyer: Stocktake"},
		{"feeds list --json", `"kind": "feed_held"`},
		{"warnings list", "Orders of the places of which theatre tells wait for a person, by B.Buyer: Stocktake"},
		{"feeds release theatre --by B.Buyer", "Feed theatre is released. What waited for it is looked at again."},
		{"feeds release theatre --by B.Buyer", "Feed theatre is not held; nothing changed."},
	} {
		if out := h.ok(strings.Fields(c.command)...); !strings.Contains(out, c.want) {
			t.Errorf("stockwell %s says:\n%s", c.command, out)
		}
	}
	for _, command := range []string{"feeds hold nobody --by B --reason R", "feeds release nobody --by B", "feeds hold theatre --by B", "feeds hold theatre --reason R"} {
		if status, _, _ := h.cli(strings.Fields(command)...); status == 0 {
			t.Errorf("stockwell %s succeeds", command)
		}
	}
	if _, _, stderr := h.cli("feeds", "hold", "thaetre", "--by", "B", "--reason", "R"); !strings.Contains(stderr, "There is no feed thaetre. The trust has: theatre, fhir, erp, goods, mdor.") {
		t.Errorf("it says %s", stderr)
	}
}
