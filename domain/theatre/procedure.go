package theatre

import (
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/nhs"
)

// The sides of a procedure. SideUnknown is what a coder wrote who did not know
// (Z94.4); SidesDiffer is a procedure of which one message tells two.
const (
	SideLeft      = "left"
	SideRight     = "right"
	SideBilateral = "bilateral"
	SideUnknown   = "unknown"
	SidesDiffer   = "differs"
)

// What may be odd about procedures as they were told: see Coded.
const (
	OddCode      = "procedure_code_invalid"
	OddQualifier = "qualifier_alone"
	OddSide      = "procedure_side_differs"
)

// Coded reads procedures in the order in which a sender coded them. OPCS-4
// codes lose their dot and a local fifth character. Codes of chapters Y and Z
// are no procedures: they become Qualifiers of the code before them, and Z94
// gives it its side. One that has none before it stands as qualifiers without
// a code. A code that is not what its system says is kept as it came. odd
// names what a reader should know.
func Coded(told []Procedure) (ps []Procedure, odd []string) {
	for _, p := range told {
		p.Side = side(p.Side)
		code, err := nhs.ParseOPCS4(p.Code)
		switch {
		case p.Code == "" || !opcs(p.System) || err != nil && p.System == "":
		case err != nil:
			odd = append(odd, OddCode)
		case code.IsQualifier():
			if len(ps) == 0 {
				odd = append(odd, OddQualifier)
				ps = append(ps, Procedure{System: p.System, On: p.On})
			}
			last := &ps[len(ps)-1]
			last.Qualifiers = append(last.Qualifiers, code.String())
			if !last.sided(code.Side()) || !last.sided(p.Side) {
				odd = append(odd, OddSide)
			}
			continue
		default:
			p.Code = code.String()
		}
		ps = append(ps, p)
	}
	slices.Sort(odd)
	return ps, slices.Compact(odd)
}

// opcs reports whether a system of codes is OPCS-4, or not named: a code that
// reads as one is then taken for one.
func opcs(system string) bool {
	s := strings.ToUpper(system)
	return s == "" || s == "O4" || strings.HasPrefix(s, "OPCS") || strings.HasSuffix(s, "/OPCS-4")
}

// sided adds a side that was told of the procedure; two make it unclear, which
// is false the first time.
func (p *Procedure) sided(side string) bool {
	switch {
	case side == "" || side == p.Side || p.Side == SidesDiffer:
	case p.Side == "" || p.Side == SideUnknown:
		p.Side = side
	case side != SideUnknown:
		p.Side = SidesDiffer
		return false
	}
	return true
}

// side is a sender's word for a side in the hub's terms; another one is kept.
func side(text string) string {
	switch s := strings.ToLower(strings.TrimSpace(text)); s {
	case "l", "lt", "left":
		return SideLeft
	case "r", "rt", "right":
		return SideRight
	case "b", "bl", "both", "bilateral":
		return SideBilateral
	case "u", "unknown":
		return SideUnknown
	default:
		return s
	}
}

// Sides says on which sides procedures were done. known is true if at least
// one of them tells a side and none leaves it in doubt (Z94.4, or two sides
// for one procedure). A procedure that tells none may have no side at all, as
// most have not, and leaves no doubt.
func Sides(ps []Procedure) (left, right, known bool) {
	doubt := false
	for _, p := range ps {
		switch p.Side {
		case SideLeft:
			left = true
		case SideRight:
			right = true
		case SideBilateral:
			left, right = true, true
		case SideUnknown, SidesDiffer:
			doubt = true
		}
	}
	return left, right, (left || right) && !doubt
}

// Version is how one source coded a case's procedures at one stage: "booking",
// "theatre" or "final".
type Version struct {
	Source, Stage string
	Procedures    []Procedure
	Sequence      Sequence
}

// The stages of coding, in their order. Each is a part of a case, on which a
// source's latest word stands.
const (
	StageBooking = "planned"
	StageTheatre = "theatre"
	StageFinal   = "final"
)

var stages = []string{StageBooking, StageTheatre, StageFinal}

// Versions lists how the case's procedures were coded, the earliest stage
// first, and within a stage as they were sent.
func (c *Case) Versions() []Version {
	var out []Version
	for _, k := range c.bySending() {
		source, stage := splitKey(k)
		if slices.Contains(stages, stage) {
			out = append(out, Version{source, stage, c.Told[k].Procedures, c.Told[k].Sequence})
		}
	}
	slices.SortStableFunc(out, func(a, b Version) int { return slices.Index(stages, a.Stage) - slices.Index(stages, b.Stage) })
	return out
}

// SidesMoved reports whether a later stage of coding tells of a side that an
// earlier one does not, or one stage tells two sides of one procedure: what
// was done is not what was planned, or somebody mistook the side. Done on the
// one side of two that were planned is no doubt.
func (c *Case) SidesMoved() bool {
	latest := map[string][]Procedure{}
	for _, v := range c.Versions() {
		latest[v.Stage] = v.Procedures
	}
	var left, right, before bool
	for _, stage := range stages {
		for _, p := range latest[stage] {
			if p.Side == SidesDiffer {
				return true
			}
		}
		l, r, known := Sides(latest[stage])
		if !known {
			continue
		}
		if before && (l && !left || r && !right) {
			return true
		}
		left, right, before = l, r, true
	}
	return false
}
