package mapping

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// seg is one segment with what is asked of it again and again.
type seg struct {
	hl7v2.Segment
	name string
	nth  int // which of its name in the message, from 1
}

// path is a path of the codec's as rules use it. A rule reads within its own
// group, so it names no group.
type path struct {
	text    string
	segment string      // empty for a path within a repetition
	place   int         // the number of the segment in the message; 0 is any
	codec   hl7v2.Path  // as hl7v2 has it
	chosen  *hl7v2.Path // the segment with its conditions; nil if there are none
	picks   bool        // it chooses among repetitions
	field   int         // 0 means the segment itself
	// component and sub are 0 for the whole.
	component, sub int
	odd            versionSet // the versions that do not have the field
}

var errPath = errors.New("is not a path. Write a segment, field and component as PID-5.1; choose a repetition by a component as PID-3[5=NH].1; choose a segment by a field as OBX[3.1=UDI]-5, or by its number in the message as PID[2]-3")

// inGroup takes a path apart that names no group: the segment, its place or
// its conditions, and what follows the dash.
var inGroup = regexp.MustCompile(`^([A-Z][A-Z0-9]{2}(?:\[([1-9][0-9]{0,2})\]|((?:\[[^]="*]*=(?:"(?:[^"]|"")*"|[^]]+)\])*)))(?:-(.*))?$`)

// parsePath reads an absolute path; the field may be left out only where
// whole segments are meant.
func parsePath(s string) (path, error) {
	parts := inGroup.FindStringSubmatch(s)
	codec, err := hl7v2.ParsePath(s)
	if err != nil || parts == nil || strings.Contains(s, "=]") {
		return path{}, errPath
	}
	p := path{text: s, segment: codec.Segment(), codec: codec, picks: strings.Contains(parts[4], "["), odd: oddVersions(codec)}
	p.place, _ = strconv.Atoi(parts[2])
	p.field, p.component, p.sub = codec.Place()
	if parts[3] != "" {
		chosen, err := hl7v2.ParsePath(parts[1])
		if err != nil {
			return path{}, errPath
		}
		p.chosen = &chosen
	}
	return p, nil
}

// parseWithin reads a path within a repetition, as .1 or .4.2.
func parseWithin(s string) (path, error) {
	codec, err := hl7v2.ParsePath("ZZZ-1" + s)
	if err != nil || !strings.HasPrefix(s, ".") {
		return path{}, errors.New("is not a part of a repetition. Write its component as .1")
	}
	p := path{text: s}
	_, p.component, p.sub = codec.Place()
	return p, nil
}

// selects reports whether p looks into s.
func (p *path) selects(s *seg) bool {
	return s.name == p.segment && (p.place == 0 || p.place == s.nth) && (p.chosen == nil || p.chosen.FirstIn(s.Segment).State() != hl7v2.Absent)
}

// in gives the value within one segment that p selects. Without a choice
// among repetitions that is the field as it stands, or a part of its first.
func (p *path) in(s *seg) hl7v2.Value {
	if p.picks {
		return p.codec.FirstIn(s.Segment)
	}
	return p.within(s.Field(p.field))
}

// within goes from a field or repetition to the component.
func (p *path) within(v hl7v2.Value) hl7v2.Value {
	// `""` deletes the whole field, every component of it.
	if p.component == 0 || v.State() == hl7v2.Null {
		return v
	}
	if v = v.Component(p.component); p.sub > 0 {
		v = v.Subcomponent(p.sub)
	}
	return v
}
