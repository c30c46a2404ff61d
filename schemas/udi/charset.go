package udi

// charset is a set of ASCII characters.
type charset [2]uint64

func charsOf(s string) (c charset) {
	for i := 0; i < len(s); i++ {
		c[s[i]>>6] |= 1 << (s[i] & 63)
	}
	return c
}

func (c *charset) has(b byte) bool { return b < 128 && c[b>>6]&(1<<(b&63)) != 0 }

const (
	digits  = "0123456789"
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lower   = "abcdefghijklmnopqrstuvwxyz"
)

// GS1's three encodable sets (General Specifications 7.11), and parts of them.
var (
	setDigits = charsOf(digits)
	setUpper  = charsOf(digits + letters)
	setFile   = charsOf(digits + letters + lower + `-_`)
	set82     = charsOf(`!"%&'()*+,-./` + digits + `:;<=>?` + letters + `_` + lower)
	set39     = charsOf(`#-/` + digits + letters)
	set64     = charsOf(digits + letters + lower + `-_=`)
)

// badChar gives the index of the first byte of s outside the set, else -1.
func badChar(s string, set *charset) int {
	for i := 0; i < len(s); i++ {
		if !set.has(s[i]) {
			return i
		}
	}
	return -1
}
