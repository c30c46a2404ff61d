package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/internal/clock"
	"github.com/stockwell-hub/stockwell/internal/tracing"
	"github.com/stockwell-hub/stockwell/internal/witness"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/pipeline/pgqueue"
	"github.com/stockwell-hub/stockwell/store"
)

// hub is everything that runs, put together from the configuration.
type hub struct {
	cfg      *config.Hub
	log      *slog.Logger
	db       *database
	store    *store.Store
	queue    *pgqueue.Queue
	trusts   map[string]*trust
	metrics  *metrics
	intake   *pipeline.Intake
	consumer *pgqueue.Consumer
	poster   *pipeline.Poster
	planner  *pipeline.Planner
	dispatch *pipeline.Dispatcher
	registry *registryDesk
	ways     []connector
	// witness notes what the outside world was told.
	witness *witness.Log
	// conditions are told of what people must know; feeds stands between the
	// connectors and the intake.
	conditions *conditions
	feeds      *feeds
	files      *pipeline.Files
	// doubted is set while the database was away and nobody has looked whether
	// it is still the one that it was.
	doubted atomic.Bool
	tracer  *tracing.Tracer // nil traces nothing
	now     func() time.Time
	// listening are the addresses of connectors that listen, by "trust/connector".
	listening map[string]string
	httpAddr  string
	// command is how people call this binary for this hub's data.
	command string
	ready   chan struct{}
}

// newHub opens the database, brings it to this version, loads every trust and
// binds every listener. Nothing is taken in before run.
func newHub(ctx context.Context, cfg *config.Hub, trusts []*config.Trust, log *slog.Logger) (h *hub, err error) {
	h = &hub{cfg: cfg, log: log, trusts: map[string]*trust{}, metrics: newMetrics(), now: clock.Now, listening: map[string]string{}, ready: make(chan struct{}), registry: newRegistryDesk()}
	built := h // a failing return has set h to nil
	defer func() {
		if err != nil {
			built.close()
		}
	}()
	if h.db, err = openDatabase(ctx, cfg, log); err != nil {
		return nil, err
	}
	if err := refuseUnfinished(ctx, h.db.runtime); err != nil {
		return nil, err
	}
	if h.witness, err = openWitness(cfg); err != nil {
		return nil, err
	}
	steps, err := h.db.migrate(ctx)
	if err != nil {
		return nil, err
	}
	if len(steps) > 0 {
		log.Info("database brought to this version", "steps", len(steps))
	}
	if h.store, err = store.Open(ctx, h.db.runtime, store.HubSizes(cfg.Workers)); err != nil {
		return nil, err
	}
	if err := h.store.CheckVersion(ctx); err != nil {
		return nil, err
	}
	if err := h.store.OpenDays(ctx); err != nil {
		return nil, err
	}
	h.queue = pgqueue.New(h.store.Lanes())
	codes := make([]string, len(trusts))
	for i, t := range trusts {
		codes[i] = t.ODS
	}
	h.conditions = newConditions(h.store, codes, log, h.metrics.condition, h.now)
	if err := h.conditions.remember(ctx); err != nil {
		return nil, err
	}
	if err := h.assemble(ctx, trusts); err != nil {
		return nil, err
	}
	if err := h.noticeRestore(ctx); err != nil {
		return nil, err
	}
	return h, h.listen()
}

