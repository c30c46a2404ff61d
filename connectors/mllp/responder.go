package mllp

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// Fault is a way in which a receiver misbehaves.
type Fault string

// The faults of a Responder; the empty one is none.
const (
	// NoAnswer reads the message and says nothing.
	NoAnswer Fault = "no-answer"
	// WrongID answers with the control ID of no message.
	WrongID Fault = "wrong-id"
	// Late answers only when the next message of the connection has come,
	// before the answer to that one.
	Late Fault = "late"
	// Twice gives the same answer two times.
	Twice Fault = "twice"
	// Garbage sends bytes in no frame, and a frame that is no HL7, then the
	// answer.
	Garbage Fault = "garbage"
	// Half sends half an answer and closes.
	Half Fault = "half"
	// Close closes without an answer.
	Close Fault = "close"
)

// faults lists them, as people give them.
var faults = []Fault{NoAnswer, WrongID, Late, Twice, Garbage, Half, Close}

// Step is what a Responder does with one message.
type Step struct {
	// Code is MSA-1; empty means what the message asks for in MSH-15 and
	// MSH-16, as a Server answers when it has taken it.
	Code string
	// Delay is how long the answer takes.
	Delay time.Duration
	// Fault is what is done wrongly; empty is nothing.
	Fault Fault
}

// ParseStep reads a step as people write it: an answer code or a fault, and a
// delay after it, as "AA", "AE+2s", "close" or "late+500ms". "ok" answers as
// the message asks.
func ParseStep(s string) (Step, error) {
	what, delay, delayed := strings.Cut(s, "+")
	var step Step
	switch code := strings.ToUpper(what); code {
	case "AA", "AE", "AR", "CA", "CE", "CR":
		step.Code = code
	case "OK":
	default:
		for _, f := range faults {
			if string(f) == what {
				step.Fault = f
			}
		}
		if step.Fault == "" {
			return Step{}, fault.New(fault.Invalid, "answer_unknown",
				"%q is no answer. Give ok, a code (AA, AE, AR, CA, CE, CR) or a fault (no-answer, wrong-id, late, twice, garbage, half, close), and a delay if you like, as AE+2s.", s)
		}
	}
	if delayed {
		var err error
		if step.Delay, err = time.ParseDuration(delay); err != nil || step.Delay < 0 {
			return Step{}, fault.New(fault.Invalid, "delay_invalid", "%q has no delay after the +. Write it with its unit, as AE+2s or AA+500ms.", s)
		}
	}
	return step, nil
}

// Responder is a receiver for testing senders: it keeps nothing, and answers
// as it is told to.
type Responder struct {
	// Steps are done in their order, one for each message of any connection,
	// and then from the first again. None means that all is well.
	Steps []Step
	// Got is told of each message before it is answered, one call at a time;
	// may be nil. msg is valid until it returns.
	Got func(peer string, msg []byte, step Step)
	// MaxMessage bounds a message, in bytes; default 16 MiB.
	MaxMessage int64

	mu   sync.Mutex
	next int
}

// Serve answers whoever connects to l until ctx ends; it closes l.
func (r *Responder) Serve(ctx context.Context, l net.Listener) error {
	var running sync.WaitGroup
	defer running.Wait()
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	for {
		nc, err := l.Accept()
		switch {
		case ctx.Err() != nil || errors.Is(err, net.ErrClosed):
			if err == nil {
				_ = nc.Close()
			}
			return nil
		case err != nil:
			return err
		}
		running.Go(func() {
			defer nc.Close()
			stop := context.AfterFunc(ctx, func() { _ = nc.Close() })
			defer stop()
			r.converse(ctx, nc)
		})
	}
}

// converse answers one connection until it ends.
func (r *Responder) converse(ctx context.Context, nc net.Conn) {
	in := NewFrameReader(nc, positive(r.MaxMessage, 16<<20))
	var owed []byte // late answers
	for {
		frame, err := in.Next()
		if err != nil && !errors.Is(err, ErrTooLarge) {
			return
		}
		step := r.take(nc.RemoteAddr().String(), frame)
		answers := step.answers(frame)
		if sleep(ctx, step.Delay) != nil {
			return
		}
		owed, answers = nil, append(owed, answers...)
		if step.Fault == Late {
			owed, answers = answers, nil
		}
		if _, err := nc.Write(answers); err != nil || step.Fault == Close || step.Fault == Half {
			return
		}
	}
}

// take gives the step of one message.
func (r *Responder) take(peer string, frame []byte) Step {
	r.mu.Lock()
	defer r.mu.Unlock()
	var step Step
	if len(r.Steps) > 0 {
		step = r.Steps[r.next%len(r.Steps)]
		r.next++
	}
	if r.Got != nil {
		r.Got(peer, frame, step)
	}
	return step
}

// answers gives the bytes that answer a message.
func (s Step) answers(frame []byte) []byte {
	if s.Fault == NoAnswer || s.Fault == Close {
		return nil
	}
	h, _, err := hl7v2.Peek(frame)
	if s.Fault == WrongID {
		h, _, _ = hl7v2.Peek([]byte("MSH|^~\\&|||||||" + h.Code + "|NO-SUCH-MESSAGE|P|2.4\r"))
	}
	var all []answer
	switch {
	case s.Code != "":
		all = []answer{written(h, hl7v2.Ack{Code: s.Code, At: time.Now()})}
	case err != nil:
		all = wishesOf(h).notStored(nil, h, err, time.Now())
	default:
		all = wishesOf(h).stored(nil, h, time.Now())
	}
	var out []byte
	if s.Fault == Garbage {
		out = AppendFrame([]byte("garbage"), []byte("this is no HL7"))
	}
	for _, a := range all {
		out = AppendFrame(out, a.text)
		if s.Fault == Twice {
			out = AppendFrame(out, a.text)
		}
	}
	if s.Fault == Half {
		out = out[:len(out)/2]
	}
	return out
}
