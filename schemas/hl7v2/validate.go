package hl7v2

import (
	"bytes"
	"slices"
	"strconv"
)

// Validate holds a message against the standard, in the version that MSH-12
// declares: what reading it took (see Findings), its structure, and its fields.
// It reports at most some hundreds of findings and never refuses: how strict
// to be is the caller's choice. Segments whose names begin with Z are the
// sender's own and give Info at most.
func Validate(m *Message) []Finding {
	if m.held {
		return slices.Clone(m.findings)
	}
	h := m.Header()
	v := validator{m: m, r: known(h.Version), seen: map[string]int{}}
	v.out = append(v.out, m.findings...)
	v.header(h)
	if last := m.raw[m.segs[len(m.segs)-1].to:]; !bytes.ContainsAny(last, "\r\n") {
		v.add(Info, "last_line_end_missing", "", "The last segment has no line end; it was read as if it had.")
	}
	v.out = append(v.out, m.grouped().findings...)
	for i := range m.segs {
		if !v.segment(m.Segment(i)) {
			v.out = append(v.out, Finding{Code: "findings_truncated", Severity: Info,
				Text: "The message has more findings than are listed here."})
			break
		}
	}
	return v.out
}

type validator struct {
	m    *Message
	r    release
	seen map[string]int
	out  []Finding
}

func (v *validator) add(severity, code, path, text string) {
	v.out = append(v.out, Finding{Code: code, Path: path, Text: text, Severity: severity})
}

func (v *validator) header(h Header) {
	if !slices.Contains(releases, releaseOf(h.Version)) {
		v.add(Warning, "version_unknown", "MSH-12", "MSH-12 names no version from 2.1 to 2.9. The message was held against the nearest, or the newest where none is near.")
	}
	switch have := v.m.Structure(); {
	case have == "":
		v.add(Info, "structure_unknown", "MSH-9", "No structure is known here for this type of message, so the order of its segments was not checked.")
	case h.Structure != "" && h.Structure != have && h.Structure != h.Code+"_"+h.Trigger && versionAtLeast(h.Version, 2, 3, 1):
		v.add(Info, "structure_differs", "MSH-9.3", "MSH-9.3 names another structure than the standard has for this trigger event. The event's was used.")
	}
}

// segment checks the fields of one segment; false if there is no room for more
// findings.
func (v *validator) segment(s Segment) bool {
	name := s.Name()
	v.seen[name]++
	def, ok := dictionary().segments[name]
	if !ok || name[0] == 'Z' {
		return true
	}
	at := name
	if v.seen[name] > 1 {
		at += "[" + strconv.Itoa(v.seen[name]) + "]"
	}
	for i := range def.Fields {
		if len(v.out) >= 2*maxFindings {
			return false
		}
		f := &def.Fields[i]
		value := s.Field(f.Number)
		state := value.State()
		if state <= Empty && !f.required(v.r) {
			continue
		}
		path := at + "-" + strconv.Itoa(f.Number)
		switch {
		case state <= Empty:
			v.add(Warning, "field_missing", path, "The standard requires this field; it is empty.")
		case f.since > v.r:
			v.add(Warning, "field_not_in_version", path, "The version in MSH-12 does not have this field. Ask the sender which version the message follows.")
		case f.use.at(v.r) == "W":
			v.add(Info, "field_withdrawn", path, "The version in MSH-12 has withdrawn this field.")
		default:
			v.field(s, f, value, path)
		}
	}
	if s.Fields() > len(def.Fields) && beyond(s, len(def.Fields)) {
		v.add(Warning, "field_unknown", at+"-"+strconv.Itoa(len(def.Fields)+1), "Fields stand after the last one that the standard has for this segment.")
	}
	return true
}

// beyond reports whether anything stands after field n.
func beyond(s Segment, n int) bool {
	last := s.Field(n)
	rest := s.m.raw[last.to:s.at.to]
	return len(bytes.Trim(rest, string([]byte{s.m.delims.field}))) > 0
}

// field checks a field that is there and may be there.
func (v *validator) field(s Segment, f *FieldDef, value Value, path string) {
	if value.level == verbatim {
		return
	}
	if most, n := f.most(v.r), value.Repetitions(); most > 0 && n > most {
		v.add(Warning, "field_repeated", path, "This field occurs more often than the standard allows.")
	}
	kind := f.kind.at(v.r)
	if kind == "varies" && f.Segment == "OBX" {
		kind = s.Field(2).Component(1).String()
	}
	rest, more := value, true
	for n := 0; more && n < maxChecked; n++ {
		var r Value
		r, rest, more = rest.nextRepetition()
		if r.State() == Present && !wellFormed(r, kind) {
			v.add(Warning, "field_type", path, "The value is not of the type that the standard gives this field: a date, a time or a number is malformed.")
			return
		}
	}
}

// maxChecked bounds the repetitions of a field whose types are checked.
const maxChecked = 100

// wellFormed reports whether v can be of this type, as far as dates, times and
// numbers go.
func wellFormed(v Value, kind string) bool {
	var err error
	switch kind {
	case "NM", "SI", "CQ":
		_, err = v.Number()
	case "MO", "CP":
		_, err = ParseNumber(v.Component(1).subtext(1))
	case "TM":
		_, err = v.Clock()
	case "DT", "TS", "DTM":
		var t Time
		t, err = ParseTime(v.Component(1).subtext(1), nil)
		if kind == "DT" && t.clock() && t.Precision != "" {
			return false
		}
	case "SN":
		if _, err = ParseNumber(v.text(2)); err == nil {
			_, err = ParseNumber(v.text(4))
		}
	default:
		t := dictionary().types[kind]
		for i, c := range t.Components {
			if part := v.Component(i + 1); (c.Type == "DT" || c.Type == "DTM" || c.Type == "TS") && part.State() == Present {
				if _, err := ParseTime(part.subtext(1), nil); err != nil {
					return false
				}
			}
		}
	}
	return err == nil
}

// Check holds a path against a version: the finding says that the standard
// has no such field there, or no longer, so that what is read is the sender's
// own. It reports false if there is nothing to say.
func (p Path) Check(version string) (Finding, bool) {
	s, ok := dictionary().segments[p.segment]
	if !ok || p.field == 0 || p.segment[0] == 'Z' {
		return Finding{}, false
	}
	path := p.segment + "-" + strconv.Itoa(p.field)
	switch {
	case p.field > len(s.Fields):
		return Finding{"field_unknown", path, "The standard has no such field in any version known here.", Warning}, true
	case !s.Fields[p.field-1].In(version):
		return Finding{"field_not_in_version", path, "The version in MSH-12 does not have this field.", Warning}, true
	case s.Fields[p.field-1].Withdrawn(version):
		return Finding{"field_withdrawn", path, "The version in MSH-12 has withdrawn this field.", Info}, true
	}
	return Finding{}, false
}
