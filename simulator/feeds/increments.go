package feeds

import (
	"fmt"
	"strconv"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
)

var dispositions = map[hospital.Fate]string{
	hospital.Used: "USED", hospital.Implanted: "IMPLANTED", hospital.Removed: "IMPLANTED_THEN_REMOVED", hospital.Opened: "OPENED_NOT_USED", hospital.Contaminated: "CONTAMINATED",
	hospital.Faulty: "SUPPLIER_LIABLE", hospital.Unopened: "RETURNED_UNOPENED", hospital.Explanted: "EXPLANTED", hospital.Reusable: "REUSABLE",
}

var creditReasons = map[told.Reason]string{told.NeverOpened: "NEVER_OPENED", told.Wasted: "WASTED", told.ChargingError: "CHARGING_ERROR"}

// nameOf is the item's code as FT1-7 and the like have it.
func nameOf(l told.Line, local, gtin string) string {
	system := local
	if l.System == "gtin" {
		system = gtin
	}
	name := "Item that nobody knows"
	if l.Item != nil {
		name = l.Item.Description
	}
	return comps(l.Code, name, system)
}

// charges writes the first dialect's DFT, and the cabinet's: each FT1 is a
// line, and what describes it follows it.
func (w writer) charges(m *message, x told.Sending) {
	c := x.Usage.Case
	m.seg("EVN", "P03", w.stamp(x.Message.SentAt))
	w.pid(m, 1, x.Patient)
	w.pv1(m, c)
	for i, l := range x.Usage.Lines {
		sign := map[told.Effect]string{told.Use: "CG", told.Delete: "CG", told.Credit: "CD", told.Unknown: "ZZ"}[l.Effect]
		code := nameOf(l, "L", "GTIN")
		if l.Effect == told.Delete {
			code = `""`
		}
		m.seg("FT1", at(map[int]string{1: strconv.Itoa(i + 1), 2: l.Key, 4: w.stamp(l.At), 6: sign, 7: code, 10: l.Quantity, 16: l.Place, 20: comps(c.Assistant), 23: c.Number})...)
		if i == 0 {
			m.seg("PR1", at(map[int]string{1: "1", 3: comps(c.Procedure.Code, c.Procedure.Name, "OPCS4"), 5: w.stamp(c.In), 16: map[string]string{"left": "LT", "right": "RT"}[c.Side]})...)
		}
		n := 0
		obx := func(name, value string) {
			if value != "" {
				n++
				m.seg("OBX", strconv.Itoa(n), "ST", name, "", text(value), "", "", "", "", "", "F")
			}
		}
		w.describe(obx, l)
		if l.Effect == told.Credit {
			obx("CREDIT-FOR", creditReasons[l.Reason])
		}
	}
}

// describe tells what a line is beside its code.
func (w writer) describe(obx func(name, value string), l told.Line) {
	if l.Effect == told.Delete {
		return
	}
	if l.UDI {
		obx("UDI", gs1(l.Item.GTIN, l.Lot, l.Expiry, l.Serial, len(l.Key)%2 == 0))
	} else {
		obx("LOT", l.Lot)
		obx("SERIAL", l.Serial)
		obx("EXPIRY", day(l.Expiry))
	}
	if l.Packs {
		obx("UNIT", "PACK")
	}
	if l.Fate != hospital.Used {
		obx("DISPOSITION", dispositions[l.Fate])
	}
	obx("SIDE", map[string]string{"left": "L", "right": "R"}[l.Side])
	obx("SETID", l.Set)
	obx("STERIL-CYCLE", l.Cycle)
}

// results writes the first dialect's ORU: implants as the log tells of them.
func (w writer) results(m *message, x told.Sending) {
	c := x.Usage.Case
	w.pid(m, 1, x.Patient)
	w.pv1(m, c)
	m.seg("OBR", at(map[int]string{1: "1", 3: c.Number, 4: "IMPLANT^Implant record^L", 7: w.stamp(x.Usage.At)})...)
	n := 0
	for i, l := range x.Usage.Lines {
		status := map[told.Effect]string{told.Use: "F", told.Delete: "D", told.WrongPatient: "W", told.Unknown: "Q"}[l.Effect]
		if status == "F" && l.Again {
			status = "C"
		}
		obx := func(name, value string) {
			if value != "" {
				n++
				m.seg("OBX", strconv.Itoa(n), "ST", name, strconv.Itoa(i+1), value, "", "", "", "", "", status, "", "", w.stamp(l.At))
			}
		}
		obx("USE-ID", l.Key)
		obx("ITEM", nameOf(l, "L", "GTIN"))
		obx("QUANTITY", l.Quantity)
		w.describe(func(name, value string) { obx(name, text(value)) }, l)
	}
}

// daybook writes the fourth dialect: one DFT for a case, with signs of its own,
// what is taken back as a negative number, and lots in segments that name
// their line.
func (w writer) daybook(m *message, x told.Sending) {
	c := x.Usage.Case
	m.seg("EVN", "P03", w.stamp(x.Message.SentAt))
	w.pid(m, 1, x.Patient)
	w.pv1(m, c)
	m.seg("ZCA", c.Number, c.Procedure.Code)
	for i, l := range x.Usage.Lines {
		sign, quantity, code := "I", l.Quantity, nameOf(l, "L", "EAN")
		switch l.Effect {
		case told.Unknown:
			sign = "?"
		case told.Delete:
			code = `""`
		case told.Credit:
			sign = map[told.Reason]string{told.NeverOpened: "I", told.Wasted: "I^^^WASTED", told.ChargingError: "I^^^CHARGING_ERROR"}[l.Reason]
			quantity = "-" + quantity
		}
		unit := ""
		if l.Packs {
			unit = "PK"
		}
		m.seg("FT1", at(map[int]string{1: strconv.Itoa(i + 1), 2: l.Key, 4: w.stamp(l.At), 6: sign, 7: code, 10: quantity, 13: unit, 16: l.Place})...)
	}
	for _, l := range x.Usage.Lines {
		if l.Effect != told.Delete {
			m.seg("ZUD", l.Key, text(l.Lot), day(l.Expiry), text(l.Serial), dispositions[l.Fate], map[string]string{"left": "L", "right": "R"}[l.Side], comps(l.Set, l.Cycle))
		}
	}
	m.seg("NTE", "1", "", text(fmt.Sprintf("Entered by %s & checked", c.Scrub)))
}
