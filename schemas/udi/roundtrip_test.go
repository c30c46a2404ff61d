package udi

import (
	"testing"

	"pgregory.net/rapid"
)

// drawElements makes one to eight elements of any identifiers, with right
// values of any length.
func drawElements(t *rapid.T) (out []Element) {
	const free = "!\"'()*+,-./" + digits + ":;=>?" + letters + lower
	rows := rapid.SliceOfNDistinct(rapid.IntRange(0, len(aiTable)-1), 1, 8, rapid.ID).Draw(t, "rows")
	for _, i := range rows {
		a, value := &aiTable[i], ""
		for j := range a.parts {
			p := &a.parts[j]
			if p.optional && rapid.Bool().Draw(t, "left out") {
				break
			}
			n := rapid.IntRange(p.min, p.max).Draw(t, "length")
			switch {
			case p.rule == noRule && p.class == 'X':
				value += drawText(t, a.code, free, n, n)
			case p.rule == noRule && p.class == 'N':
				value += drawText(t, a.code, digits, n, n)
			default:
				value += partOf(p.rule, n)
			}
		}
		if len(value) < a.min || len(value) > a.max || !a.fits(value) {
			value = valueOf(a, true)
		}
		out = append(out, Element{AI: a.code, Value: value, Title: a.title})
	}
	return out
}

func TestParse_ReadsBackEveryIdentifierInEveryForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		elements := drawElements(t)
		for name, text := range map[string]string{"element string": "]d2" + must(ElementString(elements)), "brackets": must(Bracketed(elements))} {
			u := Parse(text, today)
			if len(u.Elements) != len(elements) {
				t.Fatalf("%s: %q reads as %+v", name, text, u.Elements)
			}
			for i, e := range u.Elements {
				if e.Position = 0; e != elements[i] {
					t.Fatalf("%s: %q reads as %+v, want %+v", name, text, e, elements[i])
				}
			}
		}
		if link, err := DigitalLink("https://example.com/x", elements); err == nil {
			u := Parse(link, today)
			for _, e := range elements {
				if v, ok := u.Value(e.AI); !ok || v != e.Value || len(u.Elements) != len(elements) {
					t.Fatalf("%s reads (%s) as %q, want %q\n%+v", link, e.AI, v, e.Value, u)
				}
			}
		}
	})
}
