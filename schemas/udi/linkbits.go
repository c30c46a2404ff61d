package udi

import (
	"math/big"
	"math/bits"
	"strings"
)

// base64URL is the alphabet of a compressed Digital Link, six bits a
// character.
const base64URL = letters + lower + digits + "-_"

// bitReader takes bits from base64 text; broken says that it ran out of them,
// or that they are nothing.
type bitReader struct {
	text   string
	at     int
	broken bool
}

func (r *bitReader) left() int { return len(r.text)*6 - r.at }

// take gives the next n bits, at most 31, as a number.
func (r *bitReader) take(n int) (v int) {
	if n > r.left() {
		r.broken, r.at = true, len(r.text)*6
		return 0
	}
	for range n {
		six := strings.IndexByte(base64URL, r.text[r.at/6])
		v = v<<1 | six>>(5-r.at%6)&1
		r.at++
	}
	return v
}

// number gives the next n digits, which are packed into one number.
func (r *bitReader) number(n int) string {
	// n times log2(10), and a hundredth more, as GS1's tool has it
	width := (n*3_321_928_095 + 1_009_999_999) / 1_000_000_000
	sum := new(big.Int)
	for ; width > 0 && !r.broken; width -= 6 {
		k := min(6, width)
		sum.Lsh(sum, uint(k)).Or(sum, big.NewInt(int64(r.take(k))))
	}
	text := sum.String()
	if n == 0 && text == "0" {
		return ""
	}
	if len(text) > n {
		r.broken = true
		return ""
	}
	return strings.Repeat("0", n-len(text)) + text
}

// characters gives the next n characters in one of the five encodings.
func (r *bitReader) characters(encoding, n int) string {
	alphabet, width := "", 7
	switch encoding {
	case 0:
		return r.number(n)
	case 1:
		alphabet, width = "0123456789abcdef", 4
	case 2:
		alphabet, width = "0123456789ABCDEF", 4
	case 3:
		alphabet, width = base64URL, 6
	case 4:
	default:
		r.broken = true
		return ""
	}
	var b strings.Builder
	for ; n > 0 && !r.broken; n-- {
		c := byte(r.take(width))
		if alphabet != "" {
			c = alphabet[c]
		}
		b.WriteByte(c)
	}
	return b.String()
}

// foreign passes a name and its value that are not GS1's; high are the first
// four bits of the name's length.
func (r *bitReader) foreign(high int) {
	r.characters(3, high<<3|r.take(3))
	encoding := r.take(3)
	r.characters(encoding, r.take(7))
}

// value reads the value of an identifier: parts of one kind that follow one
// another are packed as one.
func (r *bitReader) value(a *ai) string {
	var b strings.Builder
	for i := 0; i < len(a.parts); {
		text, most, fixed := a.parts[i].class != 'N', 0, true
		for ; i < len(a.parts); i++ {
			p := &a.parts[i]
			whole := p.min == p.max && !p.optional
			if (p.class != 'N') != text || most > 0 && fixed && !whole && !text {
				break
			}
			most, fixed = most+p.max, fixed && whole
		}
		encoding := 0
		if text {
			encoding = r.take(3)
		}
		if !fixed {
			most = r.take(bits.Len(uint(most)))
		}
		b.WriteString(r.characters(encoding, most))
	}
	return b.String()
}
