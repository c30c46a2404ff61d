package udi

// hides reports whether value, which runs to the end of a text without any
// separator, could also be a shorter value and a further element of those
// that stand beside a lot or serial in health care.
func (u *UDI) hides(a *ai, value string) bool {
	for i := max(1, a.min); i+3 <= len(value) && i <= a.max; i++ {
		if c := value[i]; c != '1' && c != '2' && c != '3' && c != '7' && c != '8' {
			continue
		}
		if u.continues(a, value[i:]) && a.fits(value[:i]) {
			return true
		}
	}
	return false
}

// continues reports whether s reads as elements that are not there yet.
func (u *UDI) continues(a *ai, s string) bool {
	for s != "" {
		b, n := leading(s)
		if b == nil || !b.healthcare || b == a || u.holdsAI(b.code) {
			return false
		}
		s = s[n:]
		if !b.predefined {
			return len(s) >= b.min && b.parts[0].badChar(s[:min(len(s), b.parts[0].max)]) < 0
		}
		if len(s) < b.max {
			return false
		}
		p := &b.parts[0]
		if p.badChar(s[:b.max]) >= 0 {
			return false
		}
		if code, _, _ := p.rule.broken(s[:b.max]); code != "" {
			return false
		}
		s = s[b.max:]
	}
	return true
}

// fits reports whether value breaks none of the identifier's rules.
func (a *ai) fits(value string) bool {
	var u UDI
	u.content(a, value, 0)
	return len(u.Findings) == 0
}

func (u *UDI) holdsAI(code string) bool {
	for i := range u.Elements {
		if u.Elements[i].AI == code {
			return true
		}
	}
	return false
}
