package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// masterKey is one of the tests' archive keys, by number.
func masterKey(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }

func archiveKeys(t testing.TB, trust string, current byte, former ...byte) ArchiveKeys {
	t.Helper()
	var old [][]byte
	for _, n := range former {
		old = append(old, masterKey(n))
	}
	k, err := NewArchiveKeys(trust, masterKey(current), old...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// useKeys gives the store archive keys, by number.
func useKeys(t testing.TB, s *Store, trust string, current byte, former ...byte) {
	t.Helper()
	if err := s.UseArchiveKeys(t.Context(), archiveKeys(t, trust, current, former...)); err != nil {
		t.Fatal(err)
	}
}

var (
	aDay  = time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
	aHash = bytes.Repeat([]byte{7}, 32)
)

func aKey(t testing.TB) dayKey {
	t.Helper()
	aead, err := newGCM(masterKey(9))
	if err != nil {
		t.Fatal(err)
	}
	return dayKey{1, aead}
}

// aMessage is some 2 KB of HL7, as theatres send them.
func aMessage() []byte {
	var b strings.Builder
	b.WriteString("MSH|^~\\&|THEATRE|ZZ1|STOCKWELL|ZZ1|20260314090000||DFT^P03^DFT_P03|1|P|2.5\rPID|1||4411^^^T^MR||SURNAME^GIVEN||19501231|F\r")
	for i := range 12 {
		b.WriteString("FT1|" + string(rune('A'+i)) + "|K-0001||20260314090000||CG|0952000000017^Item^GTIN|||1|||||||||||||C4411\rOBX|1|ST|LOT||L000017||||||F\rOBX|2|ST|EXPIRY||20391130||||||F\r")
	}
	return []byte(b.String())
}

func TestSeal_GivesBackWhatItWasGivenAndHidesIt(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 5000)
	_, _ = rand.Read(noise)
	k := aKey(t)
	for name, raw := range map[string][]byte{"a message": aMessage(), "nothing": {}, "one byte": {0}, "noise": noise, "a long file": bytes.Repeat(aMessage(), 2000)} {
		sealed := k.seal("ZZ1", aDay, aHash, raw)
		if bytes.Contains(sealed, []byte("SURNAME")) || bytes.Equal(sealed, k.seal("ZZ1", aDay, aHash, raw)) {
			t.Errorf("%s: it can be read, or is sealed alike twice", name)
		}
		if got, err := k.open("ZZ1", aDay, aHash, sealed); err != nil || !bytes.Equal(got, raw) {
			t.Errorf("%s: %d bytes came back, %v", name, len(got), err)
		}
	}
}

func TestSeal_BytesThatWereChangedOrMovedDoNotOpen(t *testing.T) {
	t.Parallel()
	k := aKey(t)
	sealed := k.seal("ZZ1", aDay, aHash, []byte("MSH|short"))
	refused := func(name string, k dayKey, trust string, day time.Time, digest, sealed []byte) {
		if _, err := k.open(trust, day, digest, sealed); fault.Of(err).Code != "archive_bytes_changed" || !fault.Is(err, fault.Stopped) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		refused("a byte changed", k, "ZZ1", aDay, aHash, bad)
		refused("cut short", k, "ZZ1", aDay, aHash, sealed[:i])
	}
	other, err := newGCM(masterKey(8))
	if err != nil {
		t.Fatal(err)
	}
	refused("another trust", k, "ZZ2", aDay, aHash, sealed)
	refused("another day", k, "ZZ1", aDay.AddDate(0, 0, 1), aHash, sealed)
	refused("another message", k, "ZZ1", aDay, bytes.Repeat([]byte{8}, 32), sealed)
	refused("another key", dayKey{1, other}, "ZZ1", aDay, aHash, sealed)
}

func BenchmarkSeal(b *testing.B) {
	k, raw := aKey(b), aMessage()
	b.ReportAllocs()
	for b.Loop() {
		k.seal("ZZ1", aDay, aHash, raw)
	}
	b.ReportMetric(float64(len(k.seal("ZZ1", aDay, aHash, raw))), "B/sealed")
	b.ReportMetric(float64(len(raw)), "B/raw")
}

func BenchmarkOpen(b *testing.B) {
	k := aKey(b)
	sealed := k.seal("ZZ1", aDay, aHash, aMessage())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.open("ZZ1", aDay, aHash, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func TestReceive_TheDatabaseHoldsRawBytesOnlySealed(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := openAs(t, db, 1)
	long := connectors.Envelope{Trust: "ZZ1", Connector: "theatre", ControlID: "2", ReceivedAt: time.Now(), Raw: bytes.Repeat(aMessage(), 20)}
	long.Digest = sha256.Sum256(long.Raw)
	ids := take(t, s, envelope("1", string(aMessage())), long)
	_, _, err := s.Import(t.Context(), "ZZ1", "opening", "opening.csv", []byte("place,item SURNAME"), func(context.Context, int64) (string, error) { return "", nil })
	if err != nil {
		t.Fatal(err)
	}
	conn := superuser(t, db)
	rows, err := collect(t.Context(), conn, `SELECT raw FROM message`, pgx.RowTo[[]byte])
	if err != nil || len(rows) != 3 {
		t.Fatal(len(rows), err)
	}
	for _, raw := range rows {
		if bytes.Contains(raw, []byte("SURNAME")) || bytes.Contains(raw, []byte("MSH|")) {
			t.Error("a message can be read in the database")
		}
	}
	if bytes, err := s.Raw(t.Context(), "ZZ1", ids[1]); err != nil || string(bytes) != string(long.Raw) {
		t.Errorf("%d bytes came back, %v", len(bytes), err)
	}
	all, err := s.Messages(t.Context(), "ZZ1", filter)
	if err != nil || len(all) != 3 || all[1].Bytes != len(long.Raw) {
		t.Errorf("%+v, %v: want the size that came in", all, err)
	}
	var kept string
	if err := conn.QueryRow(t.Context(), `SELECT string_agg(DISTINCT attstorage::text, '') FROM pg_attribute WHERE attname = 'raw' AND attrelid::regclass::text LIKE 'message%'`).Scan(&kept); err != nil || kept != "e" {
		t.Errorf("raw bytes are stored as %q, %v: want e, so that nothing is compressed in vain", kept, err)
	}
}

func TestRaw_AMessageFromBeforeSealingIsStillRead(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := openAs(t, db, 1)
	id := take(t, s, envelope("1", "a"))[0]
	if _, err := superuser(t, db).Exec(t.Context(), `UPDATE message SET seal = 0, raw = 'MSH|plain' WHERE id = $1`, id); err != nil {
		t.Fatal(err)
	}
	if raw, err := s.Raw(t.Context(), "ZZ1", id); err != nil || string(raw) != "MSH|plain" {
		t.Errorf("%q, %v", raw, err)
	}
	if all, err := s.Messages(t.Context(), "ZZ1", filter); err != nil || all[0].Bytes != 9 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestLoad_ATamperedMessageIsToldApartAndItsNeighboursAreRead(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	s := openAs(t, db, 1)
	ids := take(t, s, envelope("1", "a"), envelope("2", "b"), envelope("3", "c"), envelope("4", "d"))
	conn := superuser(t, db)
	for sql, id := range map[string]int64{
		`UPDATE message SET raw = set_byte(raw, octet_length(raw) - 1, get_byte(raw, octet_length(raw) - 1) # 1) WHERE id = $1`: ids[0],
		`UPDATE message m SET raw = o.raw FROM message o WHERE m.id = $1 AND o.id = $1 + 2 AND o.id <> m.id`:                    ids[1],
		`UPDATE message SET raw = overlay(raw placing '\x07'::bytea from 1) WHERE id = $1 /* no such day's key */`:              ids[2],
	} {
		if tag, err := conn.Exec(t.Context(), sql, id); err != nil || tag.RowsAffected() != 1 {
			t.Fatal(sql, tag, err)
		}
	}
	err := pgtx.Run(t.Context(), s.lanes, "ZZ1", func(ctx context.Context) error {
		found, err := s.Load(ctx, "ZZ1", ids)
		for i, want := range []string{"archive_bytes_changed", "archive_bytes_changed", "archive_key_gone"} {
			if m := found[ids[i]]; m.ID != ids[i] || fault.Of(m.Unreadable).Code != want || m.Raw != nil {
				t.Errorf("message %d: %v, want %s", i, m.Unreadable, want)
			}
		}
		if string(found[ids[3]].Raw) != "d" {
			t.Error("the good one was not read")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := s.Raw(t.Context(), "ZZ1", ids[0]); fault.Of(err).Code != "archive_bytes_changed" {
		t.Error(err)
	}
}
