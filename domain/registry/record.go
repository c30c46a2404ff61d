package registry

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/nhs"
	"github.com/stockwell-hub/stockwell/schemas/udi"
)

// Record is what the registry is told of one use, in plain values; a profile
// lays them out and gives codes their registry's form. It is personal data.
type Record struct {
	NHSNumber            string `json:"nhs_number"`
	NHSStatus            string `json:"nhs_number_status"`
	LocalID              string `json:"local_patient_identifier"`
	BirthDate            string `json:"birth_date"`
	Gender               string `json:"gender"`
	Provider             string `json:"provider"`
	Site                 string `json:"site"`
	Case                 string `json:"case_reference"`
	ProcedureDate        string `json:"procedure_date"`
	OPCS4                string `json:"opcs4"`
	FurtherOPCS4         string `json:"opcs4_further"`
	ProcedureSide        string `json:"procedure_side"`
	TreatmentFunction    string `json:"treatment_function"`
	MainSpecialty        string `json:"main_specialty"`
	Consultant           string `json:"consultant"`
	OperatorIssuer       string `json:"operator_issuer"`
	OperatorRegistration string `json:"operator_registration"`
	UDIDI                string `json:"udi_di"`
	UDIIssuer            string `json:"udi_issuer"`
	UDICarrier           string `json:"udi_carrier"`
	CatalogueNumber      string `json:"catalogue_number"`
	Manufacturer         string `json:"manufacturer"`
	Description          string `json:"description"`
	Lot                  string `json:"lot"`
	Serial               string `json:"serial"`
	Expiry               string `json:"expiry"`
	Manufactured         string `json:"manufactured"`
	Quantity             string `json:"quantity"`
	QuantityWasted       string `json:"quantity_wasted"`
	DeviceSide           string `json:"device_side"`
	// UsedAs is "implanted", "explanted", "used" or "wasted".
	UsedAs string `json:"used_as"`
}

// Fields gives the record's values by the names that a layout uses.
func (r Record) Fields() map[string]string {
	return map[string]string{
		"nhs_number": r.NHSNumber, "nhs_number_status": r.NHSStatus, "local_patient_identifier": r.LocalID, "birth_date": r.BirthDate, "gender": r.Gender,
		"provider": r.Provider, "site": r.Site, "case_reference": r.Case, "procedure_date": r.ProcedureDate, "opcs4": r.OPCS4, "opcs4_further": r.FurtherOPCS4,
		"procedure_side": r.ProcedureSide, "treatment_function": r.TreatmentFunction, "main_specialty": r.MainSpecialty, "consultant": r.Consultant,
		"operator_issuer": r.OperatorIssuer, "operator_registration": r.OperatorRegistration, "udi_di": r.UDIDI, "udi_issuer": r.UDIIssuer, "udi_carrier": r.UDICarrier,
		"catalogue_number": r.CatalogueNumber, "manufacturer": r.Manufacturer, "description": r.Description, "lot": r.Lot, "serial": r.Serial, "expiry": r.Expiry,
		"manufactured": r.Manufactured, "quantity": r.Quantity, "quantity_wasted": r.QuantityWasted, "device_side": r.DeviceSide, "used_as": r.UsedAs,
	}
}

// record says of a use what is known.
func (r Rules) record(u Use) Record {
	out := Record{
		NHSNumber: u.Patient.NHSNumber, NHSStatus: u.Patient.NHSStatus, BirthDate: u.Patient.BirthDate, Gender: u.Patient.Gender,
		Provider: r.Provider, Site: u.Site, Case: u.Case, ProcedureDate: r.day(u),
		CatalogueNumber: u.Item.CatalogueNumber, Manufacturer: u.Item.Manufacturer, Description: u.Item.Description,
		Lot: u.Lot, Serial: u.Serial, Expiry: u.Expiry, DeviceSide: u.Side, UsedAs: usedAs(u), UDICarrier: u.UDI,
	}
	if len(u.Patient.Local) > 0 {
		out.LocalID = u.Patient.Local[0]
	}
	s := r.Specialties[u.Place]
	out.TreatmentFunction, out.MainSpecialty = s.TreatmentFunction, s.Main
	r.quantities(&out, u)
	r.procedures(&out, u)
	out.Consultant = consultant(u.People)
	out.OperatorIssuer, out.OperatorRegistration = operator(u)
	device(&out, u)
	if out.NHSNumber != "" && out.NHSStatus == "" {
		out.NHSStatus = string(nhs.NotTraced) // the number is there, and nobody says that it was traced
	}
	return out
}

