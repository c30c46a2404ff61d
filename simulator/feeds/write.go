package feeds

import (
	"strconv"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
)

// writer writes one sender's messages.
type writer struct {
	s    *told.Sender
	zone *time.Location
}

// Write gives the bytes of a sending.
func (p *Plan) Write(s *told.Sender, x told.Sending) []byte {
	w := writer{s, p.Zone}
	if s.Dialect == FHIR {
		return w.bundle(x)
	}
	m := &message{latin1: s.Dialect == Daybook}
	w.header(m, x)
	switch {
	case x.Odd || x.Update || x.Merge != nil || x.Move != nil || x.Coding != nil:
		w.administrative(m, x)
	case x.Booking != nil && s.Dialect == Snapshot:
		w.snapshotCancelled(m, x)
	case x.Booking != nil:
		w.booking(m, x)
	case s.Dialect == Snapshot:
		w.snapshot(m, x)
	case s.Dialect == Actions && x.Usage.Voice == "implants":
		w.actionResults(m, x)
	case s.Dialect == Actions:
		w.actionCharges(m, x)
	case s.Dialect == Daybook:
		w.daybook(m, x)
	case x.Type == "ORU^R01":
		w.results(m, x)
	default:
		w.charges(m, x)
	}
	return m.bytes()
}

var versions = map[string]string{Theatre: "2.5", Snapshot: "2.3.1", Actions: "2.5.1", Daybook: "2.4", Cabinet: "2.3", Patients: "2.4"}

func (w writer) header(m *message, x told.Sending) {
	charset := "UNICODE UTF-8"
	if m.latin1 {
		charset = "8859/1"
	}
	m.seg("MSH", `^~\&`, w.s.Name, w.s.Site, "STOCKWELL", hospital.Trust, w.stamp(x.SentAt), "", x.Type, x.Control, "P", versions[w.s.Dialect], "", "", "", "", "", charset)
}

// pid writes the patient as the dialect does.
func (w writer) pid(m *message, set int, p *told.Person) {
	local := comps(p.Number, "", "", "NMR", "MR")
	nhs, second := "", ""
	if p.NHS != "" {
		nhs = comps(p.NHS, "", "", "NHS", "NH")
	}
	ids := local
	switch {
	case nhs == "" || w.s.Dialect == Cabinet:
	case w.s.Dialect == Daybook: // with blanks, and before the local one
		second = p.NHS
		ids = comps(p.NHS[:3]+" "+p.NHS[3:6]+" "+p.NHS[6:], "", "", "NHS", "NHS") + "~" + local
	default:
		ids = local + "~" + nhs
	}
	m.seg("PID", strconv.Itoa(set), second, ids, "", comps(p.Family, p.Given), "", p.Born, p.Sex)
}

// pv1 writes theatre, consultant and visit.
func (w writer) pv1(m *message, c *hospital.Case) {
	m.seg("PV1", at(map[int]string{1: "1", 2: "I", 3: comps(c.Theatre.Alias, "", "", w.s.Site), 7: comps(c.Surgeon.Code, c.Surgeon.Family, c.Surgeon.Given, "", "", "", "", "", "GMC"), 19: c.Visit})...)
}

func (w writer) booking(m *message, x told.Sending) {
	c, when := x.Booking.Case, w.stamp(x.Booking.At)
	m.seg("SCH", at(map[int]string{1: c.Booking, 2: c.Number, 9: strconv.Itoa(c.Procedure.Minutes), 10: "min", 11: "^^^" + when})...)
	w.pid(m, 1, x.Patient)
	w.pv1(m, c)
	m.seg("RGS", "1")
	m.seg("AIS", "1", "", comps(c.Procedure.Code, c.Procedure.Name, "OPCS4"), when)
	m.seg("AIL", "1", "", comps(c.Theatre.Alias, "", "", w.s.Site))
	m.seg("AIP", "1", "", comps(c.Surgeon.Code, c.Surgeon.Family, c.Surgeon.Given, "", "", "", "", "", "GMC"), map[bool]string{true: "PRIMARY", false: "SURGEON"}[w.s.Dialect == Actions])
}

// administrative writes what the patient administration system and the coders
// say.
func (w writer) administrative(m *message, x told.Sending) {
	m.seg("EVN", x.Type[4:], w.stamp(x.Message.SentAt))
	mrg := func(number string) { m.seg("MRG", comps(number, "", "", "NMR", "MR")) }
	switch {
	case x.Odd:
		w.pid(m, 1, x.Patient)
		mrg("T999999")
	case x.Merge != nil && x.Merge.Undone:
		w.pid(m, 1, x.Patient)
		m.seg("PID", "2", "", comps(x.Merge.Retired, "", "", "NMR", "MR"), "", comps(x.Patient.Family, x.Patient.Given))
	case x.Merge != nil:
		w.pid(m, 1, x.Patient)
		mrg(x.Merge.Retired)
	case x.Move != nil:
		w.pid(m, 1, x.Patient)
		m.seg("MRG", comps(x.Move.From, "", "", "NMR", "MR"), "", "", "", x.Move.Visit)
		m.seg("PV1", at(map[int]string{1: "1", 2: "I", 3: "WARD7", 19: x.Move.Visit})...)
	case x.Coding != nil:
		w.pid(m, 1, x.Patient)
		m.seg("PV1", at(map[int]string{1: "1", 2: "I", 3: "WARD7", 19: x.Coding.Visit})...)
		for i, code := range x.Coding.Codes {
			m.seg("PR1", strconv.Itoa(i+1), "", comps(code, "", "OPCS4"), "", x.Coding.On.In(w.zone).Format("200601021504"))
		}
	default:
		w.pid(m, 1, x.Patient)
		m.seg("PV1", "1", "N")
	}
}
