package udi

import (
	"strings"
	"testing"
)

// bodyWith finds, by adding a letter and a digit to stem, a body whose check
// character is c, and which is right in another way if asked.
func bodyWith(t *testing.T, stem string, c byte, right func(body string) bool) string {
	t.Helper()
	for _, a := range letters {
		for _, b := range digits {
			body := stem + string(a) + string(b)
			if got, _ := HIBCCheckCharacter(body); got == c && (right == nil || right(body)) {
				return body
			}
		}
	}
	t.Fatalf("no body after %s has %q", stem, c)
	return ""
}

func TestParse_ABlankThatMayBeTheCheckCharacterIsNotGuessed(t *testing.T) {
	t.Parallel()
	// right with the blank, and right without it
	body := bodyWith(t, "+A99912345/$AB", ' ', nil)
	for _, last := range letters {
		both := body[:len(body)-1] + string(last)
		if c, _ := HIBCCheckCharacter(both); c != ' ' {
			continue
		}
		short, _ := HIBCCheckCharacter(both[:len(both)-1])
		w := want{issuer: HIBCC, carrier: "hibc", di: "A99912345", lot: both[strings.IndexByte(both, '$')+1:]}
		if short == both[len(both)-1] {
			w.lot, w.codes = "", CodeAmbiguous
		}
		check(t, both+" ", w)
	}
	check(t, "+QO20EYPG3/$DJ ", want{issuer: HIBCC, carrier: "hibc", di: "QO20EYPG3", codes: CodeAmbiguous})
	check(t, "+QO20EYPG3/$DJ", want{issuer: HIBCC, carrier: "hibc", di: "QO20EYPG3", lot: "D"})
}

func TestParse_LinkAndCheckCharacterMayBothBeBlanks(t *testing.T) {
	t.Parallel()
	primary := bodyWith(t, "+A9991234", ' ', nil)
	secondary := bodyWith(t, "+$$3281231LOT", ' ', func(body string) bool {
		c, _ := HIBCCheckCharacter(body + " ")
		return c != ' '
	})
	lot := secondary[strings.Index(secondary, "LOT"):]
	one := hib(secondary + " ")
	check(t, one, want{issuer: HIBCC, carrier: "hibc", lot: lot, expiry: "2028-12-31"})
	whole := want{issuer: HIBCC, carrier: "hibc", di: primary[1:], lot: lot, expiry: "2028-12-31"}
	check(t, primary+" "+one, whole)
	body := bodyWith(t, "+$$3281231L", '0', nil) // and the link's value makes it a blank
	check(t, body+"  ", want{issuer: HIBCC, carrier: "hibc", lot: body[strings.IndexByte(body, 'L'):], expiry: "2028-12-31"})
}

func TestParse_SymbolsWithABlankBetweenThemAreTwo(t *testing.T) {
	t.Parallel()
	primary := hib("+A99912345")
	link := primary[len(primary)-1:]
	w := want{issuer: HIBCC, carrier: "hibc", di: "A99912345", lot: "LOT1", expiry: "2027-09-30"}
	check(t, primary+" "+hib("+$$0927LOT1"+link), w)
	check(t, "*"+primary+"* *"+hib("+$$0927LOT1"+link)+"*", w)
}
