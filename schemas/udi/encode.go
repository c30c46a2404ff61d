package udi

import "strings"

// ElementString writes GS1 elements as a scanner sends them, without a
// symbology prefix: FNC1 (0x1D) follows each value of no predefined length
// but the last, and the last where it would be taken for two. It fails for an element without an application identifier of
// the table, and for a value that holds FNC1.
func ElementString(elements []Element) (string, error) {
	var b strings.Builder
	for i, e := range elements {
		a, err := encodable(e)
		if err != nil {
			return "", err
		}
		b.WriteString(e.AI)
		b.WriteString(e.Value)
		if !a.predefined && (i < len(elements)-1 || looksSeparated(e.Value)) {
			b.WriteByte(gs)
		}
	}
	return b.String(), nil
}

// looksSeparated reports whether a value holds what is taken for a separator
// where no FNC1 is seen.
func looksSeparated(value string) bool {
	for i := range len(value) {
		if n, _ := separatorAt(value, i, len(value), false, 0); n > 0 {
			return true
		}
	}
	return false
}

// Bracketed writes GS1 elements as the text beneath a symbol. A bracket in a
// value is escaped with a backslash where it could be taken for an
// identifier's.
func Bracketed(elements []Element) (string, error) {
	var b strings.Builder
	for _, e := range elements {
		if _, err := encodable(e); err != nil {
			return "", err
		}
		b.WriteString("(" + e.AI + ")")
		for i := range len(e.Value) {
			if e.Value[i] == '(' {
				b.WriteByte('\\')
			}
			b.WriteByte(e.Value[i])
		}
	}
	return b.String(), nil
}

// DigitalLink writes GS1 elements as a Digital Link URI under base, as
// "https://id.gs1.org". The first primary key and its qualifiers make the
// path, everything else the query. It fails where there is no primary key, and
// for an identifier that may stand in neither.
func DigitalLink(base string, elements []Element) (string, error) {
	key := -1
	for i, e := range elements {
		a, err := encodable(e)
		if err != nil {
			return "", err
		}
		if key < 0 && a.primary {
			key = i
		}
	}
	if key < 0 {
		return "", errorf("no_key", "A Digital Link needs a GS1 key such as a GTIN (01) or an SSCC (00).")
	}
	var b strings.Builder
	b.WriteString(strings.TrimRight(base, "/"))
	inPath := make([]bool, len(elements))
	put := func(i int) {
		inPath[i] = true
		b.WriteString("/" + elements[i].AI + "/")
		escape(&b, elements[i].Value)
	}
	put(key)
	for _, code := range qualifiersOf(elements, key) {
		for i, e := range elements {
			if e.AI == code && !inPath[i] {
				put(i)
				break
			}
		}
	}
	mark := byte('?')
	for i, e := range elements {
		if !inPath[i] {
			if lookup(e.AI).pathOnly {
				return "", errorf("path_only", "Identifier (%s) may not stand in the query of a Digital Link, and not in the path of this key.", e.AI)
			}
			b.WriteByte(mark)
			b.WriteString(e.AI + "=")
			escape(&b, e.Value)
			mark = '&'
		}
	}
	return b.String(), nil
}

// qualifiersOf picks the sequence of qualifiers of which most are present.
func qualifiersOf(elements []Element, key int) (best []string) {
	most := 0
	for _, seq := range lookup(elements[key].AI).qualifiers {
		n := 0
		for _, code := range seq {
			for _, e := range elements {
				if e.AI == code {
					n++
				}
			}
		}
		if n > most {
			best, most = seq, n
		}
	}
	return best
}

var setPath = charsOf(digits + letters + lower + "-_.~")

func escape(b *strings.Builder, s string) {
	const hexDigits = "0123456789ABCDEF"
	for i := range len(s) {
		if setPath.has(s[i]) {
			b.WriteByte(s[i])
		} else {
			b.Write([]byte{'%', hexDigits[s[i]>>4], hexDigits[s[i]&15]})
		}
	}
}

func encodable(e Element) (*ai, error) {
	a := lookup(e.AI)
	if a == nil {
		return nil, errorf("unknown_ai", "Only elements with an assigned application identifier can be written as GS1 data.")
	}
	if strings.IndexByte(e.Value, gs) >= 0 {
		return nil, errorf("character", "A value cannot hold the separator.")
	}
	return a, nil
}
