package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/schemas/nhs"
)

// expectCase answers what a journey claims by hand of a case, of one of its
// lines, of a patient or of a set.
func (j *journey) expectCase(w []string) (got string, err error) {
	switch w[0] {
	case "patients": // as how many people those of the posted lines are read
		return j.query(`SELECT count(DISTINCT coalesce(p.merged_into, p.id))::text FROM usage_line l JOIN patient p ON p.id = l.patient WHERE l.movement IS NOT NULL`)
	case "event":
		return j.query(`SELECT string_agg(DISTINCT e.kind, ',') FROM identity_event e JOIN message_key k ON k.trust = e.trust AND k.message_id = e.message_id WHERE k.control_id = $1`, w[1])
	case "known": // the message whose word stands for what is known of a patient
		return j.query(`SELECT k.control_id FROM patient_demographics d JOIN message_key k ON k.message_id = d.message_id WHERE d.patient = $1 AND $2 = ANY (string_to_array(d.fields, ','))
			ORDER BY d.about DESC, d.sent_at DESC NULLS LAST, d.message_id DESC LIMIT 1`, j.who(w[1]), w[2])
	case "set":
		uses, err := j.hub.store.Sets(j.t.Context(), "ZZ1", w[1], "", 0, 100)
		for _, u := range uses {
			got += u.CaseName + " cycle " + u.Cycle + ", "
		}
		return strings.TrimSuffix(got, ", "), err
	}
	if len(w) < 4 && !(len(w) == 3 && w[0] == "people") {
		return "", fmt.Errorf("there is no expectation %q", w[0])
	}
	d, err := j.hub.store.Case(j.t.Context(), "ZZ1", journal.CaseQuery{Case: w[1]})
	if err != nil {
		return "", err
	}
	switch {
	case w[0] == "coded":
		for _, p := range d.Procedures {
			if p.Stage == w[2] && p.Stands() {
				got = codesOf(p.Procedures)
			}
		}
		return got, nil
	case len(w) == 3:
		return peopleOf(d.People), nil
	}
	i := slices.IndexFunc(d.Lines, func(l journal.CaseLine) bool { return l.Key == w[2] })
	if i < 0 {
		return "", fmt.Errorf("the case has no line %s", w[2])
	}
	return j.expectLine(w, d.Lines[i])
}

func (j *journey) expectLine(w []string, l journal.CaseLine) (string, error) {
	switch w[0] {
	case "went":
		return j.query(`SELECT coalesce(string_agg(format('%s to %s', n, kind), ', ' ORDER BY kind), 'nowhere') FROM (
			SELECT p.kind, sum(CASE WHEN p.id = m.to_place THEN m.quantity ELSE -m.quantity END) AS n FROM movement m JOIN place p ON p.trust = m.trust AND p.id IN (m.from_place, m.to_place)
			 WHERE m.usage_line = $1 GROUP BY 1) x WHERE n > 0 AND kind <> 'stock'`, l.ID)
	case "patient": // a number of the patient's, as a theatre writes it
		if who := j.who(w[3]); who == 0 || who != l.Patient {
			return fmt.Sprintf("patient %d, and the number is that of %d", l.Patient, who), nil
		}
		return w[3], nil
	case "side":
		return l.Side, nil
	case "why":
		return l.Why, nil
	case "source": // whose word is followed
		return l.Source, nil
	case "people":
		for _, x := range l.Words {
			if x.Source == l.Source && x.Part == "use" {
				return peopleOf(x.People), nil
			}
		}
		return "", nil
	}
	return "", fmt.Errorf("there is no expectation %q", w[0])
}

// who is the patient of a number, as a theatre writes it: T00412, or an NHS
// Number.
func (j *journey) who(number string) int64 {
	id := identity.Identifier{Type: "MR", Authority: "NORTHMOOR", Value: number}
	if !strings.HasPrefix(number, "T") {
		id = identity.Identifier{Type: "NH", Authority: "NHS", Value: number}
	}
	who, err := j.hub.store.PatientOf(j.t.Context(), "ZZ1", []identity.Pseudonym{j.hub.trusts["ZZ1"].post.Rules.Vault.Pseudonym(id)})
	j.must(err)
	return who
}

func peopleOf(all []journal.CasePerson) string {
	var out []string
	for _, p := range all {
		own := ""
		if !p.Registered {
			own = "?"
		}
		out = append(out, strings.TrimSpace(p.Role+" "+p.Code+own))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// codesOf is what procedures were coded as, without the sender's words and with
// OPCS-4 codes as people write them.
func codesOf(all []journal.Procedure) string {
	dotted := func(code string) string {
		if c, err := nhs.ParseOPCS4(code); err == nil {
			return c.Dotted()
		}
		return code
	}
	var out []string
	for _, p := range all {
		words := []string{dotted(p.Code)}
		for _, q := range p.Qualifiers {
			words = append(words, dotted(q))
		}
		words = append(words, prefixed("side ", p.Side), prefixed("on ", p.On))
		out = append(out, strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	}
	return strings.Join(out, "; ")
}
