// Package console is the hub's pages for people: what needs them, what came
// in and went out, stock, orders, and the chain from a message to an order's
// file. They are written on the server in the look of the NHS design system
// and need no script, no font and no server but the hub.
//
// Pages read and never change anything; a change is a command that they
// print. Raw messages, rules and SQL do not belong here.
package console

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/stockwell-hub/stockwell/domain/journal"
)

//go:generate go tool templ generate

// Reader is what the pages read. Each call sees one trust's rows alone; what
// does not exist is a fault.NotFound whose text is shown.
type Reader interface {
	Trusts(ctx context.Context) ([]string, error)
	Status(ctx context.Context, trust string) (journal.Status, error)
	Messages(ctx context.Context, trust string, f journal.Filter) ([]journal.Message, error)
	Chain(ctx context.Context, trust string, id int64) (journal.Chain, error)
	Cases(ctx context.Context, trust string, f journal.CaseFilter) ([]journal.CaseSummary, error)
	Case(ctx context.Context, trust string, q journal.CaseQuery) (journal.CaseDetail, error)
	Stock(ctx context.Context, trust string, f journal.StockFilter) (shown []journal.Stock, of int64, err error)
	StockDetail(ctx context.Context, trust, place, item string) (journal.StockDetail, error)
	Orders(ctx context.Context, trust string, limit int) ([]journal.Order, error)
	Order(ctx context.Context, trust, number string) (journal.Order, error)
	Registry(ctx context.Context, trust string) (journal.Registry, error)
	RegistryBatches(ctx context.Context, trust string, limit int) ([]journal.Batch, error)
	Submissions(ctx context.Context, trust string, f journal.SubmissionFilter) ([]journal.Submission, error)
	Submission(ctx context.Context, trust, record string) (journal.SubmissionDetail, error)
	SearchCatalogue(ctx context.Context, trust string, q journal.CatalogueSearch, now time.Time) (journal.CatalogueFound, error)
	CatalogueEntry(ctx context.Context, trust, text string, on, now time.Time) (journal.CatalogueEntry, error)
	Conflicts(ctx context.Context, trust string, limit int) ([]journal.CatalogueConflict, error)
	Loads(ctx context.Context, trust string, limit int) ([]journal.Load, error)
}

// Options are what the pages need to know of the hub. Zero values choose the
// system's clock, UTC and silence.
type Options struct {
	// Version is printed at the foot of each page.
	Version string
	Now     func() time.Time
	// Zone is the zone in which times are written.
	Zone *time.Location
	// Command is how people here call the stockwell command, with the flags
	// that find this hub; empty is "stockwell".
	Command string
	// Several is set if the hub serves several trusts: a command then names one.
	Several bool
	// Conditions gives what people must know of while it lasts; nil is none.
	// Every page tells it, also when the database is away.
	Conditions func() []journal.Condition
	// Log is told of errors that a page answers with a reference.
	Log *slog.Logger
}

// console is the pages' state: all of it is fixed when it is made.
type console struct {
	Reader
	Options
}

// New gives the handler of all pages and their assets, to be mounted at the
// root. It answers GET and HEAD only.
func New(r Reader, o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Conditions == nil {
		o.Conditions = func() []journal.Condition { return nil }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	c := &console{Reader: r, Options: o}
	// Two muxes: "/assets/{file}" and "/{trust}/messages" would overlap.
	pages := http.NewServeMux()
	pages.Handle("/{$}", c.serve(c.home))
	pages.Handle("/{trust}", c.serve(c.status))
	pages.Handle("/{trust}/{$}", c.serve(c.status))
	pages.Handle("/{trust}/messages", c.serve(c.messages))
	pages.Handle("/{trust}/messages/{id}", c.serve(c.chain))
	pages.Handle("/{trust}/cases", c.serve(c.cases))
	pages.Handle("/{trust}/cases/{id}", c.serve(c.oneCase))
	pages.Handle("/{trust}/stock", c.serve(c.stock))
	pages.Handle("/{trust}/stock/{place}/{item}", c.serve(c.stockDetail))
	pages.Handle("/{trust}/orders", c.serve(c.orders))
	pages.Handle("/{trust}/orders/{number}", c.serve(c.order))
	pages.Handle("/{trust}/registry", c.serve(c.registry))
	pages.Handle("/{trust}/registry/{record}", c.serve(c.record))
	pages.Handle("/{trust}/catalogue", c.serve(c.catalogue))
	pages.Handle("/{trust}/catalogue/entry", c.serve(c.catalogueEntry))
	pages.Handle("/", c.serve(unknown))
	all := http.NewServeMux()
	all.Handle("/assets/", http.HandlerFunc(c.asset))
	all.Handle("/", pages)
	return c.guard(all)
}
