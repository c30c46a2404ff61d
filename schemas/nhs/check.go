package nhs

import (
	"errors"
	"fmt"
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

// Result is what Check says of one value. It may hold a patient's number.
type Result struct {
	// Kind is the name of the kind, as "nhs_number".
	Kind  string `json:"kind"`
	Value string `json:"value"`
	// Valid tells that no finding is an error.
	Valid bool `json:"valid"`
	// Canonical is the form to keep; it is empty if Value is not valid.
	Canonical string `json:"canonical"`
	// Text is what Canonical means, or how people write it, where there is
	// something to say.
	Text     string    `json:"text,omitempty"`
	Findings []Finding `json:"findings"`
}

// Check reads value as a code of the kind with this name. ok is false if
// there is no such kind. Case, blanks, hyphens and underscores of the name do
// not count, and usual other names are understood.
func Check(kind, value string) (r Result, ok bool) {
	k, ok := kindOf(kind)
	if !ok {
		return Result{}, false
	}
	r = Result{Kind: k.Name, Value: value, Findings: []Finding{}}
	v, err := k.parse(value)
	if err != nil {
		f := Finding{"error", "invalid", 0, err.Error()}
		if e := (*Error)(nil); errors.As(err, &e) {
			f.Code, f.Position = e.Code, e.Position
		}
		r.Findings = append(r.Findings, f)
		return r, true
	}
	r.Valid, r.Canonical, r.Text = true, v.String(), textOf(v)
	r.Findings = append(r.Findings, remarks(v, value)...)
	return r, true
}

// textOf says what a value means, or how people write it.
func textOf(v fmt.Stringer) string {
	switch v := v.(type) {
	case NHSNumber:
		return v.Spaced()
	case NHSNumberStatus:
		return v.Text()
	case ConsultantCode:
		return consultantDefaults[v]
	case SiteCode:
		return siteDefaults[v]
	case OPCS4:
		if side := v.Side(); side != "" {
			return v.Dotted() + ", side: " + side
		}
		return v.Dotted()
	case SNOMED:
		return v.Component()
	}
	return ""
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
			out = append(out, Finding{"info", "local_suffix", len(trimRight(value)) - 1, "The fifth character is local and was taken off."})
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
