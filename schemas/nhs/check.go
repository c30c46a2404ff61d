package nhs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Finding is something wrong or worth knowing in a value. Message never
// repeats the value.
type Finding struct {
	// Severity is "info", "warning" or "error".
	Severity string `json:"severity"`
	Code     string `json:"code"`
	// Position is the 0-based byte offset into the value.
	Position int    `json:"position"`
	Message  string `json:"message"`
}

// kinds are the codes that Check knows, by the name that people type.
var kinds = map[string]func(string) (fmt.Stringer, error){
	"nhs_number":         func(s string) (fmt.Stringer, error) { return ParseNHSNumber(s) },
	"nhs_number_status":  func(s string) (fmt.Stringer, error) { return ParseNHSNumberStatus(s) },
	"ods":                func(s string) (fmt.Stringer, error) { return ParseODSCode(s) },
	"site":               func(s string) (fmt.Stringer, error) { return ParseSiteCode(s) },
	"gmc":                func(s string) (fmt.Stringer, error) { return ParseGMC(s) },
	"gdc":                func(s string) (fmt.Stringer, error) { return ParseGDC(s) },
	"consultant":         func(s string) (fmt.Stringer, error) { return ParseConsultantCode(s) },
	"opcs4":              func(s string) (fmt.Stringer, error) { return ParseOPCS4(s) },
	"snomed":             func(s string) (fmt.Stringer, error) { return ParseSNOMED(s) },
	"dmd":                func(s string) (fmt.Stringer, error) { return ParseDMD(s) },
	"npc":                func(s string) (fmt.Stringer, error) { return ParseNPC(s) },
	"eclass":             func(s string) (fmt.Stringer, error) { return ParseEClass(s) },
	"treatment_function": func(s string) (fmt.Stringer, error) { return ParseTreatmentFunction(s) },
}

// Kinds lists the kinds that Check knows, sorted.
func Kinds() []string {
	names := make([]string, 0, len(kinds))
	for k := range kinds {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// Check reads value as a code of this kind and gives its canonical form,
// which is empty if a finding is an error. Hyphens in the kind's name count
// as underscores, and its case does not matter.
func Check(kind, value string) (canonical string, findings []Finding) {
	findings = []Finding{}
	kind = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(kind)), "-", "_")
	parse, ok := kinds[kind]
	if !ok {
		return "", append(findings, Finding{"error", "unknown_kind", 0, "This kind of code is not known. Known are " + strings.Join(Kinds(), ", ") + "."})
	}
	v, err := parse(value)
	if err != nil {
		f := Finding{"error", "invalid", 0, err.Error()}
		if e := (*Error)(nil); errors.As(err, &e) {
			f.Code, f.Position = e.Code, e.Position
		}
		return "", append(findings, f)
	}
	return v.String(), append(findings, remarks(v, value)...)
}

// remarks are findings about values that are right in form.
func remarks(v fmt.Stringer, value string) (out []Finding) {
	switch v := v.(type) {
	case NHSNumber:
		if v.IsTest() {
			out = append(out, Finding{"info", "test_number", 0, "Numbers that begin with 999 are for tests; no patient has one."})
		} else if !v.Allocated() {
			out = append(out, Finding{"warning", "unallocated", 0, "No NHS Number has been given out in this range."})
		}
	case OPCS4:
		if HasLocalSuffix(value) {
			out = append(out, Finding{"info", "local_suffix", len(strings.TrimRight(value, " \t\r\n")) - 1, "The fifth character is local and was taken off."})
		}
		if v.IsQualifier() {
			out = append(out, Finding{"info", "qualifier", 0, "Codes of chapters Y and Z qualify the code before them."})
		}
	case ConsultantCode:
		if v.IsDefault() {
			out = append(out, Finding{"warning", "default_code", 0, "This code names no single person."})
		}
	case SiteCode:
		if v.IsDefault() {
			out = append(out, Finding{"warning", "default_code", 0, "This code names no real site."})
		}
	}
	return out
}
