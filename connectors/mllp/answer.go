package mllp

import (
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// answer is one acknowledgement and its MSA-1.
type answer struct {
	code string
	text []byte
}

// The levels of an acknowledgement, as MSA-1 begins.
const (
	commitLevel      = 'C'
	applicationLevel = 'A'
)

// wishes says which answers a message asks for (chapter 2.9).
//
// Original mode, MSH-15 and MSH-16 empty: one application answer AA, AE, AR.
// Enhanced mode: MSH-15 asks for the commit answer CA, CE, CR and MSH-16 for
// the application answer, each always (AL), never (NE), on error (ER) or on
// success (SU). An empty one counts as NE beside one that is set, and an
// unknown value as AL.
type wishes struct{ accept, application string }

func wishesOf(h hl7v2.Header) wishes {
	if h.AcceptAck == "" && h.ApplicationAck == "" {
		return wishes{"NE", "AL"}
	}
	return wishes{h.AcceptAck, h.ApplicationAck}
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

// stored appends the answers to a message that was stored and needs not wait
// to be applied.
func (w wishes) stored(answers []answer, h hl7v2.Header, at time.Time) []answer {
	answers = w.committed(answers, h, at)
	if wanted(w.application, true) {
		answers = append(answers, positiveAnswer(h, applicationLevel, "", at))
	}
	return answers
}

// committed appends the commit answer to a message that was stored.
func (w wishes) committed(answers []answer, h hl7v2.Header, at time.Time) []answer {
	if wanted(w.accept, true) {
		answers = append(answers, positiveAnswer(h, commitLevel, "", at))
	}
	return answers
}

// notStored appends the answer to a message that was not stored: that at
// commit, or that of the application, never both.
func (w wishes) notStored(answers []answer, h hl7v2.Header, err error, at time.Time) []answer {
	switch {
	case wanted(w.accept, false):
		return append(answers, refusalAnswer(h, commitLevel, err, at))
	case wanted(w.application, false):
		return append(answers, refusalAnswer(h, applicationLevel, err, at))
	}
	return answers
}

func positiveAnswer(h hl7v2.Header, level byte, text string, at time.Time) answer {
	return written(h, hl7v2.Ack{Code: string([]byte{level, 'A'}), Text: text, At: at})
}

// refusalAnswer answers a message that was not stored: R if it never will be
// taken, E if it may be sent again.
func refusalAnswer(h hl7v2.Header, level byte, err error, at time.Time) answer {
	f := fault.Of(err)
	a := hl7v2.Ack{ErrorCode: errorCode(f), ErrorLocation: f.Path, At: at}
	switch f.Kind.Effect() {
	case fault.Reject:
		a.Code, a.Text = string([]byte{level, 'R'}), f.Text
	case fault.Retry:
		a.Code, a.Text = string([]byte{level, 'E'}), "The message could not be stored at the moment. Try again later."
	default:
		a.Code, a.Text = string([]byte{level, 'E'}), "The message could not be stored because of an internal error. Try again later, and tell the hub's operators."
	}
	return written(h, a)
}

// contentAnswer answers a message that was stored and then stopped.
func contentAnswer(h hl7v2.Header, code string, f *fault.Error, at time.Time) answer {
	return written(h, hl7v2.Ack{Code: code, Text: f.Text, ErrorCode: errorCode(f), ErrorLocation: f.Path, At: at})
}

func written(h hl7v2.Header, a hl7v2.Ack) answer {
	return answer{code: a.Code, text: hl7v2.BuildAck(h, a)}
}
