package pipeline

import (
	"context"
	"log/slog"
	"time"

	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/tracing"
	"github.com/stockwell-hub/stockwell/mapping"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// Books is a trust's state, inside the transaction that ctx carries.
type Books interface {
	IDs(ctx context.Context, n int) (func() int64, error)
	Known(ctx context.Context, n posting.Need, messages []int64) (k *posting.Known, posted map[int64]int, lockedThrough time.Time, err error)
	Keep(ctx context.Context, c posting.Changes) error
	Shelves(ctx context.Context, shelves []posting.Shelf) (map[posting.Shelf]posting.ShelfState, error)
	Finish(ctx context.Context, ws []posting.Warning, settled []string, due []posting.Due) error
}

// Messages reads stored messages, inside the transaction that ctx carries.
type Messages interface {
	Load(ctx context.Context, trust string, ids []int64) (map[int64]journal.Stored, error)
}

// Trust is what posting needs of one trust.
type Trust struct {
	Rules posting.Trust
	Books Books
	// Mapping gives the mapping that is in force for a connector.
	Mapping func(connector string) (*mapping.Mapping, error)
	// Reading is how a connector's HL7 messages are read.
	Reading func(connector string) hl7v2.Options
	// Name gives FHIR resources their ids, as it did when they were received.
	Name fhir.Namer
	// Resources gives those that came before; nil has none.
	Resources Resources
	// Stock names the shelves, and tells them from the rest of the world.
	Stock map[inventory.PlaceID]string
}

// Poster translates, decides and keeps stored messages, a batch in one
// transaction. It is the queue's BatchHandler for received messages.
type Poster struct {
	Trusts   map[string]*Trust
	Messages Messages
	Now      func() time.Time
	Log      *slog.Logger
	// Due is called after a batch that left policies to plan; may be nil.
	Due func(trust string)
	// Posted is told after the commit of what became of messages; may be nil.
	Posted func(trust string, ps []posting.Posting)
	// Tracer is told of sampled messages; may be nil.
	Tracer *tracing.Tracer
}

// HandleBatch posts a batch. All of it is translated before any lock on
// patients, cases or balances is taken.
func (p *Poster) HandleBatch(ctx context.Context, trust string, batch []pgqueue.Message) ([]pgqueue.Result, error) {
	t := p.Trusts[trust]
	if t == nil {
		return nil, fault.New(fault.Stopped, "trust_unknown", "Trust %s is not configured on this hub. Add its folder under config/trusts and replay.", trust)
	}
	ids := make([]int64, len(batch))
	for i, m := range batch {
		ids[i] = m.Subject
	}
	p.waited(ctx, trust, batch)
	return p.post(ctx, trust, t, ids, nil)
}

// Replay translates a message anew with the mapping now in force and posts
// it. What it says again changes nothing; what a mended mapping reads
// differently is corrected. It returns the reason if the message stops again.
func (p *Poster) Replay(ctx context.Context, trust string, id int64) error {
	t := p.Trusts[trust]
	if t == nil {
		return fault.New(fault.NotFound, "trust_unknown", "Trust %s is not configured. Add its folder under config/trusts.", trust)
	}
	results, err := p.post(ctx, trust, t, []int64{id}, map[int64]bool{id: true})
	if err != nil {
		return err
	}
	return undone(results[0])
}

// post posts messages; those in again are read anew though they were posted.
func (p *Poster) post(ctx context.Context, trust string, t *Trust, ids []int64, again map[int64]bool) ([]pgqueue.Result, error) {
	stored, err := p.Messages.Load(ctx, trust, ids)
	if err != nil {
		return nil, err
	}
	results := make([]pgqueue.Result, len(ids))
	ids, again, err = p.concerned(ctx, trust, t, ids, stored, again)
	if err != nil {
		return nil, err
	}
	var messages []posting.Message
	var at []int
	way := p.steps(ctx, trust)
	for i, id := range ids {
		begun := way.begin(id)
		x, stop, err := p.translate(ctx, trust, t, stored, id)
		if err != nil {
			return nil, err
		}
		way.translated(id, begun, x, stop)
		if stop != nil {
			if i < len(results) {
				results[i].Stop = stop
			} else {
				p.left(trust, id, stop.Code)
			}
			continue
		}
		messages, at = append(messages, x), append(at, i)
	}
	if len(messages) == 0 {
		return results, nil
	}
	return results, p.decide(ctx, trust, t, messages, at, results, again, way)
}

func (p *Poster) translate(ctx context.Context, trust string, t *Trust, stored map[int64]journal.Stored, id int64) (posting.Message, *pgqueue.Stop, error) {
	s, ok := stored[id]
	if !ok {
		return posting.Message{}, &pgqueue.Stop{Step: "read", Code: "message_missing", Text: "The message is not in the archive; its raw bytes may have been pruned."}, nil
	}
	if s.Unreadable != nil {
		return posting.Message{}, stopOf("open", "", s.Unreadable), nil
	}
	message := posting.Message{ID: s.ID, Connector: s.Connector, Sender: s.Sender, ControlID: s.ControlID, Type: s.Type, ReceivedAt: s.ReceivedAt, Reused: s.Reused, Attempt: 1}
	if s.Format == FormatDecision {
		said, err := translatePerson(s)
		if err != nil {
			return posting.Message{}, stopOf("translate", decisionProfile, err), nil
		}
		message.Said = said
		return message, nil, nil
	}
	m, err := t.Mapping(s.Connector)
	if err != nil {
		return posting.Message{}, stopOf("translate", "", err), nil
	}
	in := mapping.Input{Raw: s.Raw, Type: s.Type, Reading: t.Reading(s.Connector), FileName: s.ControlID, ReceivedAt: s.ReceivedAt, Zone: t.Rules.Zone}
	var look looking
	if s.Format == FormatFHIR {
		message.PatientAt = "subject"
		look.at(ctx, trust, t, id, &in)
	}
	said, err := m.Translate(in)
	if look.failed != nil {
		return posting.Message{}, nil, look.failed
	}
	if err != nil {
		return posting.Message{}, stopOf("translate", m.Name(), err), nil
	}
	if said.Profile == "" {
		said.Profile = m.Name()
	}
	message.Said = said
	return message, nil, nil
}

func stopOf(step, profile string, err error) *pgqueue.Stop {
	f := fault.Of(err)
	return &pgqueue.Stop{Step: step, Code: f.Code, Path: f.Path, Text: f.Text, Profile: profile}
}

// decide runs the domain over the messages at positions at of results.
func (p *Poster) decide(ctx context.Context, trust string, t *Trust, messages []posting.Message, at []int, results []pgqueue.Result, again map[int64]bool, way *steps) error {
	way.posting()
	ids := make([]int64, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	known, posted, locked, err := t.Books.Known(ctx, posting.Needs(t.Rules, messages), ids)
	if err != nil {
		return err
	}
	fresh, where := messages[:0], at[:0]
	for i, m := range messages {
		if attempt, ok := posted[m.ID]; ok {
			if !again[m.ID] {
				continue // its effect is there already (law 2)
			}
			m.Attempt = attempt + 1
		}
		fresh, where = append(fresh, m), append(where, at[i])
	}
	rules := t.Rules
	rules.LockedThrough = locked
	next, err := t.Books.IDs(ctx, posting.MostIDs(fresh))
	if err != nil {
		return err
	}
	now := p.Now().In(t.Rules.Zone) // expiry turns at the hospital's midnight
	changes, outcomes := posting.Decide(rules, known, fresh, now, next)
	for i, o := range outcomes {
		switch {
		case where[i] >= len(results): // concerned, and not of the batch
			if o.Stop != nil {
				p.left(trust, fresh[i].ID, fault.Of(o.Stop).Code)
			}
		case o.Stop != nil:
			results[where[i]].Stop = stopOf("post", fresh[i].Said.Profile, o.Stop)
		case o.Retry != nil:
			results[where[i]].Retry = o.Retry
		}
	}
	if len(again) == 0 {
		if err := refused(changes.Postings); err != nil {
			return err
		}
	}
	way.posted(fresh, outcomes, changes)
	if p.Posted != nil {
		pgqueue.AfterCommit(ctx, func() { p.Posted(trust, changes.Postings) })
	}
	return p.keep(ctx, trust, t, changes, now)
}

func (p *Poster) keep(ctx context.Context, trust string, t *Trust, changes posting.Changes, now time.Time) error {
	if err := t.Books.Keep(ctx, changes); err != nil {
		return err
	}
	shelves, err := t.Books.Shelves(ctx, posting.Shelves(changes.Movements, t.Stock))
	if err != nil {
		return err
	}
	after := posting.After(changes.Movements, shelves, t.Stock, now)
	err = t.Books.Finish(ctx, append(changes.Warnings, after.Warnings...), append(changes.Settled, after.Settled...), after.Due)
	pgqueue.AfterCommit(ctx, func() { failpoint.Hit(failpoint.PostAfterCommit) })
	failpoint.Hit(failpoint.PostBeforeCommit)
	if err == nil && p.Due != nil && (len(after.Due) > 0 || len(changes.Orders) > 0) {
		pgqueue.AfterCommit(ctx, func() { p.Due(trust) })
	}
	return err
}
