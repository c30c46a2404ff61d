package catalogue

import (
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/schemas/nhs"
	"github.com/stockwell-hub/stockwell/schemas/udi"
)

// Asked is what somebody typed or scanned to find a product.
type Asked struct {
	Text string
	// Codes are what the text may be, each a code that is looked for exactly. A
	// kind is empty where the text does not say it.
	Codes []Code
	// Scan is set if the text is a scanned symbol with more than a code in it.
	Scan *udi.UDI
}

// Ask reads a text as a code or a scan. Words come without codes. now settles
// the century of a scan's years.
func Ask(text string, now time.Time) Asked {
	a := Asked{Text: strings.TrimSpace(text)}
	if a.Text == "" {
		return a
	}
	if g, err := udi.ParseGTIN(a.Text); err == nil {
		a.Codes = append(a.Codes, Code{GTIN, g.String()})
	} else if u := udi.Parse(text, now); u.DI != "" && len(u.Elements) > 0 {
		a.Scan = &u
		a.Codes = append(a.Codes, scanned(u))
		return a
	}
	if len(a.Text) <= 80 && !strings.ContainsRune(a.Text, '\n') {
		a.Codes = append(a.Codes, Code{Value: a.Text})
		if up := strings.ToUpper(a.Text); up != a.Text {
			a.Codes = append(a.Codes, Code{Value: up})
		}
	}
	return a
}

// AsKept is a code as it is kept, whichever way somebody writes it.
func (c Code) AsKept() Code {
	c.Value = strings.TrimSpace(c.Value)
	switch c.Kind {
	case GTIN:
		if g, err := udi.ParseGTIN(c.Value); err == nil {
			c.Value = g.String()
		}
	case NPC:
		if n, err := nhs.ParseNPC(c.Value); err == nil {
			c.Value = string(n)
		}
	}
	return c
}

// scanned is the code of a scan's device identifier.
func scanned(u udi.UDI) Code {
	switch u.Issuer {
	case udi.GS1:
		return Code{GTIN, u.DI}
	case udi.HIBCC:
		return Code{HIBCC, u.DI}
	case udi.ICCBBA:
		return Code{ICCBBA, u.DI}
	}
	return Code{Value: u.DI}
}

// Near reports whether a word may be another one mistyped: one letter put in,
// left out, changed or exchanged with its neighbour, two in words of six letters
// and more, or the beginning of it.
func Near(typed, word string) bool {
	if strings.HasPrefix(word, typed) {
		return true
	}
	most := 1
	if len(typed) >= 6 {
		most = 2
	}
	return slips(typed, word, most) <= most
}

// slips counts how many letters must be put in, left out, changed or exchanged;
// above most it may stop.
func slips(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if d := len(x) - len(y); d > most || -d > most {
		return most + 1
	}
	before, row, next := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next[0] = i + 1
		for j := range y {
			cost := row[j]
			if x[i] != y[j] {
				cost = 1 + min(row[j], row[j+1], next[j])
			}
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				cost = min(cost, before[j-1]+1)
			}
			next[j+1] = cost
		}
		before, row, next = row, next, before
	}
	return row[len(y)]
}
