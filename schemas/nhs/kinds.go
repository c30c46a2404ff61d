package nhs

import (
	"fmt"
	"strings"
)

// Kind is a code that Check knows.
type Kind struct {
	// Name is what people type, as "nhs_number".
	Name string `json:"kind"`
	// Form says in a few words what the code looks like.
	Form string `json:"form"`
	// others are further names, without underscores.
	others string
	parse  func(string) (fmt.Stringer, error)
}

var kinds = []Kind{
	{"nhs_number", "10 digits with a check digit, spaces allowed", "nhs nhsno", parsing(ParseNHSNumber)},
	{"nhs_number_status", "01 to 08", "status nhsnumberstatusindicator", parsing(ParseNHSNumberStatus)},
	{"ods", "a trust's 3 characters, or a site's 5 to 9", "odscode organisation", parseODS},
	{"trust", "ODS code of a trust, as RH8", "odstrust odstrustcode trustcode provider", parsing(ParseODSCode)},
	{"site", "ODS code of a site, as RH802", "odssite odssitecode sitecode", parsing(ParseSiteCode)},
	{"gmc", "General Medical Council: 7 digits", "gmcnumber gmccode", parsing(ParseGMC)},
	{"gdc", "General Dental Council: up to 6 digits", "gdcnumber gdccode", parsing(ParseGDC)},
	{"consultant", "C and a GMC number, CD and a GDC number, or a default", "consultantcode", parsing(ParseConsultantCode)},
	{"opcs4", "a letter other than I and 3 digits, as W37.1", "opcs opcs4code procedure", parsing(ParseOPCS4)},
	{"snomed", "SNOMED CT identifier: 6 to 18 digits with a check digit", "snomedct sctid sct", parsing(ParseSNOMED)},
	{"dmd", "dictionary of medicines and devices: a SNOMED CT concept", "dm+d", parsing(ParseDMD)},
	{"npc", "NHS Supply Chain product code: 3 letters and digits", "nationalproductcode", parsing(ParseNPC)},
	{"eclass", "NHS-eClass: 3 letters", "nhseclass", parsing(ParseEClass)},
	{"treatment_function", "3 digits from 100", "tfc treatmentfunctioncode", parsing(ParseTreatmentFunction)},
}

// Kinds lists the kinds that Check knows.
func Kinds() []Kind { return append([]Kind(nil), kinds...) }

// kindOf finds a kind by its name or another that it goes by.
func kindOf(name string) (Kind, bool) {
	plain := strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
	for _, k := range kinds {
		if plain == strings.ReplaceAll(k.Name, "_", "") {
			return k, true
		}
		for _, other := range strings.Fields(k.others) {
			if plain == other {
				return k, true
			}
		}
	}
	return Kind{}, false
}

func parsing[T fmt.Stringer](parse func(string) (T, error)) func(string) (fmt.Stringer, error) {
	return func(s string) (fmt.Stringer, error) { return parse(s) }
}

// parseODS reads the code of a trust or of a site.
func parseODS(s string) (fmt.Stringer, error) {
	if len(clean(s)) <= 3 {
		return ParseODSCode(s)
	}
	return ParseSiteCode(s)
}
