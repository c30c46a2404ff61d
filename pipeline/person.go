package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// What a person decides about a case, records of one, or says of an order is a
// message of the connector Person in the hub's own language. It needs no
// mapping.
const (
	Person         = "person"
	FormatDecision = "decision"
	TypeDecision   = "decision"
	TypeUsage      = "usage"
	TypeAnswer     = "order_answer"
)

// decisionProfile names what reads a person's messages, for law 5.
const decisionProfile = "decision/v1"

// ReadDecision reads a person's decision; unknown names are errors.
func ReadDecision(raw []byte) (canonical.Decision, error) { return strictly[canonical.Decision](raw) }

// ReadUsage reads what a person recorded of a use; unknown names are errors.
func ReadUsage(raw []byte) (canonical.Usage, error) { return strictly[canonical.Usage](raw) }

func strictly[T any](raw []byte) (v T, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err = d.Decode(&v); err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		err = fault.Wrap(err, fault.Invalid, "decision_unreadable", "It is not JSON with the names that are known here, or a value is of the wrong kind. Compare it with the example in docs/operations.md.")
	}
	return v, err
}

// translatePerson reads a person's message. Who it was and why is a finding,
// which stays where people read it.
func translatePerson(s journal.Stored) (canonical.Translation, error) {
	said := canonical.Translation{Profile: decisionProfile, Header: canonical.Header{
		Type: s.Type, ControlID: s.ControlID, Sender: s.Sender, Environment: canonical.Production,
		SentAt: canonical.Instant{At: s.ReceivedAt, Precision: canonical.Fraction},
	}}
	decided := func(code, text string) {
		said.Findings = append(said.Findings, canonical.Finding{Severity: canonical.Info, Code: code, Text: text})
	}
	switch s.Type {
	case TypeDecision:
		e, err := ReadDecision(s.Raw)
		if err != nil {
			return said, err
		}
		said.Events = []canonical.Event{e}
		decided("decided", e.By+": "+e.Why)
	case TypeUsage:
		e, err := ReadUsage(s.Raw)
		if err != nil {
			return said, err
		}
		said.Events = []canonical.Event{e}
		decided("decided", s.Sender+": recorded by hand.")
	case TypeAnswer:
		e, err := strictly[canonical.OrderAnswer](s.Raw)
		if err != nil {
			return said, err
		}
		said.Events = []canonical.Event{e}
		why := ""
		if len(e.Lines) > 0 {
			why = ": " + e.Lines[0].Reason
		}
		decided("decided", s.Sender+why)
	default:
		return said, fault.New(fault.Stopped, "decision_unknown", "A person's message is of a type that this version does not know. Run the version that took it, or a later one.")
	}
	return said, nil
}

// Take posts what a person decided or recorded, in the transaction that ctx
// carries. What cannot be done is a fault.Conflict:
// nothing may then be kept.
func (p *Poster) Take(ctx context.Context, trust string, id int64) error {
	t := p.Trusts[trust]
	if t == nil {
		return fault.New(fault.NotFound, "trust_unknown", "Trust %s is not configured. Add its folder under config/trusts.", trust)
	}
	results, err := p.post(ctx, trust, t, []int64{id}, nil)
	if err != nil {
		return err
	}
	return undone(results[0])
}

// undone is why a message had no effect, as an error for a person who waits.
func undone(r pgqueue.Result) error {
	switch {
	case r.Stop != nil:
		return fault.New(fault.Stopped, r.Stop.Code, "%s", r.Stop.Text).At(r.Stop.Path)
	case r.Retry != nil:
		return r.Retry
	}
	return nil
}

// refused is what of a person's decision cannot be done, if there is any:
// unlike a system, a person is there to be told.
func refused(ps []posting.Posting) error {
	for _, x := range ps {
		if x.Message.Connector != Person {
			continue
		}
		for _, f := range x.Findings {
			if f.Severity == canonical.Error {
				return fault.New(fault.Conflict, f.Code, "%s Nothing was changed.", f.Text)
			}
		}
	}
	return nil
}