func (h *hub) assemble(ctx context.Context, trusts []*config.Trust) (err error) {
	posts, buyers, outlets := map[string]*pipeline.Trust{}, map[string]pipeline.Buyer{}, map[string]pipeline.Outlet{}
	for _, cfg := range trusts {
		t, err := openTrust(ctx, h.store, h.cfg, cfg)
		if err != nil {
			return err
		}
		// They load, so whatever was broken before is mended.
		if err := h.store.SettleWarning(ctx, cfg.ODS, "mapping_broken", "mappings"); err != nil {
			return err
		}
		h.trusts[cfg.ODS], posts[cfg.ODS] = t, t.post
		if len(t.unknown) > 0 {
			h.log.Warn("par levels of items that the catalogue does not have rest until it is loaded", "trust", cfg.ODS, "items", len(t.unknown))
		}
		for _, c := range cfg.Connectors {
			way, err := connect(cfg, c, h.log, h.metrics)
			if err != nil {
				return err
			}
			if way.shelf != nil {
				way.shelf(h.store, t)
			}
			if way.spool != nil {
				way.spool(filepath.Join(h.cfg.Data, "spool"))
			}
			h.ways = append(h.ways, way)
			if c.Name == cfg.Purchasing.Connector && way.sink != nil {
				layout, err := t.mappings.orderLayout()
				if err != nil {
					return err
				}
				outlets[cfg.ODS] = pipeline.Outlet{Sink: way.sink, Layout: layout, Zone: t.zone}
				buyers[cfg.ODS] = t.buyer
			}
			if c.Name == cfg.Registry.Connector && way.sink != nil {
				if err := h.reportTo(t, way.sink); err != nil {
					return err
				}
			}
		}
	}
	key := func(ods string) []byte {
		if t := h.trusts[ods]; t != nil {
			return t.vaultKey
		}
		return nil
	}
	h.intake = pipeline.NewIntake(h.store, h.queue, key, func(n int, took time.Duration, err error) {
		h.metrics.committed(n, took, err)
		h.met(err)
	})
	noting := newNoting(h.witness, h.log)
	h.intake.Witness = noting
	if h.tracer, err = h.openTracer(ctx); err != nil {
		return err
	}
	h.intake.Tracer = h.tracer
	h.intake.Outcomes = h.store
	h.feeds = newFeeds(traced{h.intake, h.tracer}, h.store, h.log, h.now)
	h.feeds.awaiter = h.intake
	h.files = h.openFiles()
	for _, cfg := range trusts {
		for i, w := range h.ways {
			if w.trust == cfg.ODS && w.source != nil {
				silent, behind := normOf(cfg, w.name)
				h.feeds.add(w.trust, h.ways[i].name, h.trusts[w.trust].zone, silent, behind)
				h.feeds.addFolder(w.trust, h.ways[i].name, w.folder)
			}
		}
	}
	h.planner = pipeline.NewPlanner()
	h.planner.Queue, h.planner.Plans, h.planner.Buyers, h.planner.Now, h.planner.Log, h.planner.Poll = h.queue, doubting{h.store, &h.doubted}, buyers, h.now, h.log, time.Second
	h.poster = &pipeline.Poster{Trusts: posts, Messages: h.store, Now: h.now, Log: h.log, Due: h.planner.Due, Posted: h.metrics.became}
	h.consumer = &pgqueue.Consumer{Queue: h.queue, ID: pgqueue.Received, Topic: pipeline.TopicReceived, Handler: meeting{h.poster, h.met}, Workers: h.cfg.Workers, BatchSize: 256, Inflow: h.intake.Inflow,
		Poll: 250 * time.Millisecond, Log: h.log, Observe: func(trust string, batch []pgqueue.Message, took time.Duration) {
			h.metrics.batch(trust, batch, took)
			h.intake.Handled(batch)
			h.registry.registrar.Due(trust)
		}}
	h.dispatch = &pipeline.Dispatcher{Queue: h.queue, Orders: doubting{h.store, &h.doubted}, Outlets: outlets, Witness: noting, Log: h.log, Poll: 500 * time.Millisecond, Sent: h.metrics.orderSent}
	h.poster.Tracer, h.planner.Tracer, h.dispatch.Tracer = h.tracer, h.tracer, h.tracer
	if err := h.openRegistry(ctx, noting); err != nil {
		return err
	}
	return h.dispatch.Prepare(ctx)
}

func (h *hub) listen() error {
	for _, w := range h.ways {
		if w.listen == nil {
			continue
		}
		addr, err := w.listen()
		if err != nil {
			return err
		}
		h.listening[w.trust+"/"+w.name] = addr
	}
	return nil
}

