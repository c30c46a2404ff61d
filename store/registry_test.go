package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/domain/theatre"
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
	h := oneHub(t)
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

func TestRegistry_ACompleteUseBecomesARecord(t *testing.T) {
	t.Parallel()
	r := reportingHub(t)
	if err := r.post(t.Context(), r.from("theatre", r.coded("4411", "A", told("1", "I0", "1"), told("2", "I5", "1")))); err != nil {
		t.Fatal(err)
	}
	r.look(t)
	if got := value[string](t, r.hub, `SELECT string_agg(state || ' ' || missing::text, ', ') FROM registry_use`); got != `incomplete [{"who": "analyst", "code": "site_missing", "text": "The place has no ODS site code, or is not known. Give the place a site in trust.yaml, or say which place it was with stockwell cases resolve.", "field": "site"}]` {
		t.Error(got)
	}
}
