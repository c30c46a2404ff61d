package feeds

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/stockwell-hub/stockwell/simulator/hospital"
	"github.com/stockwell-hub/stockwell/simulator/told"
	"github.com/stockwell-hub/stockwell/simulator/trouble"
)

// line is one line as a system has it at the moment.
type line struct {
	use      *hospital.Use
	key      string
	effect   told.Effect
	item     *hospital.Item // nil: a code that nobody knows
	system   string
	code     string
	quantity string
	packs    bool
	lot      string
	serial   string
	expiry   string
	udi      bool
	place    string
	shelf    *hospital.Theatre
	told     bool
	credit   *told.Line
	// mend corrects it later; nil if nothing is to be corrected.
	mend func(l *line)
}

// newLine is a use as the system has it first, with at most one thing wrong.
func (t *teller) newLine(c hospital.Chance, u *hospital.Use) *line {
	l := &line{use: u, key: t.key(u), effect: told.Use, item: u.Item, quantity: strconv.Itoa(u.Quantity), lot: u.Lot, serial: u.Serial, expiry: u.Expiry,
		udi: u.Item.Implant && u.Lot != "" && c.Of(0.7) || u.Serial != "", shelf: u.Place}
	l.system, l.code = t.names(u.Item)
	if u.Place != t.x.Theatre {
		l.place = u.Place.Alias
	}
	t.wrong(c, l)
	return l
}

// newLines is a use as the system has it first: a line, or one for each unit
// where the dialect counts no further.
func (t *teller) newLines(c hospital.Chance, u *hospital.Use) (out []*line) {
	if t.v.Dialect != FHIR {
		return []*line{t.newLine(c, u)}
	}
	for n := range u.Quantity {
		one := *u
		one.Quantity = 1
		l := t.newLine(c, &one)
		l.key = fhirKey(t.x, fmt.Sprintf("u%d.%d", u.N, n+1))
		l.place, l.shelf = "", t.x.Theatre // the Procedure names one place
		out = append(out, l)
	}
	return out
}

// key is a line's number, as the dialect numbers lines.
func (t *teller) key(u *hospital.Use) string {
	switch t.v.Dialect {
	case Snapshot:
		if u.Item.Implant {
			return fmt.Sprintf("M%d", u.N)
		}
		return fmt.Sprintf("C%d", u.N)
	case Actions:
		return fmt.Sprintf("U-%s-%d", t.x.Number, u.N)
	case Daybook:
		return fmt.Sprintf("%d", 100+u.N)
	}
	return fmt.Sprintf("T%s-%d", t.x.Number, u.N)
}

// names is how the dialect names an item.
func (t *teller) names(item *hospital.Item) (system, code string) {
	switch t.v.Dialect {
	case Daybook:
		return "gtin", item.GTIN
	case Snapshot:
		return "mpc", item.MPC
	}
	return "local", item.Local
}

// wrong lets one thing at most be wrong with a line.
func (t *teller) wrong(c hospital.Chance, l *line) {
	for _, w := range []struct {
		name string
		do   func(c hospital.Chance, l *line) bool
	}{
		{trouble.UnknownItem, unknownItem}, {trouble.UnknownPlace, t.unknownPlace}, {trouble.UnknownSign, unknownSign}, {trouble.Fraction, fraction},
		{trouble.NoKey, t.noKey}, {trouble.MissingLot, missingLot}, {trouble.StrangeLot, strangeLot}, {trouble.PackScan, packScan}, {trouble.Box, t.box},
		{trouble.Correct, t.mistyped}, {trouble.Delete, t.deleted}, {trouble.Credit, t.credited},
	} {
		if hit := c.Of(t.rate(w.name)); hit && !(t.v.Dialect == FHIR && slices.Contains(notInFHIR, w.name)) && w.do(c, l) {
			return
		}
	}
}

// notInFHIR are troubles for which the fifth dialect has no words: it has no
// signs, quantities or places of its own, and takes back by leaving out.
var notInFHIR = []string{trouble.UnknownPlace, trouble.UnknownSign, trouble.Fraction, trouble.NoKey, trouble.Box, trouble.Credit}

func unknownItem(c hospital.Chance, l *line) bool {
	l.item, l.system, l.code, l.udi = nil, "local", fmt.Sprintf("NEW%04d", c.From(1, 9999)), false
	return true
}

// unknownPlace is no trouble of the implants that a result tells of: it has no
// place of its own.
func (t *teller) unknownPlace(_ hospital.Chance, l *line) bool {
	if l.use.Item.Implant {
		return false
	}
	l.place, l.shelf = "ANNEX9", nil
	return true
}

func unknownSign(_ hospital.Chance, l *line) bool { l.effect = told.Unknown; return true }

func fraction(_ hospital.Chance, l *line) bool {
	if l.use.Item.Implant {
		return false
	}
	l.quantity = "0.5"
	return true
}

func (t *teller) noKey(_ hospital.Chance, l *line) bool {
	if t.v.Dialect != Theatre || l.use.Item.Implant || t.other != nil {
		return false
	}
	l.key = ""
	return true
}

func missingLot(_ hospital.Chance, l *line) bool {
	l.lot, l.serial, l.expiry, l.udi = "", "", "", false
	return true
}

func strangeLot(c hospital.Chance, l *line) bool {
	if l.lot == "" || l.serial != "" {
		return false
	}
	l.lot, l.expiry = fmt.Sprintf("X%06d", c.From(1, 999999)), ""
	l.udi = false
	return true
}

func packScan(_ hospital.Chance, l *line) bool {
	if l.item.PackGTIN == "" || l.udi {
		return false
	}
	l.system, l.code = "gtin", l.item.PackGTIN
	return true
}

