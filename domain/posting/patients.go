package posting

import (
	"fmt"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// patient finds the patient whom identifiers name, or makes one. The first
// known identifier decides; the unknown ones become that patient's. Zero is
// given when there is no identifier that names anybody.
func (d *decider) patient(s *saying, p canonical.Patient) identity.Patient {
	var found, direct identity.Patient
	var unknown []NewIdentifier
	for _, i := range p.Identifiers {
		if identifier(i).Empty() {
			continue
		}
		ps := d.t.Vault.Pseudonym(identifier(i))
		known, ok := d.k.Patients[ps]
		if !ok {
			i.Type = plain(i.Type)
			unknown = append(unknown, NewIdentifier{Pseudonym: ps, Identifier: i})
			continue
		}
		survivor := d.k.Merges.Survivor(known)
		switch {
		case found == 0:
			found, direct = survivor, known
		case found != survivor:
			s.find(canonical.Warning, "identifiers_disagree", "PID-3", "The message's identifiers belong to two patients. The first one was taken.")
			d.warn(Warning{Kind: "identifiers_disagree", Subject: fmt.Sprintf("patient:%d", found), Severity: "warning", Message: s.ID,
				Text: "One message names two patients.", Action: "Check both records in the patient administration system; send a merge (A40) if they are one person."})
		}
	}
	if found == 0 && len(unknown) == 0 {
		return 0
	}
	if found == 0 {
		found = identity.Patient(d.ids())
		d.out.Patients = append(d.out.Patients, NewPatient{ID: found, Test: d.testPatient(p)})
		s.changed = true
	} else if direct != found {
		s.find(canonical.Info, "retired_identifier", "PID-3", "The patient was named by an identifier that a merge retired; the surviving record was taken.")
	}
	for _, u := range unknown {
		if _, twice := d.k.Patients[u.Pseudonym]; twice {
			continue
		}
		u.Patient = found
		d.k.Patients[u.Pseudonym] = found
		d.out.Identifiers = append(d.out.Identifiers, u)
	}
	if p.FamilyName != "" || p.BirthDate != "" {
		d.out.Demographics = append(d.out.Demographics, Demographics{Patient: found, Told: p, At: s.ReceivedAt, Message: s.ID})
	}
	return found
}

func (d *decider) patientUpdate(s *saying, e canonical.PatientUpdate) {
	if d.patient(s, e.Patient) == 0 {
		s.find(canonical.Warning, "no_patient", "PID-3", "The message names no patient, so nothing was updated.")
		return
	}
	s.summary.note = "Patient details taken up; no stock changes."
}

// merge points the retired patient at the survivor. It rewrites nothing: who
// asks for either from now on finds the survivor.
func (d *decider) merge(s *saying, e canonical.PatientMerge) {
	survivor, retired := d.patient(s, e.Survivor), d.patient(s, e.Retired)
	switch {
	case survivor == 0 || retired == 0:
		s.find(canonical.Error, "merge_incomplete", "MRG-1", "A merge needs the surviving and the retired identifier. Nothing was merged.")
	case survivor == retired:
		s.summary.note = "Both identifiers belong to one patient already."
	default:
		d.k.Merges[retired] = survivor
		d.out.Merges = append(d.out.Merges, Merge{Retired: retired, Survivor: survivor})
		s.changed = true
		d.reviewPatient(s, survivor)
		s.summary.note = "Two patient records merged; their uses are now read as one patient's."
	}
}
