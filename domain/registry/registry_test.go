package registry

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/theatre"
)

var rules = Rules{Provider: "ZZ1", Test: true, Devices: Flagged, Coding: theatre.StageTheatre, Zone: time.UTC}

// use is one that lacks nothing.
func use() Use {
	return Use{
		Line: 1, Case: "4411", Key: "T4411-1", State: theatre.Posted, Disposition: theatre.Implanted,
		Item: Item{Known: true, ID: 7, Code: "HIP-STEM-12", CatalogueNumber: "NM-FS-12", GTIN: "05012345000121", Class: "III", Implantable: true, Reportable: true, LotTracked: true},
		Lot:  "FS24117", Quantity: 1, Side: "left", OccurredAt: time.Date(2026, 3, 14, 9, 15, 0, 0, time.UTC), Place: "TH1", Site: "ZZ101",
		Patient: Patient{Record: 31, Person: 31, NHSNumber: "9990000018", NHSStatus: "01", Local: []string{"T00412"}, BirthDate: "1954-03-12", Gender: "F"},
		Codings: []theatre.Version{coding(theatre.StageTheatre, "W371")},
		People:  []theatre.Person{{Role: "consultant", Code: "C1234567", Authority: "GMC"}},
	}
}

func coding(stage string, codes ...string) theatre.Version {
	v := theatre.Version{Source: "theatre", Stage: stage}
	for _, c := range codes {
		v.Procedures = append(v.Procedures, theatre.Procedure{Code: c, System: "OPCS4"})
	}
	return v
}

func with(change func(u *Use)) Use { u := use(); change(&u); return u }

func TestRead_ACompleteUseLacksNothing(t *testing.T) {
	t.Parallel()
	got := rules.Read(use(), nil)
	if got.Why != "" || len(got.Missing) > 0 || len(got.Remarks) > 0 {
		t.Fatalf("%+v", got)
	}
	r := got.Record
	if r.NHSNumber != "9990000018" || r.NHSStatus != "01" || r.OPCS4 != "W371" || r.Consultant != "C1234567" || r.UDIDI != "05012345000121" || r.UDIIssuer != "GS1" ||
		r.ProcedureDate != "2026-03-14" || r.Quantity != "1" || r.QuantityWasted != "0" || r.UsedAs != "implanted" || r.LocalID != "T00412" || r.Site != "ZZ101" {
		t.Errorf("%+v", r)
	}
}

func TestRead_WhatIsNotReported(t *testing.T) {
	t.Parallel()
	live := rules
	live.Test, live.TestPatients = false, map[string]bool{"T09999": true}
	since := rules
	since.From = "2026-03-15"
	byClass := rules
	byClass.Devices = Implant
	for name, c := range map[string]struct {
		rules Rules
		use   Use
		why   string
	}{
		"gloves":                               {rules, with(func(u *Use) { u.Item.Reportable = false }), NotADevice},
		"a suture, where class decides":        {byClass, with(func(u *Use) { u.Item.Implantable = false }), NotADevice},
		"an unknown thing that stayed nowhere": {rules, with(func(u *Use) { u.Item, u.Disposition = Item{}, theatre.UsedUnspecified }), NotADevice},
		"taken back":                           {rules, with(func(u *Use) { u.State, u.Why = theatre.Withdrawn, "wrong_patient" }), NothingOfItLeft},
		"another line's corroboration":         {rules, with(func(u *Use) { u.State, u.Why = theatre.Recorded, "corroborates" }), NotAUse},
		"an explant told twice":                {rules, with(func(u *Use) { u.State, u.Why, u.Disposition = theatre.Recorded, "same_use", theatre.Explanted }), NotAUse},
		"another source that differs":          {rules, with(func(u *Use) { u.State, u.Why = theatre.Waiting, "sources_differ" }), NotAUse},
		"returned unopened": {rules, with(func(u *Use) {
			u.State, u.Disposition, u.Why = theatre.Recorded, theatre.ReturnedUnopened, "returned_unopened"
		}), NotAUse},
		"a reusable one of no known shelf": {rules, with(func(u *Use) { u.Disposition = theatre.Reusable }), Untaken},
		"a number of the 999 range":        {live, use(), TestPatient},
		"a patient on the list":            {live, with(func(u *Use) { u.Patient.NHSNumber, u.Patient.Local = "", []string{"t0 9999"} }), TestPatient},
		"a patient marked as such":         {live, with(func(u *Use) { u.Patient.NHSNumber, u.Patient.Test = "9449305552", true }), TestPatient},
		"before the first day":             {since, use(), BeforeTheFirst},
	} {
		if got := c.rules.Read(c.use, nil); got.Why != c.why || len(got.Missing) > 0 {
			t.Errorf("%s: %q, %+v", name, got.Why, got.Missing)
		}
	}
}

