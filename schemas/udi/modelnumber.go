package udi

const (
	set82Order = `!"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz`
	set32      = `23456789ABCDEFGHJKLMNPQRSTUVWXYZ`
)

var (
	primes     = [...]int{2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83}
	set82Value = func() (v [128]int8) {
		for i := range set82Order {
			v[set82Order[i]] = int8(i)
		}
		return v
	}()
)

// CheckCharacters gives the two check characters of a Global Model Number
// (Basic UDI-DI, AI 8013) or a master UDI-DI (AI 8014) over s, which does not
// yet contain them (General Specifications 7.9.5). ok is false if s is empty,
// longer than 23 characters, or holds a character that cannot stand in one.
func CheckCharacters(s string) (pair string, ok bool) {
	a, b, ok := checkPair(s)
	if !ok {
		return "", false
	}
	return string([]byte{a, b}), true
}

func checkPair(s string) (a, b byte, ok bool) {
	if s == "" || len(s) > len(primes) || badChar(s, &set82) >= 0 {
		return 0, 0, false
	}
	sum := 0
	for i := 0; i < len(s); i++ {
		sum += int(set82Value[s[i]]) * primes[len(s)-1-i]
	}
	sum %= 1021
	return set32[sum>>5], set32[sum&31], true
}

// pairChecked reports whether the last two characters of s are the right
// ones.
func pairChecked(s string) bool {
	if len(s) < 3 {
		return false
	}
	a, b, ok := checkPair(s[:len(s)-2])
	return ok && s[len(s)-2] == a && s[len(s)-1] == b
}