func usedAs(u Use) string {
	switch u.Disposition {
	case theatre.Implanted:
		if u.Quantity == 0 && u.Wasted > 0 {
			return "wasted"
		}
		return "implanted"
	case theatre.Explanted:
		return "explanted"
	case theatre.ImplantedThenRemoved, theatre.OpenedNotUsed, theatre.Contaminated, theatre.SupplierLiable:
		return "wasted"
	}
	if u.Quantity == 0 && u.Wasted > 0 {
		return "wasted"
	}
	return "used"
}

func (r Rules) quantities(out *Record, u Use) {
	n, wasted := u.Quantity, u.Wasted
	if out.UsedAs == "wasted" {
		n, wasted = 0, n+wasted
	}
	out.Quantity, out.QuantityWasted = strconv.FormatInt(n, 10), strconv.FormatInt(wasted, 10)
}

var codingStages = []string{theatre.StageBooking, theatre.StageTheatre, theatre.StageFinal}

// procedures takes the latest stage of coding that is good enough, and of
// that the word that was sent last, as the case itself does.
func (r Rules) procedures(out *Record, u Use) {
	first := max(slices.Index(codingStages, r.Coding), 0)
	var best theatre.Version
	stage := -1
	for _, v := range u.Codings {
		n := slices.Index(codingStages, v.Stage)
		if n < first || n < stage || len(coded(v.Procedures)) == 0 {
			continue
		}
		if n > stage || cmp.Or(v.Sequence.SentAt.Compare(best.Sequence.SentAt), cmp.Compare(v.Source, best.Source)) > 0 {
			stage, best = n, v
		}
	}
	for i, p := range coded(best.Procedures) {
		if i > 0 {
			out.FurtherOPCS4 = strings.TrimPrefix(out.FurtherOPCS4+" "+p.Code, " ")
			continue
		}
		out.OPCS4, out.ProcedureSide = p.Code, p.Side
		if p.On != "" {
			out.ProcedureDate = p.On
		}
	}
}

// coded are the procedures with a code of OPCS-4, as four characters.
func coded(ps []theatre.Procedure) (out []theatre.Procedure) {
	for _, p := range ps {
		code, err := nhs.ParseOPCS4(p.Code)
		system := strings.ToUpper(p.System)
		if err != nil || code.IsQualifier() || system != "" && !strings.Contains(system, "OPCS") && system != "O4" {
			continue
		}
		p.Code = code.String()
		out = append(out, p)
	}
	return out
}

// consultant is the code of the one responsible consultant; nobody else
// stands in for them.
func consultant(people []theatre.Person) string {
	found := ""
	for _, p := range people {
		if p.Role != "consultant" || !theatre.Identified(p) {
			continue
		}
		code := ""
		switch number := strings.ToUpper(strings.TrimSpace(p.Code)); strings.ToUpper(strings.TrimSpace(p.Authority)) {
		case "GMC":
			code = "C" + strings.TrimPrefix(number, "C")
		case "GDC":
			if g, err := nhs.ParseGDC(strings.TrimPrefix(number, "CD")); err == nil {
				code = "CD" + g.String()
			}
		}
		if code != "" && found != "" && code != found {
			return string(nhs.ConsultantUnknown)
		}
		found = cmp.Or(code, found)
	}
	return cmp.Or(found, string(nhs.ConsultantUnknown))
}

// operator is who operated, by the register that knows them: the line's own
// first, then the case's.
func operator(u Use) (issuer, registration string) {
	for _, p := range append(slices.Clone(u.LinePeople), u.People...) {
		if p.Role == "operator" && theatre.Identified(p) {
			number := strings.ToUpper(strings.TrimSpace(p.Code))
			issuer = strings.ToUpper(strings.TrimSpace(p.Authority))
			switch issuer {
			case "GMC":
				number = strings.TrimPrefix(number, "C")
			case "GDC":
				number = strings.TrimPrefix(number, "CD")
			}
			return issuer, number
		}
	}
	return "", ""
}

// device takes the identifier of the label that was scanned before the one of
// the catalogue.
func device(out *Record, u Use) {
	if u.UDI != "" {
		label := udi.Parse(u.UDI, u.OccurredAt)
		if out.UDIDI = label.DI; label.DI != "" {
			out.UDIIssuer, out.Manufactured = label.Issuer, label.Manufactured.String()
			return
		}
	}
	for _, c := range u.Codes {
		if gtin, ok := strings.CutPrefix(c, "gtin "); ok {
			out.UDIDI = gtin
			break
		}
	}
	if out.UDIDI = cmp.Or(out.UDIDI, u.Item.GTIN); out.UDIDI != "" {
		out.UDIIssuer = udi.GS1
	}
}
