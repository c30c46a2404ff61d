package mapping

import (
	"reflect"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// The formats that a profile may read.
const (
	formatHL7  = "hl7v2"
	formatCSV  = "csv"
	formatFHIR = "fhir"
)

// compiler turns nodes into rules and collects what is wrong with them.
type compiler struct {
	problems  *problems
	format    string
	fields    []string // of a file's layout
	tables    map[string]*table
	used      map[string]bool // tables
	parts     *node
	usedParts map[string]bool
	within    bool // paths may be relative: inside `each: FIELD`
	timed     bool // paths name times
	// sourcesListed are the voices that the profile's sources name.
	sourcesListed []string
}

// time compiles the rule for a target that is a time or a date.
func (c *compiler) time(n *node, target string, own bool) *value {
	c.timed = true
	defer func() { c.timed = false }()
	return c.value(n, target, own)
}

// value compiles the rule for one target; nil if n says nothing. With own,
// its paths read in the group itself only.
func (c *compiler) value(n *node, target string, own bool) *value {
	if !n.isSet() {
		return nil
	}
	v := &value{target: target}
	if n.kind != dict {
		v.sources = c.sources(n, own)
		return v
	}
	c.known(n, "value")
	return c.ruled(n, target, own)
}

// ruled compiles the value keys of n, which may have others.
func (c *compiler) ruled(n *node, target string, own bool) *value {
	v := &value{target: target}
	v.sources = c.blockSources(n, own)
	if f := n.get("case"); f.isSet() {
		switch f.text {
		case "upper":
			v.fold = strings.ToUpper
		case "lower":
			v.fold = strings.ToLower
		default:
			c.problems.add(f, "case_unknown", "case is upper or lower, not %q.", f.text)
		}
	}
	if d := n.get("default"); d.isSet() {
		v.fallback = strings.TrimSpace(d.text)
	}
	if a := n.get("absent"); a.isSet() && c.known(a, "absent") {
		v.absent = c.note(a, note{severity: canonical.Warning})
	}
	c.tabled(n, v)
	if len(v.sources) == 0 && v.fallback == "" {
		c.problems.add(n, "source_missing", "The rule does not say where the value comes from. Give it from, const, expr or default.")
	}
	return v
}

// tabled compiles the table of a rule and its policy for unlisted codes.
func (c *compiler) tabled(n *node, v *value) {
	t := n.get("table")
	if !t.isSet() {
		for _, k := range []string{"column", "unlisted"} {
			if n.get(k) != nil {
				c.problems.add(n.get(k), "table_missing", "%s needs a table.", k)
			}
		}
		return
	}
	if v.table = c.tableNamed(t); v.table == nil {
		return
	}
	if col := n.get("column"); col.isSet() {
		if v.column = v.table.column(col.text); v.column < 0 {
			c.problems.add(col, "column_unknown", "The table %q has no column %q.%s", t.text, col.text, nearest(col.text, v.table.columns))
			v.column = 0
		}
	}
	v.unlisted.note = note{severity: canonical.Warning, code: "code_unlisted",
		text: "The code is not in the table " + t.text + " and was left out. Add a row for it."}
	u := n.get("unlisted")
	if !u.isSet() || !c.known(u, "unlisted") {
		return
	}
	v.unlisted.note = *c.note(u, v.unlisted.note)
	v.unlisted.keep = c.yes(u.get("keep"))
	if w := u.get("value"); w.isSet() {
		v.unlisted.value = w.text
	}
}

func (c *compiler) tableNamed(n *node) *table {
	t := c.tables[n.text]
	if t == nil {
		c.problems.add(n, "table_unknown", "There is no table %q.%s", n.text, nearest(n.text, sorted(c.tables)))
		return nil
	}
	c.used[n.text] = true
	return t
}

// among limits v to the words that the hub knows for its target, and checks
// those that stand in the mapping itself.
func (c *compiler) among(n *node, v *value, choices ...string) *value {
	if v == nil {
		return nil
	}
	v.choices = choices
	if v.unlisted.note.code == "" {
		v.unlisted.note = note{severity: canonical.Warning, code: "value_unknown",
			text: "The value is none of those that the hub knows here (" + strings.Join(choices, ", ") + ") and was left out. Give the rule a table."}
	}
	for _, key := range []string{"const", "default"} {
		if k := n.get(key); k.isSet() {
			c.oneOf(k, "the value", choices...)
		}
	}
	if k := n.get("unlisted").get("value"); k.isSet() {
		c.oneOf(k, "the value", choices...)
	}
	if v.table == nil {
		return v
	}
	for _, code := range sorted(v.table.rows) {
		if text, _ := v.table.lookup(code, v.column); !slices.Contains(choices, text) {
			c.problems.addAt(v.table.lines[code], "value_unknown", "%q is not one of %s.%s", text, strings.Join(choices, ", "), nearest(text, choices))
		}
	}
	return v
}

func (c *compiler) note(n *node, out note) *note {
	if s := n.get("severity"); s.isSet() {
		out.severity = canonical.Severity(c.oneOf(s, "severity", "info", "warning", "error"))
	}
	if s := n.get("code"); s.isSet() {
		out.code = s.text
	}
	if s := n.get("text"); s.isSet() {
		out.text = strings.TrimSpace(s.text)
	}
	if out.code == "" || out.text == "" {
		c.problems.add(n, "finding_incomplete", "A finding needs a code in snake_case, and a text that says what happened and what to do.")
	}
	return &out
}

func (c *compiler) yes(n *node) bool {
	return n.isSet() && c.oneOf(n, "the key", "true", "false") == "true"
}

// oneOf checks a choice.
func (c *compiler) oneOf(n *node, what string, choices ...string) string {
	if n.kind != scalar || !slices.Contains(choices, n.text) {
		c.problems.add(n, "choice_unknown", "%s is one of %s.%s", what, strings.Join(choices, ", "), nearest(n.text, choices))
		return choices[0]
	}
	return n.text
}

// condition compiles when; nil if there is none.
func (c *compiler) condition(n *node) *expression {
	if !n.isSet() {
		return nil
	}
	return c.expression(n, reflect.Bool)
}

// texts gives a scalar or a list of scalars.
func (c *compiler) texts(n *node) (out []string) {
	switch {
	case !n.isSet():
	case n.kind == scalar:
		out = []string{n.text}
	case n.kind == list:
		for _, item := range n.items {
			if item.kind != scalar || item.text == "" {
				c.problems.add(item, "text_expected", "A single text is expected here.")
				continue
			}
			out = append(out, item.text)
		}
	default:
		c.problems.add(n, "text_expected", "A text or a list of texts is expected here.")
	}
	return out
}

// part gives a block, or the part of which n holds the name.
func (c *compiler) part(n *node) *node {
	if n == nil || n.kind != scalar || n.text == "" {
		return n
	}
	c.usedParts[n.text] = true
	p := c.parts.get(n.text)
	if p == nil {
		var names []string
		if c.parts != nil {
			names = c.parts.keys
		}
		c.problems.add(n, "part_unknown", "There is no part %q under parts.%s", n.text, nearest(n.text, names))
	}
	return p
}
