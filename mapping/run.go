package mapping

import (
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

const (
	// maxSegments bounds the work on one message; a large operating list has
	// some hundreds.
	maxSegments = 20_000
	// maxFindings bounds what a broken message may say of itself. That a row of
	// a file had no effect is always said.
	maxFindings = 500
	// maxBadRows is how many rows of a file may be unreadable for the others
	// to be taken.
	maxBadRows = 5000
)

// run is the translation of one message.
type run struct {
	mapping *Mapping
	in      Input
	zone    *time.Location
	message *hl7v2.Message // nil for a file
	kind    [4]string      // code, trigger, structure and version of the message
	segs    []seg
	version versionSet               // that the message declares
	asked   [2]asked                 // the last answers of runsToNext
	grouped map[string][]hl7v2.Group // by the segment that begins them, as the grammar has them
	outside map[*linesRule]outside   // what the joins take
	fhir    *fhir.Message            // nil for what is none
	joined  map[int]bool             // of what they take, by its place: whether a line has it
	out     canonical.Translation
	cut     bool // not every finding is listed
	explain bool
	steps   []Step
}

func (r *run) translate() error {
	r.zone = r.in.Zone
	r.out = canonical.Translation{Profile: r.mapping.name, Events: []canonical.Event{}, Findings: []canonical.Finding{}}
	switch r.mapping.format {
	case formatCSV:
		return r.file()
	case formatFHIR:
		return r.resources()
	}
	return r.hl7()
}

// hl7 translates a message.
func (r *run) hl7() error {
	reading := r.in.Reading
	reading.MaxSegments = maxSegments
	m, err := hl7v2.Parse(r.in.Raw, reading)
	if err != nil {
		return err
	}
	for _, f := range m.Findings() {
		r.find(severity(f.Severity), f.Code, f.Path, f.Text)
	}
	h := m.Header()
	r.message, r.segs, r.version = m, segments(m), versionOf(h.Version)
	r.kind = kindOf(h)
	s := &scope{run: r, depth: 1}
	s.levels[0] = r.segs
	r.out.Header = canonical.Header{
		Type: h.Type(), ControlID: h.ControlID, Sender: sender(h),
		SentAt: s.sentAt(momentOf(m.Segment(0).Field(7), false)),
	}
	if err := r.environment(s); err != nil {
		return err
	}
	rule, err := r.rule(s, h.Type(), "MSH-9")
	if err != nil || rule == nil {
		return err
	}
	if err := rule.repeats(r.segs); err != nil {
		return err
	}
	for i := range rule.events {
		e := &rule.events[i]
		before, parts := s.split(r.segs, e.leads)
		if len(parts) == 0 {
			// Nothing begins a group, so the message is one.
			r.emit(e, s)
			continue
		}
		if e.by != nil {
			parts = s.gather(parts, e.by)
		}
		for _, part := range parts {
			in := s.into(part, before, "")
			if len(parts) > 1 {
				in.origin = originOf(part)
			}
			r.emit(e, &in)
		}
	}
	r.unjoined()
	return nil
}

func (r *run) emit(e *eventRule, s *scope) {
	if !e.when.keeps(s) {
		return
	}
	if event := e.make(s); event != nil {
		r.out.Events = append(r.out.Events, event)
	}
}

// file translates a delimited file.
func (r *run) file() error {
	s := &scope{run: r}
	r.out.Header = canonical.Header{Type: r.in.Type, ControlID: r.in.FileName}
	if err := r.environment(s); err != nil {
		return err
	}
	rule, err := r.rule(s, r.in.Type, "type")
	if err != nil || rule == nil {
		return err
	}
	table, err := flatfile.Decode(r.in.Raw, *rule.layout, flatfile.Options{})
	if err != nil {
		return err
	}
	if len(table.Bad) > maxBadRows {
		return fault.New(fault.Stopped, "rows_unreadable",
			"%d rows of the file cannot be read, so nothing of it was taken: it may be another kind of file, or its layout may have changed. The first is line %d: %s", len(table.Bad), table.Bad[0].Line, table.Bad[0].Problems[0].Text)
	}
	for _, bad := range table.Bad {
		for _, p := range bad.Problems {
			r.find(canonical.Error, p.Code, rowOrigin(bad.Line), p.Text+" The row had no effect.")
		}
	}
	if len(table.Extra) > 0 {
		r.find(canonical.Info, "columns_unknown", "", "The file has columns that the layout does not know. They were not read.")
	}
	for i := range rule.events {
		e := &rule.events[i]
		for _, rows := range rowGroups(table.Rows, e.column) {
			in := *s
			in.rows, in.row, in.origin = rows, rows[0].Values, rowOrigin(rows[0].Line)
			r.emit(e, &in)
		}
	}
	return nil
}

// rowGroups gathers rows that have the same value in a field, in the order in
// which the values first appear; without a field each row stands for itself.
func rowGroups(rows []flatfile.Row, field string) (out [][]flatfile.Row) {
	at := map[string]int{}
	for i, row := range rows {
		key := strings.TrimSpace(row.Values[field])
		if g, ok := at[key]; ok && field != "" {
			out[g] = append(out[g], row)
			continue
		}
		at[key] = len(out)
		out = append(out, rows[i:i+1:i+1])
	}
	return out
}

// environment settles whether the message may touch live stock (law 7). What
// says neither yes nor no stops: guessing wrong either way does harm.
func (r *run) environment(s *scope) error {
	e := r.mapping.environment.eval(s)
	if r.out.Header.Environment = canonical.Environment(e.text); e.unlisted || e.text == "" {
		return fault.New(fault.Stopped, "environment_unknown",
			"The message does not say in a known way whether it is live or a test. Add its code to the table of environments, then replay it.").At(e.path)
	}
	return nil
}

// rule finds what the mapping does with a type of message; nil if it ignores
// the type by declaration.
func (r *run) rule(s *scope, kind, at string) (*messageRule, error) {
	rules, reason := lookupType(r.mapping.rules, kind), lookupType(r.mapping.ignored, kind)
	for _, rule := range rules {
		yes, ok := rule.when.holds(s)
		if !ok {
			return nil, fault.New(fault.Stopped, "expression_failed",
				"The condition of the mapping's message %q failed on this message. Mend it in the mapping, then replay the message.", rule.name).At(rule.at)
		}
		if yes {
			return rule, nil
		}
	}
	if reason != "" {
		r.out.Ignored = reason
		return nil, nil
	}
	if len(rules) > 0 {
		return nil, fault.New(fault.Stopped, "message_condition_unmet",
			"The mapping %s reads messages of this type only where its conditions hold (%q has one), and here none does. Add a rule for such a message, then replay it.", r.mapping.name, rules[0].name).At(at)
	}
	if code, _, _ := strings.Cut(kind, "^"); r.message != nil && r.mapping.hasEvent(code) {
		at += ".2" // the type is known, and the event is not
	}
	return nil, fault.New(fault.Stopped, "message_type_unknown",
		"The mapping %s does not say what to do with messages of this type. Add the type under messages or under ignore, then replay the message.", r.mapping.name).At(at)
}

// hasEvent reports whether the mapping says of an event of this message code
// what to do with it.
func (m *Mapping) hasEvent(code string) bool {
	for kind := range m.rules {
		if strings.HasPrefix(kind, code+"^") {
			return true
		}
	}
	for kind := range m.ignored {
		if strings.HasPrefix(kind, code+"^") {
			return true
		}
	}
	return false
}

// lookupType finds "ADT^A08", else "ADT".
func lookupType[V any](m map[string]V, kind string) V {
	v, ok := m[kind]
	if code, _, more := strings.Cut(kind, "^"); !ok && more {
		v = m[code]
	}
	return v
}

// repeats refuses a message in which a segment repeats that may not.
func (m *messageRule) repeats(segs []seg) error {
	for _, name := range m.once {
		for i := range segs {
			if segs[i].name == name && segs[i].nth > 1 {
				return fault.New(fault.Stopped, "segment_repeated",
					"The message has more than one %s, so it does not say which of them each line belongs to. Ask the sender for one message each, or declare in the mapping how they are to be read.", name).At(name + "[2]")
			}
		}
	}
	return nil
}

// segments indexes a message.
func segments(m *hl7v2.Message) []seg {
	all := m.All()
	out := make([]seg, all.Len())
	count := make(map[string]int, 16)
	for i := range out {
		s := all.Segment(i)
		name := s.Name()
		count[name]++
		out[i] = seg{Segment: s, name: name, nth: count[name]}
	}
	return out
}

func sender(h hl7v2.Header) string {
	if h.SendingFacility == "" {
		return h.SendingApplication
	}
	return h.SendingApplication + "|" + h.SendingFacility
}

// sentAt reads MSH-7, of which only a fault is worth a finding.
func (s *scope) sentAt(text string) canonical.Instant {
	if text == "" {
		return canonical.Instant{}
	}
	return s.instant(text, "MSH-7")
}

func (r *run) find(severity canonical.Severity, code, path, text string) {
	switch refused := severity == canonical.Error && r.message == nil; {
	case refused || len(r.out.Findings) < maxFindings:
		r.out.Findings = append(r.out.Findings, canonical.Finding{Severity: severity, Code: code, Path: path, Text: text})
	case !r.cut:
		r.cut = true
		r.out.Findings = append(r.out.Findings, canonical.Finding{Severity: canonical.Warning, Code: "findings_truncated",
			Text: "The message has more findings than are listed here."})
	}
}
