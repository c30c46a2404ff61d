package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/store"
)

// taker stores nothing and says that it did.
type taker struct{}

func (taker) Receive(context.Context, connectors.Envelope) (connectors.Receipt, error) {
	return connectors.Receipt{MessageID: 1}, nil
}

// TestFeeds_ASilentFeedAlertsOnceAndItsNextMessageEndsIt plays a Monday of a
// feed that sent 40 messages an hour on the eight Mondays before.
func TestFeeds_ASilentFeedAlertsOnceAndItsNextMessageEndsIt(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	monday := time.Date(2026, 3, 9, 9, 0, 0, 0, time.UTC)
	hours := map[time.Time]int64{}
	for week := range 8 {
		for hour := range 10 {
			hours[monday.AddDate(0, 0, -7*(week+1)).Add(time.Duration(hour-1)*time.Hour)] = 40
		}
	}
	s := h.hub.store
	h.must(s.KeepFeeds(t.Context(), "ZZ1", map[string]store.Heard{"theatres-hl7": {Last: monday.AddDate(0, 0, -56)}}))
	h.must(s.KeepFeeds(t.Context(), "ZZ1", map[string]store.Heard{"theatres-hl7": {Last: monday.AddDate(0, 0, -7), Hours: hours}}))

	now := monday
	london, err := time.LoadLocation("Europe/London")
	h.must(err)
	open := func() *feeds {
		f := newFeeds(taker{}, s, h.hub.log, func() time.Time { return now })
		f.add("ZZ1", "theatres-hl7", london, 0, time.Hour)
		f.since = now
		return f
	}
	message := func(f *feeds) {
		_, err := f.Receive(t.Context(), connectors.Envelope{Trust: "ZZ1", Connector: "theatres-hl7"})
		h.must(err)
	}
	warnings := func(want string) {
		t.Helper()
		got, err := h.query(`SELECT coalesce(string_agg(CASE WHEN closed_at IS NULL THEN 'open' ELSE 'closed' END, ' ' ORDER BY id), 'none') FROM warning WHERE kind = 'feed_silent'`)
		if got != want || err != nil {
			t.Fatalf("at %s the warnings are: %s, not %s; %v", now.Format(time.TimeOnly), got, want, err)
		}
	}
	f := open()
	message(f)
	for range 30 { // a minute each
		f.look(t.Context())
		now = now.Add(time.Minute)
	}
	warnings("none")
	now = monday.Add(time.Hour)
	f.look(t.Context())
	f.look(t.Context())
	warnings("open")
	if text, err := h.query(`SELECT text FROM warning WHERE kind = 'feed_silent'`); err != nil || text != "theatres-hl7 has sent nothing since 09:00; on Mondays at this hour it sends about 40 messages." {
		t.Errorf("it says %q, %v", text, err)
	}
	f = open() // a restart
	now = now.Add(time.Hour)
	f.look(t.Context())
	warnings("open")

	now = now.Add(-90 * time.Minute) // the clock is set back
	f.look(t.Context())
	warnings("open")
	message(f)
	f.look(t.Context())
	warnings("closed")
	now = now.Add(5 * time.Minute)
	f.look(t.Context())
	warnings("closed")
	if log := h.log.String(); strings.Count(log, "warning=feed_silent state=began") != 1 || strings.Count(log, "warning=feed_silent state=ended") != 1 {
		t.Errorf("it was told more than once:\n%s", log)
	}
}

func TestFeeds_TwoHubsAddUpAndAnUnwrittenMinuteIsKept(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	now := time.Date(2026, 3, 9, 9, 30, 0, 0, time.UTC)
	var hubs [2]*feeds
	for i := range hubs {
		hubs[i] = newFeeds(taker{}, h.hub.store, h.hub.log, func() time.Time { return now })
		hubs[i].add("ZZ1", "theatre", time.UTC, 0, time.Hour)
		for range 3 {
			_, err := hubs[i].Receive(t.Context(), connectors.Envelope{Trust: "ZZ1", Connector: "theatre"})
			h.must(err)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	hubs[0].look(gone) // the database does not answer
	for _, f := range hubs {
		f.look(t.Context())
		f.look(t.Context())
	}
	if n, err := h.query(`SELECT sum(messages)::text FROM feed_hour WHERE connector = 'theatre' AND hour = '2026-03-09 09:00Z'`); n != "6" || err != nil {
		t.Errorf("%s messages are counted, %v", n, err)
	}
}
