package udi

// iccbba reads the ISBT 128 data structures in raw[from:to].
func (u *UDI) iccbba(from, to int) {
	u.Issuer = ICCBBA
	if u.Carrier == "" {
		u.Carrier = "isbt_128"
	}
	u.Elements = make([]Element, 0, 8)
	for i := from; i < to && !u.full(i); {
		switch c := u.Raw[i]; {
		case c == '=' || c == '&':
			i = u.structure(i, to)
		case c == gs || trim(u.Raw[i:i+1]) == "":
			i++
		default:
			end := nextStructure(u.Raw, i+1, to)
			u.fail(CodeTooLong, i, "The value before runs on past its fixed length, or a data identifier was lost. The rest is kept unread.")
			u.Elements = append(u.Elements, Element{Value: trim(u.Raw[i:end]), Position: i})
			i = end
		}
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
	id, v := structureID(u.Raw, i, to)
	s, known := isbtStructures[id]
	for v < to && trim(u.Raw[v:v+1]) == "" {
		v++
	}
	end := nextStructure(u.Raw, v, to)
	if known && s.length > 0 && end-v > s.length {
		end = v + s.length
	}
	value := trim(u.Raw[v:end])
	u.Elements = append(u.Elements, Element{Flag: id, Value: value, Title: s.title, Position: v})
	switch {
	case !known:
		u.fail(CodeUnknownFlag, i, "This ISBT 128 data identifier is not known; its value is kept unread and the others are read.")
		return end
	case s.length > 0 && len(value) < s.length:
		u.fail(CodeTooShort, v+len(value), "The value is shorter than its data structure demands.")
	}
	if at := badChar(value, &setUpper); at >= 0 && s.length > 0 {
		u.fail(CodeCharacter, v+at, "This character may not stand here.")
	} else if at := badDonation(value); id == "=" && at >= 0 {
		u.fail(CodeContent, v+at, "A donation number has five characters of its facility, two digits of the year, six of the donation and two flag characters.")
	} else if id == "=" && badFlags(value) {
		u.fail(CodeCheckCharacters, v+13, "The two flag characters are a check, which does not agree with the donation number. The value is kept as it stands.")
	}
	if value != "" {
		u.takeStructure(id, value, v)
	}
	return end
}

// structureID gives the data identifier at i and where its value begins: two
// characters, three after "&,", and one for a donation number, whose second
// character is data. People type a blank after the first.
func structureID(raw string, i, to int) (id string, v int) {
	v = i + 1
	for v < to && raw[v] == ' ' {
		v++
	}
	switch {
	case v == to || raw[i] == '=' && setUpper.has(raw[v]):
		return raw[i : i+1], v
	case raw[i] == '&' && raw[v] == ',' && v+1 < to:
		return "&," + raw[v+1:v+2], v + 2
	case v == i+1:
		return raw[i : i+2], v + 1
	}
	return raw[i:i+1] + raw[v:v+1], v + 1
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
	case "&,4":
		if len(value) == 40 { // a Single European Code ends with CCYYMMDD
			d, ok := day3(number(value[32:36]), number(value[36:38]), number(value[38:]))
			if !ok {
				u.fail(CodeDate, at+32, "This is not a day of the calendar.")
				return
			}
			u.set(&u.Expiry, d, at+32)
		}
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

// badDonation gives the offset at which a donation identification number has
// a letter where a digit belongs, or -1; its length was judged before.
func badDonation(s string) int {
	if len(s) != 15 {
		return -1
	}
	if s[0] == 'O' || s[0] == '0' { // never the first of a facility
		return 0
	}
	if at := badChar(s[5:13], &setDigits); at >= 0 {
		return 5 + at
	}
	return -1
}

// badFlags reports whether the flag characters of a donation number, where they
// are 60 to 96, are not 60 more than the modulo 37-2 check (ISO/IEC 7064) of
// the 13 characters before them.
func badFlags(s string) bool {
	if len(s) != 15 || !allDigits(s[13:]) || number(s[13:]) < 60 || number(s[13:]) > 96 {
		return false
	}
	sum := 0
	for i := range 13 {
		sum = (sum + int(set43Value[s[i]])) * 2 % 37
	}
	return number(s[13:]) != 60+(38-sum)%37
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
