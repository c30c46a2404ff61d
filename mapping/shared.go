package mapping

import (
	"slices"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// aliasRule reads one name of a case.
type aliasRule struct {
	kind string
	*value
	lastResort bool
}

func (c *compiler) caseOf(n *node) (out []aliasRule) {
	n = c.part(n)
	if !n.isSet() {
		return nil
	}
	for _, item := range c.items(n) {
		if !c.known(item, "alias") {
			continue
		}
		kind := item.get("kind")
		if !kind.isSet() {
			c.problems.add(item, "key_missing", "The key %q is missing here.", "kind")
			continue
		}
		out = append(out, aliasRule{kind: kind.text, value: c.ruled(item, "case."+kind.text, false), lastResort: c.yes(item.get("last_resort"))})
	}
	return out
}

// readCase is aliasesIn with a finding where there is none.
func readCase(rules []aliasRule, s *scope) canonical.Case {
	out := aliasesIn(rules, s)
	if len(out.Aliases) == 0 {
		s.find(canonical.Warning, "case_absent", "", "The message names no case by any of the fields that the mapping declares. What it tells is kept without one.")
	}
	return out
}

// aliasesIn gives the aliases in the rule's order. One of last resort is given
// only where there is no other: two cases of one visit are two cases.
func aliasesIn(rules []aliasRule, s *scope) canonical.Case {
	out := canonical.Case{Aliases: []canonical.Alias{}}
	for i := range rules {
		if rules[i].lastResort && len(out.Aliases) > 0 {
			continue
		}
		if text := rules[i].text(s); text != "" {
			out.Aliases = append(out.Aliases, canonical.Alias{Kind: rules[i].kind, Value: text})
		}
	}
	return out
}

// placeRule reads a place.
type placeRule struct{ code, text *value }

func (c *compiler) place(n *node, target string) *placeRule {
	n = c.part(n)
	if !n.isSet() || !c.known(n, "place") {
		return nil
	}
	return &placeRule{code: c.value(n.get("code"), target+".code", false), text: c.value(n.get("text"), target+".text", false)}
}

func (p *placeRule) read(s *scope) canonical.Place {
	if p == nil {
		return canonical.Place{}
	}
	return canonical.Place{Code: p.code.text(s), Text: p.text.text(s)}
}

// procedureRule reads the procedures of one kind of segment.
type procedureRule struct {
	each                         *each
	code, system, text, side, on *value
}

func (c *compiler) procedures(n *node) (out []procedureRule) {
	for _, item := range c.items(c.part(n)) {
		if !c.known(item, "procedure") {
			continue
		}
		r := procedureRule{each: c.each(item)}
		r.code = c.required(item, "code", "procedures.code", false)
		r.system = c.value(item.get("system"), "procedures.system", false)
		r.text = c.value(item.get("text"), "procedures.text", false)
		r.side = c.among(item.get("side"), c.value(item.get("side"), "procedures.side", false), sides...)
		r.on = c.time(item.get("on"), "procedures.on", false)
		c.within = false
		out = append(out, r)
	}
	return out
}

func readProcedures(rules []procedureRule, s *scope) (out []canonical.Procedure) {
	for i := range rules {
		r := &rules[i]
		r.each.in(s, func(in *scope) {
			p := canonical.Procedure{Code: r.code.text(in), System: r.system.text(in), Text: r.text.text(in), Side: r.side.text(in), On: r.on.date(in)}
			if (p.Code != "" || p.Text != "") && !slices.Contains(out, p) {
				out = append(out, p)
			}
		})
	}
	return out
}

// personRule reads the people of one role, or of one kind of segment.
type personRule struct {
	each                  *each
	role, code, authority *value
}

func (c *compiler) people(n *node, target string) (out []personRule) {
	for _, item := range c.items(c.part(n)) {
		if !c.known(item, "person") {
			continue
		}
		r := personRule{each: c.each(item)}
		if role := item.get("role"); role.isSet() && role.kind == scalar {
			// A role is a word of the hub's, not a path.
			r.role = c.constant(role, target+".role")
		} else {
			r.role = c.required(item, "role", target+".role", false)
		}
		r.code = c.required(item, "code", target+".code", false)
		r.authority = c.value(item.get("authority"), target+".authority", false)
		c.within = false
		out = append(out, r)
	}
	return out
}

func readPeople(rules []personRule, s *scope) (out []canonical.Person) {
	for i := range rules {
		r := &rules[i]
		r.each.in(s, func(in *scope) {
			code := r.code.text(in)
			if code == "" {
				return
			}
			if out == nil {
				out = make([]canonical.Person, 0, len(rules))
			}
			p := canonical.Person{Role: r.role.text(in), Code: code, Authority: r.authority.text(in)}
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		})
	}
	return out
}

// constant compiles a scalar that is the value itself.
func (c *compiler) constant(n *node, target string) *value {
	block := &node{file: n.file, line: n.line, kind: dict, keys: []string{"const"}, value: map[string]*node{"const": n}}
	return c.value(block, target, false)
}
