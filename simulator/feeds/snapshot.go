package feeds

import (
	"strconv"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
)

// snapshot writes the second dialect: the whole case as it stands.
func (w writer) snapshot(m *message, x told.Sending) {
	c := x.Usage.Case
	w.pid(m, 1, x.Patient)
	w.pv1(m, c)
	status, out := "IN", ""
	if x.Usage.Done {
		status, out = "CLOSED", w.stamp(c.Out)
	}
	parts := x.Usage.Parts
	m.seg("ZTH", c.Number, status, comps(c.Theatre.Alias, c.Theatre.Name), w.stamp(c.In), out, comps(c.Surgeon.Code, c.Surgeon.Family, c.Surgeon.Given, "", "", "", "", "", "GMC"), "",
		comps(c.Scrub), strconv.Itoa(parts["consumables"].Count), strconv.Itoa(parts["implants"].Count), c.Booking)
	m.seg("ZPR", "1", comps(c.Procedure.Code, c.Procedure.Name, "OPCS4"), map[string]string{"left": "L", "right": "R"}[c.Side], c.In.In(w.zone).Format("20060102"), "D")
	consumables, implants := 0, 0
	for _, l := range x.Usage.Lines {
		sign, fate, quantity := "I", map[hospital.Fate]string{hospital.Removed: "REM", hospital.Contaminated: "CON", hospital.Faulty: "FLT", hospital.Reusable: "REU"}[l.Fate], l.Quantity
		key, of, why := l.Key, "", ""
		switch {
		case l.Effect == told.Unknown:
			sign = "Q"
		case l.Effect == told.Credit:
			sign, quantity, key, of, fate = "R", "-"+quantity, "R"+l.Key, l.Key, ""
			why = map[told.Reason]string{told.NeverOpened: "NO", told.Wasted: "WA", told.ChargingError: "CE"}[l.Reason]
		case l.Fate == hospital.Opened:
			sign = "W"
		case l.Fate == hospital.Explanted:
			sign = "X"
		}
		name := nameOf(l, "M", "G")
		if l.System == "local" {
			name = nameOf(l, "L", "G")
		}
		udi := ""
		if l.UDI && l.Item != nil {
			udi = text(gs1(l.Item.GTIN, l.Lot, l.Expiry, l.Serial, false))
		}
		if l.Part == "implants" {
			implants++
			m.seg("ZIM", strconv.Itoa(implants), key, sign, name, quantity, text(l.Lot), text(l.Serial), day(l.Expiry), map[string]string{"left": "L", "right": "R"}[l.Side], udi, w.stamp(l.At), "", "", of, why, fate)
			continue
		}
		consumables++
		unit := "EA"
		if l.Packs {
			unit = "PK"
		}
		m.seg("ZCN", strconv.Itoa(consumables), key, sign, name, quantity, unit, text(l.Lot), day(l.Expiry), udi, comps(l.Set, l.Cycle), w.stamp(l.At), "", l.Place, of, why, fate)
	}
}

func (w writer) snapshotCancelled(m *message, x told.Sending) {
	c := x.Booking.Case
	w.pid(m, 1, x.Patient)
	w.pv1(m, c)
	m.seg("ZTH", c.Number, "CANCELLED", comps(c.Theatre.Alias, c.Theatre.Name), w.stamp(x.Booking.At), "", "", "", "", "", "", c.Booking)
}
