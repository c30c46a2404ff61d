package udi

import "strings"

// HIBCText writes HIBC elements as their symbol holds them, with the check
// character: primary, secondary (with the "link" element) or both. It fails
// for elements of another issuer.
func HIBCText(elements []Element) (string, error) {
	var b strings.Builder
	group, link := "", ""
	b.WriteByte('+')
	for i, e := range elements {
		if e.AI != "" || e.Flag == "" {
			return "", errorf("issuer", "Only elements of a HIBC code can be written as one.")
		}
		if e.Flag == "link" {
			if elements[0].Flag != "+" { // a primary needs no link
				link = e.Value
			}
			continue
		}
		prefix, dated := "$$", strings.HasPrefix(e.Flag, "$$")
		switch {
		case strings.HasPrefix(e.Flag, "$$+"):
			prefix = "$$+"
		case e.Flag == "YYJJJ":
			prefix = "YYJJJ"
		}
		if group == "" || group != prefix || !dated && e.Flag != "YYJJJ" {
			if i > 0 {
				b.WriteByte('/')
			}
			if dated {
				b.WriteString(prefix)
			}
		}
		switch {
		case dated:
			b.WriteString(e.Flag[len(prefix):])
			group = prefix
		case e.Flag == "YYJJJ":
			group = prefix
		default:
			group = ""
			if e.Flag != "+" && e.Flag != "/" {
				b.WriteString(e.Flag)
			}
		}
		b.WriteString(e.Value)
	}
	b.WriteString(link)
	check, ok := HIBCCheckCharacter(b.String())
	if !ok {
		return "", errorf("character", "HIBC codes have capitals, digits and a few signs only.")
	}
	b.WriteByte(check)
	return b.String(), nil
}

// ISBT128 writes ICCBBA elements as their symbol holds them.
func ISBT128(elements []Element) (string, error) {
	var b strings.Builder
	for _, e := range elements {
		if _, ok := isbtStructures[e.Flag]; !ok {
			return "", errorf("issuer", "Only elements with a known ISBT 128 data identifier can be written as ISBT 128.")
		}
		b.WriteString(e.Flag)
		b.WriteString(e.Value)
	}
	return b.String(), nil
}

// Encode writes u in its issuer's form for a symbol: an element string, a
// HIBC code or ISBT 128. What Parse read without an error it reads again to
// the same fields.
func Encode(u UDI) (string, error) {
	switch u.Issuer {
	case GS1:
		return ElementString(u.Elements)
	case HIBCC:
		return HIBCText(u.Elements)
	case ICCBBA:
		return ISBT128(u.Elements)
	}
	return "", errorf("issuer", "A code of no known issuer cannot be written.")
}
