package registry

import (
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/stockwell-hub/stockwell/schemas/nhs"
)

// Who can supply what a record lacks.
const (
	Theatre  = "theatre"
	Coders   = "coding team"
	Supplies = "supplies"
	PAS      = "patient administration"
	Analyst  = "analyst"
)

// Missing is one thing that a record lacks, in words for whoever can supply
// it. It never holds the value.
type Missing struct {
	Field string `json:"field"`
	Code  string `json:"code"`
	Text  string `json:"text"`
	Who   string `json:"who"`
}

// Reading is what a use comes to for the registry.
type Reading struct {
	// Why is the code of why the use is not reported; empty if it is.
	Why string
	// Doubted is set while the use may not stand at all: the registry must not
	// hold it, and it is not complete either.
	Doubted bool
	// Record is what the registry should hold, if nothing is Missing.
	Record  Record
	Missing []Missing
	// Remarks are what is legal and worth knowing, as a default that stands in.
	Remarks []Missing
	// Patient and Person are whose the record is.
	Patient, Person int64
}

// Read says what a use comes to. fits, which may be nil, tells what of a
// record its layout cannot take.
func (r Rules) Read(u Use, fits func(Record) []Missing) Reading {
	out := Reading{Why: r.reportable(u), Patient: u.Patient.Record, Person: u.Patient.Person}
	if out.Why != "" {
		return out
	}
	out.Record = r.record(u)
	v := validation{Reading: &out, use: u}
	v.whole()
	v.patient()
	v.procedure()
	v.people()
	v.device()
	if fits != nil && len(out.Missing) == 0 {
		out.Missing = fits(out.Record)
	}
	return out
}

type validation struct {
	*Reading
	use Use
}

func (v *validation) lacks(field, code, who, text string, args ...any) {
	v.Missing = append(v.Missing, Missing{field, code, fmt.Sprintf(text, args...), who})
}

func (v *validation) remark(field, code, who, text string, args ...any) {
	v.Remarks = append(v.Remarks, Missing{field, code, fmt.Sprintf(text, args...), who})
}

// most refuses a text that is longer than the registry takes.
func (v *validation) most(field, text string, n int, who string) {
	if utf8.RuneCountInString(text) > n {
		v.lacks(field, field+"_too_long", who, "It has %d characters, and the registry takes %d. Have it corrected at its source.", utf8.RuneCountInString(text), n)
	}
}

func date(text string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, text)
	return t, err == nil
}

// whole looks at whether the use stands as it is told.
func (v *validation) whole() {
	if v.use.Cancelled {
		v.Doubted = true
		v.lacks("case_reference", "case_cancelled", Theatre, "The case's booking is cancelled, and a use in it is told. Ask the theatre which is right; a correction of either is taken up by itself.")
	}
	if v.use.State == "waiting" {
		v.lacks("quantity", "quantity_unclear", Theatre, "How many were used cannot be counted. Have the line corrected and sent again.")
	}
	v.most("case_reference", v.Record.Case, 64, Analyst)
	if _, err := nhs.ParseSiteCode(v.Record.Site); v.Record.Site == "" {
		v.lacks("site", "site_missing", Analyst, "The place has no ODS site code, or is not known. Give the place a site in trust.yaml, or say which place it was with stockwell cases resolve.")
	} else if err != nil {
		v.lacks("site", "site_invalid", Analyst, "The place's site is no ODS site code of five to nine characters. Correct it in trust.yaml.")
	} else if nhs.SiteCode(v.Record.Site).IsDefault() {
		v.remark("site", "site_default", Analyst, "A default stands in for the site, which is legal.")
	}
}

func (v *validation) patient() {
	r := v.Record
	if v.Patient == 0 {
		v.lacks("nhs_number", "patient_unknown", Theatre, "No patient is known of the use. Have the theatre send the case with its patient.")
		return
	}
	v.nhsNumber()
	if r.NHSNumber == "" && r.LocalID == "" {
		v.lacks("local_patient_identifier", "local_identifier_missing", PAS, "There is neither an NHS Number nor a hospital number. Have the patient's record completed.")
	}
	v.most("local_patient_identifier", r.LocalID, 20, PAS)
	born, ok := date(r.BirthDate)
	switch done, known := date(r.ProcedureDate); {
	case r.BirthDate == "":
		v.lacks("birth_date", "birth_date_missing", PAS, "The birth date is missing. Have it told by the patient administration system.")
	case !ok:
		v.lacks("birth_date", "birth_date_invalid", PAS, "The birth date is no date. Have it corrected at its source.")
	case known && done.Before(born):
		v.lacks("birth_date", "birth_date_after_procedure", PAS, "The birth date is after the procedure. Have whichever is wrong corrected at its source.")
	}
	if r.Gender == "" {
		v.remark("gender", "gender_not_told", PAS, "No gender was told; the registry's code for not known stands in.")
	}
}

