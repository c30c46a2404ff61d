package nhs

// SNOMED is a SNOMED CT identifier: 6 to 18 digits, of which the last is a
// Verhoeff check digit and the two before it say what it identifies.
type SNOMED string

// ParseSNOMED reads a SNOMED CT identifier.
func ParseSNOMED(s string) (SNOMED, error) {
	v, err := number("SNOMED CT identifier", s, 6, 18)
	switch {
	case err != nil:
		return "", err
	case v[0] == '0':
		return "", errorf("format", 0, "A SNOMED CT identifier does not begin with 0.")
	case v[len(v)-3] > '1' || v[len(v)-2] > '5':
		return "", errorf("format", lead(s)+len(v)-3, "The partition of this SNOMED CT identifier, its third and second digit from the end, is not in use.")
	case v[len(v)-3] == '1' && len(v) < 11:
		return "", errorf("length", 0, "A SNOMED CT identifier of an extension has at least 11 digits.")
	case !verhoeff(v):
		return "", errorf("check_digit", lead(s)+len(v)-1, "The check digit of this SNOMED CT identifier is wrong. Spreadsheets round such numbers: look at the source.")
	}
	return SNOMED(v), nil
}

// String gives the digits.
func (c SNOMED) String() string { return string(c) }

// Component says what is identified: "concept", "description",
// "relationship", or nothing for the rarer ones.
func (c SNOMED) Component() string {
	if len(c) < 6 {
		return ""
	}
	switch c[len(c)-2] {
	case '0':
		return "concept"
	case '1':
		return "description"
	case '2':
		return "relationship"
	}
	return ""
}

// DMD is a code of the dictionary of medicines and devices, which is a SNOMED
// CT concept.
type DMD string

// ParseDMD reads a dm+d code.
func ParseDMD(s string) (DMD, error) {
	v, err := ParseSNOMED(s)
	if err != nil {
		return "", err
	}
	if v.Component() != "concept" {
		return "", errorf("format", lead(s)+len(v)-2, "A dm+d code is a SNOMED CT concept; this identifies something else.")
	}
	return DMD(v), nil
}

// String gives the digits.
func (c DMD) String() string { return string(c) }

// The tables of Verhoeff's check: the dihedral group D5, and the permutation
// that is applied once more for each place from the right.
var (
	dihedral = [10][10]byte{
		{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5}, {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
		{3, 4, 0, 1, 2, 8, 9, 5, 6, 7}, {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
		{6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3}, {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
		{9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
	}
	permutations = func() (p [8][10]byte) {
		first := [10]byte{1, 5, 7, 6, 2, 8, 3, 0, 9, 4}
		for j := range 10 {
			p[0][j] = byte(j)
		}
		for i := 1; i < 8; i++ {
			for j := range 10 {
				p[i][j] = p[i-1][first[j]]
			}
		}
		return p
	}()
)

func verhoeff(s string) bool {
	c := byte(0)
	for i := range len(s) {
		c = dihedral[c][permutations[i%8][s[len(s)-1-i]-'0']]
	}
	return c == 0
}
