package mllp

import (
	"context"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// storeLimit bounds the storing of one message; then its sender is asked to
// try again, and draining cannot hang on a store that does not answer.
const storeLimit = 30 * time.Second

// answer is one acknowledgement and its MSA-1.
type answer struct {
	code string
	text []byte
}

// receive stores a frame and builds what is answered to it. No positive answer
// is built before Receive has returned.
func (c *conn) receive(ctx context.Context, r connectors.Receiver, frame []byte, tooLarge bool, at time.Time) []answer {
	h, patient, err := hl7v2.Peek(frame)
	switch {
	case tooLarge:
		err = fault.New(fault.Invalid, "message_too_large",
			"The message is larger than %d bytes and was not taken. Send less in one message, or ask for the limit to be raised.", c.s.cfg.MaxMessage)
	case err == nil:
		ctx, cancel := context.WithTimeout(ctx, storeLimit)
		defer cancel()
		_, err = r.Receive(ctx, connectors.Envelope{
			Trust: c.s.cfg.Trust, Connector: c.s.cfg.Name, Format: "hl7v2", Type: h.Type(),
			Sender: h.SendingApplication + "|" + h.SendingFacility, ControlID: h.ControlID,
			Key: patient, Digest: hl7v2.Digest(frame), Peer: c.peer, Raw: frame, ReceivedAt: at,
		})
	}
	if err != nil {
		f := fault.Of(err)
		c.log.Warn("a message was not taken", "code", f.Code, "kind", f.Kind.String(), "type", h.Type())
	}
	return answersTo(h, err, time.Now())
}

// answersTo applies the acknowledgement mode of the header (chapter 2.9).
//
// Original mode, MSH-15 and MSH-16 empty: one of AA, AE, AR. Enhanced mode:
// MSH-15 asks for the commit answer CA, CE, CR and MSH-16 for the application
// answer AA, AE, AR, each always (AL), never (NE), on error (ER) or on success
// (SU). An empty one counts as NE beside one that is set, and an unknown value
// as AL. A message that was not stored has no application answer beside its
// commit answer.
func answersTo(h hl7v2.Header, err error, at time.Time) []answer {
	if h.AcceptAck == "" && h.ApplicationAck == "" {
		return []answer{build(h, 'A', err, at)}
	}
	var answers []answer
	if wanted(h.AcceptAck, err == nil) {
		answers = append(answers, build(h, 'C', err, at))
	}
	if wanted(h.ApplicationAck, err == nil) && (err == nil || len(answers) == 0) {
		answers = append(answers, build(h, 'A', err, at))
	}
	return answers
}

func wanted(condition string, success bool) bool {
	switch condition {
	case "", "NE":
		return false
	case "ER":
		return !success
	case "SU":
		return success
	}
	return true
}

// build writes one answer; level is 'A' or 'C'.
func build(h hl7v2.Header, level byte, err error, at time.Time) answer {
	a := hl7v2.Ack{Code: string([]byte{level, 'A'}), At: at}
	if err != nil {
		f := fault.Of(err)
		a.ErrorCode, a.ErrorLocation = errorCode(f.Code), f.Path
		switch f.Kind.Effect() {
		case fault.Reject:
			a.Code, a.Text = string([]byte{level, 'R'}), f.Text
		case fault.Retry:
			a.Code, a.Text = string([]byte{level, 'E'}), "The message could not be stored at the moment. Try again later."
		default:
			a.Code, a.Text = string([]byte{level, 'E'}), "The message could not be stored because of an internal error. Try again later, and tell the hub's operators."
		}
	}
	return answer{code: a.Code, text: hl7v2.BuildAck(h, a)}
}

// errorCode gives the code of HL7 table 0357 for a fault.
func errorCode(code string) string {
	switch code {
	case "hl7_no_msh", "hl7_empty":
		return "100"
	case "hl7_delimiters", "hl7_header_too_long":
		return "102"
	}
	return "207"
}
