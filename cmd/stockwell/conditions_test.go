package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

// warningsKept keeps the warnings of conditions, unless it is away.
type warningsKept struct {
	away bool
	rows map[string]journal.Condition // open ones, by trust and kind
	all  []string
}

func (w *warningsKept) Conditions(_ context.Context, trust string) (out []journal.Condition, err error) {
	for at, c := range w.rows {
		if strings.HasPrefix(at, trust+" ") {
			c.Trust = trust
			out = append(out, c)
		}
	}
	return out, nil
}

func (w *warningsKept) KeepCondition(_ context.Context, trust string, c journal.Condition, ended *time.Time) error {
	if w.away {
		return errors.New("away")
	}
	at := trust + " " + c.Kind
	if ended != nil {
		delete(w.rows, at)
		w.all = append(w.all, "closed "+at)
		return nil
	}
	w.rows[at] = c
	w.all = append(w.all, "opened "+at)
	return nil
}

func TestConditions_AlertOnceAtTheStartAndOnceAtTheEndAcrossARestart(t *testing.T) {
	t.Parallel()
	log := &transcript{}
	keep := &warningsKept{away: true, rows: map[string]journal.Condition{}}
	now := time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)
	m := newMetrics()
	start := func() *conditions {
		c := newConditions(keep, []string{"ZZ1", "ZZ2"}, slog.New(slog.NewTextHandler(log, nil)), m.condition, func() time.Time { return now })
		if err := c.remember(t.Context()); err != nil {
			t.Fatal(err)
		}
		return c
	}
	gauge := func() float64 {
		var now dto.Metric
		if err := m.condition.WithLabelValues(databaseAway, "").Write(&now); err != nil {
			t.Fatal(err)
		}
		return now.GetGauge().GetValue()
	}
	c := start()
	for range 3 {
		c.set(databaseAway, "", true, "It is away.", "Look.")
		c.write(t.Context())
	}
	if gauge() != 1 || len(keep.all) != 0 || len(c.list()) != 1 {
		t.Errorf("metric %v, warnings %v, banner %v", gauge(), keep.all, c.list())
	}
	keep.away = false
	c.write(t.Context())
	c = start()
	if !c.holds(databaseAway, "") || gauge() != 1 {
		t.Error("the restarted hub does not know that it is away")
	}
	c.set(databaseAway, "", true, "It is away.", "Look.")
	now = now.Add(-time.Hour) // a clock set back gives no time below zero
	c.end(databaseAway, "")
	c.end(databaseAway, "")
	c.write(t.Context())
	want := "opened ZZ1 database_away, opened ZZ2 database_away, closed ZZ1 database_away, closed ZZ2 database_away"
	if got := strings.Join(keep.all, ", "); got != want || gauge() != 0 || len(c.list()) != 0 {
		t.Errorf("metric %v, warnings %s, banner %v", gauge(), got, c.list())
	}
	if text := log.String(); strings.Count(text, "state=began") != 1 || strings.Count(text, "state=ended") != 1 || !strings.Contains(text, "lasted=0s") {
		t.Errorf("the log says:\n%s", text)
	}
}
