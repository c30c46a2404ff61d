package udi

import "strings"

// associations reports identifiers whose companions are missing, and pairs
// that exclude each other (General Specifications 4.13 and 4.14). A missing
// companion is a warning because it may be in the product's other symbol.
func (u *UDI) associations() {
	gtin := u.holdsAI("01")
	for i := range u.Elements {
		e := &u.Elements[i]
		if e.AI == "" {
			continue
		}
		a := lookup(e.AI)
		if a == nil {
			continue
		}
		for _, demand := range a.needs {
			if gtin && demand[0] == "01" && e.AI != "01" {
				continue // by far the commonest demand
			}
			if !u.any(demand, i) {
				u.warn(CodeRequires, e.Position, "This identifier needs one of these beside it: "+words(demand)+". It may be in the product's other symbol.")
			}
		}
		for _, pattern := range a.excludes {
			if u.matches(pattern, i) {
				u.fail(CodeExcludes, e.Position, "This identifier may not stand together with "+pattern+".")
			}
		}
	}
}

// words writes alternatives as people read them.
func words(demand []string) string {
	return strings.NewReplacer("&", " with ", "!", " with a serial").Replace(strings.Join(demand, ", "))
}

func (u *UDI) any(demand []string, self int) bool {
	for _, d := range demand {
		one, two, both := strings.Cut(d, "&")
		whole, long := strings.CutSuffix(one, "!")
		switch {
		case long:
			if u.holdsLong(whole) {
				return true
			}
		case u.matches(one, self) && (!both || u.matches(two, self)):
			return true
		}
	}
	return false
}

// holdsLong reports whether there is an element of the identifier with its
// optional part, as a GRAI with its serial.
func (u *UDI) holdsLong(code string) bool {
	for i := range u.Elements {
		if e := &u.Elements[i]; e.AI == code && len(e.Value) > lookup(code).min {
			return true
		}
	}
	return false
}

// matches reports whether another element than self has the identifier; n in
// the pattern is any digit. A repetition of the same identifier is judged
// elsewhere.
func (u *UDI) matches(pattern string, self int) bool {
	for i := range u.Elements {
		code := u.Elements[i].AI
		if len(code) != len(pattern) || i == self || code == u.Elements[self].AI {
			continue
		}
		if code == pattern || pattern[len(pattern)-1] == 'n' && matchDigits(code, pattern) {
			return true
		}
	}
	return false
}

func matchDigits(code, pattern string) bool {
	for i := range len(code) {
		if pattern[i] != 'n' && pattern[i] != code[i] {
			return false
		}
	}
	return true
}
