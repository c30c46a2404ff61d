package posting

import (
	"fmt"
	"slices"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// naming is why a message names a patient.
type naming int

const (
	inPassing  naming = iota // with a use, a booking or a coding
	about                    // the message is about the patient
	correcting               // as a record that is corrected: it may be retired
	parting                  // both: a merge of it is taken back
)

// patient finds the record that identifiers name, or makes one: see named.
func (d *decider) patient(s *saying, p canonical.Patient) identity.Patient {
	return d.named(s, p, inPassing)
}

// named finds the patient's record that identifiers name, or makes one: the
// record itself, whoever it may be read as, so that a merge that is taken back
// gives it what was told of it. The first identifier that is known decides;
// the unknown ones become that record's. Zero is given when there is no
// identifier that names anybody.
func (d *decider) named(s *saying, p canonical.Patient, why naming) identity.Patient {
	var found identity.Patient
	var unknown, unusable []NewIdentifier
	var numbers []identity.Pseudonym
	for _, i := range p.Identifiers {
		id := identifier(i)
		if id.Empty() {
			continue
		}
		i.Type = plain(i.Type)
		if !id.Identifies() {
			s.once(canonical.Warning, "nhs_number_invalid", "PID-3", "An NHS Number is not one: its check digit or its form is wrong. It is kept and identifies nobody; have it corrected at its source.")
			unusable = append(unusable, NewIdentifier{Kind: InvalidNumber, Identifier: i})
			continue
		}
		x := NewIdentifier{Kind: LocalNumber, Pseudonym: d.t.Vault.Pseudonym(id), Identifier: i}
		if id.NHS() {
			x.Kind, numbers = NHSNumber, append(numbers, x.Pseudonym)
		}
		known, ok := d.k.Patients[x.Pseudonym]
		switch {
		case !ok:
			unknown = append(unknown, x)
		case found == 0:
			found = known
		case d.k.Merges.Survivor(found) != d.k.Merges.Survivor(known):
			s.once(canonical.Warning, "identifiers_disagree", "PID-3", "The message's identifiers belong to two patients. The first one was taken.")
			d.warn(Warning{Kind: "identifiers_disagree", Subject: patientSubject(found), Severity: "warning", Message: s.ID,
				Text: "One message names two patients.", Action: "Check both records in the patient administration system; send a merge (A40) if they are one person."})
		}
	}
	if found == 0 && len(unknown) == 0 {
		return 0
	}
	added := found != 0
	if !added {
		found = identity.Patient(d.ids())
		d.out.Patients = append(d.out.Patients, NewPatient{ID: found, Test: d.testPatient(p)})
		s.changed = true
	} else if why <= about && d.k.Merges.Survivor(found) != found {
		s.once(canonical.Info, "retired_identifier", "PID-3", "The patient was named by an identifier that a merge retired; what was told is read as the surviving record's.")
		d.identityEvent(s, "retired_identifier_used", found, d.k.Merges.Survivor(found))
	}
	d.numbersTold(s, found, numbers)
	d.keepIdentifiers(s, found, added, unknown, unusable)
	d.statuses(s, found, p)
	d.demographics(s, found, p, why)
	return found
}

func patientSubject(p identity.Patient) string { return fmt.Sprintf("patient:%d", p) }

// once adds a finding unless the message has one with this code.
func (s *saying) once(sev canonical.Severity, code, path, text string) {
	if !slices.ContainsFunc(s.findings, func(f canonical.Finding) bool { return f.Code == code }) {
		s.find(sev, code, path, "%s", text)
	}
}

// numbersTold notices an NHS Number of another person on a record that has
// one: either somebody mistook a patient, or the number was corrected.
func (d *decider) numbersTold(s *saying, p identity.Patient, told []identity.Pseudonym) {
	for _, ps := range told {
		owner, known := d.k.Patients[ps]
		if len(d.k.NHS[p]) == 0 || known && d.k.Merges.Survivor(owner) == d.k.Merges.Survivor(p) {
			continue
		}
		d.identityEvent(s, "nhs_number_changed", p, owner)
		if known { // identifiers_disagree says so
			continue
		}
		s.once(canonical.Warning, "nhs_number_changed", "PID-3", "The patient had another NHS Number before. Both are kept.")
		d.warn(Warning{Kind: "nhs_number_changed", Subject: patientSubject(p), Severity: "warning", Message: s.ID,
			Text:   "A patient's local number came with another NHS Number than before.",
			Action: "Check in the patient administration system which number is right. If two people were taken for one, have the wrong number corrected there; then close this warning with the reason."})
	}
}

// keepIdentifiers keeps the identifiers that were not known of a record.
func (d *decider) keepIdentifiers(s *saying, p identity.Patient, added bool, unknown, unusable []NewIdentifier) {
	for _, u := range unknown {
		if _, twice := d.k.Patients[u.Pseudonym]; twice {
			continue
		}
		u.Patient = p
		d.k.Patients[u.Pseudonym] = p
		d.out.Identifiers = append(d.out.Identifiers, u)
		if u.Kind == NHSNumber {
			d.k.NHS[p] = append(d.k.NHS[p], &identity.NHSNumber{Pseudonym: u.Pseudonym})
		}
		if added {
			d.identityEvent(s, "identifier_added", p, 0)
		}
	}
	for _, u := range unusable {
		u.Patient, u.Pseudonym = p, d.t.Vault.Kept(identifier(u.Identifier), p)
		if !slices.ContainsFunc(d.out.Identifiers, func(o NewIdentifier) bool { return o.Pseudonym == u.Pseudonym }) {
			d.out.Identifiers = append(d.out.Identifiers, u)
		}
	}
}

// statusOf is a number of which a message told the status: what it tells of it
// first counts.
type statusOf struct {
	message int64
	number  identity.Pseudonym
}

// statuses takes up how far the record's NHS Numbers were traced.
func (d *decider) statuses(s *saying, p identity.Patient, told canonical.Patient) {
	for _, i := range told.Identifiers {
		if i.Status == "" || !identifier(i).NHS() || !identifier(i).Identifies() {
			continue
		}
		ps := d.t.Vault.Pseudonym(identifier(i))
		at := slices.IndexFunc(d.k.NHS[p], func(n *identity.NHSNumber) bool { return n.Pseudonym == ps })
		if at < 0 { // another record's
			continue
		}
		if d.statusTold[statusOf{s.ID, ps}] {
			continue
		}
		d.statusTold[statusOf{s.ID, ps}] = true
		n := d.k.NHS[p][at]
		before := n.Status()
		if !n.Hear(s.Connector, identity.Status{Status: plain(i.Status), Said: s.said()}) {
			continue
		}
		if !slices.Contains(d.out.Statuses, n) {
			d.out.Statuses = append(d.out.Statuses, n)
		}
		if after := n.Status(); after != before {
			s.changed = true
			if before != "" {
				d.identityEvent(s, "nhs_status_changed", p, 0)
			}
		}
	}
}

// said is where the message stands among its sender's words on identities.
func (s *saying) said() identity.Said {
	q := s.sequence()
	return identity.Said{SentAt: q.SentAt, Message: q.Message}
}

func (d *decider) demographics(s *saying, p identity.Patient, told canonical.Patient, why naming) {
	if told.FamilyName != "" || told.GivenNames != "" || told.BirthDate != "" || told.Gender != "" || told.NHSStatus != "" {
		d.out.Demographics = append(d.out.Demographics, Demographics{Patient: p, Told: told, Connector: s.Connector, About: why == about || why == parting, Said: s.said()})
	}
}

// identityEvent notes what happened to a patient's record, once for each
// message.
func (d *decider) identityEvent(s *saying, kind string, p, other identity.Patient) {
	e := IdentityEvent{Kind: kind, Patient: p, Other: other, Message: s.ID}
	if !slices.Contains(d.out.Events, e) {
		d.out.Events = append(d.out.Events, e)
	}
}

func (d *decider) patientUpdate(s *saying, e canonical.PatientUpdate) {
	if d.named(s, e.Patient, about) == 0 {
		s.find(canonical.Warning, "no_patient", "PID-3", "The message names no patient, so nothing was updated.")
		return
	}
	s.summary.note = "Patient details taken up; no stock changes."
}
