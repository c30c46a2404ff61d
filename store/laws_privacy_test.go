package store

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtest"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

const secret = "9990000018"

func TestLaw9_NoErrorOfTheStoreHoldsPatientData(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	p := canonical.Patient{Identifiers: []canonical.Identifier{{Type: "NH", Authority: "NHS", Value: secret}}, FamilyName: "Surname-" + secret}
	cause := inventory.Cause{Message: 1, Origin: "FT1[1]", Profile: "p@1"}
	bad := inventory.Movement{ID: 5, Kind: inventory.Transfer, Item: 1, Lot: secret, Serial: secret, From: h.rules.Places["TH1"], To: h.rules.Places["TH2"], Quantity: 1, OccurredAt: h.now, AccountedOn: h.now, Cause: cause}
	missing, mirrored := bad, bad
	missing.From = 424242
	mirrored.Kind, mirrored.Reverses = inventory.Reversal, 5
	for name, c := range map[string]posting.Changes{
		"short stock":                 {Movements: []inventory.Movement{bad}},
		"a place that does not exist": {Movements: []inventory.Movement{missing}},
		"a reversal of itself":        {Movements: []inventory.Movement{bad, mirrored}},
		"an identifier twice": {Patients: []posting.NewPatient{{ID: 9}}, Identifiers: []posting.NewIdentifier{
			{Patient: 9, Identifier: p.Identifiers[0]}, {Patient: 9, Identifier: p.Identifiers[0]}}},
		"demographics of nobody":     {Demographics: []posting.Demographics{{Patient: 4711, Told: p}}},
		"an alias of no case":        {Aliases: []posting.NewAlias{{Case: 4711}}},
		"a summary with NUL":         {Postings: []posting.Posting{{Message: posting.Message{ID: 1, Attempt: 1}, Outcome: "applied", Summary: secret + "\x00"}}},
		"an outcome that is none":    {Postings: []posting.Posting{{Message: posting.Message{ID: 1, Attempt: 1}, Outcome: secret}}},
		"a lot of an unknown item":   {Lots: []posting.Lot{{Item: 4711, Lot: secret}}},
		"an attempt that is too far": {Postings: []posting.Posting{{Message: posting.Message{ID: 1, Attempt: 1 << 20, Sender: secret}, Outcome: "applied"}}},
	} {
		err := pgtx.Run(t.Context(), h.background, h.trust, func(ctx context.Context) error { return h.books.Keep(ctx, c) })
		if err == nil {
			t.Errorf("%s was kept", name)
			continue
		}
		if f := fault.Of(err); strings.Contains(err.Error(), secret) || strings.Contains(f.Text, secret) {
			t.Errorf("%s: the error tells it: %v", name, err)
		}
	}
}

func TestLaw9_TheDatabaseHoldsPatientsOnlyAsCiphertext(t *testing.T) {
	t.Parallel()
	hs, db := hubs(t, "ZZ1")
	h := hs[0]
	u := h.used("4411", "A", told("1", "I0", "1"), told("2", "GHOST", "1"))
	u.Patient = canonical.Patient{Identifiers: []canonical.Identifier{{Type: "NH", Authority: "NHS", Value: "999 000 0018"}, {Type: "MR", Authority: "T", Value: "LOCAL-77"}}, FamilyName: "SURNAME", GivenNames: "GIVEN", BirthDate: "1950-12-31"}
	if err := h.post(t.Context(), h.from("theatre", u), h.from("pas", canonical.PatientMerge{Survivor: person("OTHER-88"), Retired: u.Patient})); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	tables, err := collect(t.Context(), conn, `SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'`, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		rows, err := collect(t.Context(), conn, `SELECT x::text FROM `+pgx.Identifier{table}.Sanitize()+` x`, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			for _, clear := range []string{secret, "999 000 0018", "LOCAL-77", "OTHER-88", "SURNAME", "GIVEN", "1950-12-31"} {
				if strings.Contains(row, clear) {
					t.Errorf("table %s tells %s in clear: %s", table, clear, row)
				}
			}
		}
	}
}

func TestOpen_RefusesAnUnsafeRoleAndANewerDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	for name, dsn := range map[string]string{"a superuser": db.SuperDSN, "the owner": db.OwnerDSN} {
		if s, err := Open(t.Context(), dsn, ToolSizes); err == nil || fault.Of(err).Code != "database_role_unsafe" {
			t.Errorf("%s: %v", name, err)
			s.Close()
		}
	}
	for _, dsn := range []string{"nonsense", "postgres://u:" + secret + "@127.0.0.1:1/x", "host=/nowhere user=u password=" + secret} {
		if _, err := Open(t.Context(), dsn, ToolSizes); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%v", err)
		}
	}
	s, err := Open(t.Context(), db.RuntimeDSN, ToolSizes)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CheckVersion(t.Context()); err != nil {
		t.Error(err)
	}
	if done, err := Migrate(t.Context(), db.OwnerDSN, DefaultRuntimeRole); err != nil || len(done) != 0 {
		t.Errorf("migrating again did %v, %v", done, err)
	}
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), `UPDATE goose_db_version SET version_id = 99 WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckVersion(t.Context()); fault.Of(err).Code != "database_newer" {
		t.Errorf("a newer database: %v", err)
	}
	if _, err := Migrate(t.Context(), db.OwnerDSN, DefaultRuntimeRole); fault.Of(err).Code != "database_newer" {
		t.Errorf("migrating a newer database: %v", err)
	}
	if _, err := conn.Exec(t.Context(), `DELETE FROM goose_db_version WHERE version_id = 99`); err != nil {
		t.Fatal(err)
	}
	if err := s.CheckVersion(t.Context()); fault.Of(err).Code != "database_older" {
		t.Errorf("an older database: %v", err)
	}
}

func TestNewSealer_RefusesAShortKeyAndNeverSealsAlike(t *testing.T) {
	t.Parallel()
	if _, err := NewSealer([]byte("short"), "ZZ1"); !fault.Is(err, fault.Invalid) {
		t.Errorf("a short key: %v", err)
	}
	s, err := NewSealer(vaultKey, "ZZ1")
	if err != nil {
		t.Fatal(err)
	}
	a, _ := s.seal(secret)
	b, _ := s.seal(secret)
	if string(a) == string(b) || strings.Contains(string(a), secret) {
		t.Error("the same text is sealed alike, or not at all")
	}
}
