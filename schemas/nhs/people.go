package nhs

import "strings"

// GMC is a doctor's reference number at the General Medical Council: seven
// digits without a check digit.
type GMC string

// ParseGMC reads a GMC number.
func ParseGMC(s string) (GMC, error) {
	v, err := number("GMC number", s, 7, 7)
	return GMC(v), err
}

// String gives the seven digits.
func (g GMC) String() string { return string(g) }

// GDC is a registration number at the General Dental Council, padded to six
// digits.
type GDC string

// ParseGDC reads a GDC number of up to six digits.
func ParseGDC(s string) (GDC, error) {
	v, err := number("GDC number", s, 1, 6)
	if err != nil {
		return "", err
	}
	return GDC("000000"[len(v):] + v), nil
}

// String gives the six digits.
func (g GDC) String() string { return string(g) }

// ConsultantCode is the NHS Data Dictionary's code of a responsible
// professional, eight characters: C and a GMC number, CD and a GDC number, or
// a default where the person is not known or of another profession.
type ConsultantCode string

// ConsultantUnknown is the default for a consultant whose number is unknown.
const ConsultantUnknown ConsultantCode = "C9999998"

var consultantDefaults = map[ConsultantCode]string{
	ConsultantUnknown: "Consultant, number not known",
	"CD999998":        "Dental consultant, number not known",
	"D9999998":        "Dentist",
	"H9999998":        "Other health care professional",
	"M9999998":        "Midwife",
	"N9999998":        "Nurse",
}

// ParseConsultantCode reads a consultant code; small letters become capitals.
func ParseConsultantCode(s string) (ConsultantCode, error) {
	v := clean(s)
	switch {
	case v == "":
		return "", errorf("empty", 0, "The consultant code is missing.")
	case len(v) != 8:
		return "", errorf("length", 0, "A consultant code has 8 characters; this has %d.", len(v))
	}
	code := ConsultantCode(v)
	if _, ok := consultantDefaults[code]; ok {
		return code, nil
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(v, "C"), "D")
	if v[0] != 'C' || outside(rest, isDigit) >= 0 || len(rest) < 6 {
		return "", errorf("format", 0, "A consultant code is C and a GMC number, CD and a GDC number, or a default such as C9999998.")
	}
	return code, nil
}

// String gives the eight characters.
func (c ConsultantCode) String() string { return string(c) }

// IsDefault reports whether the code names no single person.
func (c ConsultantCode) IsDefault() bool {
	_, ok := consultantDefaults[c]
	return ok
}

// GMC gives the doctor's GMC number; ok is false for a dentist or a default.
func (c ConsultantCode) GMC() (GMC, bool) {
	if len(c) != 8 || c.IsDefault() || c[1] == 'D' {
		return "", false
	}
	return GMC(c[1:]), true
}
