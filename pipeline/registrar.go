package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/mapping"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
)

// TopicSubmit is the topic of batches that must reach a registry.
const TopicSubmit = "registry.submit"

// Uses are what a trust's registry may have to be told of anew, inside the
// transaction that ctx carries.
type Uses interface {
	// LockRegistry makes one registrar of the trust decide at a time.
	LockRegistry(ctx context.Context) (reports bool, err error)
	DueUses(ctx context.Context, zone *time.Location) (all []registry.Subject, more bool, err error)
	KeepOutcomes(ctx context.Context, all []registry.Looked) error
}

// Batches are a trust's files for its registry, inside the transaction that
// ctx carries.
type Batches interface {
	Gatherable(ctx context.Context, now time.Time, most int) (number int64, all []registry.Version, err error)
	KeepBatch(ctx context.Context, b registry.Batch, versions []registry.Version) error
	Overdue(ctx context.Context, before time.Time) (n int64, oldest string, err error)
}

// Alerts raises and closes warnings of the hub itself.
type Alerts interface {
	OpenWarning(ctx context.Context, trust, kind, subject, text, action string) error
	SettleWarning(ctx context.Context, trust, kind, subject string) error
}

// Reporter is a trust's way of telling its registry.
type Reporter struct {
	Uses    Uses
	Batches Batches
	Rules   registry.Rules
	// Records lay out what is told; Profile names them for the registry.
	Records mapping.Records
	Profile string
	// Most is how many records a batch holds at most; AnswerWithin is when an
	// answer is overdue.
	Most         int
	AnswerWithin time.Duration
}

// Registrar looks at uses that changed, decides what a registry must be told
// of them, and gathers what is complete into batches. One registrar of a trust
// decides at a time, whichever process it is in.
type Registrar struct {
	Queue     *pgqueue.Queue
	Fence     Fence
	Alerts    Alerts
	Reporters map[string]Reporter
	Now       func() time.Time
	Log       *slog.Logger
	// Poll is how often to look for what nobody announced.
	Poll time.Duration

	due    chan string
	away   bool // the database; said once
	asked  map[string]time.Time
	failed map[string]string // by trust, the code of what is said to fail
}

// NewRegistrar gives a registrar; its fields are set before Run.
func NewRegistrar() *Registrar {
	return &Registrar{due: make(chan string, 256), asked: map[string]time.Time{}, failed: map[string]string{}}
}

// Due announces that a trust's uses may have changed.
func (r *Registrar) Due(trust string) {
	select {
	case r.due <- trust:
	default: // the poll finds it
	}
}

// Run looks and gathers until ctx ends.
func (r *Registrar) Run(ctx context.Context) error {
	tick := time.NewTicker(r.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case trust := <-r.due:
			r.report(ctx, trust)
		case <-tick.C:
			for trust := range r.Reporters {
				r.report(ctx, trust)
			}
		}
	}
}

func (r *Registrar) report(ctx context.Context, trust string) {
	err := r.Report(ctx, trust)
	switch {
	case err == nil:
		r.away = false
		r.fails(ctx, trust, nil)
	case ctx.Err() != nil:
	case fault.Is(err, fault.Unavailable):
		if !r.away {
			r.Log.Info("reporting to the registry waits: the database does not answer")
		}
		r.away = true
	default:
		r.fails(ctx, trust, err)
	}
}

// fails says once that a trust's uses cannot be looked at, and once that they
// can again.
func (r *Registrar) fails(ctx context.Context, trust string, err error) {
	code := ""
	if err != nil {
		code = fault.Of(err).Code
	}
	if r.failed[trust] == code {
		return
	}
	if r.failed[trust] = code; err == nil {
		r.Log.Info("reporting to the registry goes on", "trust", trust)
		if err := r.Alerts.SettleWarning(ctx, trust, "registry_failed", "registry"); err != nil {
			r.failed[trust] = "unsaid" // it is said with the next success
		}
		return
	}
	r.Log.Error("reporting to the registry failed and is tried again", "trust", trust, "code", code, "err", err)
	_ = r.Alerts.OpenWarning(ctx, trust, "registry_failed", "registry", "Nothing is told to the registry: "+fault.Of(err).Text, "Mend what it names; the hub goes on by itself. Nothing is lost: what is due stays due.")
}

// Report looks at all that is due of a trust and gathers what may leave.
func (r *Registrar) Report(ctx context.Context, trust string) error {
	t, ok := r.Reporters[trust]
	if !ok {
		return nil
	}
	for more := true; more; {
		if err := r.Queue.Tx(ctx, trust, func(ctx context.Context) (err error) {
			more, err = r.look(ctx, t)
			return err
		}); err != nil {
			return err
		}
	}
	for more := true; more; {
		if err := r.Queue.Tx(ctx, trust, func(ctx context.Context) (err error) {
			more, err = r.gather(ctx, trust, t)
			return err
		}); err != nil {
			return err
		}
	}
	return r.overdue(ctx, trust, t)
}

func (r *Registrar) look(ctx context.Context, t Reporter) (more bool, err error) {
	if reports, err := t.Uses.LockRegistry(ctx); err != nil || !reports {
		return false, err
	}
	due, more, err := t.Uses.DueUses(ctx, t.Rules.Zone)
	if err != nil {
		return false, err
	}
	looked := make([]registry.Looked, len(due))
	for i, s := range due {
		looked[i] = t.Rules.Look(s, t.fits)
	}
	return more, t.Uses.KeepOutcomes(ctx, looked)
}