func TestRead_WhatIsMissingAndWhoCanSupplyIt(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		use  Use
		code string
		who  string
	}{
		"lot":                           {with(func(u *Use) { u.Lot = "" }), "lot_missing", Theatre},
		"serial":                        {with(func(u *Use) { u.Item.SerialTracked = true }), "serial_missing", Theatre},
		"lot of 51 characters":          {with(func(u *Use) { u.Lot = strings.Repeat("9", 51) }), "lot_too_long", Theatre},
		"NHS Number, and no word on it": {with(func(u *Use) { u.Patient.NHSNumber, u.Patient.NHSStatus = "", "" }), "nhs_number_missing", PAS},
		"NHS Number, though verified":   {with(func(u *Use) { u.Patient.NHSNumber = "" }), "nhs_number_missing", PAS},
		"a right check digit":           {with(func(u *Use) { u.Patient.NHSNumber = "9990000019" }), "nhs_number_invalid", PAS},
		"a status that there is":        {with(func(u *Use) { u.Patient.NHSStatus = "11" }), "nhs_status_invalid", PAS},
		"birth date":                    {with(func(u *Use) { u.Patient.BirthDate = "" }), "birth_date_missing", PAS},
		"a date of birth":               {with(func(u *Use) { u.Patient.BirthDate = "1954" }), "birth_date_invalid", PAS},
		"a birth before the procedure":  {with(func(u *Use) { u.Patient.BirthDate = "2026-03-15" }), "birth_date_after_procedure", PAS},
		"procedure":                     {with(func(u *Use) { u.Codings = nil }), "procedure_code_missing", Coders},
		"more than a plan":              {with(func(u *Use) { u.Codings = []theatre.Version{coding(theatre.StageBooking, "W371")} }), "procedure_code_missing", Coders},
		"a code of OPCS-4":              {with(func(u *Use) { u.Codings[0].Procedures[0].System = "ICD10" }), "procedure_code_missing", Coders},
		"item":                          {with(func(u *Use) { u.Item = Item{} }), "item_unidentified", Supplies},
		"any identifier":                {with(func(u *Use) { u.Item.GTIN, u.Item.CatalogueNumber = "", "" }), "device_identifier_missing", Supplies},
		"site":                          {with(func(u *Use) { u.Site = "" }), "site_missing", Analyst},
		"a site's code":                 {with(func(u *Use) { u.Site = "ZZ1" }), "site_invalid", Analyst},
		"patient":                       {with(func(u *Use) { u.Patient = Patient{} }), "patient_unknown", Theatre},
		"an uncancelled case":           {with(func(u *Use) { u.Cancelled = true }), "case_cancelled", Theatre},
		"a whole quantity":              {with(func(u *Use) { u.State, u.Why = theatre.Waiting, "fraction" }), "quantity_unclear", Theatre},
		"a short hospital number":       {with(func(u *Use) { u.Patient.Local = []string{strings.Repeat("T", 21)} }), "local_patient_identifier_too_long", PAS},
	} {
		got := rules.Read(c.use, nil)
		if i := slices.IndexFunc(got.Missing, func(m Missing) bool { return m.Code == c.code }); len(got.Missing) != 1 || i < 0 || got.Missing[i].Who != c.who || got.Missing[i].Text == "" {
			t.Errorf("without %s: %+v", name, got.Missing)
		}
	}
}

func TestRead_ADefaultOrAStatusIsLegalAndSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		use   Use
		code  string
		field func(Record) string
		want  string
	}{
		"no number, trace required":    {with(func(u *Use) { u.Patient.NHSNumber, u.Patient.NHSStatus = "", "3" }), "nhs_number_absent_by_status", func(r Record) string { return r.NHSStatus }, "03"},
		"no number, not required":      {with(func(u *Use) { u.Patient.NHSNumber, u.Patient.NHSStatus = "", "07" }), "nhs_number_absent_by_status", func(r Record) string { return r.NHSNumber }, ""},
		"a baby's number is postponed": {with(func(u *Use) { u.Patient.NHSNumber, u.Patient.NHSStatus = "", "08" }), "nhs_number_absent_by_status", func(r Record) string { return r.NHSStatus }, "08"},
		"a number of no told status":   {with(func(u *Use) { u.Patient.NHSStatus = "" }), "nhs_status_default", func(r Record) string { return r.NHSStatus }, "02"},
		"no consultant":                {with(func(u *Use) { u.People = nil }), "consultant_default", func(r Record) string { return r.Consultant }, "C9999998"},
		"a consultant by a local code": {with(func(u *Use) { u.People[0].Authority = "BANK" }), "consultant_default", func(r Record) string { return r.Consultant }, "C9999998"},
		"two consultants": {with(func(u *Use) {
			u.People = append(u.People, theatre.Person{Role: "consultant", Code: "7654321", Authority: "GMC"})
		}), "consultant_default", func(r Record) string { return r.Consultant }, "C9999998"},
		"an operator is no consultant": {with(func(u *Use) { u.People[0].Role = "operator" }), "consultant_default", func(r Record) string { return r.OperatorRegistration }, "1234567"},
		"a site that is none":          {with(func(u *Use) { u.Site = "R9998" }), "site_default", func(r Record) string { return r.Site }, "R9998"},
		"an explant whose lot is rubbed": {with(func(u *Use) {
			u.State, u.Disposition, u.Why, u.Lot, u.Quantity = theatre.Recorded, theatre.Explanted, "explanted", "", 0
		}), "lot_of_explant_unknown", func(r Record) string { return r.UsedAs }, "explanted"},
	} {
		got := rules.Read(c.use, nil)
		if len(got.Missing) > 0 || len(got.Remarks) != 1 || got.Remarks[0].Code != c.code || c.field(got.Record) != c.want {
			t.Errorf("%s: missing %+v, remarks %+v, %q", name, got.Missing, got.Remarks, c.field(got.Record))
		}
	}
}

