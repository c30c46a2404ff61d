package mapping

import (
	"regexp"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

var (
	fhirType     = regexp.MustCompile(`^[A-Z][A-Za-z]+(\^(create|update|transaction))?$`)
	resourceType = regexp.MustCompile(`^[A-Z][A-Za-z]+$`)
)

// elements compiles a path into a FHIR message; nil if it is none.
func (c *compiler) elements(n *node) *fhir.Path {
	p, err := fhir.ParsePath(n.text)
	if n.kind != scalar || err != nil {
		c.problems.add(n, "path_invalid", "%q %s.", n.text, orPath(err))
		return nil
	}
	return &p
}

func orPath(err error) string {
	if err == nil {
		return "is not a path: a single text is expected here"
	}
	return err.Error()
}

// element compiles a path to the text that it names first.
func (c *compiler) element(n *node, text string) func(*scope) (string, hl7v2.State) {
	p, err := fhir.ParsePath(text)
	if err != nil {
		c.problems.add(n, "path_invalid", "%q %s.", text, err)
	}
	return func(s *scope) (string, hl7v2.State) {
		for _, v := range p.In(s.run.fhir, *s.here) {
			if text, ok := v.Text(); ok {
				return text, hl7v2.Present
			}
		}
		return "", hl7v2.Absent
	}
}

// resourceType reads the each of an event: the type of which each resource in
// the message is one.
func (c *compiler) resourceType(n *node) string {
	e := n.get("each")
	if !e.isSet() {
		return ""
	}
	if e.kind != scalar || !resourceType.MatchString(e.text) {
		c.problems.add(e, "each_invalid", "%q is not a resource type. Each resource of this type in the message becomes an event: write it as Procedure.", e.text)
	}
	return e.text
}

// misplaced complains of keys that speak of segments.
func (c *compiler) misplaced(n *node, names ...string) {
	for _, name := range names {
		if k := n.get(name); k.isSet() {
			c.problems.add(k, "key_misplaced", "%s goes with HL7 messages and files. A FHIR message needs none: an element holds all that belongs to it.", name)
		}
	}
}

// elements calls f with each element that p names, as the place from which
// paths then read, and before that most with their number.
func (s *scope) elements(p *fhir.Path, most func(n int), f func(*scope)) {
	all := p.In(s.run.fhir, *s.here)
	most(len(all))
	for _, v := range all {
		in := *s
		in.here = &v
		if v.Node != nil {
			in.origin = v.Node.Origin()
		}
		f(&in)
	}
}

// resources translates a FHIR message.
func (r *run) resources() error {
	name := r.in.Name
	if name == nil {
		name = fhir.NewNamer(nil, "")
	}
	m, err := fhir.Open(r.in.Raw, r.in.Type, name)
	if err != nil {
		return err
	}
	m.Stored = r.in.Stored
	r.fhir = m
	s := &scope{run: r, here: &fhir.Value{Node: m.Root}}
	r.out.Header = canonical.Header{Type: r.in.Type, ControlID: r.in.FileName, SentAt: s.bundledAt(m)}
	if err := r.environment(s); err != nil {
		return err
	}
	rule, err := r.rule(s, r.in.Type, "resourceType")
	if err != nil || rule == nil {
		return err
	}
	for i := range rule.events {
		e := &rule.events[i]
		if e.each == "" {
			r.emit(e, s)
			continue
		}
		for _, entry := range m.Entries {
			if entry.Type == e.each && r.brought(entry) {
				in := *s
				in.here, in.origin = &fhir.Value{Node: entry.Resource}, entry.Resource.Origin()
				r.emit(e, &in)
			}
		}
	}
	if m.Exhausted() {
		return fault.New(fault.Invalid, "message_too_complex", "The message is split up so much that reading it takes too long. Ask the sender for a message to each Procedure, or mend conditions within conditions in the mapping.")
	}
	return nil
}

// brought reports whether an entry is told by this message: one that was to be
// created only if it was not there may have been there.
func (r *run) brought(e fhir.Entry) bool {
	return !e.IfNoneExist || r.in.Brought == nil || r.in.Brought(e.Type, e.ID)
}

// bundledAt is when the sender put a Bundle together. A resource's own
// meta.lastUpdated is not the time of sending: clients leave an old one in.
func (s *scope) bundledAt(m *fhir.Message) canonical.Instant {
	t := m.Root.Get("timestamp")
	if m.Interaction != fhir.Transaction || t.Kind() != fhir.String {
		return canonical.Instant{}
	}
	return s.instant(t.Text(), "Bundle.timestamp")
}
