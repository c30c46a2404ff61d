package store

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtest"
)

var filter = journal.Filter{}

// openAs opens a database as a hub of trust ZZ1 with archive keys, by number.
func openAs(t *testing.T, db *pgtest.DB, current byte, former ...byte) *Store {
	t.Helper()
	s := openBare(t, db)
	useKeys(t, s, "ZZ1", current, former...)
	if _, _, err := s.SetUp(t.Context(), Setup{Trust: "ZZ1", Name: "Test", Environment: "test"}); err != nil {
		t.Fatal(err)
	}
	return s
}

func openBare(t *testing.T, db *pgtest.DB) *Store {
	t.Helper()
	s, err := Open(t.Context(), db.RuntimeDSN, HubSizes(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func superuser(t *testing.T, db *pgtest.DB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// take stores messages and gives their numbers.
func take(t *testing.T, s *Store, in ...connectors.Envelope) []int64 {
	t.Helper()
	got, err := s.Receive(t.Context(), "ZZ1", in, make([]int64, len(in)))
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]int64, len(got))
	for i, r := range got {
		ids[i] = r.MessageID
	}
	return ids
}

func on(day time.Time, e connectors.Envelope) connectors.Envelope {
	e.ReceivedAt = day
	return e
}

func reads(t *testing.T, s *Store, id int64, want string) {
	t.Helper()
	if raw, err := s.Raw(t.Context(), "ZZ1", id); err != nil || string(raw) != want {
		t.Errorf("message %d reads %q, %v; want %q", id, raw, err, want)
	}
}

func TestRekey_TheOldKeyCanBeRemovedAfterwards(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	before := openAs(t, db, 1)
	now := time.Now()
	var ids []int64
	for i := range rekeyChunk + 3 {
		ids = append(ids, take(t, before, on(now.AddDate(0, 0, -i), envelope(string(rune(i+1)), "a")))...)
	}
	old, new := archiveKeys(t, "ZZ1", 1).Fingerprints()[0], archiveKeys(t, "ZZ1", 2).Fingerprints()[0]
	refused := func(current byte, former ...byte) {
		t.Helper()
		err := openBare(t, db).UseArchiveKeys(t.Context(), archiveKeys(t, "ZZ1", current, former...))
		if fault.Of(err).Code != "archive_key_missing" || !fault.Is(err, fault.Denied) || !strings.Contains(err.Error(), old) {
			t.Errorf("starting without the key that is needed: %v", err)
		}
	}
	refused(2)
	refused(2, 3)
	both := openAs(t, db, 2, 1)
	reads(t, both, ids[0], "a")
	later := take(t, both, on(now.AddDate(0, 0, 1), envelope("later", "b")))[0]
	// Killed after its first transaction, and begun anew.
	ctx, kill := context.WithCancel(t.Context())
	kill()
	if _, err := both.Rekey(ctx, "ZZ1"); err == nil {
		t.Error("a cancelled rekey went through")
	}
	refused(2)
	if n, err := both.Rekey(t.Context(), "ZZ1"); err != nil || n != len(ids) {
		t.Errorf("%d keys were wrapped anew, %v; want %d", n, err, len(ids))
	}
	if n, err := both.Rekey(t.Context(), "ZZ1"); err != nil || n != 0 {
		t.Errorf("again: %d, %v", n, err)
	}
	uses, err := both.Masters(t.Context(), "ZZ1")
	if err != nil || len(uses) != 1 || uses[0].Fingerprint != new || uses[0].Keys != int64(len(ids)+1) {
		t.Errorf("%+v, %v", uses, err)
	}
	after := openAs(t, db, 2)
	reads(t, after, ids[0], "a")
	reads(t, after, ids[len(ids)-1], "a")
	reads(t, after, later, "b")
	if n, err := openAs(t, db, 2, 1).Rekey(t.Context(), "ZZ1"); err != nil || n != 0 {
		t.Errorf("after all: %d, %v", n, err)
	}
	// A hub that still has the old key alone receives: it makes a key of its own.
	reads(t, before, take(t, before, on(now.AddDate(0, 0, 2), envelope("behind", "c")))[0], "c")
}

func TestSealingKey_HubsThatMakeOneAtTheSameTimeEndWithTheSame(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	hubs := make([]*Store, 4)
	for i := range hubs {
		hubs[i] = openAs(t, db, 1)
	}
	ids := make([]int64, 64)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Add(1)
		go func() {
			defer wg.Done()
			got, err := hubs[i%4].Receive(context.Background(), "ZZ1", []connectors.Envelope{envelope(string(rune('A'+i)), "a")}, []int64{1})
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = got[0].MessageID
		}()
	}
	wg.Wait()
	var keys int
	if err := superuser(t, db).QueryRow(t.Context(), `SELECT count(*) FROM archive_key`).Scan(&keys); err != nil || keys != 1 {
		t.Errorf("%d keys for one day, %v", keys, err)
	}
	for i, id := range ids {
		reads(t, hubs[(i+1)%4], id, "a")
	}
}

func TestGiveUp_AHubWhoseKeyIsLostStartsAndReceivesAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	lost := take(t, openAs(t, db, 1), envelope("1", "a"))[0]
	s := openBare(t, db)
	print := archiveKeys(t, "ZZ1", 1).Fingerprints()[0]
	if _, err := s.GiveUp(t.Context(), "ZZ1", "no-such"); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if n, err := s.GiveUp(t.Context(), "ZZ1", print); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	s = openAs(t, db, 2)
	reads(t, s, take(t, s, envelope("2", "b"))[0], "b")
	if _, err := s.Raw(t.Context(), "ZZ1", lost); fault.Of(err).Code != "archive_key_given_up" {
		t.Error(err)
	}
}

func TestNewArchiveKeys_RefusesAShortKeyAndNamesEachWithoutTellingIt(t *testing.T) {
	t.Parallel()
	if _, err := NewArchiveKeys("ZZ1", []byte("short")); !fault.Is(err, fault.Invalid) {
		t.Errorf("a short key: %v", err)
	}
	a, b := archiveKeys(t, "ZZ1", 1, 2).Fingerprints(), archiveKeys(t, "ZZ2", 1).Fingerprints()
	if len(a) != 2 || a[0] == a[1] || a[0] == b[0] || len(a[0]) != 16 {
		t.Errorf("%v, %v", a, b)
	}
}
