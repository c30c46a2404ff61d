package main

import (
	"bytes"
	"context"
	"os"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
	"github.com/stockwell-hub/stockwell/mapping"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
	"github.com/stockwell-hub/stockwell/store"
)

// openFiles puts together what takes files: most are messages, some are what a
// person could also give by a command.
func (h *hub) openFiles() *pipeline.Files {
	return &pipeline.Files{
		Next: h.feeds, Awaiter: h.feeds, Remarks: h.store, Alerts: h.store,
		Imports: map[string]pipeline.ImportFile{config.TypeCatalogue: h.imports(h.importCatalogue), config.TypeOpening: h.imports(h.importOpening)},
		Layout: func(e connectors.Envelope) (flatfile.Layout, bool) {
			switch e.Type {
			case config.TypeCatalogue:
				return pipeline.CatalogueColumns, true
			case config.TypeOpening:
				return pipeline.OpeningColumns, true
			}
			m, err := h.trusts[e.Trust].mappings.of(e.Connector)
			if err != nil {
				return flatfile.Layout{}, false
			}
			return m.FileLayout(e.Type)
		},
	}
}

// imports wraps what takes a file at once: the feed is heard, and a database
// that went away has the file taken again.
func (h *hub) imports(take pipeline.ImportFile) pipeline.ImportFile {
	return func(ctx context.Context, e connectors.Envelope) ([]pipeline.RefusedRow, error) {
		start := time.Now()
		refused, err := take(ctx, e)
		switch {
		case err == nil:
			h.log.Info("file taken", "trust", e.Trust, "connector", e.Connector, "type", e.Type, "refused_rows", len(refused), "took", time.Since(start).Round(time.Millisecond).String())
		case ctx.Err() != nil:
			err = fault.Wrap(err, fault.Unavailable, "hub_stopping", "The hub is being stopped. The file is taken when it runs again.")
		case pgtx.Gone(err) || pgtx.Transient(err):
			err = store.Unreachable(err)
		}
		h.feeds.note(e, err)
		return refused, err
	}
}

// importCatalogue loads a catalogue file. One that is broken is refused before
// any of it is loaded.
func (h *hub) importCatalogue(ctx context.Context, e connectors.Envelope) ([]pipeline.RefusedRow, error) {
	if e.Spooled != "" {
		return h.importFeed(ctx, e)
	}
	if _, _, err := flatfile.RawRows(e.Raw, pipeline.CatalogueColumns); err != nil {
		return nil, err
	}
	report, err := pipeline.LoadCatalogue(ctx, h.store, e.Trust, e.ControlID, bytes.NewReader(e.Raw), func(int) {})
	if err != nil {
		return nil, err
	}
	// Par levels of items that were not there until now take effect.
	setup, err := setupOf(h.trusts[e.Trust].cfg)
	if err == nil {
		_, _, err = h.store.SetUp(ctx, setup)
	}
	refused := make([]pipeline.RefusedRow, len(report.Rejected))
	for i, r := range report.Rejected {
		refused[i] = pipeline.RefusedRow{Line: r.Line, Code: r.Code, Reason: r.Text}
	}
	return refused, err
}

// importOpening posts an opening stock: all of the file or nothing, and once.
func (h *hub) importOpening(ctx context.Context, e connectors.Envelope) ([]pipeline.RefusedRow, error) {
	_, _, err := openStock(ctx, h.store, h.trusts[e.Trust], e.ControlID, e.Raw)
	return nil, err
}

// incomplete says what is missing of a connector's file by its trailer, as the
// mapping in force has it.
func incomplete(t *config.Trust, c config.Connector) func(raw []byte) error {
	return func(raw []byte) error {
		layout, err := fileLayout(t, c)
		if err != nil {
			return err
		}
		return flatfile.Whole(raw, layout)
	}
}

// fileLayout is the layout of the files that a connector takes.
func fileLayout(t *config.Trust, c config.Connector) (flatfile.Layout, error) {
	m, err := mapping.Load(mapping.Profiles, c.Mapping, os.DirFS(t.Dir), c.Overlay)
	if err != nil {
		return flatfile.Layout{}, err
	}
	layout, ok := m.FileLayout(c.SFTP.Type)
	if !ok {
		return layout, fault.New(fault.Invalid, "file_type_unread", "The mapping %s does not read files of type %q. Correct the type, or add it under messages in an overlay.", c.Mapping, c.SFTP.Type)
	}
	return layout, nil
}

// checkFiles refuses a connector whose mapping cannot read the files that it
// takes, or tell by their trailer that they are whole.
func checkFiles(t *config.Trust, c config.Connector) error {
	if c.SFTP.Profile != "" {
		_, err := connectorProfile(t, c)
		return err
	}
	if config.Imported(c.SFTP.Type) {
		return nil
	}
	layout, err := fileLayout(t, c)
	if err != nil {
		return err
	}
	if c.SFTP.Whole == "trailer" && layout.Trailer == nil {
		return fault.New(fault.Invalid, "trailer_unknown", "The connector %s waits for a trailer, and the layout of its files has none. Add a trailer to the layout in an overlay, or name another way under whole.", c.Name)
	}
	return nil
}
