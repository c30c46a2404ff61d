package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	profiles "github.com/stockwell-hub/stockwell/mapping/catalogue"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/store"
)

type catalogueCmd struct {
	Load        catalogueLoad        `cmd:"" help:"Load a catalogue file: the trust's own items, or with --profile a national feed. Good rows load, rejected rows are listed with line and reason."`
	Search      catalogueSearch      `cmd:"" help:"Find items and products by a code, a scan, or words that may be mistyped."`
	Show        catalogueShow        `cmd:"" help:"Show all that is known of what a code names: packs, prices, alternatives, who says what."`
	Quality     catalogueQuality     `cmd:"" help:"Say how good the catalogue is: GTIN coverage, duplicates, spend that cannot be scanned, price spreads."`
	Conflicts   catalogueConflicts   `cmd:"" help:"List where sources disagree, for a person to decide."`
	Close       catalogueClose       `cmd:"" help:"Close a conflict that was decided."`
	TakeCode    catalogueTakeCode    `cmd:"" help:"Take a code from an item that has it by mistake, so that another may have it."`
	Loads       catalogueLoads       `cmd:"" help:"List the files that were loaded, or not, and what each did."`
	Profiles    catalogueProfiles    `cmd:"" help:"List the profiles by which catalogue files are read, or show one to begin one's own from."`
	Approve     catalogueApprove     `cmd:"" help:"Say that the trust lets a product be bought, or with --refuse that it does not."`
	Alternative catalogueAlternative `cmd:"" help:"Say that one item may stand in for another."`
}

type catalogueLoad struct {
	File     string `arg:"" help:"The file." type:"existingfile"`
	Profile  string `help:"How the file is read: a profile by name and version, as nhs-supply-chain-full/v1, or a YAML file." default:"items/v1" placeholder:"PROFILE"`
	DryRun   bool   `help:"Say what the file would do, and change nothing."`
	Accept   said   `help:"Load it though it changes or removes more than the set share. Say who does." placeholder:"NAME"`
	Rejected string `help:"Write the rejected rows with line and reason to this CSV file." type:"path" placeholder:"FILE"`
	Changes  string `help:"Write every change, field by field, to this CSV file." type:"path" placeholder:"FILE"`
}

// Run loads a catalogue file. The exit status is 1 if any row was rejected or
// the file waits for a person, 2 if it cannot be read as a whole.
func (c catalogueLoad) Run(a *app) error {
	p, err := catalogueProfile(c.Profile)
	if err != nil {
		return err
	}
	load := c.loadItems
	if p.Scope == "national" {
		load = c.loadNational
	}
	if err = load(a, p); pgtx.DiskFull(err) {
		return fault.Wrap(err, fault.Unavailable, "disk_full", "The database's disk is full. The file was not loaded, and the catalogue is as it was. Make room, and load it again.")
	}
	return err
}

// loadItems loads a trust's own items.
func (c catalogueLoad) loadItems(a *app, p *profiles.Profile) error {
	most, err := a.mostChange()
	if err != nil {
		return err
	}
	return a.withBooks(func(s *store.Store, t *trust) error {
		how, done, err := c.loading(a, s, p, most)
		if err != nil {
			return err
		}
		var unwritten error
		stage, err := s.OpenItemLoad(a.ctx, store.NewLoad{Trust: t.cfg.ODS, Source: p.Source, Profile: p.Ref, File: filepath.Base(c.File)}, func() { a.progress("another load is under way; waiting for it…") })
		if err != nil {
			return errors.Join(err, done())
		}
		report, err := func() (pipeline.LoadReport, error) {
			defer stage.Close()
			report, err := pipeline.LoadItems(a.ctx, stage, catalogueFile(c.File), how)
			unwritten = done()
			return report, err
		}()
		a.progress("")
		if err != nil {
			return err
		}
		if report.State == "published" {
			if err := s.SettleWarning(a.ctx, t.cfg.ODS, "catalogue_waits", p.Source); err != nil {
				return err
			}
			// Par levels of items that were not there until now take effect.
			setup, err := setupOf(t.cfg)
			if err != nil {
				return err
			}
			if _, _, err := s.SetUp(a.ctx, setup); err != nil {
				return err
			}
		}
		return c.print(a, report, p, unwritten)
	})
}

// rejectedLines counts lines, of which each may have several problems.
func rejectedLines(all []pipeline.RejectedRow) int {
	lines := map[int]bool{}
	for _, x := range all {
		lines[x.Line] = true
	}
	return len(lines)
}

type catalogueProfiles struct {
	Name string `arg:"" optional:"" help:"A profile to show, as nhs-supply-chain-full/v1."`
}

// profileLine is a profile, for a list.
type profileLine struct {
	Profile string `json:"profile"`
	Scope   string `json:"scope"`
	Source  string `json:"source"`
	Mode    string `json:"mode"`
	Whole   string `json:"whole"`
	About   string `json:"about"`
}

// Run lists profiles, or prints one's file.
func (c catalogueProfiles) Run(a *app) error {
	if c.Name != "" {
		text, err := profiles.Text(c.Name)
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(a.out, text)
		return err
	}
	var all []profileLine
	var rows [][]any
	for _, ref := range profiles.Refs() {
		p, err := profiles.Shipped(ref)
		if err != nil {
			return fault.Of(err)
		}
		all = append(all, profileLine{p.Ref, p.Scope, p.Source, p.Mode, p.Whole, p.About})
		rows = append(rows, []any{p.Ref, p.Scope, p.Source, p.Mode, p.About})
	}
	if a.JSON {
		return a.printJSON(all)
	}
	a.printTable("No profiles.", []any{"profile", "whose items", "source", "file", "about"}, rows)
	return nil
}
