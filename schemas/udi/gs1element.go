package udi

import "time"

// elementContext is what else is known where an element stands.
type elementContext struct {
	symbol symbol
	// separated: a separator was seen, so the scanner sends them.
	separated bool
	// last: nothing follows.
	last bool
	// delimited: the form itself says where the value ends (brackets, URI).
	delimited bool
	now       time.Time
}

// element checks one value, keeps it, and takes from it what it tells.
func (u *UDI) element(a *ai, value string, at int, c elementContext) {
	for i := range u.Elements {
		if e := &u.Elements[i]; e.AI == a.code && e.Value != value {
			u.fail(CodeRepeated, at, "This identifier came before with another value. The first is taken; look at the label.")
			break
		}
	}
	hidden := false
	if !c.delimited && !c.separated && c.last && !a.predefined && len(value) <= a.max && u.hides(a, value) {
		if c.symbol.gs1 {
			u.warn(CodeAmbiguous, at, "This value could hide a second element if the scanner drops separators. It is read whole, as the symbol's marking says.")
		} else {
			u.fail(CodeAmbiguous, at, "This value can be read whole or as two elements whose separator was lost. Scan it with a scanner that sends FNC1, or type it with brackets.")
			hidden = true
		}
	}
	u.Elements = append(u.Elements, Element{AI: a.code, Value: value, Title: a.title, Position: at})
	switch {
	case len(value) > a.max && !a.predefined && !c.delimited:
		u.fail(CodeMissingSeparator, at+a.max, "The value runs on past the greatest length that it may have: a separator was lost, and where it stood cannot be known.")
		hidden = true
	case len(value) > a.max:
		u.fail(CodeTooLong, at+a.max, "The value is longer than this identifier allows.")
	case len(value) < a.min:
		u.fail(CodeTooShort, at+len(value), "The value is shorter than this identifier demands.")
	default:
		u.content(a, value, at)
	}
	if !hidden && value != "" {
		u.take(a, value, at, c.now)
	}
}

// content checks each part's characters and rule; the total length is right.
func (u *UDI) content(a *ai, value string, at int) {
	rest := value
	for i := range a.parts {
		p := &a.parts[i]
		if rest == "" && p.optional {
			return
		}
		if len(rest) < p.min {
			u.fail(CodeTooShort, at+len(value), "The value is shorter than this identifier demands.")
			return
		}
		s := rest[:min(len(rest), p.max)]
		pos := at + len(value) - len(rest)
		rest = rest[len(s):]
		if bad := p.badChar(s); bad >= 0 {
			u.fail(CodeCharacter, pos+bad, "This character may not stand here.")
			continue
		}
		if p.rule != noRule {
			if code, message := p.rule.broken(s); code != "" {
				u.fail(code, pos, message)
			}
		}
	}
	if rest != "" {
		u.fail(CodeTooLong, at+len(value)-len(rest), "The value is longer than this identifier allows.")
	}
}

func (p *part) badChar(s string) int {
	switch p.class {
	case 'N':
		return badChar(s, &setDigits)
	case 'Y':
		return badChar(s, &set39)
	case 'Z':
		return badChar(s, &set64)
	}
	return badChar(s, &set82)
}

// take copies what a value tells into the fields of u; the first one stands.
func (u *UDI) take(a *ai, value string, at int, now time.Time) {
	switch a.code {
	case "01":
		if u.DI == "" {
			u.DI = value
		}
	case "10":
		if u.Lot == "" {
			u.Lot = value
		}
	case "21":
		if u.Serial == "" {
			u.Serial = value
		}
	case "30", "37":
		if u.Quantity == "" && allDigits(value) {
			u.Quantity = value
		}
	case "17":
		u.takeDate(&u.Expiry, value, at, now)
	case "7003":
		u.takeDate(&u.Expiry, value[:min(6, len(value))], at, now)
	case "11":
		u.takeDate(&u.Manufactured, value, at, now)
	case "8008":
		u.takeDate(&u.Manufactured, value[:min(6, len(value))], at, now)
	}
}

func (u *UDI) takeDate(to *Date, value string, at int, now time.Time) {
	d, ok := shortDate(value, now)
	switch {
	case !ok: // reported by the rule
	case to.IsZero():
		*to = d
	case *to != d && !u.Has(CodeRepeated):
		u.fail(CodeConflict, at, "Two elements give different dates for one thing. The first is taken; look at the label.")
	}
}

// shortDate reads YYMMDD; day 00 is the month's last (General Specifications
// 3.4.2).
func shortDate(s string, now time.Time) (Date, bool) {
	if len(s) != 6 || !allDigits(s) {
		return Date{}, false
	}
	y, m, d := century(number(s[:2]), now), number(s[2:4]), number(s[4:])
	if d == 0 {
		return lastOf(y, m)
	}
	return day3(y, m, d)
}
