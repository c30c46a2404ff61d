package store

import (
	"context"
	"fmt"
	"io/fs"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/stockwell-hub/stockwell/internal/pgtest"
)

// migratedTo gives a database as an older binary left it.
func migratedTo(t *testing.T, version int64) *pgtest.DB {
	t.Helper()
	db := pgtest.New(t)
	owner, err := pgx.ParseConfig(db.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	super, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer super.Close(context.WithoutCancel(t.Context()))
	if _, err := super.Exec(t.Context(), `DROP SCHEMA public CASCADE`); err != nil {
		t.Fatal(err)
	}
	if _, err := super.Exec(t.Context(), `CREATE SCHEMA public AUTHORIZATION `+pgx.Identifier{owner.User}.Sanitize()); err != nil {
		t.Fatal(err)
	}
	owner.RuntimeParams["app.runtime_role"] = DefaultRuntimeRole
	conn := stdlib.OpenDB(*owner)
	defer conn.Close()
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, conn, files)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestMigrate_CarriesMergesCasesAndDemographicsOver(t *testing.T) {
	t.Parallel()
	db := migratedTo(t, 13)
	conn, err := pgx.Connect(t.Context(), db.SuperDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	const before = `
		INSERT INTO trust (trust, name, environment) VALUES ('ZZ1', 'Trust', 'test');
		INSERT INTO patient (trust, id, merged_into, test) VALUES ('ZZ1', 3, NULL, false), ('ZZ1', 2, 3, false), ('ZZ1', 1, 2, false), ('ZZ1', 4, NULL, false);
		INSERT INTO place (trust, id, kind, code, name) SELECT 'ZZ1', id, 'patient', id::text, 'Patient' FROM patient;
		INSERT INTO place (trust, id, kind, code, name) VALUES ('ZZ1', 9, 'unidentified', 'world', 'Unidentified');
		INSERT INTO patient_identifier (trust, pseudonym, patient, type, ciphertext) VALUES
			('ZZ1', sha256('a'), 1, 'MR', 'x'), ('ZZ1', sha256('b'), 1, 'NH', 'x');
		INSERT INTO posting (trust, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary) VALUES
			('ZZ1', 5, 1, 'ADT^A08', 'pas', 's', '1', 'p@1', 'applied', ''), ('ZZ1', 6, 1, 'DFT^P03', 'theatre', 's', '2', 'p@1', 'applied', '');
		INSERT INTO patient_demographics (trust, patient, ciphertext, told_at, message_id) VALUES ('ZZ1', 1, 'x', now(), 5), ('ZZ1', 4, 'x', now(), 6);
		INSERT INTO theatre_case (trust, id, name, told, message_id) VALUES
			('ZZ1', 11, 'c1', '{"pas/booking": {"patient": 1}, "theatre/use": {}, "theatre/snapshot": {}}', 5), ('ZZ1', 12, 'c2', '{}', 6);
		INSERT INTO movement (trust, id, kind, from_place, to_place, quantity, occurred_at, accounted_on, usage_line, message_id, origin, profile)
			VALUES ('ZZ1', 31, 'use', 9, 4, 1, now(), current_date, 21, 6, 'o', 'p@1');
		INSERT INTO usage_line (trust, id, case_id, key, told, state, text, lot, serial, quantity, disposition, movement, message_id, origin, profile)
			VALUES ('ZZ1', 21, 12, 'k', '{"theatre/use": {"patient": 2}, "registry/use": {}}', 'unidentified', '', '', '', 1, '', 31, 6, 'o', 'p@1');
		INSERT INTO warning (trust, id, kind, subject, text, action, severity) SELECT 'ZZ1', n, 'k', subject, '', '', 'notice'
		  FROM unnest(ARRAY['case:11', 'line:21', 'movement:31', 'wrong_patient:21:1', 'ceiling:5:12', 'stock:1:2', 'erp']) WITH ORDINALITY u (subject, n);`
	if _, err := conn.Exec(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if done, err := Migrate(t.Context(), db.OwnerDSN, DefaultRuntimeRole); err != nil || len(done) == 0 {
		t.Fatal(done, err)
	}
	for sql, want := range map[string]string{
		`SELECT low || '-' || high || ' ' || survivor || ' ' || joined FROM patient_link ORDER BY low`:                 "[1-2 2 true 2-3 3 true]",
		`SELECT id || ' ' || coalesce(merged_into, 0) FROM patient ORDER BY id`:                                        "[1 3 2 3 3 0 4 0]",
		`SELECT kind FROM patient_identifier ORDER BY pseudonym = sha256('b')`:                                         "[local nhs]",
		`SELECT patient || ' ' || connector || ' ' || about FROM patient_demographics ORDER BY 1`:                      "[1 pas true 4 theatre false]",
		`SELECT case_id || ' ' || patient FROM case_patient ORDER BY case_id, patient`:                                 "[11 1 12 2 12 4]",
		`SELECT coalesce(line, 0) || '/' || coalesce(case_id, 0) FROM warning ORDER BY id`:                             "[0/11 21/12 21/12 21/12 0/12 0/0 0/0]",
		`SELECT message_id || ' ' || cases::text FROM posting ORDER BY message_id`:                                     "[5 {11} 6 {12}]",
		`SELECT count(*)::text FROM pg_class WHERE relname IN ('encounter', 'identity_event') AND relforcerowsecurity`: "[2]",
	} {
		got, err := collect(t.Context(), conn, sql, pgx.RowTo[string])
		if text := fmt.Sprint(got); err != nil || text != want {
			t.Errorf("%s: %s, %v; want %s", sql, text, err, want)
		}
	}
}
