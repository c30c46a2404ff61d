package udi

// Combine joins two scans of one product, as where the device identifier is
// in one symbol and the lot in another. Raw is both with a line end between,
// and positions of b move accordingly. What a gives stands; a contradiction is
// a finding. GS1's demands for companions are judged anew over both.
func Combine(a, b UDI) UDI {
	if blankUDI(a) {
		return b
	}
	if blankUDI(b) {
		return a
	}
	shift := len(a.Raw) + 1
	u := a
	u.Raw = a.Raw + "\n" + b.Raw
	u.Elements = make([]Element, 0, len(a.Elements)+len(b.Elements))
	u.Elements = append(u.Elements, a.Elements...)
	u.Findings = make([]Finding, 0, len(a.Findings)+len(b.Findings))
	u.keepFindings(a.Findings, 0)
	u.keepFindings(b.Findings, shift)
	for _, e := range b.Elements {
		e.Position += shift
		if u.holds(e) {
			continue
		}
		if v, ok := a.Value(e.AI); ok && e.AI != "" && v != e.Value && !joined[e.AI] {
			u.fail(CodeConflict, e.Position, "The two symbols give different values for one identifier. They may belong to different products.")
		}
		u.Elements = append(u.Elements, e)
	}
	if a.Issuer == "" {
		u.Issuer = b.Issuer
	} else if b.Issuer != "" && a.Issuer != b.Issuer {
		u.fail(CodeConflict, shift, "The two symbols are of different issuers: "+a.Issuer+" and "+b.Issuer+". They may belong to different products.")
	}
	if u.Carrier == "" {
		u.Carrier = b.Carrier
	}
	u.join(&u.DI, b.DI, shift, "device identifiers")
	u.join(&u.Lot, b.Lot, shift, "lots")
	u.join(&u.Serial, b.Serial, shift, "serial numbers")
	u.join(&u.Quantity, b.Quantity, shift, "quantities")
	u.joinDate(&u.Expiry, b.Expiry, shift, "expiry dates")
	u.joinDate(&u.Manufactured, b.Manufactured, shift, "manufacturing dates")
	u.linked(a, b, shift)
	u.associations()
	return u
}

// joined are the identifiers whose fields are compared by themselves.
var joined = map[string]bool{"01": true, "03": true, "10": true, "21": true, "30": true, "37": true, "17": true, "7003": true, "11": true, "8008": true}

func blankUDI(u UDI) bool { return u.Raw == "" && len(u.Elements) == 0 && u.DI == "" }

func (u *UDI) holds(e Element) bool {
	for i := range u.Elements {
		if f := &u.Elements[i]; f.AI == e.AI && f.Flag == e.Flag && f.Value == e.Value && f.Flag != "link" {
			return true
		}
	}
	return false
}

func (u *UDI) keepFindings(from []Finding, shift int) {
	for _, f := range from {
		if f.Code != CodeRequires && f.Code != CodeExcludes && f.Code != CodeUnmarked {
			f.Position += shift
			u.Findings = append(u.Findings, f)
		}
	}
}

func (u *UDI) join(to *string, s string, at int, what string) {
	switch {
	case *to == "":
		*to = s
	case s != "" && *to != s:
		u.fail(CodeConflict, at, "The two symbols give different "+what+". They may belong to different products.")
	}
}

func (u *UDI) joinDate(to *Date, d Date, at int, what string) {
	switch {
	case to.IsZero():
		*to = d
	case !d.IsZero() && *to != d:
		u.fail(CodeConflict, at, "The two symbols give different "+what+". They may belong to different products.")
	}
}

// linked checks HIBC's link character: a secondary symbol repeats the check
// character of its primary.
func (u *UDI) linked(a, b UDI, shift int) {
	if a.Issuer != HIBCC || b.Issuer != HIBCC {
		return
	}
	for _, pair := range [2][2]UDI{{a, b}, {b, a}} {
		link, ok := pair[1].Value("link")
		primary := pair[0]
		if !ok || primary.DI == "" || len(primary.Elements) != 1 {
			continue
		}
		if c, ok := HIBCCheckCharacter("+" + primary.DI); ok && link != string(c) {
			u.fail(CodeConflict, shift, "The secondary symbol's link character does not agree with the primary symbol. They may belong to different products.")
		}
	}
}
