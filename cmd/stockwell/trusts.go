package main

import (
	"context"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
	"github.com/stockwell-hub/stockwell/store"
)

// trust is one trust, ready for work.
type trust struct {
	cfg      *config.Trust
	zone     *time.Location
	vaultKey []byte
	mappings *mappings
	post     *pipeline.Trust
	books    *store.Books
	buyer    pipeline.Buyer
	// unknown are items of par levels that the catalogue does not have yet.
	unknown []string
}

// openTrust brings a trust's configuration into the database and loads its
// mappings.
func openTrust(ctx context.Context, s *store.Store, hub *config.Hub, cfg *config.Trust) (*trust, error) {
	t := &trust{cfg: cfg}
	var err error
	if t.zone, err = time.LoadLocation(cfg.TimeZone); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "zone_unknown", "The time zone %s is not known on this machine. Install tzdata or correct time_zone.", cfg.TimeZone)
	}
	if t.vaultKey, err = vaultKey(hub, cfg); err != nil {
		return nil, err
	}
	archive, err := archiveKeys(hub, cfg)
	if err != nil {
		return nil, err
	}
	if err := s.UseArchiveKeys(ctx, archive); err != nil {
		return nil, err
	}
	if t.mappings, err = newMappings(cfg); err != nil {
		return nil, err
	}
	setup, err := setupOf(cfg)
	if err != nil {
		return nil, err
	}
	places, unknown, err := s.SetUp(ctx, setup)
	if err != nil {
		return nil, err
	}
	t.unknown = unknown
	sealer, err := store.NewSealer(t.vaultKey, cfg.ODS)
	if err != nil {
		return nil, err
	}
	if t.books, err = s.Books(ctx, cfg.ODS, sealer); err != nil {
		return nil, err
	}
	t.post = &pipeline.Trust{Rules: t.rules(places), Books: t.books, Mapping: t.mappings.of, Reading: t.reading, Stock: map[inventory.PlaceID]string{}, Name: fhir.NewNamer(t.vaultKey, cfg.ODS), Resources: s}
	for code, id := range places {
		t.post.Stock[id] = code
	}
	p := cfg.Purchasing
	t.buyer = pipeline.Buyer{
		Limits: purchasing.Limits{Automatic: p.AutomaticLimit, Daily: p.DailyCap}, Zone: t.zone,
		Number: func(n int64) string { return purchasing.Number(p.Number.Prefix, p.Number.Digits, n) },
	}
	return t, nil
}

// rules are what the domain must know of the trust.
func (t *trust) rules(places map[string]inventory.PlaceID) posting.Trust {
	names := map[string]inventory.PlaceID{}
	for _, p := range t.cfg.Places {
		for _, n := range append([]string{p.Code, p.Name}, p.Aliases...) {
			names[strings.ToUpper(strings.TrimSpace(n))] = places[p.Code]
		}
	}
	historical := map[string]time.Time{}
	for _, c := range t.cfg.Connectors {
		if day, err := time.ParseInLocation(time.DateOnly, c.HistoricalBefore, t.zone); err == nil {
			historical[c.Name] = day
		}
	}
	return posting.Trust{
		ODS: t.cfg.ODS, Test: t.cfg.Environment == "test", Zone: t.zone, Vault: identity.NewVault(t.vaultKey),
		TestPatients: identity.NewTestPatients(t.cfg.TestPatients), Places: names, Historical: historical,
		Authority: t.authority(places),
	}
}

// reading is how a connector's HL7 messages are read.
func (t *trust) reading(connector string) hl7v2.Options {
	for _, c := range t.cfg.Connectors {
		if c.Name == connector && c.MLLP != nil {
			return hl7v2.Options{Charset: c.MLLP.Charset, Strictness: hl7v2.Strictness(c.MLLP.Strictness)}
		}
	}
	return hl7v2.Options{}
}

func setupOf(cfg *config.Trust) (store.Setup, error) {
	s := store.Setup{Trust: cfg.ODS, Name: cfg.Name, Environment: cfg.Environment}
	for _, p := range cfg.Places {
		s.Places = append(s.Places, inventory.Place{Kind: inventory.Stock, Code: p.Code, Name: p.Name, Site: p.Site})
	}
	for _, x := range cfg.Suppliers {
		s.Suppliers = append(s.Suppliers, store.Supplier{Code: x.Code, Name: x.Name, Release: x.Release})
	}
	for _, c := range cfg.Connectors {
		s.Feeds = append(s.Feeds, store.Feed{Connector: c.Name, Places: c.Places})
	}
	policies, err := cfg.LoadPolicies()
	if err != nil {
		return s, err
	}
	for _, p := range policies {
		s.Policies = append(s.Policies, store.Policy{Place: p.Place, Item: p.Item, ReorderPoint: p.ReorderPoint, OrderUpTo: p.OrderUpTo})
	}
	return s, nil
}
