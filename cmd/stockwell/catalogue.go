package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/store"
)

type catalogueCmd struct {
	Load catalogueLoad `cmd:"" help:"Add and change items from a CSV file; good rows load, rejected rows are listed with line and reason."`
}

type catalogueLoad struct {
	File     string `arg:"" help:"The CSV file; its columns are in docs/catalogue.md." type:"existingfile"`
	Profile  string `help:"How the file is read: a profile by name and version, as nhs-supply-chain-full/v1, or a YAML file. None: the trust's own items, in the layout of docs/catalogue.md." placeholder:"PROFILE"`
	DryRun   bool   `help:"Say what the file would do, and change nothing."`
	Accept   said   `help:"Load it though it changes or removes more than the set share. Say who does." placeholder:"NAME"`
	Rejected string `help:"Write the rejected rows with line and reason to this CSV file." type:"path" placeholder:"FILE"`
	Changes  string `help:"Write every change, field by field, to this CSV file." type:"path" placeholder:"FILE"`
}

// Run loads a catalogue. The exit status is 1 if any row was rejected.
func (c catalogueLoad) Run(a *app) error {
	if c.Profile != "" {
		p, err := catalogueProfile(c.Profile)
		if err != nil {
			return err
		}
		if p.Scope == "national" {
			return c.loadNational(a, p)
		}
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	return a.withBooks(func(s *store.Store, t *trust) error {
		report, err := pipeline.LoadCatalogue(a.ctx, s, t.cfg.ODS, filepath.Base(c.File), f, func(rows int) {
			a.progress("%d rows…", rows)
		})
		a.progress("")
		if err != nil {
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
		if err := c.writeRejected(report); err != nil {
			return err
		}
		if a.JSON {
			if report.Rejected == nil {
				report.Rejected = []pipeline.RejectedRow{}
			}
			if err := a.printJSON(report); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(a.out, "%d rows: %d added, %d changed, %d unchanged, %d rejected.\n", report.Rows, report.Added, report.Changed, report.Same, rejectedLines(report.Rejected))
			if len(report.Ignored) > 0 {
				fmt.Fprintf(a.out, "Columns that are not read: %s.\n", strings.Join(report.Ignored, ", "))
			}
			for _, r := range report.Rejected {
				fmt.Fprintf(a.out, "  %s: %s (%s)\n", r.Path, r.Text, r.Code)
			}
		}
		if len(report.Rejected) > 0 {
			return errNo
		}
		return nil
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

func (c catalogueLoad) writeRejected(r pipeline.Report) error {
	if c.Rejected == "" || len(r.Rejected) == 0 {
		return nil
	}
	f, err := os.Create(c.Rejected)
	if err != nil {
		return err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	_ = w.Write([]string{"line", "path", "code", "reason"})
	for _, x := range r.Rejected {
		_ = w.Write([]string{strconv.Itoa(x.Line), x.Path, x.Code, x.Text})
	}
	w.Flush()
	return w.Error()
}
