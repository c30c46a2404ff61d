package mapping

import (
	"strconv"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// Records lays out what a device registry is told: the columns of its file,
// and its codes for what the hub says in words.
type Records struct {
	// Layout is of the files that are written.
	Layout flatfile.Layout
	// Name is that of the mapping.
	Name  string
	codes map[string]*value
}

// Records gives the layout of the records that the profile declares; it fails
// if the profile has none.
func (m *Mapping) Records() (Records, error) {
	if m.records == nil {
		return Records{}, fault.New(fault.NotFound, "record_layout_missing",
			"The mapping %s does not say how a registry's records are laid out. Name a profile that has a block record.", m.name)
	}
	r := *m.records
	r.Name = m.name
	return r, nil
}

// Row gives a record's fields in the registry's codes. A value for which the
// registry has no code is left out, and named in unlisted.
func (r Records) Row(fields map[string]string) (row map[string]string, unlisted []string) {
	row = make(map[string]string, len(fields))
	for name, text := range fields {
		v := r.codes[name]
		if v == nil {
			row[name] = text
			continue
		}
		code, ok := v.table.lookup(v.folded(text), v.column)
		switch {
		case ok:
			row[name] = code
		case v.fallback != "":
			row[name] = v.fallback
		case text != "":
			unlisted = append(unlisted, name)
		}
	}
	return row, unlisted
}

func (v *value) folded(text string) string {
	if v.fold != nil {
		return v.fold(text)
	}
	return text
}

// records compiles how a registry's records are written.
func (l *loader) records(c *compiler, n *node) *Records {
	if !c.known(n, "record") {
		return nil
	}
	layout := n.get("layout")
	if !layout.isSet() {
		l.problems.add(n, "key_missing", "The key %q is missing here.", "layout")
		return nil
	}
	out := &Records{codes: map[string]*value{}}
	if x := l.layout(layout); x != nil {
		out.Layout = *x
	}
	codes := n.get("codes")
	if !codes.isSet() {
		return out
	}
	if codes.kind != dict {
		l.problems.add(codes, "block_expected", "codes is a block that gives a field of the record a table, as gender: {table: genders}.")
		return out
	}
	for _, field := range codes.keys {
		// The field itself is what the table is asked for.
		rule := codes.value[field]
		if rule.kind != dict || !c.known(rule, "value") {
			l.problems.add(rule, "block_expected", "codes is a block that gives a field of the record a table, as gender: {table: genders}.")
			continue
		}
		v := c.coded(rule)
		if v.table == nil {
			l.problems.add(rule, "table_missing", "A code of a record needs a table.")
			continue
		}
		out.codes[field] = v
	}
	return out
}

// coded compiles a rule that has a table and no source of its own.
func (c *compiler) coded(n *node) *value {
	v := &value{}
	c.folding(n, v)
	if d := n.get("default"); d.isSet() {
		v.fallback = d.text
	}
	c.tabled(n, v)
	return v
}

var registryStatuses = []string{"accepted", "rejected"}

// registryAnswer compiles a registry's answer, of which each row of a file
// tells one record's.
func (c *compiler) registryAnswer(n *node) func(*scope) canonical.Event {
	record := c.required(n, "record", "record", false)
	version := c.required(n, "version", "version", false)
	status := c.required(n, "status", "status", false)
	if status != nil && status.table != nil && n.get("status").get("unlisted") == nil {
		status.unlisted.note = note{severity: canonical.Error, code: "status_unlisted",
			text: "The answer's status is not in the table " + status.table.name + ", so this row had no effect. Add a row for it and replay the file."}
	}
	c.among(n.get("status"), status, registryStatuses...)
	code, reason := c.value(n.get("code"), "code", false), c.value(n.get("reason"), "reason", false)
	return func(s *scope) canonical.Event {
		out := canonical.RegistryAnswer{Origin: s.origin, Record: record.text(s), Code: code.text(s), Reason: reason.text(s)}
		number := version.eval(s)
		var err error
		if out.Version, err = strconv.Atoi(number.text); err != nil || out.Version < 1 || out.Record == "" {
			s.find(canonical.Error, "record_unreadable", number.path, "The row does not name a record and its version, so it had no effect.")
			return nil
		}
		state := status.eval(s)
		if out.Status = state.text; out.Status == "" {
			if !state.unlisted {
				s.find(canonical.Error, "status_absent", status.sourceLabel(), "The row has no status and had no effect.")
			}
			return nil
		}
		return out
	}
}
