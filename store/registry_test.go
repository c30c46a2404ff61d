package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// reporting is a hub that tells a registry, which the test plays.
type reporting struct {
	*hub
	rules registry.Rules
	holds map[string]registry.Version // what the registry holds, by record
}

func reportingHub(t *testing.T) *reporting {
	t.Helper()
	return reportingOn(t, oneHub(t))
}

func reportingOn(t *testing.T, h *hub) *reporting {
	t.Helper()
	rows := items()
	for i := range rows {
		rows[i].Reportable, rows[i].Implantable, rows[i].DeviceClass, rows[i].MPC = i < 2, true, "III", fmt.Sprintf("M%d", i)
	}
	if _, _, _, rejected, err := h.LoadCatalogue(t.Context(), h.trust, rows); err != nil || len(rejected) > 0 {
		t.Fatal(err, rejected)
	}
	if err := h.books.Report(t.Context(), "rules", time.Hour); err != nil {
		t.Fatal(err)
	}
	return &reporting{h, registry.Rules{Provider: "ZZ1", Test: true, Devices: registry.Flagged, Coding: theatre.StageTheatre, Zone: time.UTC}, map[string]registry.Version{}}
}

// look has the registrar look at all that is due.
func (r *reporting) look(t *testing.T) {
	t.Helper()
	r.lookAt(t, func(registry.Looked) {})
}

func (r *reporting) lookAt(t *testing.T, see func(registry.Looked)) {
	t.Helper()
	for more := true; more; {
		if err := r.tx(t.Context(), func(ctx context.Context) error {
			if reports, err := r.books.LockRegistry(ctx); err != nil || !reports {
				return fmt.Errorf("reports %v: %w", reports, err)
			}
			due, rest, err := r.books.DueUses(ctx, time.UTC)
			if err != nil {
				return err
			}
			more = rest
			var looked []registry.Looked
			for _, s := range due {
				looked = append(looked, r.rules.Look(s, nil))
			}
			if err := r.books.KeepOutcomes(ctx, looked); err != nil {
				return err
			}
			for _, l := range looked {
				see(l)
			}
			return nil
		}); err != nil {
			t.Error(err)
			return
		}
	}
}

// coded is a usage with a procedure, and a patient of whom all is known.
func (r *reporting) coded(number, patient string, lines ...canonical.UsageLine) canonical.Usage {
	u := r.used(number, patient, lines...)
	u.Procedures = []canonical.Procedure{{Code: "W371", System: "OPCS4"}}
	u.Patient.Identifiers = append(u.Patient.Identifiers, canonical.Identifier{Type: "NH", Authority: "NHS", Value: nhsOf(patient), Status: "01"})
	for i := range u.Lines {
		u.Lines[i].Disposition, u.Lines[i].DispositionTold = canonical.Implanted, true
	}
	return u
}

// nhsOf gives a patient of the tests an NHS Number.
func nhsOf(patient string) string {
	return map[string]string{"A": "9990000018", "B": "9990000026", "C": "9990000034"}[patient]
}

// site gives the places a site, without which no record is complete.
func (r *reporting) site(t *testing.T) {
	t.Helper()
	if err := r.tx(t.Context(), func(ctx context.Context) error {
		_, err := pgtx.From(ctx).Exec(ctx, `UPDATE place SET site = 'ZZ101' WHERE kind = 'stock'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestRegistry_WhatIsNotReportableLeavesNoTrace(t *testing.T) {
	t.Parallel()
	r := reportingHub(t)
	if err := r.post(t.Context(), r.from("theatre", r.coded("4411", "A", told("1", "I0", "1"), told("2", "I5", "1")))); err != nil {
		t.Fatal(err)
	}
	r.look(t)
	all, err := r.Submissions(t.Context(), r.trust, journal.SubmissionFilter{})
	if err != nil || len(all) != 1 || all[0].State != "incomplete" || len(all[0].Missing) != 1 || all[0].Missing[0].Code != "site_missing" || all[0].Missing[0].Who != "analyst" || all[0].Line != "1" {
		t.Errorf("%v, %+v", err, all)
	}
}

func TestRegistry_AnItemThatIsFlaggedLaterHasItsUsesLookedAt(t *testing.T) {
	t.Parallel()
	r := reportingHub(t)
	r.site(t)
	lines := []canonical.UsageLine{told("1", "I5", "1"), told("2", "I5", "1")}
	u := r.coded("4411", "A", lines...)
	u.Lines[1].Disposition = canonical.Explanted
	if err := r.post(t.Context(), r.from("theatre", u)); err != nil {
		t.Fatal(err)
	}
	r.look(t)
	rows := items()[5:6]
	rows[0].Reportable, rows[0].MPC = true, "M5"
	if _, _, _, rejected, err := r.LoadCatalogue(t.Context(), r.trust, rows); err != nil || len(rejected) > 0 {
		t.Fatal(err, rejected)
	}
	r.look(t)
	if n := value[int](t, r.hub, `SELECT count(*) FROM submission WHERE state = 'ready'`); n != 2 {
		t.Errorf("%d records are ready, want those of both uses", n)
	}
}

func TestRegistry_WhatLeftStaysAsItLeft(t *testing.T) {
	t.Parallel()
	r := reportingHub(t)
	r.site(t)
	if err := r.post(t.Context(), r.from("theatre", r.coded("4411", "A", told("1", "I0", "1")))); err != nil {
		t.Fatal(err)
	}
	r.look(t)
	sent, err := r.send(t.Context())
	if err != nil || len(sent) != 1 {
		t.Fatal(err, sent)
	}
	for _, sql := range []string{
		`UPDATE submission SET content = 'x'`, `UPDATE submission SET patient = patient + 0, action = 'amend'`, `UPDATE submission SET state = 'ready', batch = NULL, sent_at = NULL`, `DELETE FROM submission`,
		`INSERT INTO submission (trust, record, version, line, action, state, content, patient, message_id, origin, profile) SELECT trust, record, 2, line, 'amend', 'ready', content, patient, message_id, origin, profile FROM submission`,
	} {
		if err := pgtx.Run(t.Context(), r.background, r.trust, func(ctx context.Context) error {
			_, err := pgtx.From(ctx).Exec(ctx, sql)
			return err
		}); err == nil {
			t.Errorf("%s: it was done", sql)
		}
	}
}

func TestLaw9_TheRegistrysRecordsAreCiphertext(t *testing.T) {
	t.Parallel()
	hs, db := hubs(t, "ZZ1")
	r := reportingOn(t, hs[0])
	r.site(t)
	if err := r.post(t.Context(), r.from("theatre", r.coded("4411", "A", told("1", "I0", "1")))); err != nil {
		t.Fatal(err)
	}
	r.look(t)
	sent, err := r.send(t.Context())
	if err != nil || len(sent) != 1 || sent[0].Content.NHSNumber != secret {
		t.Fatal(err, sent)
	}
	reason := canonical.RegistryAnswer{Origin: "line 2", Record: sent[0].Record, Version: 1, Status: "rejected", Reason: "NHS Number 999 000 0018 is not known"}
	if err := r.post(t.Context(), r.from("mdor", reason)); err != nil {
		t.Fatal(err)
	}
	r.look(t)
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
			for _, clear := range []string{secret, "999 000 0018", "1950-01-01"} {
				if strings.Contains(row, clear) {
					t.Errorf("table %s tells %s in clear: %s", table, clear, row)
				}
			}
		}
	}
}
