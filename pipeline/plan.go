package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/tracing"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// TopicDispatch is the topic of orders that must reach the ERP.
const TopicDispatch = "order.dispatch"

// Plans is the planner's state, inside the transaction that ctx carries.
type Plans interface {
	Fence
	NextWant(ctx context.Context, trust string, since time.Time) (w purchasing.Want, ok bool, err error)
	KeepSuggestion(ctx context.Context, trust string, g purchasing.Suggestion) error
	Releasable(ctx context.Context, trust string, now time.Time) ([]purchasing.Suggestion, error)
	OpenWarning(ctx context.Context, trust, kind, subject, text, action string) error
	HoldSuggestion(ctx context.Context, trust string, g purchasing.Suggestion) error
	KeepOrder(ctx context.Context, trust string, o purchasing.Order, suggestions []int64, number func(int64) string) (purchasing.Order, error)
}

// Buyer is a trust's way of ordering.
type Buyer struct {
	Limits purchasing.Limits
	Zone   *time.Location
	Number func(n int64) string
}

// Planner turns due policies into suggested orders, and approved ones into
// orders. One planner of a trust decides at a time, whichever process it is in.
type Planner struct {
	Queue  *pgqueue.Queue
	Plans  Plans
	Buyers map[string]Buyer
	Now    func() time.Time
	Log    *slog.Logger
	// Poll is how often to look for what nobody announced, cut-offs included.
	Poll time.Duration

	// Tracer is told of what sampled messages brought about; may be nil.
	Tracer *tracing.Tracer

	due  chan string
	away bool // the database; said once
}

// NewPlanner gives a planner; its fields are set before Run.
func NewPlanner() *Planner { return &Planner{due: make(chan string, 256)} }

// Due announces that a trust has policies to plan.
func (p *Planner) Due(trust string) {
	select {
	case p.due <- trust:
	default: // the poll finds it
	}
}

// Run plans until ctx ends.
func (p *Planner) Run(ctx context.Context) error {
	tick := time.NewTicker(p.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case trust := <-p.due:
			p.plan(ctx, trust)
		case <-tick.C:
			for trust := range p.Buyers {
				p.plan(ctx, trust)
			}
		}
	}
}

func (p *Planner) plan(ctx context.Context, trust string) {
	err := p.Plan(ctx, trust)
	switch {
	case err == nil:
		p.away = false
	case ctx.Err() != nil:
	case fault.Is(err, fault.Unavailable):
		if !p.away {
			p.Log.Info("planning waits: the database does not answer")
		}
		p.away = true
	default:
		p.Log.Error("planning failed and is tried again", "trust", trust, "code", fault.Of(err).Code, "err", err)
	}
}

// Plan decides all that is due for a trust and makes orders of what may go.
func (p *Planner) Plan(ctx context.Context, trust string) error {
	buyer, ok := p.Buyers[trust]
	if !ok {
		return nil
	}
	for {
		more := false
		err := p.Queue.Tx(ctx, trust, func(ctx context.Context) (err error) {
			more, err = p.one(ctx, trust, buyer)
			return err
		})
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	return p.Queue.Tx(ctx, trust, func(ctx context.Context) error { return p.release(ctx, trust, buyer) })
}

func (p *Planner) one(ctx context.Context, trust string, buyer Buyer) (bool, error) {
	now, start := p.Now(), time.Now()
	l := now.In(buyer.Zone)
	w, ok, err := p.Plans.NextWant(ctx, trust, time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, buyer.Zone))
	if err != nil || !ok {
		return false, err
	}
	s, keep, err := purchasing.Plan(w, buyer.Limits, buyer.Zone, now)
	if err != nil {
		// One that cannot be computed must not hold back the others.
		return true, p.Plans.OpenWarning(ctx, trust, "plan_failed", fmt.Sprintf("policy:%d:%d", w.Policy.Place, w.Policy.Item),
			"Nothing can be suggested for "+w.Item.Code+": its price, pack or supplier's release time cannot be used.", "Correct the catalogue or trust.yaml; the next use or the next hour plans it again.")
	}
	if !keep {
		return true, nil
	}
	err = p.Plans.KeepSuggestion(ctx, trust, s)
	p.tracePlan(ctx, trust, start, s)
	pgqueue.AfterCommit(ctx, func() { failpoint.Hit(failpoint.PlanAfterCommit) })
	failpoint.Hit(failpoint.PlanBeforeCommit)
	return true, err
}

func (p *Planner) release(ctx context.Context, trust string, buyer Buyer) error {
	start := time.Now()
	ss, err := p.Plans.Releasable(ctx, trust, p.Now())
	if err != nil || len(ss) == 0 {
		return err
	}
	// Asked under the planner's lock, which whoever sets a fence takes too.
	if fenced, err := p.Plans.Fenced(ctx, trust); err != nil || fenced {
		return err
	}
	orders, members, held, err := purchasing.Group(ss, buyer.Limits)
	if err != nil {
		return err
	}
	for _, g := range held {
		if err := p.Plans.HoldSuggestion(ctx, trust, g); err != nil {
			return err
		}
	}
	for i, o := range orders {
		if o, err = p.Plans.KeepOrder(ctx, trust, o, members[i], buyer.Number); err != nil {
			return err
		}
		payload, err := json.Marshal(dispatch{Trust: trust, Order: o.ID, Number: o.Number})
		if err != nil {
			return err
		}
		err = p.Queue.Publish(ctx, TopicDispatch, pgqueue.Message{
			Trust: trust, Key: pgqueue.KeyHash(trust, o.Number), Subject: o.ID, UUID: trust + "/" + o.Number, Payload: payload,
		})
		if err != nil {
			return err
		}
		p.traceOrder(ctx, trust, start, o)
		p.Log.Info("order made", "trust", trust, "order", o.Number, "lines", len(o.Lines), "automatic", o.Automatic)
	}
	pgqueue.AfterCommit(ctx, func() { failpoint.Hit(failpoint.OrderAfterCommit) })
	failpoint.Hit(failpoint.OrderBeforeCommit)
	return nil
}

type dispatch struct {
	Trust  string `json:"trust"`
	Order  int64  `json:"order"`
	Number string `json:"number"`
}
