package mapping

import (
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/udi"
)

// The kinds of item code.
const (
	kindGTIN  = "gtin"
	kindLocal = "local"
)

var codeKinds = []string{kindGTIN, "npc", "mpc", "erp", kindLocal}

// itemRule reads what a line says of the item itself.
type itemRule struct {
	codes                          []codeRule
	systems                        *table // the sender's name of a coding system to a kind
	items                          *table // a local code to kind and value
	kind, value                    int    // columns of items
	text, udi, lot, serial, expiry *value
}

type codeRule struct{ value, system *value }

func (c *compiler) item(n *node) itemRule {
	r := itemRule{
		text:   c.value(n.get("text"), "lines.text", true),
		udi:    c.value(n.get("udi"), "lines.udi", true),
		lot:    c.value(n.get("lot"), "lines.lot", true),
		serial: c.value(n.get("serial"), "lines.serial", true),
		expiry: c.time(n.get("expiry"), "lines.expiry", true),
	}
	for _, item := range c.items(n.get("codes")) {
		if item.kind == dict && c.known(item, "item code") {
			r.codes = append(r.codes, codeRule{
				value:  c.required(item, "value", "lines.codes.value", true),
				system: c.value(item.get("system"), "lines.codes.system", true),
			})
		} else if item.kind != dict {
			c.known(item, "item code")
		}
	}
	if t := n.get("code_systems"); t.isSet() {
		r.systems = c.tableNamed(t)
		c.checkKinds(r.systems, 0)
	}
	if t := n.get("items"); t.isSet() {
		if r.items = c.tableNamed(t); r.items != nil {
			r.kind, r.value = r.items.column("kind"), r.items.column("value")
			if r.kind < 0 || r.value < 0 {
				c.problems.add(t, "column_unknown", "A table of items has the columns code, kind and value.")
				r.items = nil
			}
			c.checkKinds(r.items, r.kind)
		}
	}
	return r
}

func (c *compiler) checkKinds(t *table, column int) {
	if t == nil {
		return
	}
	for _, code := range sorted(t.rows) {
		if kind, _ := t.lookup(code, column); !slices.Contains(codeKinds, kind) {
			c.problems.addAt(t.lines[code], "code_kind_unknown", "%q is not a kind of item code (%s).%s", kind, strings.Join(codeKinds, ", "), nearest(kind, codeKinds))
		}
	}
}

// read fills in the item of a line. What cannot be understood is kept as the
// sender wrote it: no code stops a clinical fact (law 4).
func (r *itemRule) read(s *scope, line *canonical.UsageLine) {
	line.Codes = make([]canonical.Code, 0, 2)
	line.Text = r.text.text(s)
	lots, serials, expiry := r.lot.eval(s), r.serial.eval(s), r.expiry.date(s)
	lot, serial := lots.text, serials.text
	if u := r.udi.eval(s); u.text != "" {
		line.UDI = u.text
		r.scan(s, u, line)
	}
	r.settle(s, "lot", lot, &line.Lot)
	r.settle(s, "serial", serial, &line.Serial)
	r.settle(s, "expiry", expiry, &line.Expiry)
	lots.takenBack(&line.Lot)
	serials.takenBack(&line.Serial)
	scanned := len(line.Codes) > 0 && line.Codes[0].Kind == kindGTIN
	for i := range r.codes {
		text := r.codes[i].value.eval(s)
		if text.text != "" {
			r.code(s, line, text, r.codes[i].system.eval(s))
		}
	}
	if scanned {
		for _, other := range line.Codes[1:] {
			if other.Kind == kindGTIN {
				s.find(canonical.Warning, "item_differs", r.udi.sourceLabel(), "The scanned UDI and the item code name two different products. Both are kept, the scan first. Check the product's label.")
				break
			}
		}
	}
	if line.Effect == canonical.Use || line.Effect == canonical.Credit || line.Effect == canonical.Unknown {
		r.identified(s, line)
	}
}

