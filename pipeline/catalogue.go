package pipeline

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
	profiles "github.com/stockwell-hub/stockwell/mapping/catalogue"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

// Stage takes in a catalogue file: rows are added, then judged as a whole, and
// published or not.
type Stage interface {
	ID() int64
	Judge(ctx context.Context, pause func(context.Context) error) (catalogue.Verdict, []catalogue.Rejected, error)
	Changes(ctx context.Context, limit int, each func(catalogue.FieldChange) error) error
	Publish(ctx context.Context, v catalogue.Verdict, pause func(context.Context) error, done func(n, of int64)) error
	Matched(ctx context.Context, pause func(context.Context) error) (opened, closed int64, err error)
	Settle(ctx context.Context) error
	End(ctx context.Context, how journal.Load) error
}

// ProductStage takes in a file of the national catalogue.
type ProductStage interface {
	Stage
	Add(ctx context.Context, lines []int, products []catalogue.Product) error
	Keep(ctx context.Context, keys []string) error
}

// ItemStage takes in a file of a trust's own items.
type ItemStage interface {
	Stage
	Add(ctx context.Context, lines []int, rows []catalogue.Row) error
	// Dispute puts the codes that rejected rows claim on the worklist.
	Dispute(ctx context.Context) (opened, closed int64, err error)
}

// CatalogueFile is a file that is to be loaded.
type CatalogueFile struct {
	Name string
	Open func() (io.ReadCloser, error)
	// State tells the file's size and when it was changed, in any form: it must
	// be the same before and after the reading. Marker reports whether the file
	// NAME.done is there.
	State  func() (string, error)
	Marker func() bool
}

// Loading is how a file is loaded.
type Loading struct {
	Profile *profiles.Profile
	// Most is the share of what is in force, in hundredths, that a file may
	// change or remove without a person; Accepted names the person who let it.
	Most     int
	Accepted string
	// Try reports what would be done, and does not do it.
	Try bool
	// Rejected is told of each rejected row's problems; Changed of every field
	// that changes, and may be nil.
	Rejected func(RejectedRow) error
	Changed  func(catalogue.FieldChange) error
	// Progress is told how far the step is: of is 0 where that is not known.
	Progress func(step string, n, of int64)
	// Pause gives way to messages.
	Pause func(context.Context) error
}

// LoadReport says what a catalogue file did.
type LoadReport struct {
	Load    int64  `json:"load"`
	Profile string `json:"profile"`
	Source  string `json:"source"`
	// State is published, unchanged, tried or waits.
	State string `json:"state"`
	Rows  int64  `json:"rows"`
	catalogue.Verdict
	RejectedRows int64 `json:"rejected"`
	// RejectedFor counts their problems by code.
	RejectedFor map[string]int64 `json:"rejected_for"`
	// Rejections are the problems of the first rejected rows.
	Rejections []RejectedRow `json:"rejections"`
	// Changes are the first changes, field by field.
	Changes []catalogue.FieldChange `json:"changes"`
	// Conflicts were opened by the load, and closed because they no longer hold.
	Conflicts       int64    `json:"conflicts_opened"`
	ConflictsClosed int64    `json:"conflicts_closed"`
	Ignored         []string `json:"ignored_columns"`
	Text            string   `json:"text"`
}

// How many rows share a step, and how much of a report is shown.
const (
	stageRows      = 2000
	shownRejected  = 50
	shownChanges   = 50
	mostRejections = 200
)

// LoadProducts loads a file of the national catalogue: all of it, or nothing.
// Rows that are wrong are rejected one by one. It fails if the file as a whole
// cannot be read or is not whole; the catalogue is then as it was.
func LoadProducts(ctx context.Context, stage ProductStage, file CatalogueFile, how Loading) (LoadReport, error) {
	l := newLoader(stage, file, how)
	g := &products{loader: l}
	l.make, l.keep = g, func(ctx context.Context, b *batch) error {
		if len(b.kept) > 0 {
			if err := stage.Keep(ctx, b.kept); err != nil {
				return err
			}
		}
		return stage.Add(ctx, b.lines, b.products)
	}
	return l.load(ctx)
}

// LoadItems loads a file of a trust's own items, likewise.
func LoadItems(ctx context.Context, stage ItemStage, file CatalogueFile, how Loading) (LoadReport, error) {
	l := newLoader(stage, file, how)
	l.make, l.keep = &items{loader: l}, func(ctx context.Context, b *batch) error { return stage.Add(ctx, b.lines, b.items) }
	report, err := l.load(ctx)
	if err != nil || report.State != "published" && report.State != "unchanged" {
		return report, err
	}
	opened, closed, err := stage.Dispute(ctx)
	report.Conflicts, report.ConflictsClosed = report.Conflicts+opened, report.ConflictsClosed+closed
	return report, err
}

func newLoader(stage Stage, file CatalogueFile, how Loading) *loader {
	return &loader{stage: stage, file: file, Loading: how, sum: sha256.New(), report: LoadReport{Load: stage.ID(), Profile: how.Profile.Ref, Source: how.Profile.Source,
		RejectedFor: map[string]int64{}, Rejections: []RejectedRow{}, Changes: []catalogue.FieldChange{}, Ignored: []string{}}}
}

func (l *loader) load(ctx context.Context) (LoadReport, error) {
	err := l.run(ctx)
	if err == nil {
		return l.report, nil
	}
	// The load's own record is kept also when the caller was interrupted.
	last := context.WithoutCancel(ctx)
	if endErr := l.stage.End(last, journal.Load{State: "refused", Rows: l.report.Rows, Rejected: l.report.RejectedRows, Rejections: l.report.RejectedFor, Text: refusal(ctx, err)}); endErr != nil && ctx.Err() == nil {
		err = errors.Join(err, endErr)
	}
	return l.report, err
}

