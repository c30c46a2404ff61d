package udi

// lookup finds the identifier of exactly these digits.
func lookup(code string) *ai {
	if len(code) < 2 || len(code) > 4 {
		return nil
	}
	n := number(code)
	if n < 0 {
		return nil
	}
	if i := aiIndex[len(code)-1][n]; i > 0 {
		return &aiTable[i-1]
	}
	return nil
}

// leading finds the identifier that s begins with. n is how many digits it
// has; it is 0 if GS1 assigned none to the first two characters, and a is nil
// if the length is known but not the identifier.
func leading(s string) (a *ai, n int) {
	if len(s) < 2 || s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9' {
		return nil, 0
	}
	n = int(aiLength[int(s[0]-'0')*10+int(s[1]-'0')])
	if n == 0 || len(s) < n || !allDigits(s[:n]) {
		return nil, 0
	}
	return lookup(s[:n]), n
}

// Identifier describes one GS1 application identifier.
type Identifier struct {
	AI    string `json:"ai"`
	Title string `json:"title"`
	// Predefined identifiers need no separator after them.
	Predefined bool `json:"predefined"`
	MinLength  int  `json:"min_length"`
	MaxLength  int  `json:"max_length"`
}

// Identifiers lists all application identifiers that the package knows.
func Identifiers() []Identifier {
	out := make([]Identifier, len(aiTable))
	for i, a := range aiTable {
		out[i] = Identifier{AI: a.code, Title: a.title, Predefined: a.predefined, MinLength: a.min, MaxLength: a.max}
	}
	return out
}
