package mapping

import "github.com/stockwell-hub/stockwell/schemas/canonical"

func (c *compiler) patientUpdate(n *node) func(*scope) canonical.Event {
	patient := c.patient(n.get("patient"), "patient")
	return func(s *scope) canonical.Event {
		u := canonical.PatientUpdate{Patient: patient.read(s)}
		if len(u.Patient.Identifiers) == 0 {
			s.needPatient(u.Patient)
			return nil
		}
		return u
	}
}

func (c *compiler) patientMerge(n *node) func(*scope) canonical.Event {
	survivor := c.patient(n.get("survivor"), "survivor")
	retired := c.patient(n.get("retired"), "retired")
	return func(s *scope) canonical.Event {
		m := canonical.PatientMerge{Survivor: survivor.read(s), Retired: retired.read(s)}
		if len(m.Survivor.Identifiers) == 0 || len(m.Retired.Identifiers) == 0 {
			s.find(canonical.Error, "merge_incomplete", "", "The message does not name both the surviving and the retired patient, so nothing was merged. Ask the sender for both.")
			return nil
		}
		return m
	}
}

func (c *compiler) patientUnmerge(n *node) func(*scope) canonical.Event {
	survivor := c.patient(n.get("survivor"), "survivor")
	retired := c.patient(n.get("retired"), "retired")
	return func(s *scope) canonical.Event {
		m := canonical.PatientUnmerge{Survivor: survivor.read(s), Retired: retired.read(s)}
		if len(m.Survivor.Identifiers) == 0 || len(m.Retired.Identifiers) == 0 {
			s.find(canonical.Error, "unmerge_incomplete", "", "The message does not name both of the patients who are two again, so no merge was taken back. Ask the sender for both.")
			return nil
		}
		return m
	}
}

func (c *compiler) visitMove(n *node) func(*scope) canonical.Event {
	encounter := c.required(n, "encounter", "encounter", false)
	from := c.patient(n.get("from"), "from")
	to := c.patient(n.get("to"), "to")
	return func(s *scope) canonical.Event {
		m := canonical.VisitMove{Encounter: encounter.text(s), From: from.read(s), To: to.read(s)}
		if m.Encounter == "" || len(m.From.Identifiers) == 0 || len(m.To.Identifiers) == 0 {
			s.find(canonical.Error, "visit_move_incomplete", "", "The message does not name the visit and both patients, the wrong one and the right one, so nothing was moved. Ask the sender for what is missing, and check to whom the visit's implants are recorded.")
			return nil
		}
		return m
	}
}

func (c *compiler) visitMerge(n *node) func(*scope) canonical.Event {
	survivor := c.required(n, "survivor", "survivor", false)
	retired := c.required(n, "retired", "retired", false)
	return func(s *scope) canonical.Event {
		m := canonical.VisitMerge{Survivor: survivor.text(s), Retired: retired.text(s)}
		if m.Survivor == "" || m.Retired == "" {
			s.find(canonical.Error, "visit_merge_incomplete", "", "The message does not name both the surviving and the retired visit number, so nothing was merged. Ask the sender for both.")
			return nil
		}
		return m
	}
}
