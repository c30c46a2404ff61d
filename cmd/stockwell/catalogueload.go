package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/fault"
	profiles "github.com/stockwell-hub/stockwell/mapping/catalogue"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/store"
)

// profile reads the profile that is named: one that is shipped, or a file.
func catalogueProfile(name string) (*profiles.Profile, error) {
	if !strings.HasSuffix(name, ".yaml") {
		return profiles.Shipped(name)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fault.New(fault.NotFound, "profile_unknown", "The profile cannot be read. Check the path.").At(name)
	}
	return profiles.Read(filepath.Base(name), raw)
}

// loadNational loads a file of the national catalogue.
func (c catalogueLoad) loadNational(a *app, p *profiles.Profile) error {
	most, err := a.mostChange()
	if err != nil {
		return err
	}
	return a.withDatabase(func(s *store.Store) error {
		report, unwritten, err := c.national(a, s, p, most)
		if err == nil && report.State == "published" {
			a.progress("matching the trusts' items…")
			err = matchAll(a, s, p.Source)
		}
		a.progress("")
		if err != nil {
			return err
		}
		return c.print(a, report, p, unwritten)
	})
}

// matchAll holds each trust's items against the national catalogue. What waited
// for a person of this source waits no longer.
func matchAll(a *app, s *store.Store, source string) error {
	trusts, err := s.Trusts(a.ctx)
	if err != nil {
		return err
	}
	way := &pipeline.GiveWay{Oldest: s.QueueOldest}
	for _, t := range trusts {
		if _, _, err := s.MatchItems(a.ctx, t, way.Pause); err != nil {
			return err
		}
		if err := s.SettleWarning(a.ctx, t, "catalogue_waits", source); err != nil {
			return err
		}
	}
	return nil
}

// mostChange is the share of a catalogue that a file may change by itself.
func (a *app) mostChange() (int, error) {
	hub, _, err := a.load()
	if err != nil {
		return 0, err
	}
	return hub.Catalogue.MostChange, nil
}

func (c catalogueLoad) national(a *app, s *store.Store, p *profiles.Profile, most int) (report pipeline.LoadReport, unwritten, err error) {
	how, done, err := c.loading(a, s, p, most)
	if err != nil {
		return report, nil, err
	}
	stage, err := s.OpenProductLoad(a.ctx, store.NewLoad{Source: p.Source, KeyKind: p.KeyKind, Rank: p.Rank, Profile: p.Ref, Full: p.Mode == "full", File: filepath.Base(c.File)}, !c.DryRun,
		func() { a.progress("another load is under way; waiting for it…") })
	if err != nil {
		return report, nil, errors.Join(err, done())
	}
	defer stage.Close()
	report, err = pipeline.LoadProducts(a.ctx, stage, catalogueFile(c.File), how)
	return report, done(), err
}

// loading is how the command line says that a file be loaded. Done ends the
// files that it writes; they are there, with their header, from the beginning,
// so that nobody takes those of an earlier load for them.
func (c catalogueLoad) loading(a *app, s *store.Store, p *profiles.Profile, most int) (how pipeline.Loading, done func() error, err error) {
	way := &pipeline.GiveWay{Oldest: s.QueueOldest}
	how = pipeline.Loading{Profile: p, Most: most, Accepted: string(c.Accept), Try: c.DryRun, Pause: way.Pause, Progress: c.progressOf(a)}
	var closing []func() error
	done = func() error {
		var first error
		for _, fn := range closing {
			if err := fn(); first == nil {
				first = err
			}
		}
		return first
	}
	if c.Rejected != "" {
		w, closer, err := newCSV(c.Rejected, "line", "path", "code", "reason", "row")
		if err != nil {
			return how, done, err
		}
		how.Rejected = func(r pipeline.RejectedRow) error {
			return w(strconv.Itoa(r.Line), r.Path, r.Code, r.Text, strings.Join(harmless(r.Row), " | "))
		}
		closing = append(closing, closer)
	}
	if c.Changes != "" {
		w, closer, err := newCSV(c.Changes, "key", "field", "before", "after")
		if err != nil {
			return how, done, errors.Join(err, done())
		}
		how.Changed = func(x catalogue.FieldChange) error {
			return w(harmless([]string{x.Key, x.Field, x.Before, x.After})...)
		}
		closing = append(closing, closer)
	}
	return how, done, nil
}

// progressOf draws how far a load is.
func (c catalogueLoad) progressOf(a *app) func(step string, n, of int64) {
	size := int64(0)
	if info, err := os.Stat(c.File); err == nil {
		size = info.Size()
	}
	last := 0
	return func(step string, n, of int64) {
		switch step {
		case "reading":
			last = percent(of, size)
			a.progress("reading     %s %d rows", bar(last), n)
		case "publishing":
			a.progress("publishing  %s %d of %d", bar(percent(n, of)), n, of)
		default:
			a.progress("%s…", step)
		}
	}
}

func percent(n, of int64) int {
	if of <= 0 {
		return 0
	}
	return int(min(n*100/of, 100))
}

