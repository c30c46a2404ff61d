package pipeline

import (
	"context"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/tracing"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// traceCommit tells of the commit that stored messages.
func traceCommit(t *tracing.Tracer, trust string, start time.Time, in []connectors.Envelope, out []connectors.Receipt) {
	if t == nil {
		return
	}
	now := time.Now()
	for i, r := range out {
		t.Tell(tracing.Step{Trust: trust, Message: r.MessageID, Name: tracing.Commit, Start: start, End: now, Connector: in[i].Connector, Together: len(in)})
	}
}

// steps are those of a batch's sampled messages. They are told once the batch
// is committed, for one that is rolled back is done again. Nil is of a hub
// that traces nothing.
type steps struct {
	tracer *tracing.Tracer
	trust  string
	all    []tracing.Step
	begun  time.Time // the posting
}

func (p *Poster) steps(ctx context.Context, trust string) *steps {
	if p.Tracer == nil {
		return nil
	}
	s := &steps{tracer: p.Tracer, trust: trust}
	pgqueue.AfterCommit(ctx, s.tell)
	return s
}

// waited notes how long the batch's messages stood in the queue.
func (p *Poster) waited(ctx context.Context, trust string, batch []pgqueue.Message) {
	if p.Tracer == nil {
		return
	}
	s, now := p.steps(ctx, trust), time.Now()
	for _, m := range batch {
		if p.Tracer.Traces(trust, m.Subject) {
			s.all = append(s.all, tracing.Step{Message: m.Subject, Name: tracing.Wait, Start: m.PublishedAt, End: now})
		}
	}
}

// begin gives the time, for a message that is traced.
func (s *steps) begin(message int64) (at time.Time) {
	if s != nil && s.tracer.Traces(s.trust, message) {
		at = time.Now()
	}
	return at
}

// translated notes a message's translation, which began at start.
func (s *steps) translated(message int64, start time.Time, x posting.Message, stop *pgqueue.Stop) {
	if start.IsZero() {
		return
	}
	step := tracing.Step{Message: message, Name: tracing.Translate, Start: start, End: time.Now(), Connector: x.Connector, Type: x.Type, Profile: x.Said.Profile}
	if stop != nil {
		step.Outcome, step.Failed, step.Profile = stop.Code, true, stop.Profile
	}
	s.all = append(s.all, step)
}

// posting notes that the messages are being posted.
func (s *steps) posting() {
	if s != nil {
		s.begun = time.Now()
	}
}

// posted notes what became of the messages that were posted together.
func (s *steps) posted(messages []posting.Message, outcomes []posting.Result, changes posting.Changes) {
	if s == nil {
		return
	}
	for i, m := range messages {
		if !s.tracer.Traces(s.trust, m.ID) {
			continue
		}
		step := tracing.Step{Message: m.ID, Name: tracing.Post, Start: s.begun, Profile: m.Said.Profile, Together: len(messages)}
		switch o := outcomes[i]; {
		case o.Stop != nil:
			step.Outcome, step.Failed = fault.Of(o.Stop).Code, true
		case o.Retry != nil:
			step.Outcome, step.Failed = fault.Of(o.Retry).Code, true
		}
		for _, x := range changes.Postings {
			if x.Message.ID == m.ID {
				step.Outcome = x.Outcome
			}
		}
		s.all = append(s.all, step)
	}
}

func (s *steps) tell() {
	now := time.Now()
	for _, step := range s.all {
		if step.Trust = s.trust; step.End.IsZero() {
			step.End = now
		}
		s.tracer.Tell(step)
	}
}

// tracePlan tells, after the commit, of a need that was planned.
func (p *Planner) tracePlan(ctx context.Context, trust string, start time.Time, g purchasing.Suggestion) {
	if p.Tracer.Traces(trust, g.Cause.Message) {
		pgqueue.AfterCommit(ctx, func() {
			p.Tracer.Tell(tracing.Step{Trust: trust, Message: g.Cause.Message, Name: tracing.Plan, Start: start, End: time.Now(), Profile: g.Cause.Profile, Outcome: string(g.State)})
		})
	}
}

// traceOrder tells, after the commit, of an order that was made.
func (p *Planner) traceOrder(ctx context.Context, trust string, start time.Time, o purchasing.Order) {
	if p.Tracer == nil {
		return
	}
	causes := make([]int64, len(o.Lines))
	for i, l := range o.Lines {
		causes[i] = l.Cause.Message
	}
	pgqueue.AfterCommit(ctx, func() {
		traceAll(p.Tracer, tracing.Step{Trust: trust, Name: tracing.Order, Start: start, End: time.Now(), Order: o.Number}, causes)
	})
}

// traceDispatch tells of a try to send an order.
func (d *Dispatcher) traceDispatch(trust string, start, delivering, delivered time.Time, doc purchasing.Document, err error) {
	if d.Tracer == nil || len(doc.Causes) == 0 {
		return
	}
	s := tracing.Step{Trust: trust, Name: tracing.Dispatch, Start: start, End: time.Now(), Order: doc.Number, Outcome: "sent"}
	if err != nil {
		s.Outcome, s.Failed = fault.Of(err).Code, true
	}
	if !delivering.IsZero() {
		part := tracing.Step{Name: tracing.Deliver, Start: delivering, End: delivered, Order: doc.Number, Outcome: "delivered"}
		if delivered.IsZero() {
			part.End, part.Outcome, part.Failed = s.End, s.Outcome, true
		}
		s.Parts = []tracing.Step{part}
	}
	traceAll(d.Tracer, s, doc.Causes)
}

// traceAll tells of a step in the trace of each message that caused it.
func traceAll(t *tracing.Tracer, s tracing.Step, causes []int64) {
	told := map[int64]bool{}
	for _, m := range causes {
		if !told[m] && t.Traces(s.Trust, m) {
			told[m], s.Message, s.With = true, m, causes
			t.Tell(s)
		}
	}
}