// gather makes a batch of what may leave: its files, its number and its place
// in the outbox, in one transaction.
func (r *Registrar) gather(ctx context.Context, trust string, t Reporter) (more bool, err error) {
	if reports, err := t.Uses.LockRegistry(ctx); err != nil || !reports {
		return false, err
	}
	if fenced, err := r.Fence.Fenced(ctx, trust); err != nil || fenced {
		return false, err
	}
	now := r.Now()
	number, versions, err := t.Batches.Gatherable(ctx, now, t.Most)
	if err != nil || len(versions) == 0 {
		return false, err
	}
	b := registry.Batch{Number: number, Name: registry.BatchName(t.Rules.Provider, number), Profile: t.Records.Name, CreatedAt: now}
	if err := t.encode(&b, versions); err != nil {
		return false, err
	}
	if err := t.Batches.KeepBatch(ctx, b, versions); err != nil {
		return false, err
	}
	payload, err := json.Marshal(submission{Trust: trust, Number: number, Batch: b.Name})
	if err != nil {
		return false, err
	}
	r.Log.Info("registry batch made", "trust", trust, "batch", b.Name, "records", len(versions))
	pgqueue.AfterCommit(ctx, func() { failpoint.Hit(failpoint.BatchAfterCommit) })
	failpoint.Hit(failpoint.BatchBeforeCommit)
	return true, r.Queue.Publish(ctx, TopicSubmit, pgqueue.Message{Trust: trust, Key: pgqueue.KeyHash(trust, TopicSubmit), Subject: number, UUID: trust + "/" + b.Name, Payload: payload})
}

// row is one version as its fields; a withdrawal tells no more than it must.
func (t Reporter) row(v registry.Version) (row map[string]string, unlisted []string) {
	fields := map[string]string{"provider": t.Rules.Provider}
	if v.Action != registry.Withdraw {
		fields = v.Content.Fields()
	}
	row, unlisted = t.Records.Row(fields)
	row["record"], row["version"], row["action"] = v.Record, strconv.Itoa(v.Number), string(v.Action)
	return row, unlisted
}

// encode lays out a batch's file and completes its manifest.
func (t Reporter) encode(b *registry.Batch, versions []registry.Version) error {
	rows := make([]map[string]string, len(versions))
	for i, v := range versions {
		rows[i], _ = t.row(v)
	}
	meta := map[string]string{"batch": b.Name, "provider": t.Rules.Provider, "created": b.CreatedAt.In(t.Rules.Zone).Format(time.DateOnly)}
	var err error
	if b.File, err = t.Records.Layout.Name(meta); err != nil {
		return err
	}
	if b.Body, err = t.Records.Layout.Encode(rows, meta); err != nil {
		return err
	}
	return b.Seal(t.Rules, t.Profile, len(versions))
}

// fits tells what of a record its layout cannot take, so that one that does
// not fit never stands in the way of the others of its batch.
func (t Reporter) fits(content registry.Record) (out []registry.Missing) {
	row, unlisted := t.row(registry.Version{Record: registry.Name("", "", 0), Number: 1, Action: registry.New, Content: content})
	for _, field := range unlisted {
		out = append(out, registry.Missing{Field: field, Code: "code_unlisted", Who: registry.Analyst, Text: "The registry's profile has no code for it. Add a row to its table."})
	}
	_, err := t.Records.Layout.Encode([]map[string]string{row}, nil)
	var all interface{ Unwrap() []error }
	if !errors.As(err, &all) {
		return out
	}
	for _, e := range all.Unwrap() {
		f := fault.Of(e)
		out = append(out, registry.Missing{Field: strings.TrimPrefix(f.Path, "rows[0]."), Code: f.Code, Who: registry.Analyst, Text: "The registry's layout cannot take it: " + f.Text})
	}
	return out
}

// lookAgainOverdue is how often answers that are overdue are looked for.
const lookAgainOverdue = time.Minute

// overdue keeps the warning of answers that do not come.
func (r *Registrar) overdue(ctx context.Context, trust string, t Reporter) error {
	now := r.Now()
	if last := r.asked[trust]; t.AnswerWithin <= 0 || !last.IsZero() && now.Sub(last) < lookAgainOverdue && !now.Before(last) {
		return nil
	}
	var n int64
	var oldest string
	if err := r.Queue.Tx(ctx, trust, func(ctx context.Context) (err error) {
		n, oldest, err = t.Batches.Overdue(ctx, now.Add(-t.AnswerWithin))
		return err
	}); err != nil {
		return err
	}
	r.asked[trust] = now
	if n == 0 {
		return r.Alerts.SettleWarning(ctx, trust, "registry_overdue", "registry")
	}
	return r.Alerts.OpenWarning(ctx, trust, "registry_overdue", "registry",
		fmt.Sprintf("The registry has not answered %d records in time; the oldest are of batch %s.", n, oldest),
		"Ask the registry whether it has the batch. If it has, its answer may be named otherwise than the connector's pattern; if not, have it taken from the server again. Corrections of these records wait for the answer.")
}

// submission is the queue's note of a batch.
type submission struct {
	Trust  string `json:"trust"`
	Number int64  `json:"number"`
	Batch  string `json:"batch"`
}

// files are a batch's two files, in the order in which they are delivered.
func files(b registry.Batch) (data, manifest connectors.File) {
	return connectors.File{Name: b.File, Body: b.Body}, connectors.File{Name: registry.ManifestName(b.Name), Body: b.Manifest}
}
