package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/embeddedpg"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

// configFile finds the configuration.
func (a *app) configFile() (string, error) {
	if a.Config != "" {
		return a.Config, nil
	}
	tried := []string{filepath.Join("config", "stockwell.yaml")}
	if a.Data != "" {
		tried = append([]string{filepath.Join(a.Data, "config", "stockwell.yaml")}, tried...)
	}
	for _, f := range tried {
		if _, err := os.Stat(f); err == nil {
			return f, nil
		}
	}
	return "", fault.New(fault.NotFound, "config_missing", "There is no configuration at %s. Name it with --config, or start in the folder that holds config/.", strings.Join(tried, " or "))
}

// load reads the configuration, with the data folder that the command line
// may override.
func (a *app) load() (*config.Hub, []*config.Trust, error) {
	file, err := a.configFile()
	if err != nil {
		return nil, nil, err
	}
	hub, trusts, err := config.Load(file)
	if err != nil {
		return nil, nil, err
	}
	if a.Data != "" {
		hub.Data = a.Data
	}
	return hub, trusts, nil
}

// database is the hub's PostgreSQL: its own, or one named by a DSN.
type database struct {
	server      *embeddedpg.Server
	runtime     string
	owner       string // empty if the configuration names none
	runtimeRole string
	description string
}

// openDatabase starts or finds the database that the configuration names.
func openDatabase(ctx context.Context, hub *config.Hub, log *slog.Logger) (*database, error) {
	if hub.Database.DSN == "" {
		s, err := embeddedpg.Open(ctx, embeddedpg.Config{Dir: filepath.Join(hub.Data, "postgres"), Binaries: hub.Database.Binaries, Log: log})
		if err != nil {
			return nil, err
		}
		return &database{server: s, runtime: s.RuntimeDSN(), owner: s.OwnerDSN(), runtimeRole: embeddedpg.RuntimeRole, description: "embedded, in " + filepath.Join(hub.Data, "postgres")}, nil
	}
	d := &database{description: "by DSN"}
	var err error
	if d.runtime, err = hub.Database.DSN.Resolve(hub.Dir); err != nil {
		return nil, err
	}
	if d.owner, err = hub.Database.OwnerDSN.Resolve(hub.Dir); err != nil {
		return nil, err
	}
	cfg, err := pgx.ParseConfig(d.runtime)
	if err != nil {
		return nil, fault.New(fault.Invalid, "database_dsn_invalid", "The database DSN cannot be read. Write it as postgres://user@host:5432/name or as host=... user=... dbname=....").At("database.dsn")
	}
	d.runtimeRole = cfg.User
	return d, nil
}

// migrate brings the database to this version where the hub may: always for
// its own, else if an owner's DSN is configured.
func (d *database) migrate(ctx context.Context) ([]store.Migration, error) {
	if d.owner == "" {
		return nil, nil
	}
	return store.Migrate(ctx, d.owner, d.runtimeRole)
}

// Close stops the database if this process started it.
func (d *database) Close() {
	if d.server != nil {
		_ = d.server.Close()
	}
}

// reading opens the database for a short command. The hub need not run.
func (a *app) reading() (*store.Store, func(), error) {
	hub, _, err := a.load()
	if err != nil {
		return nil, nil, err
	}
	return a.readingOf(hub)
}

func (a *app) readingOf(hub *config.Hub) (*store.Store, func(), error) {
	if hub.Database.DSN == "" {
		if _, err := os.Stat(filepath.Join(hub.Data, "postgres")); err != nil {
			return nil, nil, fault.New(fault.NotFound, "no_data", "There is no database in %s yet. Run `stockwell serve` or `stockwell demo` first, or name the folder with --data.", hub.Data)
		}
	}
	db, err := openDatabase(a.ctx, hub, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(a.ctx, db.runtime, store.ToolSizes)
	if err == nil {
		err = s.CheckVersion(a.ctx)
	}
	if err != nil {
		if s != nil {
			s.Close()
		}
		db.Close()
		return nil, nil, err
	}
	return s, func() { s.Close(); db.Close() }, nil
}

// oneTrust is the trust that a command is about.
func (a *app) oneTrust(s *store.Store) (string, error) {
	all, err := s.Trusts(a.ctx)
	if err != nil {
		return "", err
	}
	if len(all) == 0 { // the hub has not run yet
		_, configured, err := a.load()
		if err != nil {
			return "", err
		}
		for _, t := range configured {
			all = append(all, t.ODS)
		}
	}
	if a.Trust != "" {
		for _, t := range all {
			if t == a.Trust {
				return t, nil
			}
		}
		return "", fault.New(fault.NotFound, "trust_not_found", "There is no trust %s on this hub. It has: %s.", a.Trust, strings.Join(all, ", "))
	}
	if len(all) != 1 {
		return "", fault.New(fault.Invalid, "trust_needed", "The hub has %d trusts. Name one with --trust: %s.", len(all), strings.Join(all, ", "))
	}
	return all[0], nil
}

// withTrust runs fn on the database and trust of a short command.
func (a *app) withTrust(fn func(s *store.Store, trust string) error) error {
	s, done, err := a.reading()
	if err != nil {
		return err
	}
	defer done()
	trust, err := a.oneTrust(s)
	if err != nil {
		return err
	}
	return fn(s, trust)
}
