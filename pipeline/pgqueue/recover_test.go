package pgqueue

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

func TestRecover_WhatCanNeitherBeHandledNorSetAsideIsTriedAgainAfterAPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &Consumer{Log: slog.New(slog.DiscardHandler)}
		start := time.Now() // of the bubble: it passes only where somebody waits
		if limit := c.recover(t.Context(), 1, 1, failing{all: 1}, errors.New("no row may be written")); limit != 1 {
			t.Errorf("then %d messages at a time", limit)
		}
		if time.Since(start) == 0 {
			t.Error("it is tried again at once, and again")
		}
	})
}
