package mapping

import (
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// patientRule reads a patient.
type patientRule struct {
	identifiers                          []identifierRule
	status, family, given, birth, gender *value
}

// identifierRule reads one field of identifiers, or one identifier.
type identifierRule struct {
	each                   *each
	value, kind, authority *value
}

func (c *compiler) patient(n *node, target string) *patientRule {
	n = c.part(n)
	if !n.isSet() || !c.known(n, "patient") {
		return nil
	}
	p := &patientRule{
		status: c.value(n.get("nhs_status"), target+".nhs_status", false),
		family: c.value(n.get("family_name"), target+".family_name", false),
		given:  c.value(n.get("given_names"), target+".given_names", false),
		birth:  c.time(n.get("birth_date"), target+".birth_date", false),
		gender: c.value(n.get("gender"), target+".gender", false),
	}
	target += ".identifiers."
	for _, item := range c.items(n.get("identifiers")) {
		if !c.known(item, "identifier") {
			continue
		}
		r := identifierRule{each: c.each(item)}
		r.value = c.required(item, "value", target+"value", false)
		r.kind = c.value(item.get("type"), target+"type", false)
		r.authority = c.value(item.get("authority"), target+"authority", false)
		c.within = false
		p.identifiers = append(p.identifiers, r)
	}
	if len(p.identifiers) == 0 {
		c.problems.add(n, "identifiers_missing", "A patient needs at least one source of identifiers.")
	}
	return p
}

// read gives the patient as the message names it. An NHS Number is given once
// with its status, without blanks and hyphens; whether it is valid is for the
// identity rules to say.
func (p *patientRule) read(s *scope) canonical.Patient {
	out := canonical.Patient{Identifiers: []canonical.Identifier{}}
	if p == nil {
		return out
	}
	for i := range p.identifiers {
		r := &p.identifiers[i]
		r.each.in(s, func(in *scope) {
			id := canonical.Identifier{Value: r.value.text(in)}
			if id.Value == "" {
				return
			}
			id.Type, id.Authority = r.kind.text(in), r.authority.text(in)
			addIdentifier(&out, id)
		})
	}
	out.NHSStatus = p.status.text(s)
	for i := range out.Identifiers {
		if out.Identifiers[i].Type == "NH" {
			out.Identifiers[i].Status = out.NHSStatus
		}
	}
	if slices.ContainsFunc(out.Identifiers, func(i canonical.Identifier) bool { return i.Type == "NH" }) {
		out.NHSStatus = "" // it is the number's own
	}
	out.FamilyName, out.GivenNames = p.family.text(s), p.given.text(s)
	out.BirthDate, out.Gender = p.birth.date(s), p.gender.text(s)
	return out
}

// nhsBlanks are what senders write between the digits of an NHS Number.
var nhsBlanks = strings.NewReplacer(" ", "", "-", "")

// addIdentifier adds id unless it is there. HL7 table 0203 calls an NHS Number
// NH; the NHS as issuer says the same.
func addIdentifier(p *canonical.Patient, id canonical.Identifier) {
	if id.Type == "NH" || id.Type == "NHS" || id.Type == "" && id.Authority == "NHS" {
		id.Type, id.Authority = "NH", "NHS"
		id.Value = nhsBlanks.Replace(id.Value)
	}
	for _, other := range p.Identifiers {
		if other == id {
			return
		}
	}
	p.Identifiers = append(p.Identifiers, id)
}

// needPatient records a finding where a patient has no identifier.
func (s *scope) needPatient(p canonical.Patient) {
	if len(p.Identifiers) == 0 {
		s.find(canonical.Warning, "patient_absent", "", "The message names no patient by any identifier. What it tells is kept and waits for a person to say whose it is.")
	}
}

// items gives the items of a list; a single block counts as a list of one.
func (c *compiler) items(n *node) []*node {
	switch {
	case !n.isSet():
		return nil
	case n.kind == list:
		return n.items
	}
	return []*node{n}
}

// required compiles a value that a block cannot do without.
func (c *compiler) required(n *node, key, target string, own bool) *value {
	v := c.value(n.get(key), target, own)
	if v == nil {
		c.problems.add(n, "key_missing", "The key %q is missing here.", key)
	}
	return v
}