func refusal(ctx context.Context, err error) string {
	if ctx.Err() != nil {
		return "It was interrupted; the catalogue is as it was before it."
	}
	return fault.Of(err).Text + " The catalogue is as it was before it."
}

type loader struct {
	Loading
	stage   Stage
	file    CatalogueFile
	report  LoadReport
	sum     hash.Hash
	bytes   int64
	lastBad int
	make    maker
	keep    func(ctx context.Context, b *batch) error
}

func (l *loader) run(ctx context.Context) error {
	if err := l.read(ctx); err != nil {
		return err
	}
	l.Progress("checking", 0, 0)
	verdict, refused, err := l.stage.Judge(ctx, l.Pause)
	if err != nil {
		return err
	}
	failpoint.Hit(failpoint.CatalogueJudged)
	if err := l.refuse(refused); err != nil {
		return err
	}
	l.report.Verdict = verdict
	if err := l.stage.Changes(ctx, shownChanges, func(c catalogue.FieldChange) error { l.report.Changes = append(l.report.Changes, c); return nil }); err != nil {
		return err
	}
	if l.Changed != nil {
		if err := l.stage.Changes(ctx, 0, l.Changed); err != nil {
			return err
		}
	}
	return l.decide(ctx, verdict)
}

// decide publishes, or says why not.
func (l *loader) decide(ctx context.Context, v catalogue.Verdict) error {
	how := journal.Load{Rows: l.report.Rows, Rejected: l.report.RejectedRows, Added: v.Added, Changed: v.Changed, Same: v.Same, Suspended: v.Suspended, Removed: v.Removed, Fields: v.Fields,
		Rejections: l.report.RejectedFor, Bytes: l.bytes, Digest: l.sum.Sum(nil), AcceptedBy: l.Accepted}
	switch {
	case l.Try:
		how.State, how.Text = "tried", "Tried out; nothing was changed."
	case v.TooMuch(l.Most) && l.Accepted == "":
		how.State = "waits"
		how.Text = fmt.Sprintf("It would change or remove %d of %d, more than %d in a hundred. Nothing was changed: look at the changes, and if they are meant load it again with --accept.", v.Changed+v.Removed, v.Before, l.Most)
	case !v.Touches():
		how.State = "unchanged"
	default:
		if err := l.stage.Publish(ctx, v, l.Pause, func(n, of int64) {
			l.Progress("publishing", n, of)
			if failpoint.Hit(failpoint.CatalogueHalf); n == of {
				failpoint.Hit(failpoint.CatalogueWritten)
			}
		}); err != nil {
			return err
		}
		failpoint.Hit(failpoint.CatalogueInForce)
		how.State = "published"
	}
	l.report.State, l.report.Text = how.State, how.Text
	// In force already: what follows is told if it fails, and undoes nothing.
	err := l.stage.End(context.WithoutCancel(ctx), how)
	if err != nil || how.State != "published" {
		return err
	}
	l.Progress("matching", 0, 0)
	if l.report.Conflicts, l.report.ConflictsClosed, err = l.stage.Matched(ctx, l.Pause); err != nil {
		return err
	}
	return l.stage.Settle(ctx)
}

// refuse tells of rows that the database could not take beside others. Who
// wants to see them is shown them as they stand, for which the file is read once
// more.
func (l *loader) refuse(all []catalogue.Rejected) error {
	tell := func(r catalogue.Rejected, cells []string) error {
		return l.reject(int(r.Line), r.Err, columnOf(l.Profile, r.Column), cells)
	}
	if l.Rejected != nil && len(all) > 0 {
		src, err := l.file.Open()
		if err != nil {
			return err
		}
		defer src.Close()
		r, err := flatfile.NewReader(src, l.Profile.Layout(), flatfile.Options{Name: l.file.Name})
		if err != nil {
			return err
		}
		for len(all) > 0 {
			line, _, err := r.Next()
			var bad *flatfile.RowError
			if err != nil && !errors.As(err, &bad) {
				break
			}
			for ; err == nil && len(all) > 0 && all[0].Line == int64(line); all = all[1:] {
				if err := tell(all[0], r.Shown()); err != nil {
					return err
				}
			}
		}
	}
	for _, r := range all {
		if err := tell(r, nil); err != nil {
			return err
		}
	}
	return nil
}

// columnOf gives the column that tells of a field, for messages.
func columnOf(p *profiles.Profile, field string) string {
	for _, c := range p.Columns {
		if c.Field == field {
			return c.Name
		}
	}
	return field
}

// reject tells of a problem of a row. Of the first of a row's problems the row
// is told, too.
func (l *loader) reject(line int, e *fault.Error, column string, row []string) error {
	r := RejectedRow{Line: line, Path: e.Path, Code: e.Code, Text: e.Text}
	if r.Path == "" {
		r.Path = l.file.Name + ":" + strconv.Itoa(line) + ":" + column
	}
	l.report.RejectedFor[e.Code]++
	if line != l.lastBad {
		l.lastBad = line
		l.report.RejectedRows++
		r.Row = row
	}
	if len(l.report.Rejections) < mostRejections && l.report.RejectedRows <= shownRejected {
		l.report.Rejections = append(l.report.Rejections, r)
	}
	if l.Rejected == nil {
		return nil
	}
	return l.Rejected(r)
}
