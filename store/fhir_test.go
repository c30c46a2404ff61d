package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// bringing is a message with the device of this id in it.
func bringing(id, body string, refers ...string) connectors.Envelope {
	e := connectors.Envelope{Trust: "ZZ1", Connector: "fhir", Format: "fhir", Type: "Device^update", Sender: "client", Digest: sha256.Sum256([]byte(body)),
		Raw: []byte("[" + body + "]"), ReceivedAt: time.Now(), Parts: []connectors.Part{{Kind: "Device", Name: id, From: 1, To: 1 + len(body)}}}
	for _, r := range refers {
		e.Refers = append(e.Refers, connectors.Part{Kind: "Device", Name: r})
	}
	return e
}

func taken(t *testing.T, s *Store, in ...connectors.Envelope) []connectors.Receipt {
	t.Helper()
	got, err := s.Receive(t.Context(), "ZZ1", in, make([]int64, len(in)))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestResource_IsThereAsSoonAsItsMessageIsStored(t *testing.T) {
	t.Parallel()
	s := open(t)
	first := taken(t, s, envelope("1", "a"), bringing("d1", `{"lot":1}`), bringing("d2", `{"lot":2}`))
	second := taken(t, s, bringing("d1", `{"lot":3}`), bringing("d2", `{"lot":2}`))
	if !second[1].Duplicate || second[1].MessageID != first[2].MessageID {
		t.Fatalf("%+v", second)
	}
	for _, c := range []struct {
		id     string
		asked  int64
		number int64
		raw    string
		first  bool
	}{
		{"d1", 0, second[0].MessageID, `{"lot":3}`, false}, {"d1", first[1].MessageID, first[1].MessageID, `{"lot":1}`, true}, {"d2", 0, first[2].MessageID, `{"lot":2}`, true},
	} {
		v, err := s.Resource(t.Context(), "ZZ1", "Device", c.id, c.asked)
		if err != nil || v.Number != c.number || string(v.Raw) != c.raw || v.First != c.first || v.StoredAt.IsZero() {
			t.Errorf("%s: %+v, %v", c.id, v, err)
		}
		known, err := s.Known(t.Context(), "ZZ1", "Device", c.id, c.asked)
		if err != nil || known.Number != c.number || known.Raw != nil {
			t.Errorf("%s: %+v, %v", c.id, known, err)
		}
	}
	for _, c := range []struct {
		trust, kind, id string
		version         int64
	}{{"ZZ1", "Device", "d3", 0}, {"ZZ1", "Procedure", "d1", 0}, {"ZZ1", "Device", "d1", 99}, {"ZZ2", "Device", "d1", 0}} {
		if _, err := s.Resource(t.Context(), c.trust, c.kind, c.id, c.version); !fault.Is(err, fault.NotFound) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	e := bringing("d1", `{"lot":1}`)
	if n, err := s.Repeat(t.Context(), "ZZ1", "fhir", "client", "", e.Digest); err != nil || n != first[1].MessageID {
		t.Errorf("%d, %v", n, err)
	}
	if n, err := s.Repeat(t.Context(), "ZZ1", "fhir", "another", "", e.Digest); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
}

// TestResource_ExistsIfAndOnlyIfItsMessageDoes takes a message down in the
// middle of its commit.
func TestResource_ExistsIfAndOnlyIfItsMessageDoes(t *testing.T) {
	t.Parallel()
	s := open(t)
	bad := bringing("d1", `{"lot":1}`)
	bad.Parts = append(bad.Parts, connectors.Part{Kind: "Device", Name: "", From: 1, To: 2})
	if _, err := s.Receive(t.Context(), "ZZ1", []connectors.Envelope{bad}, []int64{0}); !fault.Is(err, fault.Internal) {
		t.Fatalf("got %v", err)
	}
	var rows int
	err := pgtx.Run(t.Context(), s.background, "ZZ1", func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT (SELECT count(*) FROM message) + (SELECT count(*) FROM message_key) + (SELECT count(*) FROM fhir_resource) + (SELECT count(*) FROM queue_message)`).Scan(&rows)
	})
	if err != nil || rows != 0 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

func TestResource_IsSealedWhereItIsStored(t *testing.T) {
	t.Parallel()
	s := open(t)
	taken(t, s, bringing("d1", `{"name":"TESTPATIENT"}`))
	var found int
	err := pgtx.Run(t.Context(), s.background, "ZZ1", func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT (SELECT count(*) FROM message m WHERE position('TESTPATIENT'::bytea IN m.raw) > 0) + (SELECT count(*) FROM fhir_resource r WHERE r::text LIKE '%TESTPATIENT%')`).Scan(&found)
	})
	if err != nil || found != 0 {
		t.Errorf("%d rows hold it in clear, %v", found, err)
	}
}

func TestReferring_FindsWhoReliesOnWhatChanged(t *testing.T) {
	t.Parallel()
	s := open(t)
	got := taken(t, s, bringing("p1", `1`, "d1"), bringing("p2", `2`, "d2", "d1"), bringing("p3", `3`, "d3"), bringing("d1", `4`), bringing("d1", `5`, "d1"))
	err := pgtx.Run(t.Context(), s.background, "ZZ1", func(ctx context.Context) error {
		for _, c := range []struct{ asked, want []int64 }{
			{[]int64{got[3].MessageID}, []int64{got[0].MessageID, got[1].MessageID, got[4].MessageID}},
			{[]int64{got[3].MessageID, got[0].MessageID}, []int64{got[1].MessageID, got[4].MessageID}},
			{[]int64{got[2].MessageID}, nil},
		} {
			found, err := s.Referring(ctx, "ZZ1", c.asked)
			if err != nil || !slices.Equal(found, c.want) {
				t.Errorf("%v: %v, want %v, %v", c.asked, found, c.want, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestResource_ThatWasPrunedIsToldFromOneThatNeverWas(t *testing.T) {
	t.Parallel()
	o := oldHub(t, 5)
	e := bringing("d1", `{"lot":1}`)
	e.ReceivedAt = o.day(4).Add(9 * time.Hour)
	id := taken(t, o.Store, e)[0].MessageID
	o.exec(`DELETE FROM queue_message WHERE subject = $1`, id)
	if err := o.Prune(t.Context(), o.day(3), nil); err != nil {
		t.Fatal(err)
	}
	v, err := o.Resource(t.Context(), "ZZ1", "Device", "d1", 0)
	if f := fault.Of(err); f.Kind != fault.NotFound || f.Code != "resource_pruned" || v.Number != id {
		t.Errorf("got %+v, %v", v, err)
	}
}

func TestResources_MayNotBeChangedOrRemoved(t *testing.T) {
	t.Parallel()
	s := open(t)
	taken(t, s, bringing("d1", `{"lot":1}`, "d2"))
	for _, sql := range []string{`DELETE FROM fhir_resource`, `UPDATE fhir_resource SET from_byte = 0`, `DELETE FROM fhir_reference`} {
		err := pgtx.Run(t.Context(), s.background, "ZZ1", func(ctx context.Context) error {
			_, err := pgtx.From(ctx).Exec(ctx, sql)
			return err
		})
		if pgtx.State(err) != "42501" || errors.Is(err, pgx.ErrNoRows) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
