package nhs

// NPC is NHS Supply Chain's National Product Code: three letters and digits,
// checked loosely because its form is not published.
type NPC string

// ParseNPC reads an NPC; small letters become capitals.
func ParseNPC(s string) (NPC, error) {
	v := clean(s)
	switch {
	case v == "":
		return "", errorf("empty", 0, "The NPC is missing.")
	case len(v) < 4 || len(v) > 12:
		return "", errorf("length", 0, "An NPC has three letters and then digits, as FTC123.")
	}
	if at := outside(v[:3], isLetter); at >= 0 {
		return "", errorf("format", lead(s)+at, "An NPC begins with three letters, as FTC123.")
	}
	if at := outside(v[3:], isDigit); at >= 0 {
		return "", errorf("format", lead(s)+3+at, "An NPC has digits after its three letters, as FTC123.")
	}
	return NPC(v), nil
}

// String gives the characters.
func (c NPC) String() string { return string(c) }

// EClass is an NHS-eClass code: three letters from the broad to the narrow.
type EClass string

// ParseEClass reads an NHS-eClass code; small letters become capitals.
func ParseEClass(s string) (EClass, error) {
	v := clean(s)
	switch {
	case v == "":
		return "", errorf("empty", 0, "The NHS-eClass code is missing.")
	case len(v) != 3:
		return "", errorf("length", 0, "An NHS-eClass code has three letters.")
	}
	if at := outside(v, isLetter); at >= 0 {
		return "", errorf("character", lead(s)+at, "An NHS-eClass code has letters only.")
	}
	return EClass(v), nil
}

// String gives the three letters.
func (c EClass) String() string { return string(c) }

// Category is the first letter, the broadest class.
func (c EClass) Category() string { return string(c[:min(1, len(c))]) }

// TreatmentFunction is a treatment function code, three digits from 100, as
// 110 for trauma and orthopaedics. Which ones are in use changes by year and
// is not checked.
type TreatmentFunction string

// ParseTreatmentFunction reads a treatment function code.
func ParseTreatmentFunction(s string) (TreatmentFunction, error) {
	v, err := number("treatment function code", s, 3, 3)
	if err != nil {
		return "", err
	}
	if v[0] == '0' {
		return "", errorf("format", 0, "Treatment function codes begin at 100.")
	}
	return TreatmentFunction(v), nil
}

// String gives the three digits.
func (c TreatmentFunction) String() string { return string(c) }
