package udi

import "time"

// elementContext is what else is known where an element stands.
type elementContext struct {
	symbol symbol
	// separated: a separator was seen, so the scanner sends them.
	separated bool
	// twice: what follows may be a longer separator, or a shorter one.
	twice bool
	// last: nothing follows.
	last bool
	// delimited: the form itself says where the value ends (brackets, URI).
	delimited bool
	now       time.Time
}

// element checks one value, keeps it, and takes from it what it tells.
func (u *UDI) element(a *ai, value string, at int, c elementContext) {
	u.repeated(a.code, value, at)
	hidden := c.twice
	if c.twice {
		u.fail(CodeAmbiguous, at+len(value), "What stands for the separator here can be read in two ways, and both leave whole elements behind. Set the scanner to send FNC1 as 0x1D and scan again.")
	}
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
	case len(value) > a.max && !a.predefined && !c.delimited && !c.separated:
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

// repeated reports an identifier that came before with another value.
func (u *UDI) repeated(code, value string, at int) {
	for i := range u.Elements {
		if e := &u.Elements[i]; e.AI == code && e.Value != value {
			u.fail(CodeRepeated, at, "This identifier came before with another value. The first is taken; look at the label.")
			return
		}
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
			if code, message, off := p.rule.broken(s); code != "" {
				u.fail(code, pos+off, message)
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

func (u *UDI) standIn(at int, what separator) {
	if what == standInText {
		u.warn(CodeStandIn, at, "These characters are taken for the separator, because an identifier follows them; but a value may hold them, too. Set the scanner to send FNC1 as 0x1D.")
		return
	}
	u.find(SeverityInfo, CodeStandIn, at, "Another character stands for the separator here. The reading is sure; set the scanner to send FNC1 as 0x1D.")
}

// noAI reports text in which no application identifier can begin.
func (u *UDI) noAI(at, end int, read bool) {
	if !read {
		u.fail(CodeUnrecognised, at, "This is none of the forms that are read: GS1, HIBC, ICCBBA. Check which symbol on the label was scanned.")
		return
	}
	u.Elements = append(u.Elements, Element{Value: u.Raw[at:end], Position: at})
	u.fail(CodeUnknownAI, at, "No application identifier can begin here: an earlier value has a wrong length or a separator was lost. The rest is kept unread.")
}

// unknownAI keeps the value of an identifier at that GS1 has not assigned.
func (u *UDI) unknownAI(code, value string, at, v int) {
	u.repeated(code, value, v)
	u.Elements = append(u.Elements, Element{AI: code, Value: value, Position: v})
	u.fail(CodeUnknownAI, at, "GS1 has given this application identifier no meaning that is known here; its value is kept and the other elements are read. Look at the label; if it is right, the table of identifiers needs an update.")
}
