package udi

// isbtStructure is one data structure of ISBT 128. Length 0 is not fixed, or
// not known for sure: the value runs to the next structure.
type isbtStructure struct {
	length int
	title  string
}

var isbtStructures = map[string]isbtStructure{
	"=":   {15, "DONATION IDENTIFICATION NUMBER"},
	"=/":  {16, "DEVICE IDENTIFIER"},
	"=,":  {6, "SERIAL"},
	"=>":  {6, "EXPIRATION DATE"},
	"&>":  {10, "EXPIRATION DATE AND TIME"},
	"=]":  {6, "EXPIRATION MONTH AND YEAR"},
	"=}":  {6, "PRODUCTION DATE"},
	"&}":  {10, "PRODUCTION DATE AND TIME"},
	"=*":  {6, "COLLECTION DATE"},
	"&*":  {10, "COLLECTION DATE AND TIME"},
	"&,1": {18, "MPHO LOT NUMBER"},
	"=)":  {10, "CONTAINER MANUFACTURER AND CATALOGUE NUMBER"},
	"&)":  {10, "CONTAINER LOT NUMBER"},
	"=-":  {10, "MANUFACTURER AND CATALOGUE NUMBER"},
	"&-":  {10, "LOT NUMBER"},
	"=+":  {5, "COMPOUND MESSAGE"},
	"=<":  {8, "PRODUCT CODE"},
	"=%":  {4, "BLOOD GROUPS"},
	"&(":  {5, "SPECIAL TESTING"},
	"={":  {0, "SPECIAL TESTING: RED CELL ANTIGENS"},
	"=\\": {0, "SPECIAL TESTING: RED CELL ANTIGENS, GENERAL"},
	"&\\": {0, "SPECIAL TESTING: PLATELET HLA AND ANTIGENS"},
	"&{":  {0, "SPECIAL TESTING: HLA-A AND -B"},
	"=[":  {0, "SPECIAL TESTING: RED CELL ANTIGENS, FINNISH"},
	"=;":  {0, "DONOR IDENTIFICATION NUMBER"},
	"='":  {0, "STAFF MEMBER IDENTIFICATION NUMBER"},
	"=#":  {0, "PATIENT DATE OF BIRTH"},
	"&#":  {0, "PATIENT IDENTIFICATION NUMBER"},
	"&\"": {0, "TRANSMITTABLE INFECTION MARKER"},
	"=$":  {0, "PRODUCT CONSIGNMENT"},
	"&$":  {0, "DIMENSIONS"},
	"&%":  {0, "RED CELL ANTIGENS WITH TEST HISTORY"},
	"=(":  {0, "FLEXIBLE DATE AND TIME"},
	"&+":  {0, "PROCESSING FACILITY"},
	"&,2": {0, "MPHO SUPPLEMENTAL IDENTIFICATION NUMBER"},
	"&,3": {0, "GLOBAL REGISTRATION IDENTIFIER"},
	"&,4": {0, "SINGLE EUROPEAN CODE"},
}

// iccbba reads the ISBT 128 data structures in raw[from:to].
func (u *UDI) iccbba(from, to int) {
	u.Issuer = ICCBBA
	if u.Carrier == "" {
		u.Carrier = "isbt_128"
	}
	u.Elements = make([]Element, 0, 8)
	for i := from; i < to; {
		if c := u.Raw[i]; c != '=' && c != '&' {
			end := nextStructure(u.Raw, i+1, to)
			if text := trim(u.Raw[i:end]); text != "" && text != "\x1d" {
				u.fail(CodeTooLong, i, "The value before runs on past its fixed length, or a data identifier was lost. The rest is kept unread.")
				u.Elements = append(u.Elements, Element{Value: text, Position: i})
			}
			i = end
			continue
		}
		i = u.structure(i, to)
	}
	u.compound()
}

func nextStructure(raw string, i, to int) int {
	for i < to && raw[i] != '=' && raw[i] != '&' {
		i++
	}
	return i
}

// structure reads the one at i and gives where the next begins.
func (u *UDI) structure(i, to int) int {
	id := structureID(u.Raw[i:to])
	s, known := isbtStructures[id]
	v := i + len(id)
	end := nextStructure(u.Raw, v, to)
	if known && s.length > 0 && end-v > s.length {
		end = v + s.length
	}
	value := trim(u.Raw[v:end])
	u.Elements = append(u.Elements, Element{Flag: id, Value: value, Title: s.title, Position: v})
	switch {
	case !known:
		u.warn(CodeUnknownFlag, i, "This ISBT 128 data identifier is not known; its value is kept unread.")
		return end
	case s.length > 0 && len(value) < s.length:
		u.fail(CodeTooShort, v+len(value), "The value is shorter than its data structure demands.")
	}
	if at := badChar(value, &setHIBC); at >= 0 && s.length > 0 {
		u.fail(CodeCharacter, v+at, "This character may not stand here.")
	}
	if value != "" {
		u.takeStructure(id, value, v)
	}
	return end
}

// structureID gives the data identifier: two characters, three after "&,", and
// one for a donation number, whose second character is data.
func structureID(s string) string {
	if len(s) < 2 {
		return s
	}
	if s[0] == '=' && setHIBC.has(s[1]) {
		return s[:1]
	}
	if s[:2] == "&," && len(s) > 2 {
		return s[:3]
	}
	return s[:2]
}

func (u *UDI) takeStructure(id, value string, at int) {
	switch id {
	case "=/", "=)":
		u.setText(&u.DI, value, at)
	case "=,":
		u.setText(&u.Serial, value, at)
	case "&,1", "&)", "&-":
		u.setText(&u.Lot, value, at)
	case "=>", "&>":
		u.isbtDate(&u.Expiry, value, at)
	case "=}", "&}":
		u.isbtDate(&u.Manufactured, value, at)
	case "=]":
		if len(value) == 6 {
			d, ok := lastOf(number(value[:4]), number(value[4:]))
			if !ok {
				u.fail(CodeDate, at, "This is not a month of the calendar.")
				return
			}
			u.set(&u.Expiry, d, at)
		}
	}
}

// isbtDate reads YYYJJJ, the year's last three digits and its day, and HHMM
// after it where there is one.
func (u *UDI) isbtDate(to *Date, value string, at int) {
	if len(value) != 6 && len(value) != 10 || !allDigits(value) {
		if allDigits(value) {
			return // the length was reported
		}
		u.fail(CodeDate, at, "A date has digits only.")
		return
	}
	year := 2000 + number(value[:3])
	if year >= 2900 {
		year -= 1000
	}
	d, ok := ofYear(year, number(value[3:6]))
	if !ok {
		u.fail(CodeDate, at, "This is not a day of the calendar.")
		return
	}
	if len(value) == 10 && (number(value[6:8]) > 23 || number(value[8:]) > 59) {
		u.fail(CodeTime, at+6, "This is not a time of day.")
	}
	u.set(to, d, at)
}

// compound checks that a compound message holds as many structures as it says.
func (u *UDI) compound() {
	for i := range u.Elements {
		e := &u.Elements[i]
		if e.Flag != "=+" || len(e.Value) != 5 {
			continue
		}
		if n := number(e.Value[:2]); n >= 0 && n != len(u.Elements)-1-i {
			u.fail(CodeConflict, e.Position, "The compound message announces another number of data structures than follow: part of it was lost.")
		}
	}
}
