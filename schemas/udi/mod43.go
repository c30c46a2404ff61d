package udi

// set43Order is the order of values in HIBC's modulo-43 check (ANSI/HIBC 2
// appendix B); a space is legal.
const set43Order = digits + letters + `-. $/+%`

var (
	set43      = charsOf(set43Order)
	set43Value = func() (v [128]int8) {
		for i := range set43Order {
			v[set43Order[i]] = int8(i)
		}
		return v
	}()
)

// HIBCCheckCharacter gives the modulo-43 check character over s, which begins
// with HIBC's "+" and does not yet contain it. ok is false if s holds a
// character outside HIBC's 43.
func HIBCCheckCharacter(s string) (c byte, ok bool) {
	sum := 0
	for i := 0; i < len(s); i++ {
		if !set43.has(s[i]) {
			return 0, false
		}
		sum += int(set43Value[s[i]])
	}
	return set43Order[sum%43], true
}