// box records a box for a single one; half of them are put right.
func (t *teller) box(c hospital.Chance, l *line) bool {
	if l.item.Pack == 1 || l.use.Item.Implant || l.use.Quantity != 1 {
		return false
	}
	l.packs = true
	if c.Of(0.5) {
		l.mend = func(l *line) { l.packs = false }
	}
	return true
}

// mistyped tells another quantity, item or lot first.
func (t *teller) mistyped(c hospital.Chance, l *line) bool {
	right := *l
	switch n := c.From(1, 3); {
	case n == 1 && !l.use.Item.Implant && t.v.Dialect != FHIR:
		l.quantity = strconv.Itoa(l.use.Quantity + c.From(1, 3))
	case n == 2 && l.lot != "" && l.serial == "":
		l.lot = "Y" + l.lot[1:]
	default:
		family := t.family(l.item.Family)
		l.item = hospital.One(c, family)
		l.system, l.code = t.names(l.item)
	}
	if c.Of(0.8) {
		l.mend = func(l *line) {
			l.quantity, l.lot, l.item, l.system, l.code = right.quantity, right.lot, right.item, right.system, right.code
		}
	}
	return true
}

func (t *teller) family(name string) (out []*hospital.Item) {
	for _, x := range t.h.Items {
		if x.Family == name {
			out = append(out, x)
		}
	}
	return out
}

func (t *teller) deleted(_ hospital.Chance, l *line) bool {
	l.mend = func(l *line) { l.effect = told.Delete }
	return true
}

// credited takes it back later, in whole or in part.
func (t *teller) credited(c hospital.Chance, l *line) bool {
	if l.use.Fate != hospital.Used && l.use.Fate != hospital.Implanted {
		return false
	}
	back, why := c.From(1, l.use.Quantity), hospital.One(c, []told.Reason{told.NeverOpened, told.Wasted, told.ChargingError})
	l.mend = func(l *line) {
		b := l.says(t.x)
		b.Effect, b.Quantity, b.Reason = told.Credit, strconv.Itoa(back), why
		l.credit = &b
	}
	return true
}

// says is the line as it is told now.
func (l *line) says(x *hospital.Case) told.Line {
	return told.Line{Key: l.key, Part: part(l.use.Item), Effect: l.effect, Item: l.item, System: l.system, Code: l.code, Quantity: l.quantity, Packs: l.packs, Lot: l.lot, Serial: l.serial,
		Expiry: l.expiry, UDI: l.udi, Fate: l.use.Fate, Side: l.use.Side, Place: l.place, Shelf: l.shelf, Implant: l.use.Item.Implant, Set: l.use.Set, Cycle: l.use.Cycle,
		At: l.use.At, Again: l.told}
}

func part(item *hospital.Item) string {
	if item.Implant {
		return "implants"
	}
	return "consumables"
}

// tell sends one message with these lines, as the dialect does: a snapshot
// tells all that stands, others the lines alone. lost is a line that does not
// arrive with the others.
func (t *teller) tell(at time.Time, lines []*line, lost *line) {
	if len(lines) == 0 {
		return
	}
	u := &told.Usage{Case: t.x, At: t.x.In, Done: !at.Before(t.x.Out)}
	if t.v.Dialect == Actions {
		u.Voice = "charges"
	}
	if t.snapshots() {
		t.whole(u, lines, lost)
	} else {
		for _, l := range lines {
			u.Lines = append(u.Lines, l.says(t.x))
			l.told = true
		}
	}
	t.say(at, &told.Message{Type: usageType(t.v.Dialect, u.Done), Usage: u})
}

// whole puts all that stands into a snapshot.
func (t *teller) whole(u *told.Usage, lines []*line, lost *line) {
	for _, l := range lines {
		l.told = true
	}
	// All that stands is told, whatever was asked for.
	u.Parts = map[string]told.Part{"consumables": {Whole: true}, "implants": {Whole: true}}
	if t.v.Dialect == FHIR {
		u.Parts = map[string]told.Part{"procedure": {Whole: true}}
	}
	add := func(l told.Line, lost bool) {
		if t.v.Dialect == FHIR {
			l.Part = "procedure"
		}
		if l.Implant { // its segment names no shelf
			l.Place, l.Shelf = "", t.x.Theatre
		}
		p := u.Parts[l.Part]
		p.Count++
		if lost {
			p.Whole = false
		} else {
			u.Lines = append(u.Lines, l)
		}
		u.Parts[l.Part] = p
	}
	for _, l := range t.lines {
		if !l.told || l.effect == told.Delete {
			continue
		}
		add(l.says(t.x), l == lost)
		if l.credit != nil {
			add(*l.credit, false)
		}
	}
}

// snapshots reports whether the dialect tells all each time.
func (t *teller) snapshots() bool { return t.v.Dialect == Snapshot || t.v.Dialect == FHIR }

func usageType(dialect string, done bool) string {
	switch {
	case dialect == FHIR:
		return "Bundle^transaction"
	case dialect == Snapshot && done:
		return "ZFT^Z02"
	case dialect == Snapshot:
		return "ZFT^Z01"
	}
	return "DFT^P03"
}

// results tells of implants as results.
func (t *teller) results(at time.Time, lines []*line, effect told.Effect, who *told.Person) {
	u := &told.Usage{Case: t.x, At: t.x.In}
	if t.v.Dialect == Actions {
		u.Voice = "implants"
	}
	for _, l := range lines {
		s := l.says(t.x)
		if effect == told.WrongPatient || s.Effect == told.Use {
			s.Effect = effect
		}
		s.Place, s.Shelf = "", t.x.Theatre // a result names no shelf
		u.Lines = append(u.Lines, s)
		l.told = true
	}
	t.say(at, &told.Message{Type: "ORU^R01", Patient: who, Usage: u})
}
