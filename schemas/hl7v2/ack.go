package hl7v2

import (
	"strconv"
	"time"
)

// Ack is what an acknowledgement says. Text goes to the sender's screen: it
// holds no patient data.
type Ack struct {
	// Code is MSA-1: AA, AE or AR in original mode and at application level,
	// CA, CE or CR at commit.
	Code string
	// Text says in words why the message was not taken; empty for AA and CA.
	Text string
	// ErrorCode is of HL7 table 0357, as "101"; empty if there is no error.
	ErrorCode string
	// ErrorLocation is a path, as "PID-3.1" or "OBX[2]-5"; may be empty.
	ErrorLocation string
	// ControlID is the acknowledgement's own MSH-10. Empty means the same as
	// the message's.
	ControlID string
	// At is MSH-7; zero leaves it empty.
	At time.Time
}

// errorTexts is HL7 table 0357.
var errorTexts = map[string]string{
	"0": "Message accepted", "100": "Segment sequence error", "101": "Required field missing",
	"102": "Data type error", "103": "Table value not found", "200": "Unsupported message type",
	"201": "Unsupported event code", "202": "Unsupported processing id", "203": "Unsupported version id",
	"204": "Unknown key identifier", "205": "Duplicate key identifier",
	"206": "Application record locked", "207": "Application internal error",
}

// BuildAck writes the acknowledgement of the message whose header is h, in its
// delimiters and version. Fields given back are byte for byte as they came; no
// text can inject a delimiter. The zero Header gives a well-formed
// acknowledgement to a sender that could not be understood.
func BuildAck(h Header, a Ack) []byte {
	w := newAckWriter(h)
	w.dst = append(w.dst, "MSH"...)
	w.dst = append(w.dst, w.d.field)
	w.dst = append(w.dst, w.encoding...)
	w.sent(h.asSent.toApp, h.ReceivingApplication)
	w.sent(h.asSent.toFacility, h.ReceivingFacility)
	w.sent(h.asSent.app, h.SendingApplication)
	w.sent(h.asSent.facility, h.SendingFacility)
	w.text(timestamp(a.At))
	w.text("") // MSH-8
	w.messageType(h)
	if a.ControlID != "" {
		w.text(a.ControlID)
	} else {
		w.sent(h.asSent.control, h.ControlID)
	}
	w.sent(h.asSent.processing, or(h.ProcessingID, "P"))
	w.text(w.version)
	if _, known := charsets[charsetName(h.CharacterSet)]; known && !(isASCII(w.dst) && isASCII([]byte(h.asSent.control))) {
		for range 5 {
			w.text("")
		}
		w.text(h.CharacterSet) // MSH-18: bytes beyond ASCII are given back
	}
	w.segment("MSA")
	w.text(a.Code)
	w.sent(h.asSent.control, h.ControlID)
	told := a.ErrorCode != "" || a.ErrorLocation != ""
	switch {
	case a.Text == "":
	case versionAtLeast(w.version, 2, 7, 0): // MSA-3 is withdrawn: ERR-8 has the text
		told = true
	default:
		w.text(a.Text)
	}
	if told {
		w.errorSegment(a)
	}
	return append(w.dst, '\r')
}

// messageType writes MSH-9: the trigger since 2.2, the structure since 2.3.1.
func (w *ackWriter) messageType(h Header) {
	w.text("ACK")
	if h.Trigger == "" || !versionAtLeast(w.version, 2, 2, 0) || w.d.component == 0 {
		return
	}
	w.component(h.Trigger)
	if versionAtLeast(w.version, 2, 3, 1) {
		w.component("ACK")
	}
}

// errorSegment writes ERR: field 1 up to version 2.4, field 2 onward from 2.5.
func (w *ackWriter) errorSegment(a Ack) {
	w.segment("ERR")
	place := location(a.ErrorLocation)
	code, severity := a.ErrorCode, "E"
	switch {
	case code != "":
	case a.ErrorLocation == "" && len(a.Code) == 2 && a.Code[1] == 'A':
		code, severity = "0", "I"
	default:
		code = "207"
	}
	if !versionAtLeast(w.version, 2, 5, 0) {
		w.text(place.segment)
		w.component(place.sequence)
		w.component(place.field)
		w.component(code)
		w.subcomponent(errorTexts[code])
		w.subcomponent("HL70357")
		return
	}
	w.text("")
	w.text(place.segment)
	for _, part := range place.below() {
		w.component(part)
	}
	w.text(code)
	w.component(errorTexts[code])
	w.component("HL70357")
	w.text(severity)
	for range 3 {
		w.text("")
	}
	w.text(a.Text) // ERR-8
}

// errorPlace are the parts of ERR-1 and ERR-2, as they are written; "" for
// what is not known.
type errorPlace struct{ segment, sequence, field, repetition, component, sub string }

// below are the parts behind the segment, as far as they are known.
func (p errorPlace) below() []string {
	parts := []string{p.sequence, p.field, p.repetition, p.component, p.sub}
	for len(parts) > 0 && parts[len(parts)-1] == "" {
		parts = parts[:len(parts)-1]
	}
	return parts
}

// location takes a path apart; it is empty if that is no path.
func location(path string) errorPlace {
	p, err := ParsePath(path)
	if err != nil {
		return errorPlace{}
	}
	if len(p.groups) > 0 { // ERR counts segments in the whole message, which a group does not tell
		if g := p.groups[0]; isName([]byte(g.name)) {
			return errorPlace{segment: g.name, sequence: strconv.Itoa(max(g.index, 1))}
		}
		return errorPlace{segment: p.segment}
	}
	place := errorPlace{segment: p.segment, sequence: p.segments.place(), field: given(p.field), component: given(p.component), sub: given(p.sub)}
	if p.component > 0 || p.fields.index > 0 {
		place.repetition = p.fields.place()
	}
	return place
}

// place is the number that a selector chooses: the first, unless it says so or
// it depends on the message.
func (s selector) place() string {
	if s.index == 0 && s.many() {
		return ""
	}
	return strconv.Itoa(max(s.index, 1))
}

// given writes a number that is not 0.
func given(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("20060102150405-0700")
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
