package hl7v2

import (
	"strconv"
	"strings"
)

// release is a version of the standard as one number, 2.3.1 as 20301; 0 means
// none that can be read.
type release int

// newest is a release after every other.
const newest release = 99 << 16

// releaseOf reads MSH-12 as "2.5.1".
func releaseOf(version string) release {
	var r release
	parts := strings.SplitN(strings.TrimSpace(version), ".", 3)
	for i := range 3 {
		r *= 100
		if i >= len(parts) {
			continue
		}
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 0 || n > 99 {
			return 0
		}
		r += release(n)
	}
	return r
}

// history is a property of a field through the releases, in order.
type history []change

type change struct {
	since release
	value string
}

// historyOf reads "O,2.4:R": O from the field's first release on, R since 2.4.
func historyOf(text string) history {
	var h history
	for i, part := range strings.Split(text, ",") {
		since, value, dated := strings.Cut(part, ":")
		if i == 0 || !dated {
			h = append(h, change{0, part})
			continue
		}
		h = append(h, change{releaseOf(since), value})
	}
	return h
}

// at gives the property as of release r.
func (h history) at(r release) string {
	now := ""
	for _, c := range h {
		if c.since > r {
			break
		}
		now = c.value
	}
	return now
}
