package mapping

import (
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// value is one compiled rule: where a target field comes from and how. A nil
// value reads as absent.
type value struct {
	target   string
	sources  []source
	fold     func(string) string
	table    *table
	column   int
	unlisted unlisted
	choices  []string // what the target may hold; nil is anything
	fallback string
	absent   *note
}

// source is one place to read; the first that holds something is taken. A
// null ends the search: the sender deletes, so nothing else may stand in.
type source struct {
	label string
	read  func(*scope) (string, hl7v2.State)
}

// note is a finding that a rule declares.
type note struct {
	severity canonical.Severity
	code     string
	text     string
}

// unlisted says what becomes of a value that the table does not have.
type unlisted struct {
	note  note
	keep  bool
	value string
}

// result is what a rule gave.
type result struct {
	text  string
	state hl7v2.State // Absent stands for empty too
	path  string
	// unlisted is set when the table has no row for what was read.
	unlisted bool
	raw      string
}

// eval applies the rule. Text is without outer blanks; a blank value counts
// as empty.
func (v *value) eval(s *scope) result {
	if v == nil {
		return result{}
	}
	r := v.read(s)
	switch {
	case r.state == hl7v2.Present:
		r = v.translate(s, r)
	case r.state != hl7v2.Null:
		r = v.missing(s, r)
	}
	if s.run.explain {
		v.step(s, r)
	}
	return r
}

func (v *value) read(s *scope) result {
	r := result{}
	for i := range v.sources {
		text, state := v.sources[i].read(s)
		if state < hl7v2.Null {
			continue
		}
		raw := text
		if text = strings.TrimSpace(text); text == "" && state == hl7v2.Present {
			continue
		}
		return result{text: text, raw: raw, state: state, path: v.sources[i].label}
	}
	if len(v.sources) > 0 {
		r.path = v.sources[0].label
	}
	return r
}

// translate folds the text and asks the table.
func (v *value) translate(s *scope, r result) result {
	if v.fold != nil {
		r.text = v.fold(r.text)
	}
	listed := true
	if v.table != nil {
		var text string
		if text, listed = v.table.lookup(r.text, v.column); listed {
			r.text = text
		}
	}
	if listed && (v.choices == nil || slices.Contains(v.choices, r.text)) {
		return r
	}
	r.unlisted = true
	u := &v.unlisted
	s.find(u.note.severity, u.note.code, r.path, u.note.text)
	if !u.keep || v.choices != nil {
		r.text = u.value
	}
	if r.text == "" {
		r.state = hl7v2.Absent
	}
	return r
}

func (v *value) missing(s *scope, r result) result {
	r.state = hl7v2.Absent
	if v.absent != nil {
		s.find(v.absent.severity, v.absent.code, r.path, v.absent.text)
	}
	if v.fallback != "" {
		r.text, r.state = v.fallback, hl7v2.Present
	}
	return r
}

func (v *value) step(s *scope, r result) {
	step := Step{Origin: s.origin, Target: v.target, Path: r.path, Raw: r.raw, Result: r.text}
	if v.table != nil && r.state != hl7v2.Absent || r.unlisted {
		step.Table = v.table.name
	}
	if r.raw == "" && r.state == hl7v2.Present {
		step.Path = "default"
	} else if r.raw == "" && r.state == hl7v2.Absent {
		step.Path = ""
	}
	s.run.steps = append(s.run.steps, step)
}

// text is eval for a field that is plain text.
func (v *value) text(s *scope) string { return v.eval(s).text }

// takenBack notes that the sender took back what an empty target says.
func (r result) takenBack(target *string) {
	if *target == "" && r.state == hl7v2.Null {
		*target = canonical.None
	}
}

// sourceLabel names the first source of a rule.
func (v *value) sourceLabel() string {
	if v == nil || len(v.sources) == 0 {
		return ""
	}
	return v.sources[0].label
}
