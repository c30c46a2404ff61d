package mllp

import (
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// Answer is what an acknowledgement says. What a Sender does with each:
//
//	AA, CA     taken: done
//	AE, CE     failed: the same message is sent again after a pause, as often
//	           as the Sender may; then it is given up, and the next one goes
//	AR, CR     refused: never sent again, for a person mends it; the next goes
//	other      not understood: as AR
//	another's  an answer that names another message is passed over
//	none       not in time, or the connection closed: the connection is
//	           dropped and the message sent again after a pause; when it is
//	           given up the Sender ends, for the next would fare no better
type Answer struct {
	// Code is MSA-1.
	Code string
	// ControlID is MSA-2, the control ID of the message that is answered.
	ControlID string
	// Text is MSA-3, or the text of ERR-8.
	Text string
}

var (
	msaCode = mustPath("MSA-1.1")
	msaText = mustPath("MSA-3")
	errText = mustPath("ERR-8")
)

func mustPath(s string) hl7v2.Path {
	p, err := hl7v2.ParsePath(s)
	if err != nil {
		panic(err) // a constant of this file
	}
	return p
}

// ReadAnswer reads an acknowledgement. A message without an MSA segment is
// none: fault.Invalid with the code "hl7_no_msa".
func ReadAnswer(frame []byte) (Answer, error) {
	m, err := hl7v2.Parse(frame, hl7v2.Options{})
	if err != nil {
		return Answer{}, err
	}
	g := m.All()
	a := Answer{Code: msaCode.First(g).String(), Text: msaText.First(g).String()}
	for i := range m.Len() {
		if s := m.Segment(i); s.Name() == "MSA" {
			a.ControlID = s.Field(2).String() // the whole field, as MSH-10 was read
			break
		}
	}
	if a.Code == "" {
		return Answer{}, fault.New(fault.Invalid, "hl7_no_msa", "The message has no MSA segment, so it is no acknowledgement.").At("MSA")
	}
	if a.Text == "" {
		a.Text = errText.First(g).String()
	}
	return a, nil
}

// Positive reports whether the message was taken.
func (a Answer) Positive() bool { return a.Code == "AA" || a.Code == "CA" }

// Again reports whether the same message may be sent again.
func (a Answer) Again() bool { return a.Code == "AE" || a.Code == "CE" }
