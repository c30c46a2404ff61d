package hl7v2

import "time"

// The types below are composite values as their texts, decoded. What was not
// sent is "" (ask the Value for its State to tell empty from "delete"); no
// part is checked, invented or made to look like another sender's.

// HD names an authority, a facility or an application.
type HD struct{ Namespace, UniversalID, UniversalIDType string }

// EI identifies an entity, as an order.
type EI struct{ ID, Namespace, UniversalID, UniversalIDType string }

// CX is an identifier with its authority and type, as an NHS Number.
type CX struct {
	ID, CheckDigit, CheckDigitScheme string
	Authority                        HD
	Type                             string
	Facility                         HD
	Effective, Expires               string
}

// CWE is a coded value: CE, CNE and CWE are read alike.
type CWE struct {
	Code, Text, System          string
	AltCode, AltText, AltSystem string
	Version, AltVersion         string
	OriginalText                string
}

// XPN is a person's name.
type XPN struct{ Family, Given, Second, Suffix, Prefix, Degree, Type string }

// XCN is a person by identifier and name, as a surgeon.
type XCN struct {
	ID string
	XPN
	SourceTable string
	Authority   HD
	IDType      string
	Facility    HD
}

// XAD is an address.
type XAD struct{ Street, Other, City, County, Postcode, Country, Type string }

// XTN is a telephone number or an electronic address.
type XTN struct{ Number, Use, Equipment, Address, Country, Area, Local, Extension, Text, Unformatted string }

// XON is an organisation.
type XON struct {
	Name, NameType, ID string
	Authority          HD
	IDType             string
	Facility           HD
	// Identifier is XON.10, which since 2.5 stands for ID.
	Identifier string
}

// PL is a place in a hospital.
type PL struct {
	PointOfCare, Room, Bed string
	Facility               HD
	Status, Type           string
	Building, Floor        string
	Description            string
}

// CQ is a quantity and its unit.
type CQ struct {
	Quantity Number
	Units    CWE
}

// DR is a period of time.
type DR struct{ Start, End Time }

func (v Value) text(n int) string    { return v.Component(n).String() }
func (v Value) subtext(n int) string { return v.Subcomponent(n).String() }

// HD reads the value as an HD, its parts components or, within a component,
// subcomponents.
func (v Value) HD() HD {
	if v.level >= component {
		return HD{v.subtext(1), v.subtext(2), v.subtext(3)}
	}
	return HD{v.text(1), v.text(2), v.text(3)}
}

// EI reads the value as an EI.
func (v Value) EI() EI {
	if v.level >= component {
		return EI{v.subtext(1), v.subtext(2), v.subtext(3), v.subtext(4)}
	}
	return EI{v.text(1), v.text(2), v.text(3), v.text(4)}
}

// CX reads the value as a CX.
func (v Value) CX() CX {
	return CX{v.text(1), v.text(2), v.text(3), v.Component(4).HD(), v.text(5), v.Component(6).HD(), v.text(7), v.text(8)}
}

// CWE reads the value as a CWE, CE or CNE.
func (v Value) CWE() CWE {
	t := v.text
	if v.level >= component {
		t = v.subtext
	}
	return CWE{t(1), t(2), t(3), t(4), t(5), t(6), t(7), t(8), t(9)}
}

// XPN reads the value as an XPN or PN. Of a family name in parts it gives the
// surname.
func (v Value) XPN() XPN {
	return XPN{v.Component(1).subtext(1), v.text(2), v.text(3), v.text(4), v.text(5), v.text(6), v.text(7)}
}

// XCN reads the value as an XCN or CN.
func (v Value) XCN() XCN {
	name := XPN{v.Component(2).subtext(1), v.text(3), v.text(4), v.text(5), v.text(6), v.text(7), v.text(10)}
	return XCN{v.text(1), name, v.text(8), v.Component(9).HD(), v.text(13), v.Component(14).HD()}
}

// XAD reads the value as an XAD or AD.
func (v Value) XAD() XAD {
	return XAD{v.Component(1).subtext(1), v.text(2), v.text(3), v.text(4), v.text(5), v.text(6), v.text(7)}
}

// XTN reads the value as an XTN or TN.
func (v Value) XTN() XTN {
	return XTN{v.text(1), v.text(2), v.text(3), v.text(4), v.text(5), v.text(6), v.text(7), v.text(8), v.text(9), v.text(12)}
}

// XON reads the value as an XON.
func (v Value) XON() XON {
	return XON{v.text(1), v.text(2), v.text(3), v.Component(6).HD(), v.text(7), v.Component(8).HD(), v.text(10)}
}

// PL reads the value as a PL.
func (v Value) PL() PL {
	return PL{v.Component(1).subtext(1), v.Component(2).subtext(1), v.Component(3).subtext(1), v.Component(4).HD(), v.text(5), v.text(6),
		v.Component(7).subtext(1), v.Component(8).subtext(1), v.text(9)}
}

// simple gives part n of a value of a simple type: a component or, within a
// component, a subcomponent.
func (v Value) simple(n int) string {
	if v.level >= component {
		return v.subtext(n)
	}
	return v.text(n)
}

// Number reads the value as an NM or SI; see ParseNumber.
func (v Value) Number() (Number, error) { return ParseNumber(v.simple(1)) }

// CQ reads the value as a CQ.
func (v Value) CQ() (CQ, error) {
	n, err := v.Number()
	return CQ{n, v.Component(2).CWE()}, err
}

// Time reads the value as a DT, TS or DTM: a reading of the clocks at loc where
// it has no offset, of Europe/London if loc is nil. See ParseTime. It is no more
// precise than TS.2 says: 20260105000000^D is a day, not its midnight.
func (v Value) Time(loc *time.Location) (Time, error) {
	return ParseTS(v.simple(1), v.simple(2), loc)
}

// Clock reads the value as a TM; see ParseClock.
func (v Value) Clock() (Clock, error) { return ParseClock(v.simple(1)) }

// DR reads the value as a DR; see Time.
func (v Value) DR(loc *time.Location) (DR, error) {
	start, err := v.Component(1).Time(loc)
	if err != nil {
		return DR{}, err
	}
	end, err := v.Component(2).Time(loc)
	return DR{start, end}, err
}
