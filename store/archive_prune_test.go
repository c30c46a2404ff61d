package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// old is a hub whose archive goes back some days, each with a partition of its
// own.
type old struct {
	*hub
	t     *testing.T
	db    *pgtest.DB
	super *pgx.Conn
	today time.Time
}

func oldHub(t *testing.T, days int) *old {
	t.Helper()
	hs, db := hubs(t, "ZZ1")
	o := &old{hub: hs[0], t: t, db: db, super: superuser(t, db), today: dayOf(time.Now())}
	owner, err := pgx.Connect(t.Context(), db.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(context.WithoutCancel(t.Context()))
	for i := 1; i <= days; i++ {
		d := o.day(i)
		if _, err := owner.Exec(t.Context(), fmt.Sprintf(`CREATE TABLE message_%s PARTITION OF message FOR VALUES FROM ('%s') TO ('%s')`,
			d.Format("20060102"), d.Format(time.DateOnly), d.AddDate(0, 0, 1).Format(time.DateOnly))); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// day is so many days ago.
func (o *old) day(ago int) time.Time { return o.today.AddDate(0, 0, -ago) }

// posts stores a message of a day and posts it whole, as the hub does.
func (o *old) posts(ago int, control string, e canonical.Event) int64 {
	o.t.Helper()
	o.now = o.day(ago).Add(9 * time.Hour)
	id := o.received(o.t, control, e)
	o.exec(`DELETE FROM queue_message WHERE subject = $1`, id)
	return id
}

func (o *old) exec(sql string, args ...any) {
	o.t.Helper()
	if _, err := o.super.Exec(o.t.Context(), sql, args...); err != nil {
		o.t.Fatal(sql, err)
	}
}

func (o *old) count(sql string, args ...any) (n int) {
	o.t.Helper()
	if err := o.super.QueryRow(o.t.Context(), sql, args...).Scan(&n); err != nil {
		o.t.Fatal(sql, err)
	}
	return n
}

func (o *old) prune(before time.Time) {
	o.t.Helper()
	if err := o.Prune(o.t.Context(), before, nil); err != nil {
		o.t.Fatal(err)
	}
}

// agesKeys makes the days' keys as old as their days.
func (o *old) agesKeys() { o.t.Helper(); o.exec(`UPDATE archive_key SET made_at = day`) }

func pruningRefused(t *testing.T, err error) {
	t.Helper()
	if fault.Of(err).Code != "message_pruned" || !strings.Contains(err.Error(), "remains") {
		t.Errorf("%v, want message_pruned", err)
	}
}

func TestPrune_FreesTheDiskAndKeepsLaws2And5(t *testing.T) {
	t.Parallel()
	o := oldHub(t, 5)
	o.posts(4, "stock", o.used("1", "Z", told("0", "I0", "1")))
	id := o.posts(4, "c1", o.used("4411", "A", told("1", "I0", "1"), told("2", "I1", "2")))
	o.posts(2, "c2", o.used("4412", "B", told("1", "I0", "1")))
	for i := range 40 {
		noise := make([]byte, 20_000)
		_, _ = rand.Read(noise)
		big := envelope(fmt.Sprint("big", i), string(noise))
		take(t, o.Store, on(o.day(4), big))
	}
	o.exec(`DELETE FROM queue_message`)
	before, err := o.Chain(t.Context(), o.trust, id)
	if err != nil {
		t.Fatal(err)
	}
	o.agesKeys()
	held := o.count(`SELECT pg_total_relation_size($1)`, "message_"+o.day(4).Format("20060102"))
	freed := 0
	if err := o.Prune(t.Context(), o.day(3), func(day *time.Time) error { freed++; return nil }); err != nil || freed != 2 {
		t.Fatal(freed, err)
	}
	if n := o.count(`SELECT pg_total_relation_size('message_past')`); held < 300_000 || n > held/3 {
		t.Errorf("%d bytes became %d", held, n)
	}
	if n := o.count(`SELECT count(*) FROM pg_class WHERE relname = $1`, "message_"+o.day(4).Format("20060102")); n != 0 {
		t.Error("the day's partition is still there")
	}
	// Law 2: what is sent again has no effect.
	again := envelope("c1", "MSH|c1")
	if got, err := o.Receive(t.Context(), o.trust, []connectors.Envelope{again}, []int64{7}); err != nil || !got[0].Duplicate || got[0].MessageID != id {
		t.Errorf("sent again: %+v, %v", got, err)
	}
	// Law 5: every movement still names its message, line and mapping, and the
	// message can be shown.
	after, err := o.Chain(t.Context(), o.trust, id)
	if err != nil || after.Message.PrunedAt == nil || after.Message.Bytes != before.Message.Bytes || after.Message.State != "applied" || after.Message.Received != 2 {
		t.Fatalf("%+v, %v", after.Message, err)
	}
	if len(after.Moves) != 2 || len(after.Lines) != 2 || len(after.Postings) != 1 || after.Moves[0].Message != id || after.Moves[0].Origin != "FT1[1]" || after.Moves[0].Profile != "theatre@1" || len(after.Cases) != 1 {
		t.Errorf("%+v", after)
	}
	if n := o.count(`SELECT count(*) FROM movement m WHERE m.message_id < 1000000 AND NOT EXISTS (SELECT 1 FROM archive a WHERE a.trust = m.trust AND a.id = m.message_id)`); n != 0 {
		t.Errorf("%d movements name a message that is not to be found", n)
	}
	_, err = o.Raw(t.Context(), o.trust, id)
	pruningRefused(t, err)
	pruningRefused(t, o.Store.Replay(t.Context(), o.trust, id, func(context.Context) error { t.Error("it was replayed"); return nil }))
	if all, err := o.Messages(t.Context(), o.trust, filter); err != nil || len(all) != 43 {
		t.Errorf("%d messages are listed, %v", len(all), err)
	}
	if n := o.count(`SELECT count(*) FROM archive_key WHERE day = $1`, o.day(4)); n != 0 {
		t.Error("the pruned day's key is still there")
	}
	if n := o.count(`SELECT count(*) FROM archive_key WHERE day = $1`, o.day(2)); n != 1 {
		t.Error("the other day's key is gone")
	}
	if n := o.count(`SELECT count(*) FROM message_past WHERE raw IS NOT NULL OR key IS NOT NULL`); n != 0 {
		t.Errorf("%d messages keep more than they need", n)
	}
}

func TestPrune_WhatMayYetBeReadAgainKeepsItsBytesUntilItIsDealtWith(t *testing.T) {
	t.Parallel()
	o := oldHub(t, 5)
	o.now = o.day(4).Add(time.Hour)
	unidentified := o.posts(4, "unidentified", o.used("4411", "A", told("1", "GHOST", "1")))
	done := o.posts(4, "done", o.used("4412", "A", told("1", "I0", "1")))
	o.exec(`UPDATE usage_line SET message_id = $1 WHERE state = 'unidentified'`, done) // as a credit that came later does
	var ids []int64
	for _, name := range []string{"stopped", "waiting", "held"} {
		ids = append(ids, take(t, o.Store, on(o.now, envelope(name, "MSH|"+name)))...)
	}
	err := pgtx.Run(t.Context(), o.background, o.trust, func(ctx context.Context) error {
		_, err := pgtx.From(ctx).Exec(ctx, `SELECT queue_stop(1::smallint, seq, 'translate', 'x', '', 'It stopped.', 'p@1') FROM queue_message WHERE subject = $1`, ids[0])
		if err == nil {
			_, err = pgtx.From(ctx).Exec(ctx, `SELECT queue_delay(1::smallint, seq, '1 hour', 'x', 'later') FROM queue_message WHERE subject = $1`, ids[2])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o.agesKeys()
	o.prune(o.day(3))
	kept, err := o.KeptRaw(t.Context(), o.trust)
	if err != nil || len(kept) != 4 || kept[0].Message != unidentified || !kept[0].ReceivedOn.Equal(o.day(4)) {
		t.Fatalf("%+v, %v", kept, err)
	}
	_, err = o.Raw(t.Context(), o.trust, done)
	pruningRefused(t, err)
	for i, name := range []string{"stopped", "waiting", "held"} {
		reads(t, o.Store, ids[i], "MSH|"+name)
	}
	// They are replayed, and handled, from the bytes that were kept.
	for _, id := range []int64{ids[0], unidentified} {
		err := o.Store.Replay(t.Context(), o.trust, id, func(ctx context.Context) error {
			found, err := o.Load(ctx, o.trust, []int64{id})
			if !strings.HasPrefix(string(found[id].Raw), "MSH|") {
				t.Errorf("message %d cannot be read", id)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if m, err := o.Chain(t.Context(), o.trust, ids[0]); err != nil || m.Message.PrunedAt != nil {
		t.Errorf("%+v, %v", m.Message, err)
	}
	if n := o.count(`SELECT count(*) FROM archive_key WHERE day = $1`, o.day(4)); n != 1 {
		t.Error("the key of kept bytes is gone")
	}
	o.exec(`DELETE FROM queue_message`)
	o.exec(`DELETE FROM queue_held`)
	o.exec(`UPDATE usage_line SET state = 'withdrawn', movement = NULL WHERE state = 'unidentified'`)
	o.prune(time.Time{})
	if kept, err := o.KeptRaw(t.Context(), o.trust); err != nil || len(kept) != 0 {
		t.Errorf("dealt with, and kept: %+v, %v", kept, err)
	}
	_, err = o.Raw(t.Context(), o.trust, ids[0])
	pruningRefused(t, err)
	if n := o.count(`SELECT count(*) FROM archive_key WHERE day = $1`, o.day(4)); n != 0 {
		t.Error("the key is still there")
	}
}

func TestPrune_GivenUpBetweenAnyTwoStepsLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	o := oldHub(t, 6)
	for i := 2; i <= 6; i++ {
		for j := range 3 {
			o.posts(i, fmt.Sprint(i, "-", j), o.used(fmt.Sprint(i), "A", told(fmt.Sprint(i, j), "I0", "1")))
		}
	}
	whole := func(when string) {
		t.Helper()
		all, err := o.Messages(t.Context(), o.trust, filter)
		if err != nil || len(all) != 15 {
			t.Errorf("%s: %d messages, %v", when, len(all), err)
		}
	}
	// Half a copy, then a whole one, and no drop.
	o.count(`SELECT o_rows FROM archive_copy($1, '', 0, 2)`, o.day(6))
	whole("half copied")
	if dropped, err := o.dropDay(t.Context(), o.day(6)); err != nil || dropped {
		t.Errorf("a day that was half copied was dropped: %v, %v", dropped, err)
	}
	if err := o.copyDay(t.Context(), o.day(6)); err != nil {
		t.Fatal(err)
	}
	whole("copied")
	// A message comes late, from a clock that is far behind.
	late := take(t, o.Store, on(o.day(6), envelope("late", "MSH|late")))[0]
	if dropped, err := o.dropDay(t.Context(), o.day(6)); err != nil || dropped {
		t.Errorf("a day with a new message was dropped: %v, %v", dropped, err)
	}
	o.exec(`DELETE FROM message WHERE id = $1`, late)
	o.exec(`DELETE FROM queue_message WHERE subject = $1`, late)
	// Given up after the first day, and after the second.
	stop := errors.New("killed")
	for range 2 {
		if err := o.Prune(t.Context(), o.day(2), func(*time.Time) error { return stop }); !errors.Is(err, stop) {
			t.Error(err)
		}
		whole("given up")
	}
	o.prune(o.day(2))
	whole("pruned")
	if n := o.count(`SELECT count(*) FROM message`); n != 3 {
		t.Errorf("%d messages with raw bytes, want the last day's 3", n)
	}
	o.prune(o.day(2))
	whole("pruned again")
}

func TestPrune_WaitsForNobodyAndKeepsNobodyWaiting(t *testing.T) {
	t.Parallel()
	o := oldHub(t, 4)
	o.posts(3, "a", o.used("1", "A", told("1", "I0", "1")))
	if err := o.copyDay(t.Context(), o.day(3)); err != nil {
		t.Fatal(err)
	}
	reader, err := pgtx.Begin(t.Context(), o.pages, o.trust)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Exec(t.Context(), `SELECT count(*) FROM message`); err != nil {
		t.Fatal(err)
	}
	var dropped bool
	if err := o.background.QueryRow(t.Context(), `SELECT archive_drop($1)`, o.day(3)).Scan(&dropped); pgtx.State(err) != "55P03" {
		t.Errorf("while somebody reads: %v, %v", dropped, err)
	}
	take(t, o.Store, envelope("b", "b")) // nobody waits behind it
	if err := reader.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.prune(o.day(2))
	if n := o.count(`SELECT count(*) FROM archive_pruned`); n != 2 {
		t.Errorf("%d days were pruned", n)
	}
}

func TestPrune_SendersPushMeanwhileAndNothingIsLost(t *testing.T) {
	t.Parallel()
	o := oldHub(t, 30)
	for i := 2; i <= 30; i++ {
		take(t, o.Store, on(o.day(i), envelope(fmt.Sprint("old", i), "x")))
	}
	ctx, stop := context.WithCancel(t.Context())
	var pushing sync.WaitGroup
	counts := make([]int, 4)
	for w := range counts {
		pushing.Add(1)
		go func() {
			defer pushing.Done()
			for ctx.Err() == nil {
				e := envelope(fmt.Sprint(w, "-", counts[w]), "new")
				if _, err := o.Receive(context.Background(), o.trust, []connectors.Envelope{e}, []int64{1}); err != nil {
					t.Error(err)
					return
				}
				counts[w]++
			}
		}()
	}
	o.prune(o.day(1))
	stop()
	pushing.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	if n := o.count(`SELECT count(*) FROM message`); n != total || total == 0 {
		t.Errorf("%d messages are in the archive, %d were acknowledged", n, total)
	}
	if n := o.count(`SELECT count(*) FROM archive`); n != total+29 {
		t.Errorf("%d in all, want %d", n, total+29)
	}
}

func TestPrune_DaysWithoutAPartitionArePrunedTooAndTheLastTwoDaysNever(t *testing.T) {
	t.Parallel()
	o := oldHub(t, 1)
	a := o.posts(9, "a", o.used("1", "A", told("1", "I0", "1")))
	b := take(t, o.Store, on(o.day(8), envelope("waits", "MSH|b")))[0]
	c := take(t, o.Store, on(o.day(1), envelope("yesterday", "c")), envelope("today", "d"))
	o.agesKeys()
	o.prune(o.today.AddDate(1, 0, 0))
	_, err := o.Raw(t.Context(), o.trust, a)
	pruningRefused(t, err)
	reads(t, o.Store, b, "MSH|b")
	reads(t, o.Store, c[0], "c")
	reads(t, o.Store, c[1], "d")
	if n := o.count(`SELECT count(*) FROM archive_key WHERE day < $1`, o.day(1)); n != 1 {
		t.Errorf("%d keys of pruned days, want that of the message which waits", n)
	}
	if _, err := o.background.Exec(t.Context(), `SELECT archive_drop($1)`, o.day(1)); pgtx.State(err) != "SW001" {
		t.Errorf("dropping yesterday: %v", err)
	}
	if n := o.count(`SELECT count(*) FROM message_other_days`); n != 0 {
		t.Errorf("%d messages are left", n)
	}
}
