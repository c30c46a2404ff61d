package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/domain/registry"
	"github.com/stockwell-hub/stockwell/pipeline"
)

// registryDesk is the part of the hub that tells registries.
type registryDesk struct {
	registrar *pipeline.Registrar
	submitter *pipeline.Submitter
}

func newRegistryDesk() *registryDesk {
	d := &registryDesk{registrar: pipeline.NewRegistrar(), submitter: &pipeline.Submitter{Desks: map[string]pipeline.Desk{}}}
	d.registrar.Reporters = map[string]pipeline.Reporter{}
	return d
}

// registryRules are what the domain must know of the trust's registry.
func (t *trust) registryRules() registry.Rules {
	x := t.cfg.Registry
	rules := registry.Rules{
		Provider: cmp.Or(x.Provider, t.cfg.ODS), Test: t.cfg.Environment == "test", Devices: x.Devices, Coding: x.Coding, From: x.From, Zone: t.zone,
		TestPatients: map[string]bool{}, Specialties: map[string]registry.Specialty{},
	}
	for _, p := range t.cfg.TestPatients {
		rules.TestPatients[strings.ToUpper(strings.Join(strings.Fields(p), ""))] = true
	}
	for _, s := range x.Specialties {
		for _, place := range s.Places {
			rules.Specialties[place] = registry.Specialty{TreatmentFunction: s.TreatmentFunction, Main: s.MainSpecialty}
		}
	}
	return rules
}

// openRegistry has the trust's postings note what its registry must be told,
// if it has one.
func (t *trust) openRegistry(ctx context.Context) error {
	if !t.cfg.Registry.Reports() {
		return t.books.ReportNothing(ctx)
	}
	rules := t.registryRules()
	rules.Zone = nil
	sites := map[string]string{}
	for _, p := range t.cfg.Places {
		sites[p.Code] = p.Site
	}
	text, err := json.Marshal(map[string]any{"rules": rules, "sites": sites, "zone": t.cfg.TimeZone, "profile": t.cfg.Registry.Profile})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	return t.books.Report(ctx, hex.EncodeToString(sum[:8]), time.Duration(t.cfg.Registry.Every))
}

// reportTo makes sink the way to the trust's registry.
func (h *hub) reportTo(t *trust, sink connectors.Sink) error {
	records, err := t.mappings.records()
	if err != nil {
		return err
	}
	x := t.cfg.Registry
	h.registry.registrar.Reporters[t.cfg.ODS] = pipeline.Reporter{
		Uses: t.books, Batches: t.books, Rules: t.registryRules(), Records: records, Profile: x.Profile, Most: x.Most, AnswerWithin: time.Duration(x.AnswerWithin),
	}
	h.registry.submitter.Desks[t.cfg.ODS] = pipeline.Desk{Sink: sink, Sendings: t.books}
	return nil
}

// openRegistry completes the part of the hub that tells registries.
func (h *hub) openRegistry(ctx context.Context, noting pipeline.Witness) error {
	fence := doubting{h.store, &h.doubted}
	r, s := h.registry.registrar, h.registry.submitter
	r.Queue, r.Fence, r.Alerts, r.Now, r.Log, r.Poll = h.queue, fence, h.store, h.now, h.log, 500*time.Millisecond
	s.Queue, s.Fence, s.Witness, s.Log, s.Poll, s.Sent = h.queue, fence, noting, h.log, 500*time.Millisecond, h.metrics.batchSent
	return s.Prepare(ctx)
}
