package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	profiles "github.com/stockwell-hub/stockwell/mapping/catalogue"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/store"
)

// mostTold bounds how many refused rows of a feed its sender is told of.
const mostTold = 100_000

// importFeed loads a catalogue file of any size that came by a connector with a
// profile. One that changes too much is kept for a person, and told.
func (h *hub) importFeed(ctx context.Context, e connectors.Envelope) ([]pipeline.RefusedRow, error) {
	p, err := h.feedProfile(e)
	if err != nil {
		return nil, err
	}
	var refused []pipeline.RefusedRow
	way := &pipeline.GiveWay{Oldest: h.store.QueueOldest}
	how := pipeline.Loading{Profile: p, Most: h.cfg.Catalogue.MostChange, Pause: way.Pause, Progress: func(string, int64, int64) {},
		Rejected: func(r pipeline.RejectedRow) error {
			if len(refused) < mostTold {
				refused = append(refused, pipeline.RefusedRow{Line: r.Line, Code: r.Code, Reason: r.Path + ": " + r.Text, Text: strings.Join(harmless(r.Row), " | ")})
			}
			return nil
		}}
	file := catalogueFile(e.Spooled)
	file.Name, file.Marker = e.ControlID, func() bool { return true } // the connector has waited for it
	report, err := h.loadFeed(ctx, e, p, file, how)
	if err != nil {
		return nil, err
	}
	if report.State == "waits" {
		return nil, h.keepForAPerson(ctx, e, p, report)
	}
	h.log.Info("catalogue file loaded", "trust", e.Trust, "connector", e.Connector, "load", report.Load, "state", report.State, "rows", report.Rows, "added", report.Added, "changed", report.Changed, "removed", report.Removed, "rejected", report.RejectedRows)
	if report.State != "published" {
		return refused, nil
	}
	return refused, h.afterFeed(ctx, e, p, way.Pause)
}

// feedProfile is the profile that the connector names.
func (h *hub) feedProfile(e connectors.Envelope) (*profiles.Profile, error) {
	t := h.trusts[e.Trust].cfg
	for _, c := range t.Connectors {
		if c.Name == e.Connector && c.SFTP != nil {
			return connectorProfile(t, c)
		}
	}
	return nil, fault.New(fault.Unavailable, "connector_unknown", "The connector %s is not configured any more.", e.Connector)
}

// connectorProfile reads a connector's catalogue profile; a file is relative to
// the trust's folder.
func connectorProfile(t *config.Trust, c config.Connector) (*profiles.Profile, error) {
	name := c.SFTP.Profile
	if strings.HasSuffix(name, ".yaml") {
		name = t.Path(name)
	}
	return catalogueProfile(name)
}

func (h *hub) loadFeed(ctx context.Context, e connectors.Envelope, p *profiles.Profile, file pipeline.CatalogueFile, how pipeline.Loading) (pipeline.LoadReport, error) {
	what := store.NewLoad{Source: p.Source, KeyKind: p.KeyKind, Rank: p.Rank, Profile: p.Ref, Full: p.Mode == "full", File: e.ControlID}
	if p.Scope == "trust" {
		what.Trust = e.Trust
		stage, err := h.store.OpenItemLoad(ctx, what, nil)
		if err != nil {
			return pipeline.LoadReport{}, err
		}
		defer stage.Close()
		return pipeline.LoadItems(ctx, stage, file, how)
	}
	stage, err := h.store.OpenProductLoad(ctx, what, true, nil)
	if err != nil {
		return pipeline.LoadReport{}, err
	}
	defer stage.Close()
	return pipeline.LoadProducts(ctx, stage, file, how)
}

// afterFeed does what a new catalogue brings with it: par levels of new items
// take effect, and items are held against the national catalogue.
func (h *hub) afterFeed(ctx context.Context, e connectors.Envelope, p *profiles.Profile, pause func(context.Context) error) error {
	if err := h.store.SettleWarning(ctx, e.Trust, "catalogue_waits", p.Source); err != nil {
		return err
	}
	if p.Scope == "trust" {
		setup, err := setupOf(h.trusts[e.Trust].cfg)
		if err == nil {
			_, _, err = h.store.SetUp(ctx, setup)
		}
		return err
	}
	for ods := range h.trusts {
		if _, _, err := h.store.MatchItems(ctx, ods, pause); err != nil {
			return err
		}
	}
	return nil
}

// keepForAPerson keeps a file that changes too much where a person finds it,
// and says how it is let in.
func (h *hub) keepForAPerson(ctx context.Context, e connectors.Envelope, p *profiles.Profile, report pipeline.LoadReport) error {
	folder := filepath.Join(h.cfg.Data, "catalogue", "waiting")
	kept := filepath.Join(folder, fmt.Sprintf("%d-%s", report.Load, filepath.Base(e.ControlID)))
	err := os.MkdirAll(folder, 0o700)
	if err == nil {
		err = copyFile(e.Spooled, kept)
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "catalogue_not_kept", "A catalogue file that waits for a person cannot be kept in the data folder: its disk may be full.")
	}
	command := fmt.Sprintf("`%s catalogue load --profile %s --accept NAME %s`", cmp.Or(h.command, "stockwell"), p.Ref, kept)
	if err := h.store.OpenWarning(ctx, e.Trust, "catalogue_waits", p.Source, "File "+e.ControlID+": "+report.Text, "Look at the changes with --dry-run --changes FILE. If they are meant: "+command+"."); err != nil {
		return err
	}
	return fault.New(fault.Stopped, "catalogue_waits", "%s (The file is kept at the hub: it need not be sent again if a person there lets it in.)", report.Text)
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