// identified records a finding where nothing but an unmapped code of the
// sender's own, or nothing at all, says what the item is.
func (r *itemRule) identified(s *scope, line *canonical.UsageLine) {
	for _, code := range line.Codes {
		if code.Kind != kindLocal {
			return
		}
	}
	switch {
	case len(line.Codes) == 0:
		s.find(canonical.Warning, "item_absent", "", "The line names no item. The use is recorded as unidentified.")
	case r.items != nil:
		s.find(canonical.Warning, "item_code_unmapped", r.codeLabel(), "The local item code is not in the table "+r.items.name+". The use is recorded as unidentified. Add a row for the code and replay the message.")
	default:
		s.find(canonical.Warning, "item_code_unmapped", r.codeLabel(), "The mapping has no table of items for the sender's local codes. The use is recorded as unidentified.")
	}
}

// codeLabel names the field of the item's first code.
func (r *itemRule) codeLabel() string {
	if len(r.codes) == 0 {
		return ""
	}
	return r.codes[0].value.sourceLabel()
}

// scan reads the UDI.
func (r *itemRule) scan(s *scope, u result, line *canonical.UsageLine) {
	read := udi.Parse(u.text, s.run.in.ReceivedAt)
	for _, f := range read.Findings {
		s.find(severity(string(f.Severity)), "udi_"+strings.TrimPrefix(f.Code, "udi_"), u.path, f.Message)
	}
	line.Lot, line.Serial, line.Expiry = read.Lot, read.Serial, read.Expiry.String()
	switch {
	case read.DI == "":
		s.find(canonical.Warning, "udi_unreadable", u.path, "No device identifier could be read from the UDI. It is kept as it was scanned.")
	case read.Issuer == udi.GS1:
		line.Codes = addCode(line.Codes, canonical.Code{Kind: kindGTIN, Value: read.DI})
	default:
		// There is no kind for other issuers: the trust's table says which
		// item it is.
		r.local(s, line, result{text: read.DI, path: u.path})
	}
}

// settle takes what the UDI says before what a field says.
func (r *itemRule) settle(s *scope, what, told string, scanned *string) {
	if told == "" || told == *scanned {
		return
	}
	if *scanned == "" {
		*scanned = told
		return
	}
	s.find(canonical.Warning, what+"_differs", "", "The "+what+" in the UDI is not the one in its own field. The scan was taken. Check the product's label.")
}

// code adds one code by its coding system.
func (r *itemRule) code(s *scope, line *canonical.UsageLine, text, system result) {
	kind := kindLocal
	if system.text != "" && r.systems != nil {
		var listed bool
		if kind, listed = r.systems.lookup(system.text, 0); !listed {
			kind = kindLocal
			s.find(canonical.Warning, "code_system_unlisted", system.path, "The coding system of the item is not in the table "+r.systems.name+". The code is taken for a local one. Add a row for the system.")
		}
	}
	switch kind {
	case kindLocal:
		r.local(s, line, text)
	case kindGTIN:
		if g, err := udi.ParseGTIN(text.text); err == nil {
			text.text = g.String()
		} else {
			s.find(canonical.Warning, "gtin_invalid", text.path, "The GTIN is not one: its length or its check digit is wrong. It is kept as it came.")
		}
		fallthrough
	default:
		line.Codes = addCode(line.Codes, canonical.Code{Kind: kind, Value: text.text})
	}
}

// local asks the trust's table for a local code, and keeps the code itself
// after what it means.
func (r *itemRule) local(s *scope, line *canonical.UsageLine, text result) {
	if r.items != nil {
		kind, _ := r.items.lookup(text.text, r.kind)
		value, _ := r.items.lookup(text.text, r.value)
		if value != "" {
			line.Codes = addCode(line.Codes, canonical.Code{Kind: kind, Value: value})
		}
		if s.run.explain {
			s.run.steps = append(s.run.steps, Step{Origin: s.origin, Target: "lines.codes", Path: text.path, Raw: text.text, Table: r.items.name, Result: strings.Trim(kind+" "+value, " ")})
		}
	}
	line.Codes = addCode(line.Codes, canonical.Code{Kind: kindLocal, Value: text.text})
}

func addCode(codes []canonical.Code, c canonical.Code) []canonical.Code {
	if slices.Contains(codes, c) {
		return codes
	}
	return append(codes, c)
}

func severity(s string) canonical.Severity {
	switch canonical.Severity(s) {
	case canonical.Error, canonical.Warning:
		return canonical.Severity(s)
	}
	return canonical.Info
}
