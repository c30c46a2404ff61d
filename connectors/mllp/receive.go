package mllp

import (
	"context"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// door is where a server's messages go.
type door struct {
	receiver connectors.Receiver
	awaiter  connectors.Awaiter // nil: answered once stored
	// running ends when draining begins, storing some time after.
	running, storing context.Context
}

// handle stores a frame and answers it. No positive answer is built before
// Receive has returned. The error is that of writing an answer.
func (c *conn) handle(d door, frame []byte, tooLarge bool, at time.Time) error {
	if !tooLarge && hl7v2.IsBatch(frame) {
		return c.batch(d, frame, at)
	}
	h, receipt, err := c.receive(d, frame, tooLarge, at)
	w := wishesOf(h)
	c.answers = c.answers[:0]
	c.away = c.away && err != nil
	switch {
	case err != nil:
		c.notTaken(fault.Of(err), h)
		c.answers = w.notStored(c.answers, h, err, time.Now())
	case d.awaiter == nil:
		c.answers = w.stored(c.answers, h, time.Now())
	default:
		c.answers = w.committed(c.answers, h, time.Now())
		if !wanted(w.application, true) && !wanted(w.application, false) {
			break
		}
		if err := c.write(c.answers, at); err != nil {
			return err
		}
		c.answers = c.applied(c.answers[:0], d, h, w, receipt.MessageID)
	}
	if err := c.write(c.answers, at); err != nil {
		return err
	}
	if receipt.Answered != nil && len(c.answers) > 0 {
		receipt.Answered(c.answers[0].code)
	}
	return nil
}

// notTaken tells of a message that was not taken: always where the message is
// to blame, once for each connection where it is to be sent again.
func (c *conn) notTaken(f *fault.Error, h hl7v2.Header) {
	if f.Kind.Effect() != fault.Retry {
		c.log.Warn("a message was not taken", "code", f.Code, "kind", f.Kind.String(), "type", h.Type())
		return
	}
	if !c.away {
		c.log.Info("messages are not taken just now; their sender is told to repeat them", "code", f.Code)
	}
	c.away = true
}

func (c *conn) receive(d door, frame []byte, tooLarge bool, at time.Time) (hl7v2.Header, connectors.Receipt, error) {
	h, patient, err := hl7v2.Peek(frame)
	switch {
	case tooLarge:
		err = fault.New(fault.Invalid, "message_too_large",
			"The message is larger than %d bytes and was not taken. Send less in one message, or ask for the limit to be raised.", c.s.cfg.MaxMessage)
		return h, connectors.Receipt{}, err
	case err != nil:
		return h, connectors.Receipt{}, err
	}
	receipt, err := d.receiver.Receive(d.storing, connectors.Envelope{
		Trust: c.s.cfg.Trust, Connector: c.s.cfg.Name, Format: "hl7v2", Type: h.Type(),
		Sender: h.SendingApplication + "|" + h.SendingFacility, ControlID: h.ControlID, SentAt: h.SentAt,
		Key: patient, Digest: hl7v2.Digest(frame), Peer: c.peer, Raw: frame, ReceivedAt: at,
	})
	return h, receipt, err
}

// applied waits until a stored message was applied, and appends its
// application answer.
//
// What is not known in time is answered as the connector answers content
// errors: AA if those are accepted, for the message is safe here. Otherwise
// the sender wants to be told, and gets AE: it repeats the message, which is
// known by then, and hears what became of the first.
func (c *conn) applied(answers []answer, d door, h hl7v2.Header, w wishes, id int64) []answer {
	ctx, cancel := context.WithTimeout(d.running, c.s.cfg.AppliedTimeout)
	defer cancel()
	err := d.awaiter.Applied(ctx, c.s.cfg.Trust, id)
	accept := c.s.cfg.ContentErrors == AcceptContentErrors
	success := err == nil || accept
	if !wanted(w.application, success) {
		return answers
	}
	f := fault.Of(err)
	unknown := err != nil && (ctx.Err() != nil || f.Kind.Effect() == fault.Retry)
	switch {
	case unknown && accept:
		return append(answers, positiveAnswer(h, applicationLevel, "The message is stored and not applied yet.", time.Now()))
	case unknown:
		f = fault.New(fault.Unavailable, "not_applied_yet", "The message is stored and not applied yet. Send it again to hear what became of it.")
		return append(answers, contentAnswer(h, "AE", f, time.Now()))
	case success:
		return append(answers, positiveAnswer(h, applicationLevel, "", time.Now()))
	case c.s.cfg.ContentErrors == RejectContentErrors:
		return append(answers, contentAnswer(h, "AR", f, time.Now()))
	}
	return append(answers, contentAnswer(h, "AE", f, time.Now()))
}