// absent are the statuses that say why there is no NHS Number.
var absent = map[nhs.NHSNumberStatus]bool{nhs.TraceRequired: true, nhs.NoOrSeveralMatch: true, nhs.TraceConflict: true, nhs.TraceInProgress: true, nhs.TraceNotRequired: true, nhs.TracePostponed: true}

func (v *validation) nhsNumber() {
	r := &v.Record
	status, err := nhs.ParseNHSNumberStatus(r.NHSStatus)
	switch {
	case r.NHSNumber != "":
		if _, bad := nhs.ParseNHSNumber(r.NHSNumber); bad != nil {
			v.lacks("nhs_number", "nhs_number_invalid", PAS, "The NHS Number is none: its check digit or its form is wrong. Have it corrected at its source.")
		}
		if err != nil {
			v.lacks("nhs_number_status", "nhs_status_invalid", PAS, "The status of the NHS Number is not one of 01 to 08. Have it corrected at its source.")
			return
		}
		if r.NHSStatus = status.String(); v.use.Patient.NHSStatus == "" {
			v.remark("nhs_number_status", "nhs_status_default", PAS, "Nobody told whether the NHS Number was traced; 02, present and not traced, stands in.")
		}
	case err == nil && absent[status]:
		r.NHSStatus = status.String()
		v.remark("nhs_number", "nhs_number_absent_by_status", PAS, "There is no NHS Number, and status %s says why, which is legal: %s.", status, status.Text())
	default:
		v.lacks("nhs_number", "nhs_number_missing", PAS, "The NHS Number is missing. Have it traced and told, or have its status told (03 to 08), which says why there is none.")
	}
}

func (v *validation) procedure() {
	r := v.Record
	if r.OPCS4 == "" {
		v.lacks("opcs4", "procedure_code_missing", Coders, "No OPCS-4 code of the procedure is told. It is taken up by itself once the case is coded.")
	}
	if _, ok := date(r.ProcedureDate); !ok {
		v.lacks("procedure_date", "procedure_date_missing", Theatre, "The day of the procedure is not known. Have it told with the use.")
	}
	for _, c := range []struct{ field, code string }{{"treatment_function", r.TreatmentFunction}, {"main_specialty", r.MainSpecialty}} {
		if len(c.code) != 0 && len(c.code) != 3 {
			v.lacks(c.field, c.field+"_invalid", Analyst, "It is no code of three characters. Correct it under registry in trust.yaml.")
		}
	}
}

func (v *validation) people() {
	if code := nhs.ConsultantCode(v.Record.Consultant); code == nhs.ConsultantUnknown {
		v.remark("consultant", "consultant_default", Theatre, "No one consultant is told by a number of the GMC or GDC; %s, which is legal, stands for not known.", code)
	}
	v.most("operator_registration", v.Record.OperatorRegistration, 32, Theatre)
}

func (v *validation) device() {
	r, item := v.Record, v.use.Item
	if !item.Known {
		v.lacks("catalogue_number", "item_unidentified", Supplies, "The device is not in the catalogue. Add it, or say what it was with stockwell cases resolve.")
	} else if r.UDIDI == "" && r.CatalogueNumber == "" {
		v.lacks("catalogue_number", "device_identifier_missing", Supplies, "The catalogue has neither a GTIN nor a catalogue number for the item, and no label was scanned. Complete the item in the catalogue.")
	}
	v.most("catalogue_number", r.CatalogueNumber, 255, Supplies)
	switch {
	case r.Lot != "" || r.Serial != "" && !item.LotTracked:
	case r.UsedAs == "explanted": // often nobody can read it any more
		v.remark("lot", "lot_of_explant_unknown", Theatre, "The lot of what was taken out is not told.")
	case item.LotTracked && r.Lot == "":
		v.lacks("lot", "lot_missing", Theatre, "The lot is missing. Have the theatre read it from the label or the sticker in the notes, and send the line again.")
	}
	if item.SerialTracked && r.Serial == "" && r.UsedAs != "explanted" {
		v.lacks("serial", "serial_missing", Theatre, "The serial number is missing. Have the theatre read it from the label or the sticker in the notes, and send the line again.")
	}
	v.most("lot", r.Lot, 50, Theatre)
	v.most("serial", r.Serial, 50, Theatre)
}
