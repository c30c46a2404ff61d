package udi

// CheckDigit gives GS1's modulo-10 check digit over digits, which do not yet
// contain it: weights 3 and 1 alternate from the right (General
// Specifications 7.9.1). ok is false if digits holds anything but digits.
func CheckDigit(digits string) (digit byte, ok bool) {
	sum, weight := 0, 3
	for i := len(digits) - 1; i >= 0; i-- {
		c := digits[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		sum += int(c-'0') * weight
		weight = 4 - weight
	}
	return byte('0' + (10-sum%10)%10), true
}

// checked reports whether the last digit of s is the right check digit.
func checked(s string) bool {
	if s == "" {
		return false
	}
	d, ok := CheckDigit(s[:len(s)-1])
	return ok && s[len(s)-1] == d
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// numericKey trims s and checks that it is a number of want digits whose last
// is its check digit.
func numericKey(name, s string, want int) (string, error) {
	s = trim(s)
	if !allDigits(s) || s == "" {
		return "", errorf("not_digits", "A %s has digits only; look at the label again.", name)
	}
	if len(s) != want {
		return "", errorf("length", "A %s has %d digits; this has %d.", name, want, len(s))
	}
	if !checked(s) {
		return "", errorf("check_digit", "The last digit of this %s does not agree with the others; a digit was misread or the label is wrong.", name)
	}
	return s, nil
}

// trim removes blanks, tabs and line ends from both sides.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] >= '\t' && s[0] <= '\r') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] >= '\t' && s[len(s)-1] <= '\r') {
		s = s[:len(s)-1]
	}
	return s
}
