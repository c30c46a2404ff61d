package udi

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// same compares what two readings say of a product; where in its text each
// element stood does not matter.
func same(t *rapid.T, got, want UDI) {
	t.Helper()
	strip := func(u UDI) UDI {
		u.Raw, u.Carrier, u.Findings = "", "", nil
		u.Elements = append([]Element{}, u.Elements...)
		for i := range u.Elements {
			u.Elements[i].Position = 0
		}
		return u
	}
	if d := cmp.Diff(strip(want), strip(got)); d != "" {
		t.Fatalf("%s\nfrom %q\nto %q", d, want.Raw, got.Raw)
	}
}

func drawText(t *rapid.T, label, chars string, lo, hi int) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune(chars)), lo, hi, -1).Draw(t, label)
}

func drawGTIN(t *rapid.T) string {
	s := drawText(t, "gtin", digits, 13, 13)
	d, _ := CheckDigit(s)
	return s + string(d)
}

func drawDay(t *rapid.T) string {
	return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 9000).Draw(t, "day")).Format("060102")
}

// drawGS1 makes elements as a device bears them.
func drawGS1(t *rapid.T) []Element {
	out := []Element{{AI: "01", Value: drawGTIN(t)}}
	add := func(ai, value string) {
		if rapid.Bool().Draw(t, "with "+ai) {
			out = append(out, Element{AI: ai, Value: value, Title: lookup(ai).title})
		}
	}
	out[0].Title = "GTIN"
	add("17", drawDay(t))
	add("10", drawText(t, "lot", strings.NewReplacer("<", "", "%", "", "&", "").Replace(set82Order), 1, 20))
	add("11", drawDay(t))
	add("21", drawText(t, "serial", digits+letters+lower+"-/.()", 1, 20))
	add("30", drawText(t, "count", digits, 1, 8))
	add("3103", drawText(t, "weight", digits, 6, 6))
	add("240", drawText(t, "id", digits+letters, 1, 30))
	add("91", drawText(t, "internal", digits+letters, 1, 90))
	return out
}

func TestParse_ReadsBackEveryElementString(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		elements := drawGS1(t)
		text, err := ElementString(elements)
		if err != nil {
			t.Fatal(err)
		}
		u := Parse("]d2"+text, today)
		same(t, UDI{Elements: u.Elements}, UDI{Elements: elements})
		for _, form := range []func([]Element) (string, error){ElementString, Bracketed} {
			text, err := form(u.Elements)
			if err != nil {
				t.Fatal(err)
			}
			if form := Parse("]C1"+text, today); !form.HasErrors() {
				same(t, form, u)
			} else {
				t.Fatalf("%q: %+v", text, form.Findings)
			}
		}
	})
}

func TestParse_ReadsBackEveryDigitalLink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		u := Parse("]d2"+must(ElementString(drawGS1(t))), today)
		link, err := DigitalLink("https://id.gs1.org/", u.Elements)
		if err != nil {
			t.Fatal(err)
		}
		v := Parse(link, today)
		if len(v.Findings) != 0 || len(v.Elements) != len(u.Elements) {
			t.Fatalf("%s: %+v", link, v)
		}
		v.Elements, u.Elements = nil, nil // their order differs
		same(t, v, u)
	})
}

func TestParse_ReadsBackEveryHIBC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		alphanumeric := digits + letters
		s := "+" + drawText(t, "letter", letters, 1, 1) + drawText(t, "lic", alphanumeric, 3, 3) + drawText(t, "item", alphanumeric, 1, 18) + drawText(t, "unit", digits, 1, 1)
		day := time.Date(2020, 1, 1, 5, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 9000).Draw(t, "day"))
		switch rapid.IntRange(0, 3).Draw(t, "secondary") {
		case 1:
			s += "/$" + drawText(t, "lot", alphanumeric, 1, 18)
		case 2, 3:
			quantity := rapid.SampledFrom([]string{"", "824", "900100"}).Draw(t, "quantity")
			date := rapid.SampledFrom([]string{day.Format("0106"), "2" + day.Format("010206"), "3" + day.Format("060102"), "4" + day.Format("06010215"), "5" + day.Format("06002"), "6" + day.Format("0600215"), "7"}).Draw(t, "date")
			s += "/$$" + rapid.SampledFrom([]string{"", "+"}).Draw(t, "kind") + quantity + date + drawText(t, "lot", alphanumeric, 1, 18)
		}
		if rapid.Bool().Draw(t, "made") {
			s += "/16D" + day.Format("20060102")
		}
		s = hib(s)
		u := Parse(s, today)
		if body := strings.TrimSuffix(s, " "); body != s && hib(body[:len(body)-1]) == body && u.Has(CodeAmbiguous) {
			return // by chance it is also right without its last blank: it is not guessed
		}
		if len(u.Findings) != 0 {
			t.Fatalf("%q: %+v", s, u.Findings)
		}
		if got := must(Encode(u)); got != s {
			t.Fatalf("%s written as %s", s, got)
		}
	})
}

func TestParse_ReadsBackEveryISBT128(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := "=/" + drawText(t, "di", digits+letters, 16, 16)
		for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"=,", "&,1", "=<", "&)", "="}), rapid.ID).Draw(t, "structures") {
			s += id + drawText(t, id, digits+letters, isbtStructures[id].length, isbtStructures[id].length)
		}
		s += "=>" + "02" + drawText(t, "year", digits, 1, 1) + "032"
		if got := must(Encode(Parse(s, today))); got != s {
			t.Fatalf("%s written as %s", s, got)
		}
	})
}

func TestCombine_IsTheSameEitherWayWhereNothingContradicts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		elements := drawGS1(t)
		cut := rapid.IntRange(0, len(elements)).Draw(t, "cut")
		a, b := Parse("]d2"+must(ElementString(elements[:cut])), today), Parse("]d2"+must(ElementString(elements[cut:])), today)
		whole := Parse("]d2"+must(ElementString(elements)), today)
		for _, u := range []UDI{Combine(a, b), Combine(b, a)} {
			if cut > 0 && cut < len(elements) && (u.HasErrors() || u.Has(CodeRequires)) {
				t.Fatalf("%+v", u.Findings)
			}
			u.Elements, u.Issuer = nil, ""
			w := whole
			w.Elements, w.Issuer = nil, ""
			same(t, u, w)
		}
	})
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}
