package feeds

import (
	"fmt"
	"strconv"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
)

var outcomes = map[hospital.Fate]string{
	hospital.Used: "USED", hospital.Implanted: "IMPL", hospital.Removed: "REMV", hospital.Opened: "WAST", hospital.Contaminated: "CONT", hospital.Faulty: "FAUL",
	hospital.Unopened: "UNOP", hospital.Explanted: "EXPL", hospital.Reusable: "REUS",
}

// action is the code that says what becomes of a line.
func action(l told.Line) string {
	switch {
	case l.Effect == told.Delete:
		return "D"
	case l.Effect == told.Unchanged:
		return "X"
	case l.Again && l.Effect == told.Use:
		return "U"
	}
	return "A"
}

// actionResults writes the third dialect's implants.
func (w writer) actionResults(m *message, x told.Sending) {
	c := x.Usage.Case
	w.pid(m, 1, x.Patient)
	w.pv1(m, c)
	m.seg("OBR", at(map[int]string{1: "1", 3: c.Number, 4: "IMPLANTLOG^Implant log^L", 7: w.stamp(x.Usage.At)})...)
	n := 0
	for i, l := range x.Usage.Lines {
		status := map[told.Effect]string{told.WrongPatient: "W", told.Unknown: "Q"}[l.Effect]
		if status == "" {
			status = "F"
		}
		obx := func(typ, name, value string) {
			if value != "" {
				n++
				m.seg("OBX", strconv.Itoa(n), typ, name, strconv.Itoa(i+1), value, "", "", "", "", "", status, "", "", w.stamp(l.At))
			}
		}
		obx("ST", "USENO", l.Key)
		obx("ID", "ACTION", action(l))
		obx("CWE", "ITEM", nameOf(l, "ITM", "GTIN"))
		if l.UDI {
			obx("ST", "UDI", text(gs1(l.Item.GTIN, l.Lot, l.Expiry, l.Serial, true)))
		} else {
			obx("ST", "LOTNO", text(l.Lot))
			obx("ST", "SERNO", text(l.Serial))
			obx("DT", "EXPDT", day(l.Expiry))
		}
		obx("NM", "QTY", l.Quantity)
		obx("ID", "OUTCOME", outcomes[l.Fate])
		obx("ID", "SIDE", map[string]string{"left": "LEFT", "right": "RIGHT"}[l.Side])
	}
}

// actionCharges writes the third dialect's charges: each FT1 with a segment
// that says what becomes of it.
func (w writer) actionCharges(m *message, x told.Sending) {
	c := x.Usage.Case
	m.seg("EVN", "", w.stamp(x.Message.SentAt))
	w.pid(m, 1, x.Patient)
	w.pv1(m, c)
	for i, l := range x.Usage.Lines {
		sign := "CHG"
		switch l.Effect {
		case told.Unknown:
			sign = "XXX"
		case told.Credit:
			sign = map[told.Reason]string{told.NeverOpened: "CRN", told.Wasted: "CRW", told.ChargingError: "CRE"}[l.Reason]
		}
		unit := "EA"
		if l.Packs {
			unit = "BX"
		}
		m.seg("FT1", at(map[int]string{1: strconv.Itoa(i + 1), 2: fmt.Sprintf("%s-%d", x.Control, i+1), 4: w.stamp(l.At), 6: sign, 7: nameOf(l, "ITM", "GTIN"), 10: l.Quantity, 23: c.Number})...)
		if i == 0 {
			m.seg("PR1", at(map[int]string{1: "1", 3: comps(c.Procedure.Code, c.Procedure.Name, "OPCS4"), 5: w.stamp(c.In)})...)
		}
		m.seg("ZSU", strconv.Itoa(i+1), l.Key, action(l), l.Place, outcomes[l.Fate], text(l.Lot), text(l.Serial), day(l.Expiry), "", unit, l.Set, l.Cycle)
	}
}
