package hl7v2

import (
	"bytes"
	"strings"
)

// Header is what MSH says about a message, decoded. Of MSH-3 to MSH-6 it gives
// the first component that is not empty.
type Header struct {
	FieldSep byte
	// Encoding is MSH-2 as it stands.
	Encoding             string
	SendingApplication   string
	SendingFacility      string
	ReceivingApplication string
	ReceivingFacility    string
	// SentAt is MSH-7, undecoded; see ParseTime.
	SentAt string
	// Code, Trigger and Structure are the components of MSH-9.
	Code, Trigger, Structure string
	ControlID                string
	// ProcessingID is MSH-11.1: P, T or D.
	ProcessingID string
	// Version is MSH-12.1, as "2.4".
	Version string
	// AcceptAck and ApplicationAck are MSH-15 and MSH-16: AL, NE, ER or SU,
	// in upper case. Both empty means original mode.
	AcceptAck, ApplicationAck string
	// CharacterSet is the first repetition of MSH-18.
	CharacterSet string

	// asSent holds the fields that an acknowledgement gives back, untouched.
	asSent sentFields
}

// sentFields are MSH-3 to MSH-6, MSH-10 and MSH-11 byte for byte.
type sentFields struct{ app, facility, toApp, toFacility, control, processing string }

// Header reads MSH.
func (m *Message) Header() Header {
	return headerOf(m.Segment(0).Raw(), m.delims, func(s string) string {
		if s == `""` {
			return ""
		}
		v := m.decodeBytes([]byte(s))
		return v
	})
}

// headerOf reads the MSH segment in line. Plain parts are cut from one string.
func headerOf(line []byte, d delimiters, decode func(string) string) Header {
	h := Header{FieldSep: d.field}
	rest := string(line[min(4, len(line)):]) // a blank that delimits may have been cut off at the end
	whole := func(s string) string { return text(s, d, decode) }
	part := func(s string, n int) string {
		for ; n > 1; n-- {
			_, s, _ = cutByte(s, d.component)
		}
		s, _, _ = cutByte(s, d.component)
		return text(s, d, decode)
	}
	for n := 2; n <= 18; n++ {
		f, tail, more := cutByte(rest, d.field)
		h.take(n, f, d, part, whole)
		if !more {
			break
		}
		rest = tail
	}
	return h
}

// take puts MSH field n into its place.
func (h *Header) take(n int, f string, d delimiters, part func(string, int) string, whole func(string) string) {
	switch n {
	case 2:
		h.Encoding = f
		return
	case 3, 4, 5, 6:
		name := part(f, 1)
		if name == "" {
			name = part(f, 2)
		}
		*[...]*string{&h.SendingApplication, &h.SendingFacility, &h.ReceivingApplication, &h.ReceivingFacility}[n-3] = name
		*[...]*string{&h.asSent.app, &h.asSent.facility, &h.asSent.toApp, &h.asSent.toFacility}[n-3] = f
		return
	}
	first, _, _ := cutByte(f, d.repetition)
	switch n {
	case 7:
		h.SentAt, _, _ = cutByte(first, d.component)
	case 9:
		h.Code, h.Trigger, h.Structure = part(first, 1), part(first, 2), part(first, 3)
	case 10:
		h.asSent.control, h.ControlID = f, whole(f)
	case 11:
		h.asSent.processing, h.ProcessingID = f, part(first, 1)
	case 12:
		h.Version = part(first, 1)
	case 15:
		h.AcceptAck = strings.ToUpper(part(first, 1))
	case 16:
		h.ApplicationAck = strings.ToUpper(part(first, 1))
	case 18:
		h.CharacterSet = part(first, 1)
	}
}

// Type gives the message's type as "DFT^P03", or the code alone where there
// is no trigger.
func (h Header) Type() string {
	if h.Trigger == "" {
		return h.Code
	}
	return h.Code + "^" + h.Trigger
}

// text decodes s only if it holds something to decode.
func text(s string, d delimiters, decode func(string) string) string {
	if s == `""` {
		return ""
	}
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 || s[i] == d.escape && d.escape != 0 {
			return decode(s)
		}
	}
	return s
}

// cutByte is strings.Cut at a byte; the byte 0 cuts nothing.
func cutByte(s string, sep byte) (before, after string, found bool) {
	if sep != 0 {
		if i := strings.IndexByte(s, sep); i >= 0 {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// cutBytes is bytes.Cut at a byte; the byte 0 cuts nothing.
func cutBytes(s []byte, sep byte) (before, after []byte, found bool) {
	if sep != 0 {
		if i := bytes.IndexByte(s, sep); i >= 0 {
			return s[:i], s[i+1:], true
		}
	}
	return s, nil, false
}