// run works until ctx ends, and then drains: senders are answered and new
// ones refused, the batch and the delivery in hand are finished.
func (h *hub) run(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	taking, stopTaking := context.WithCancel(ctx)
	defer stopTaking()
	var sources, workers sync.WaitGroup
	failed := make(chan error, 8+len(h.ways))
	start := func(wg *sync.WaitGroup, ctx context.Context, name string, fn func(context.Context) error) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := fn(ctx); err != nil && !errors.Is(err, context.Canceled) {
				h.log.Error("a part of the hub failed; the hub stops", "part", name, "err", err)
				failed <- err
			}
		}()
	}
	// What waited while no hub ran is old news before anything is planned.
	h.feeds.begun(work)
	start(&workers, work, "posting", h.consumer.Run)
	start(&workers, work, "waking", (&pgqueue.Notifier{Queue: h.queue, Log: h.log}).Run)
	start(&workers, work, "planning", h.planner.Run)
	start(&workers, work, "dispatch", h.dispatch.Run)
	start(&workers, work, "registry", h.registry.registrar.Run)
	start(&workers, work, "submitting", h.registry.submitter.Run)
	start(&workers, work, "housekeeping", h.keepHouse)
	start(&workers, work, "retention", h.retain)
	start(&workers, work, "conditions", h.watchConditions)
	start(&workers, work, "feeds", h.feeds.run)
	stopHTTP, err := h.serveHTTP()
	if err != nil {
		stopWork()
		workers.Wait()
		return err
	}
	defer stopHTTP()
	for _, w := range h.ways {
		if w.source != nil {
			receiver := connectors.Receiver(h.feeds)
			if w.files {
				receiver = h.files
			}
			start(&sources, taking, w.name, func(ctx context.Context) error { return w.source.Run(ctx, receiver) })
		}
	}
	close(h.ready)
	var first error
	select {
	case <-ctx.Done():
		h.log.Info("stopping: answering what was received and finishing what is in hand")
	case first = <-failed:
		stopTaking() // senders that stay connected would keep it for ever
	}
	sources.Wait()
	stopWork()
	workers.Wait()
	return first
}

// keepHouse opens the archive's days ahead, takes up changed mappings and
// keeps the gauges true.
func (h *hub) keepHouse(ctx context.Context) error {
	names := make([]string, 0, len(h.trusts))
	for ods := range h.trusts {
		names = append(names, ods)
	}
	go h.metrics.watch(ctx, h.store, names, h.lookAtBacklog)
	go h.watchFence(ctx, names)
	days, files := time.NewTicker(time.Hour), time.NewTicker(time.Second)
	defer days.Stop()
	defer files.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-days.C:
			if err := h.witness.Prune(); err != nil {
				h.log.Warn("old notes of what was acknowledged could not be removed; it is tried again", "err", err)
			}
			if err := h.store.OpenDays(ctx); err != nil {
				h.log.Warn("the archive's next days could not be opened; it is tried again", "err", err)
			}
			for ods := range h.trusts { // lots expire without a movement
				if err := h.store.MarkShort(ctx, ods); err != nil {
					h.log.Warn("par levels could not be looked over; it is tried again", "trust", ods, "err", err)
				}
				if err := h.store.SweepBalances(ctx, ods); err != nil {
					h.log.Warn("empty balances could not be swept; it is tried again", "trust", ods, "err", err)
				}
			}
		case <-files.C:
			for ods, t := range h.trusts {
				h.reload(ctx, ods, t)
			}
		}
	}
}

func (h *hub) reload(ctx context.Context, ods string, t *trust) {
	changed, err := t.mappings.reload()
	switch {
	case err != nil:
		h.log.Error("the changed mapping has a problem; the former one stays in force", "trust", ods, "err", err)
		_ = h.store.OpenWarning(ctx, ods, "mapping_broken", "mappings", "A changed mapping cannot be used; the former one stays in force.", "Run `stockwell check`, mend what it names; the hub takes it up by itself.")
	case changed:
		h.log.Info("mappings taken up anew", "trust", ods)
		_ = h.store.SettleWarning(ctx, ods, "mapping_broken", "mappings")
	}
}

func (h *hub) closeWays() {
	for _, w := range h.ways {
		if w.close != nil {
			w.close()
		}
	}
}

func (h *hub) close() {
	h.closeWays()
	last, cancel := context.WithTimeout(context.Background(), traceLimit)
	defer cancel()
	h.tracer.Close(last)
	if h.witness != nil {
		h.witness.Close()
	}
	if h.store != nil {
		h.store.Close()
	}
	if h.db != nil {
		h.db.Close()
	}
}
