package hl7v2

import (
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Strictness says what becomes of a message that can be read but departs from
// the standard.
type Strictness string

// From the most tolerant on. The empty Strictness is Tolerant.
const (
	// Tolerant reads it; Findings holds what that took.
	Tolerant Strictness = "tolerant"
	// Report also holds it against the standard: Findings is what Validate
	// gives.
	Report Strictness = "report"
	// RefuseWarnings refuses it if that gives a Warning: what was read may not
	// be what was meant.
	RefuseWarnings Strictness = "warnings"
	// RefuseAll also refuses it for Info, as line feeds for carriage returns,
	// except for what the standard leaves to the sender or the tables here do
	// not know: a segment whose name begins with Z, a message without a known
	// structure.
	RefuseAll Strictness = "strict"
)

// Refuses reports whether f is a departure that s does not let through.
func (s Strictness) Refuses(f Finding) bool {
	switch s {
	case RefuseWarnings:
		return f.Severity == Warning
	case RefuseAll:
		return f.Code != "segment_local" && f.Code != "structure_unknown" && f.Code != "findings_truncated"
	}
	return false
}

// hold holds a message that was read against the standard as far as its
// strictness asks for it.
func (m *Message) hold() error {
	switch m.options.Strictness {
	case "", Tolerant:
		return nil
	}
	m.findings = Validate(m)
	m.held = true
	return m.options.Strictness.refusal(m.findings)
}

// refusal gives the error for what s does not let through, warnings first; nil
// if it lets everything through. It names as many findings as a person reads.
func (s Strictness) refusal(findings []Finding) error {
	var counted []Finding
	for _, f := range findings {
		if s.Refuses(f) {
			counted = append(counted, f)
		}
	}
	if len(counted) == 0 {
		return nil
	}
	slices.SortStableFunc(counted, func(a, b Finding) int { return strings.Compare(b.Severity, a.Severity) })
	first := counted[0]
	return fault.New(fault.Invalid, "hl7_"+first.Code, "%s%s The connection's strictness is %q. Mend it at the sender, or make the connection more tolerant and replay the message.",
		first.Text, others(counted[1:]), s).At(first.Path)
}

// mostNamed bounds the findings that one refusal names.
const mostNamed = 10

// others names the findings beside the first.
func others(findings []Finding) string {
	if len(findings) == 0 {
		return ""
	}
	var names []string
	for _, f := range findings[:min(len(findings), mostNamed)] {
		name := f.Code
		if f.Path != "" {
			name += " at " + f.Path
		}
		names = append(names, name)
	}
	if more := len(findings) - mostNamed; more > 0 {
		names = append(names, strconv.Itoa(more)+" more")
	}
	return " Also: " + strings.Join(names, ", ") + "."
}
