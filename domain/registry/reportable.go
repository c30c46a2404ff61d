package registry

import (
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/theatre"
	"github.com/stockwell-hub/stockwell/schemas/nhs"
)

// Why a use is not reported.
const (
	NotADevice      = "not_a_reportable_device"
	Untaken         = "nothing_was_used"
	NotAUse         = "no_use_of_its_own"
	TestPatient     = "test_patient"
	BeforeTheFirst  = "before_the_first_day"
	NothingOfItLeft = "taken_back"
)

// reportable says whether a use belongs in the registry, and why not.
func (r Rules) reportable(u Use) (why string) {
	switch {
	case !r.device(u):
		return NotADevice
	case u.State == theatre.Withdrawn:
		return NothingOfItLeft
	case u.State == theatre.Recorded && u.Disposition != theatre.Explanted:
		return NotAUse
	case u.State == theatre.Recorded && u.Why != string(theatre.Explanted):
		return NotAUse // it corroborates another line, or is the same use
	case u.State == theatre.Waiting && !slices.Contains(unclearQuantity, u.Why):
		return NotAUse // a credit without a use, an unknown sign, a source that does not decide
	case u.Disposition == theatre.ReturnedUnopened, u.Disposition == theatre.Reusable:
		return Untaken
	case !r.Test && r.test(u.Patient):
		return TestPatient
	case r.From != "" && r.day(u) < r.From:
		return BeforeTheFirst
	}
	return ""
}

// unclearQuantity are the reasons for which a use waits though it was one.
var unclearQuantity = []string{"fraction", "quantity_unreadable", "quantity_negative", "quantity_too_large"}

// device reports whether the thing is one that the registry wants. Nobody
// knows that of an unidentified one; if it went into a patient, or came out
// of one, it counts until somebody says what it is.
func (r Rules) device(u Use) bool {
	if !u.Item.Known {
		return slices.Contains([]theatre.Disposition{theatre.Implanted, theatre.Explanted, theatre.ImplantedThenRemoved}, u.Disposition)
	}
	implant := u.Item.Implantable && (u.Item.Class == "IIb" || u.Item.Class == "III")
	switch r.Devices {
	case Implant:
		return implant
	case Either:
		return implant || u.Item.Reportable
	}
	return u.Item.Reportable
}

// test reports whether the patient is synthetic, by the record's own mark, by
// the NHS Number's range, or by the trust's list as it is now.
func (r Rules) test(p Patient) bool {
	if n, err := nhs.ParseNHSNumber(p.NHSNumber); err == nil && n.IsTest() {
		return true
	}
	listed := func(id string) bool {
		return r.TestPatients[strings.ToUpper(strings.Join(strings.Fields(id), ""))]
	}
	return p.Test || listed(p.NHSNumber) || slices.ContainsFunc(p.Local, listed)
}

// day is the day of the use in the hospital's zone, CCYY-MM-DD.
func (r Rules) day(u Use) string {
	if u.OccurredAt.IsZero() {
		return ""
	}
	return u.OccurredAt.In(r.Zone).Format("2006-01-02")
}
