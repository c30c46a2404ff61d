package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// record is a local number's record itself, whoever it is read as.
func (h *hub) record(t *testing.T, local string) identity.Patient {
	t.Helper()
	i := person(local).Identifiers[0]
	p := h.rules.Vault.Pseudonym(identity.Identifier{Type: i.Type, Authority: i.Authority, Value: i.Value})
	return identity.Patient(value[int64](t, h, `SELECT patient FROM patient_identifier WHERE pseudonym = $1`, p[:]))
}

// usedBy is how much stands in the ledger for a record itself.
func (h *hub) usedBy(t *testing.T, local string) int64 {
	t.Helper()
	return value[int64](t, h, `SELECT coalesce(sum(CASE WHEN to_place = $1 THEN quantity ELSE -quantity END), 0) FROM movement WHERE $1 IN (from_place, to_place)`, int64(h.record(t, local)))
}

// linked are the links as a hub that has just started reads them.
func (h *hub) linked(t *testing.T) *identity.Links {
	t.Helper()
	fresh := &Books{store: h.Store, trust: h.trust}
	return h.linksOf(t, fresh)
}

func (h *hub) linksOf(t *testing.T, b *Books) (links *identity.Links) {
	t.Helper()
	err := h.tx(t.Context(), func(ctx context.Context) error {
		k, _, _, err := b.Known(ctx, posting.Need{}, nil)
		links = k.Merges
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return links
}

func TestUnmerge_GivesUsesBackAndAReplayAddsNothing(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	use := h.from("theatre", h.used("1", "A", told("1", "I0", "1")))
	merge := h.from("pas", canonical.PatientMerge{Survivor: person("B"), Retired: person("A")})
	moved := h.from("theatre", h.used("1", "B", told("1", "I0", "1")))
	other := h.from("theatre", h.used("2", "A", told("1", "I0", "2")))
	unmerge := h.from("pas", canonical.PatientUnmerge{Survivor: person("B"), Retired: person("A")})
	for _, m := range []posting.Message{use, merge, moved, other} {
		if err := h.post(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.replay(t.Context(), other); err != nil { // still retired, and noted before
		t.Fatal(err)
	}
	if a, b := h.usedBy(t, "A"), h.usedBy(t, "B"); a != 3 || b != 0 {
		t.Fatalf("merged: A has %d, B %d; a merge rewrites nothing", a, b)
	}
	if err := h.post(t.Context(), unmerge); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if a, b := h.usedBy(t, "A"), h.usedBy(t, "B"); a != 2 || b != 1 {
			t.Errorf("taken back: A has %d, B %d", a, b)
		}
		if got := list(t, h, `SELECT kind || ' ' || count(*) FROM identity_event GROUP BY kind ORDER BY kind`); got != "merged 1\nretired_identifier_used 1\nunmerged 1" {
			t.Errorf("noted %q", got)
		}
		for _, m := range []posting.Message{use, merge, moved, other, unmerge} {
			if err := h.replay(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := list(t, h, `SELECT DISTINCT outcome FROM posting WHERE attempt > 1 ORDER BY 1`); got != "no_change\nsuperseded" {
		t.Errorf("replays %q", got)
	}
	if n := value[int](t, h, `SELECT count(*) FROM patient WHERE merged_into IS NOT NULL`); n != 0 {
		t.Errorf("%d records are read as others", n)
	}
	h.balanced(t)
}

// TestLaw11_MergesOfManyWritersEndWhereOneAfterAnotherDoes has every writer
// merge and part as a source of its own.
func TestLaw11_MergesOfManyWritersEndWhereOneAfterAnotherDoes(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	locals := []string{"A", "B", "C", "D", "E", "F"}
	told := make([][]posting.Message, writers)
	for w := range told {
		r := rand.New(rand.NewPCG(uint64(w), 5))
		for range 6 {
			one, other := person(locals[r.IntN(6)]), person(locals[r.IntN(6)])
			var e canonical.Event = canonical.PatientMerge{Survivor: one, Retired: other}
			switch r.IntN(4) {
			case 0:
				e = canonical.PatientUnmerge{Survivor: one, Retired: other}
			case 1:
				e = h.used(fmt.Sprint("c", r.IntN(3)), locals[r.IntN(6)], canonical.UsageLine{Key: "k", Effect: canonical.Use, Codes: []canonical.Code{{Kind: "erp", Value: "I0"}}, Quantity: "1"})
			}
			told[w] = append(told[w], h.from(fmt.Sprintf("s%02d", w), e))
		}
	}
	together(t, func(ctx context.Context, w int) error {
		for _, m := range told[w] {
			if err := h.post(ctx, m); err != nil {
				return err
			}
		}
		return nil
	})
	k := posting.NewKnown()
	k.Unidentified, k.Waste, k.Nobody = h.books.world.unidentified, h.books.world.waste, h.books.world.nobody
	id := int64(1 << 40)
	for _, ms := range told {
		posting.Decide(h.rules, k, ms, h.now, func() int64 { id++; return id })
	}
	now, shared := h.linked(t), h.linksOf(t, h.books)
	record := map[string]identity.Patient{}
	for _, l := range locals {
		record[l] = h.record(t, l)
	}
	for _, x := range locals {
		i := person(x).Identifiers[0]
		want := k.Patients[h.rules.Vault.Pseudonym(identity.Identifier{Type: i.Type, Authority: i.Authority, Value: i.Value})]
		if s := now.Survivor(record[x]); shared.Survivor(record[x]) != s || value[int64](t, h, `SELECT coalesce(merged_into, id) FROM patient WHERE id = $1`, int64(record[x])) != int64(s) {
			t.Errorf("%s is read as %d by a new hub, and otherwise by the old one or the database", x, s)
		}
		for _, y := range locals {
			j := person(y).Identifiers[0]
			other := k.Patients[h.rules.Vault.Pseudonym(identity.Identifier{Type: j.Type, Authority: j.Authority, Value: j.Value})]
			if alike := k.Merges.Survivor(want) == k.Merges.Survivor(other); alike != (now.Survivor(record[x]) == now.Survivor(record[y])) {
				t.Errorf("%s and %s are one person: %v one after another, and not so at once", x, y, alike)
			}
		}
	}
	h.balanced(t)
}

func TestLinks_AMergeOfAnotherHubIsSeenAndOneThatFailedIsNot(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	second := *h
	books, err := h.Books(t.Context(), h.trust, h.books.sealer)
	if err != nil {
		t.Fatal(err)
	}
	second.books = books
	for _, m := range []posting.Message{h.from("pas", canonical.PatientMerge{Survivor: person("B"), Retired: person("A")}), h.from("pas", canonical.PatientUpdate{Patient: person("C")})} {
		if err := second.post(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	a, b, c := h.record(t, "A"), h.record(t, "B"), h.record(t, "C")
	for i, x := range []*Books{h.books, second.books} {
		if got := h.linksOf(t, x); got.Survivor(a) != b || got != h.linksOf(t, x) {
			t.Errorf("hub %d reads A as %d, or reads the links again without need", i, got.Survivor(a))
		}
	}
	failed := errors.New("failed after it was kept")
	err = pgtx.Run(t.Context(), h.lanes, h.trust, func(ctx context.Context) error {
		if err := h.apply(ctx, []posting.Message{h.from("pas", canonical.PatientMerge{Survivor: person("C"), Retired: person("A")})}, false); err != nil {
			return err
		}
		k, _, _, err := h.books.Known(ctx, posting.Need{}, nil) // a later part of the same batch sees it
		if err != nil || k.Merges.Survivor(c) == c && k.Merges.Survivor(b) == b {
			t.Errorf("inside its transaction the merge is not seen: %v", err)
		}
		return failed
	})
	if !errors.Is(err, failed) {
		t.Fatal(err)
	}
	if err := second.post(t.Context(), h.from("pas", canonical.PatientMerge{Survivor: person("E"), Retired: person("D")})); err != nil {
		t.Fatal(err)
	}
	if got := h.linksOf(t, h.books); got.Survivor(a) != b || got.Survivor(c) != c || got.Survivor(h.record(t, "D")) != h.record(t, "E") {
		t.Error("a merge that was rolled back is kept in memory, or a later one is missed")
	}
}

func TestAlone_ARecordsOwnCasesAreNotBroughtIn(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	var batch []posting.Message
	for i := range 40 {
		batch = append(batch, h.from("theatre", h.used(fmt.Sprint(i), "A", told("1", "I0", "1"))))
	}
	batch = append(batch, h.from("theatre", h.used("3", "B", told("1", "I0", "1"))))
	if err := h.post(t.Context(), batch...); err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, h, `SELECT count(*) FROM case_patient`); n != 41 {
		t.Errorf("%d times a case was told of a patient, want 41", n)
	}
	merge := posting.Needs(h.rules, []posting.Message{h.from("pas", canonical.PatientMerge{Survivor: person("B"), Retired: person("A")})})
	err := h.tx(t.Context(), func(ctx context.Context) error {
		k, _, _, err := h.books.Known(ctx, merge, nil)
		if len(k.Cases) != 1 || len(k.Lines) != 1 {
			t.Errorf("%d cases are looked at again, want the one that was told of both", len(k.Cases))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVisits_AreReadBackAndFollowTheirMerges(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	of := func(visit string, u canonical.Usage) canonical.Usage { u.Encounter = visit; return u }
	code := canonical.Coding{Encounter: "V2", Patient: person("A"), Stage: "final", Procedures: []canonical.Procedure{{Code: "W37.1", System: "OPCS4", On: "2026-03-02"}}}
	for _, m := range []posting.Message{
		h.from("theatre", of("V1", h.used("1", "A", told("1", "I0", "1")))), h.from("theatre", of("V2", h.used("2", "A", told("1", "I0", "2")))), h.from("theatre", of("V3", h.used("3", "A", told("1", "I0", "4")))),
		h.from("pas", code), h.from("pas", canonical.VisitMove{Encounter: "V2", From: person("A"), To: person("B")}),
	} {
		for range 2 {
			if err := h.replay(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	if a, b := h.usedBy(t, "A"), h.usedBy(t, "B"); a != 5 || b != 2 {
		t.Fatalf("moved: A has %d, B %d", a, b)
	}
	if err := h.post(t.Context(), h.from("pas", canonical.VisitMerge{Survivor: "V1", Retired: "V2"})); err != nil {
		t.Fatal(err)
	}
	if a, b := h.usedBy(t, "A"), h.usedBy(t, "B"); a != 4 || b != 3 {
		t.Errorf("merged: A has %d, B %d", a, b)
	}
	if got := list(t, h, `SELECT number || ' ' || visit || ' ' || coalesce(json_array_length(told -> 'moves'), 0) || ' ' || coalesce(told #>> '{codings,pas/final,procedures,0,code}', '') FROM encounter ORDER BY number`); got != "V1 V1 0 \nV2 V1 1 W371" {
		t.Errorf("visits are\n%s", got)
	}
	if got := list(t, h, `SELECT c.name || ' ' || c.encounter || ' ' || (c.patient = $1) FROM theatre_case c ORDER BY 1`, int64(h.record(t, "B"))); got != "1 V1 true\n2 V2 true\n3 V3 false" {
		t.Errorf("cases are\n%s", got)
	}
	h.balanced(t)
}

func TestCodings_OfOneVisitByManyWritersAreAllKept(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	together(t, func(ctx context.Context, w int) error {
		return h.post(ctx, h.from(fmt.Sprintf("s%02d", w), canonical.Coding{Encounter: "V1", Stage: "final", Procedures: []canonical.Procedure{{Code: "W371"}}}))
	})
	if n := value[int](t, h, `SELECT count(*) FROM encounter e CROSS JOIN LATERAL json_object_keys(e.told -> 'codings')`); n != writers {
		t.Errorf("%d codings, want %d", n, writers)
	}
}

func TestDemographics_OneFeedBlanksNothingOfAnothersNorOfItsOwn(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	full := person("A")
	full.Gender, full.GivenNames = "F", "Given"
	in := func(p canonical.Patient) canonical.Usage {
		u := h.used("1", "A", told("1", "I0", "1"))
		u.Patient = p
		return u
	}
	named := canonical.Patient{Identifiers: full.Identifiers, FamilyName: "Other"}
	messages := []posting.Message{h.from("pas", canonical.PatientUpdate{Patient: full}), h.from("theatre", in(named)), h.from("pas", canonical.PatientUpdate{Patient: named}), h.from("theatre", in(canonical.Patient{Identifiers: full.Identifiers}))}
	older := h.from("pas", canonical.PatientUpdate{Patient: full})
	older.Said.Header.SentAt.At = h.now
	for _, m := range append(messages, older) {
		m.ReceivedAt = m.Said.Header.SentAt.At
		if err := h.post(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	want := fmt.Sprintf("pas true family_name %d\npas true family_name,given_names,birth_date,gender %d\ntheatre false family_name %d", messages[2].ID, messages[0].ID, messages[1].ID)
	if got := list(t, h, `SELECT connector || ' ' || about || ' ' || fields || ' ' || message_id FROM patient_demographics ORDER BY 1`); got != want {
		t.Errorf("kept\n%s\nwant\n%s", got, want)
	}
}

func TestNHSNumbers_KeepTheirStatusAndWhatIsNoneJoinsNobody(t *testing.T) {
	t.Parallel()
	h := oneHub(t)
	nhs := func(local, number, status string) posting.Message {
		p := person(local)
		p.Identifiers = append(p.Identifiers, canonical.Identifier{Type: "NH", Authority: "NHS", Value: number, Status: status})
		return h.from("pas", canonical.PatientUpdate{Patient: p})
	}
	older := nhs("A", "9990000018", "02")
	for _, m := range []posting.Message{nhs("A", "9990000018", "03"), nhs("A", "9990000019", "01"), nhs("B", "9990000019", ""), nhs("A", "9990000019", ""), nhs("A", "9990000018", "01"), older, nhs("A", "9990000026", "")} {
		for range 2 {
			if err := h.replay(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	if h.record(t, "A") == h.record(t, "B") {
		t.Error("a number that is none joined two patients")
	}
	if got := list(t, h, `SELECT kind || ' ' || status || ' ' || count(*) FROM patient_identifier GROUP BY kind, status ORDER BY 1`); got != "invalid  2\nlocal  2\nnhs  1\nnhs 01 1" {
		t.Errorf("identifiers are\n%s", got)
	}
	if got := list(t, h, `SELECT kind || ' ' || count(*) FROM identity_event GROUP BY kind ORDER BY 1`); got != "identifier_added 1\nnhs_number_changed 1\nnhs_status_changed 1" {
		t.Errorf("noted\n%s", got)
	}
	if got := list(t, h, `SELECT kind FROM warning WHERE closed_at IS NULL`); got != "nhs_number_changed" {
		t.Errorf("warned %s", strings.ReplaceAll(got, "\n", ", "))
	}
}
