package mllp

import (
	"context"
	"slices"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// batch takes a frame that holds a batch (FHS, BHS, BTS, FTS) message by
// message, each as if it had come alone, and answers it with a batch: one of
// commit answers and one of application answers, as far as they are asked for.
func (c *conn) batch(d door, frame []byte, at time.Time) error {
	file, err := hl7v2.ReadFile(frame, hl7v2.Options{})
	if err != nil {
		c.notTaken(fault.Of(err), hl7v2.Header{})
		return c.write(wishesOf(hl7v2.Header{}).notStored(nil, hl7v2.Header{}, err, time.Now()), at)
	}
	c.batchFindings(file)
	b := newBatchAnswers(file)
	if len(b.commit) == 0 {
		c.out = AppendFrame(c.out[:0], file.Answer(nil, time.Now()))
		return c.send(nil, at)
	}
	for i, m := range file.Messages() {
		h, receipt, err := c.receive(d, m.Raw, false, at)
		w := wishesOf(h)
		c.away = c.away && err != nil
		switch {
		case err != nil:
			c.notTaken(fault.Of(err), h)
			b.add(i, w.notStored(nil, h, err, time.Now()))
			continue
		case d.awaiter == nil:
			b.add(i, w.stored(nil, h, time.Now()))
		default:
			b.add(i, w.committed(nil, h, time.Now()))
			if wanted(w.application, true) || wanted(w.application, false) {
				b.waits[i] = func(d door) []answer { return c.applied(nil, d, h, w, receipt.MessageID) }
			}
		}
		b.told[i] = receipt.Answered
	}
	if err := c.writeBatch(b, b.commit, at); err != nil {
		return err
	}
	together, cancel := context.WithTimeout(d.running, c.s.cfg.AppliedTimeout)
	defer cancel()
	d.running = together
	for i, wait := range b.waits {
		if wait != nil {
			b.add(i, wait(d))
		}
	}
	return c.writeBatch(b, b.application, at)
}

// batchAnswers are the answers to the messages of a batch, by their place in
// it; the zero answer is none.
type batchAnswers struct {
	file                *hl7v2.File
	commit, application []answer
	waits               []func(door) []answer // for the application's answer, if there is one to wait for
	told                []func(code string)
}

func newBatchAnswers(file *hl7v2.File) *batchAnswers {
	n := len(file.Messages())
	return &batchAnswers{file, make([]answer, n), make([]answer, n), make([]func(door) []answer, n), make([]func(string), n)}
}

// add takes the answers to message i, at most one of each level.
func (b *batchAnswers) add(i int, answers []answer) {
	for _, a := range answers {
		if a.code[0] == commitLevel {
			b.commit[i] = a
		} else {
			b.application[i] = a
		}
	}
}

// writeBatch writes the answers of one level, if there are any, in one frame.
func (c *conn) writeBatch(b *batchAnswers, level []answer, at time.Time) error {
	var given []answer
	texts := make([][]byte, len(level))
	for i, a := range level {
		if a.code != "" {
			given = append(given, a)
			texts[i] = a.text
		}
	}
	if len(given) == 0 {
		return nil
	}
	c.out = AppendFrame(c.out[:0], b.file.Answer(texts, time.Now()))
	if err := c.send(given, at); err != nil {
		return err
	}
	for i, tell := range b.told {
		if tell != nil && level[i].code != "" {
			tell(level[i].code)
			b.told[i] = nil // the first answer is what counts
		}
	}
	return nil
}

// batchFindings tells of what is wrong with the envelope of a batch.
func (c *conn) batchFindings(file *hl7v2.File) {
	findings := slices.Clone(file.Findings)
	for _, b := range file.Batches {
		findings = append(findings, b.Findings...)
	}
	for _, f := range findings {
		if f.Severity == hl7v2.Warning {
			c.log.Warn("a batch is not as its sender says; each message that was read was taken", "code", f.Code, "path", f.Path, "finding", f.Text)
		}
	}
}