// bar draws a share of a hundred.
func bar(percent int) string {
	const width = 30
	full := percent * width / 100
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", width-full) + "] " + fmt.Sprintf("%3d%%", percent)
}

// newCSV begins a CSV file with its header.
func newCSV(name string, header ...string) (write func(cells ...string) error, done func() error, err error) {
	told := func(err error) error {
		if err == nil {
			return nil
		}
		return fault.Wrap(err, fault.Invalid, "file_not_writable", "The file cannot be written. Check its folder, who may write there, and whether the disk is full.").At(name)
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, nil, told(err)
	}
	w := csv.NewWriter(f)
	write = func(cells ...string) error { return told(w.Write(cells)) }
	done = func() error {
		w.Flush()
		return told(errors.Join(w.Error(), f.Close()))
	}
	_ = w.Write(header) // the flush tells
	if w.Flush(); w.Error() != nil {
		return nil, nil, errors.Join(told(w.Error()), f.Close())
	}
	return write, done, nil
}

// harmless keeps a spreadsheet from computing what a file's cells say.
func harmless(cells []string) []string {
	out := slices.Clone(cells)
	for i, s := range out {
		if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
			out[i] = "'" + s
		}
	}
	return out
}

// catalogueFile is a file on disk, for the pipeline.
func catalogueFile(name string) pipeline.CatalogueFile {
	return pipeline.CatalogueFile{
		Name: filepath.Base(name),
		Open: func() (io.ReadCloser, error) { return os.Open(name) },
		State: func() (string, error) {
			info, err := os.Stat(name)
			if err != nil {
				return "", err
			}
			return fmt.Sprint(info.Size(), info.ModTime().UnixNano()), nil
		},
		Marker: func() bool {
			_, err := os.Stat(name + ".done")
			return err == nil
		},
	}
}

// print tells what a load did, and last what could not be written of it. The exit
// status is 1 if rows were rejected, or if it waits for a person.
func (c catalogueLoad) print(a *app, r pipeline.LoadReport, p *profiles.Profile, unwritten error) error {
	if a.JSON {
		if err := a.printJSON(r); err != nil {
			return err
		}
	} else {
		c.say(a, r, p)
	}
	if unwritten != nil {
		return unwritten
	}
	if r.RejectedRows > 0 || r.State == "waits" {
		return errNo
	}
	return nil
}

func (c catalogueLoad) say(a *app, r pipeline.LoadReport, p *profiles.Profile) {
	if p.Scope == "national" {
		back := ""
		if r.Returned > 0 {
			back = fmt.Sprintf(", %d of those that changed are back again", r.Returned)
		}
		fmt.Fprintf(a.out, "%d rows: %d added, %d changed, %d unchanged, %d removed, %d rejected; %d newly suspended%s.\n", r.Rows, r.Added, r.Changed, r.Same, r.Removed, r.RejectedRows, r.Suspended, back)
	} else {
		fmt.Fprintf(a.out, "%d rows: %d added, %d changed, %d unchanged, %d rejected.\n", r.Rows, r.Added, r.Changed, r.Same, r.RejectedRows)
	}
	if len(r.Fields) > 0 {
		var parts []string
		for _, f := range slices.Sorted(maps.Keys(r.Fields)) {
			parts = append(parts, fmt.Sprintf("%s %d", f, r.Fields[f]))
		}
		fmt.Fprintf(a.out, "Changed fields: %s.\n", strings.Join(parts, ", "))
	}
	for _, x := range r.Changes[:min(len(r.Changes), 10)] {
		fmt.Fprintf(a.out, "  %s %s: %s -> %s\n", x.Key, x.Field, quoteOr(x.Before), quoteOr(x.After))
	}
	if n := len(r.Changes); n > 10 {
		fmt.Fprintln(a.out, "  … and more; --changes FILE writes every one.")
	}
	if len(r.Ignored) > 0 {
		fmt.Fprintf(a.out, "Columns that are not read: %s.\n", strings.Join(r.Ignored, ", "))
	}
	for _, x := range r.Rejections {
		fmt.Fprintf(a.out, "  %s: %s (%s)\n", x.Path, x.Text, x.Code)
	}
	if shown := rejectedLines(r.Rejections); int64(shown) < r.RejectedRows {
		fmt.Fprintf(a.out, "  … and %d more rejected rows; --rejected FILE writes every one.\n", r.RejectedRows-int64(shown))
	}
	switch r.State {
	case "unchanged", "published":
		if r.Conflicts+r.ConflictsClosed > 0 {
			fmt.Fprintf(a.out, "Conflicts: %d opened, %d closed. `stockwell catalogue conflicts` lists them.\n", r.Conflicts, r.ConflictsClosed)
		}
	default:
		fmt.Fprintln(a.out, r.Text)
	}
}

func quoteOr(s string) string {
	if s == "" {
		return "nothing"
	}
	return strconv.Quote(s)
}

// withDatabase runs fn on the hub's database, which it makes and migrates if
// there is none, for commands that write what is no trust's.
func (a *app) withDatabase(fn func(s *store.Store) error) error {
	hub, _, err := a.load()
	if err != nil {
		return err
	}
	return a.writingOf(hub, fn)
}
