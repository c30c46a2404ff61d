package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/domain/inventory"
	"github.com/stockwell-hub/stockwell/domain/posting"
	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/pipeline"
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
	t.post = &pipeline.Trust{Rules: t.rules(places), Books: t.books, Mapping: t.mappings.of, Charset: t.charset, Stock: map[inventory.PlaceID]bool{}}
	for _, id := range places {
		t.post.Stock[id] = true
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
	rank := map[string]int{}
	for i, c := range t.cfg.Connectors {
		rank[c.Name] = i
	}
	return posting.Trust{
		ODS: t.cfg.ODS, Test: t.cfg.Environment == "test", Zone: t.zone, Vault: identity.NewVault(t.vaultKey),
		TestPatients: identity.NewTestPatients(t.cfg.TestPatients), Places: names,
		Rank: func(connector string) int {
			if r, ok := rank[connector]; ok {
				return r
			}
			return len(rank)
		},
	}
}

func (t *trust) charset(connector string) string {
	for _, c := range t.cfg.Connectors {
		if c.Name == connector && c.MLLP != nil {
			return c.MLLP.Charset
		}
	}
	return ""
}

func setupOf(cfg *config.Trust) (store.Setup, error) {
	s := store.Setup{Trust: cfg.ODS, Name: cfg.Name, Environment: cfg.Environment}
	for _, p := range cfg.Places {
		s.Places = append(s.Places, inventory.Place{Kind: inventory.Stock, Code: p.Code, Name: p.Name, Site: p.Site})
	}
	for _, x := range cfg.Suppliers {
		s.Suppliers = append(s.Suppliers, store.Supplier{Code: x.Code, Name: x.Name, Release: x.Release})
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

// vaultKey is the trust's own by reference, else one that is made once and
// kept in the data folder.
func vaultKey(hub *config.Hub, cfg *config.Trust) ([]byte, error) {
	if cfg.Secrets.VaultKey != "" {
		text, err := cfg.Secrets.VaultKey.Resolve(cfg.Dir)
		if err != nil {
			return nil, err
		}
		return decodeKey(text, "secrets.vault_key")
	}
	file := filepath.Join(hub.Data, "secrets", cfg.ODS+".vault.key")
	text, err := os.ReadFile(file)
	if err == nil {
		return decodeKey(string(text), file)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.Invalid, "secret_unreadable", "The vault key cannot be read. Give the hub's account the right to read it.").At(file)
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	// Two processes that start together must end with one key: the link
	// fails for the second, which then reads the first one's.
	tmp := file + "." + hex.EncodeToString(key[:4])
	if err := os.WriteFile(tmp, []byte(hex.EncodeToString(key)+"\n"), 0o600); err != nil {
		return nil, err
	}
	defer os.Remove(tmp)
	if err := os.Link(tmp, file); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	if text, err = os.ReadFile(file); err != nil {
		return nil, err
	}
	return decodeKey(string(text), file)
}

func decodeKey(text, where string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != 32 {
		return nil, fault.New(fault.Invalid, "vault_key_invalid", "The vault key must be 32 bytes, written as 64 hexadecimal digits. Make one with `openssl rand -hex 32`.").At(where)
	}
	return key, nil
}
