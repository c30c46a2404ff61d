package store

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

func open(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), pgtest.New(t).RuntimeDSN, HubSizes(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	useKeys(t, s, "ZZ1", 1)
	_, _, err = s.SetUp(t.Context(), Setup{Trust: "ZZ1", Name: "Test", Environment: "test",
		Places: []inventory.Place{{Code: "TH1", Name: "Theatre 1"}}, Suppliers: []Supplier{{"S1", "Supplier", "immediate"}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func envelope(control, body string) connectors.Envelope {
	return connectors.Envelope{Trust: "ZZ1", Connector: "theatre", Format: "hl7v2", Type: "DFT^P03", Sender: "A|B", ControlID: control,
		Digest: sha256.Sum256([]byte(body)), Raw: []byte(body), ReceivedAt: time.Now()}
}

func TestReceive_StoresOnceHoweverOftenDelivered(t *testing.T) {
	t.Parallel()
	s := open(t)
	first, err := s.Receive(t.Context(), "ZZ1", []connectors.Envelope{envelope("1", "a"), envelope("2", "b")}, []int64{7, 8})
	if err != nil {
		t.Fatal(err)
	}
	if first[0].Duplicate || first[1].Duplicate || first[0].MessageID == first[1].MessageID {
		t.Fatalf("first delivery: %+v", first)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			again, err := s.Receive(context.Background(), "ZZ1", []connectors.Envelope{envelope("1", "a")}, []int64{7})
			if err != nil || !again[0].Duplicate || again[0].MessageID != first[0].MessageID {
				t.Errorf("again: %+v, %v", again, err)
			}
		}()
	}
	wg.Wait()
	reused, err := s.Receive(t.Context(), "ZZ1", []connectors.Envelope{envelope("1", "other")}, []int64{7})
	if err != nil || reused[0].Duplicate || !reused[0].Reused {
		t.Fatalf("another message under a reused ID: %+v, %v", reused, err)
	}
	var messages, queued int
	err = pgtx.Run(t.Context(), s.background, "ZZ1", func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM queue_message)`).Scan(&messages, &queued)
	})
	if err != nil || messages != 3 || queued != 3 {
		t.Fatalf("%d messages, %d queued, %v; want 3 and 3", messages, queued, err)
	}
}

func TestTrusts_SeeOnlyTheirOwnRows(t *testing.T) {
	t.Parallel()
	s := open(t)
	if _, err := s.Receive(t.Context(), "ZZ1", []connectors.Envelope{envelope("1", "a")}, []int64{7}); err != nil {
		t.Fatal(err)
	}
	for trust, want := range map[string]int{"ZZ1": 1, "ZZ2": 0, "": 0} {
		var n int
		err := pgtx.Run(t.Context(), s.background, trust, func(ctx context.Context) error {
			return pgtx.From(ctx).QueryRow(ctx, `SELECT count(*) FROM message`).Scan(&n)
		})
		if err != nil || n != want {
			t.Errorf("trust %q sees %d messages (%v), want %d", trust, n, err, want)
		}
	}
	err := pgtx.Run(t.Context(), s.background, "ZZ2", func(ctx context.Context) error {
		_, err := pgtx.From(ctx).Exec(ctx, `INSERT INTO warning (trust, id, kind, subject, text, action, severity) VALUES ('ZZ1', 1, 'x', 'x', 'x', 'x', 'notice')`)
		return err
	})
	if pgtx.State(err) != "42501" {
		t.Errorf("writing another trust's row: %v, want a row-level security violation", err)
	}
}
