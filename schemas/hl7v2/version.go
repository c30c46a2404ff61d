package hl7v2

import (
	"strconv"
	"strings"
)

// versionAtLeast reports whether MSH-12 names version major.minor.patch or a
// later one. A version that cannot be read is older than any.
func versionAtLeast(version string, major, minor, patch int) bool {
	want := [...]int{major, minor, patch}
	var have [3]int
	parts := strings.SplitN(strings.TrimSpace(version), ".", 3)
	for i, s := range parts {
		n, err := strconv.Atoi(s)
		if err != nil {
			return false
		}
		have[i] = n
	}
	for i := range want {
		if have[i] != want[i] {
			return have[i] > want[i]
		}
	}
	return true
}
