package hl7v2

import (
	"bufio"
	"embed"
	"strconv"
	"strings"
	"sync"
)

//go:embed tables/*.txt
var tables embed.FS

// SegmentDef describes a segment of the standard.
type SegmentDef struct {
	// Name is the segment's three characters, Title what they stand for.
	Name, Title string
	// Since is the first version that has it, as "2.3".
	Since string
	// Fields are in order, so that field n is Fields[n-1].
	Fields []FieldDef
}

// FieldDef describes a field of a segment through the versions. An empty or
// unreadable version means the newest.
type FieldDef struct {
	Segment string
	Number  int
	// Name is the field's name in the standard, as "Patient Identifier List".
	Name string
	// Since is the first version that has it.
	Since              string
	since              release
	use, repeats, kind history
}

// In reports whether the version has the field.
func (f FieldDef) In(version string) bool { return f.since <= known(version) }

// Withdrawn reports whether the version keeps the field's place but no longer
// the field.
func (f FieldDef) Withdrawn(version string) bool { return f.use.at(known(version)) == "W" }

// Required reports whether the version has the field and requires it. A field
// that is required under a condition is not.
func (f FieldDef) Required(version string) bool { return f.required(known(version)) }

func (f *FieldDef) required(r release) bool { return f.since <= r && f.use.at(r) == "R" }

// MostRepetitions is how often the field may occur; 0 means any number.
func (f FieldDef) MostRepetitions(version string) int { return f.most(known(version)) }

func (f *FieldDef) most(r release) int {
	n, err := strconv.Atoi(f.repeats.at(r))
	if err != nil {
		return 0 // a star
	}
	return n
}

// DataType names the field's type, as "CX"; "varies" where another field says
// it.
func (f FieldDef) DataType(version string) string { return f.kind.at(known(version)) }

// known takes a version that cannot be read as the newest.
func known(version string) release {
	if r := releaseOf(version); r > 0 {
		return r
	}
	return newest
}

// TypeDef describes a composite data type with the components of the newest
// version.
type TypeDef struct {
	Name, Title string
	Components  []ComponentDef
}

// ComponentDef is a component of a data type: its name and its own type.
type ComponentDef struct{ Name, Type string }

// LookupSegment finds a segment of the standard by its name.
func LookupSegment(name string) (SegmentDef, bool) {
	s, ok := dictionary().segments[name]
	if !ok {
		return SegmentDef{}, false
	}
	return *s, true
}

// LookupField finds field n of a segment, from 1.
func LookupField(segment string, n int) (FieldDef, bool) {
	s, ok := dictionary().segments[segment]
	if !ok || n < 1 || n > len(s.Fields) {
		return FieldDef{}, false
	}
	return s.Fields[n-1], true
}

// LookupType finds a composite data type. Primitive ones, as ST, are not
// described.
func LookupType(name string) (TypeDef, bool) {
	t, ok := dictionary().types[name]
	return t, ok
}

// SegmentName gives what a segment's name stands for, as "Patient
// Identification"; "" if the standard has no such segment.
func SegmentName(segment string) string {
	s, _ := LookupSegment(segment)
	return s.Title
}

// FieldName gives the name of field n, as "Patient Identifier List" for PID
// and 3; "" if the standard has none.
func FieldName(segment string, n int) string {
	f, _ := LookupField(segment, n)
	return f.Name
}

// DataTypeOf gives the data type of field n in the newest version; "" if the
// standard has none.
func DataTypeOf(segment string, n int) string {
	f, ok := LookupField(segment, n)
	if !ok {
		return ""
	}
	return f.DataType("")
}

// ComponentName gives the name of component n of a data type, as "Assigning
// Authority" for CX and 4; "" if it has none.
func ComponentName(dataType string, n int) string {
	t, ok := LookupType(dataType)
	if !ok || n < 1 || n > len(t.Components) {
		return ""
	}
	return t.Components[n-1].Name
}

type lexicon struct {
	segments map[string]*SegmentDef
	types    map[string]TypeDef
}

// dictionary reads the tables on first use.
var dictionary = sync.OnceValue(func() lexicon {
	d := lexicon{map[string]*SegmentDef{}, map[string]TypeDef{}}
	for _, name := range []string{"control", "patient", "financial", "orders", "scheduling", "materials"} {
		var s *SegmentDef
		eachLine(name, func(cells []string) {
			if len(cells) == 3 {
				s = &SegmentDef{Name: cells[0], Since: cells[1], Title: cells[2]}
				d.segments[s.Name] = s
				return
			}
			s.Fields = append(s.Fields, FieldDef{Segment: s.Name, Number: len(s.Fields) + 1, Name: cells[5], Since: cells[1],
				since: releaseOf(cells[1]), use: historyOf(cells[2]), repeats: historyOf(cells[3]), kind: historyOf(cells[4])})
		})
	}
	eachLine("types", func(cells []string) {
		t := TypeDef{Name: cells[0], Title: cells[1]}
		for _, c := range strings.Split(cells[2], ";") {
			name, kind, _ := strings.Cut(c, ":")
			t.Components = append(t.Components, ComponentDef{name, kind})
		}
		d.types[t.Name] = t
	})
	return d
})

// eachLine calls f with the cells of each line of a table.
func eachLine(name string, f func(cells []string)) {
	text, err := tables.ReadFile("tables/" + name + ".txt")
	if err != nil {
		return // embedded: a test reads every table
	}
	lines := bufio.NewScanner(strings.NewReader(string(text)))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		if line := lines.Text(); line != "" && line[0] != '#' {
			f(strings.Split(line, "|"))
		}
	}
}