func TestRead_ADentistsNumber(t *testing.T) {
	t.Parallel()
	u := with(func(u *Use) { u.People = []theatre.Person{{Role: "consultant", Code: "23456", Authority: "GDC"}} })
	if got := rules.Read(u, nil); got.Record.Consultant != "CD023456" {
		t.Errorf("%+v", got.Record)
	}
}

func TestRead_TheLatestGoodCodingCounts(t *testing.T) {
	t.Parallel()
	at := func(v theatre.Version, hour int) theatre.Version {
		v.Sequence.SentAt = time.Date(2026, 3, 20, hour, 0, 0, 0, time.UTC)
		return v
	}
	final := at(coding(theatre.StageFinal, "Z843", "W46.1x", "Y032", "W581"), 9)
	final.Procedures[1].Side, final.Procedures[1].On = "right", "2026-03-13"
	u := with(func(u *Use) {
		u.Codings = []theatre.Version{at(coding(theatre.StageTheatre, "W371"), 12), final, at(coding(theatre.StageFinal, "nonsense"), 14)}
	})
	r := rules.Read(u, nil).Record
	if r.OPCS4 != "W461" || r.FurtherOPCS4 != "W581" || r.ProcedureSide != "right" || r.ProcedureDate != "2026-03-13" {
		t.Errorf("%+v", r)
	}
	planned := rules
	planned.Coding = theatre.StageBooking
	if r := planned.Read(with(func(u *Use) { u.Codings = []theatre.Version{coding(theatre.StageBooking, "W371")} }), nil).Record; r.OPCS4 != "W371" {
		t.Errorf("a plan that the trust declares good enough: %+v", r)
	}
}

func TestRead_TheScannedLabelGoesBeforeTheCatalogue(t *testing.T) {
	t.Parallel()
	u := with(func(u *Use) { u.UDI = "(01)09504000059118(11)250102(17)261231(10)7654321D" })
	r := rules.Read(u, nil).Record
	if r.UDIDI != "09504000059118" || r.UDIIssuer != "GS1" || r.Manufactured != "2025-01-02" || r.UDICarrier != u.UDI {
		t.Errorf("%+v", r)
	}
	r = rules.Read(with(func(u *Use) { u.UDI = "+A99912345/$$52001510X3/16D20111212/S77DE1G45-" }), nil).Record
	if r.UDIIssuer != "HIBCC" || r.UDIDI == "" {
		t.Errorf("%+v", r)
	}
	r = rules.Read(with(func(u *Use) { u.Codes = []string{"erp X", "gtin 15012345000128"} }), nil).Record
	if r.UDIDI != "15012345000128" {
		t.Errorf("%+v", r)
	}
}

func TestRead_WhatBecameOfTheThing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		disposition    theatre.Disposition
		used, credited int64
		as, n, wasted  string
	}{
		"implanted":              {theatre.Implanted, 2, 0, "implanted", "2", "0"},
		"one of two wasted":      {theatre.Implanted, 1, 1, "implanted", "1", "1"},
		"credited as wasted":     {theatre.UsedUnspecified, 0, 2, "wasted", "0", "2"},
		"nobody said":            {theatre.UsedUnspecified, 1, 0, "used", "1", "0"},
		"taken out again":        {theatre.ImplantedThenRemoved, 1, 0, "wasted", "0", "1"},
		"opened and not used":    {theatre.OpenedNotUsed, 1, 0, "wasted", "0", "1"},
		"the supplier's failure": {theatre.SupplierLiable, 1, 0, "wasted", "0", "1"},
	} {
		r := rules.Read(with(func(u *Use) { u.Disposition, u.Quantity, u.Wasted = c.disposition, c.used, c.credited }), nil).Record
		if r.UsedAs != c.as || r.Quantity != c.n || r.QuantityWasted != c.wasted {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestName_FollowsFromTheUseAndTellsNothingOfIt(t *testing.T) {
	t.Parallel()
	a, b, c := Name("4411", "T4411-1", 0), Name("4411", "T4411-1", 0), Name("4411", "T4411-1", 1)
	if a != b || a == c || Name("44", "11T4411-1", 0) == a || strings.Contains(a, "4411") || len(a) != len("MDOR-0000-0000-0000") {
		t.Error(a, b, c)
	}
}

func TestReason_KeepsNoNumberOfAPatient(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"NHS Number 999 000 0018 is  not known": "NHS Number … is not known",
		"9990000018":                            "…",
		"lot 1234567 differs from W37.1":        "lot 1234567 differs from W37.1",
		strings.Repeat("a", 300):                strings.Repeat("a", 199) + "…",
	} {
		if got := Reason(text); got != want {
			t.Errorf("%q", got)
		}
	}
}
