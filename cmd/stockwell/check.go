package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type checkCmd struct {
	Offline bool `help:"Leave out the database and the connections."`
}

// checked is one thing that check looked at.
type checked struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Code string `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
}

// Run validates configuration, mappings and connections, starts no hub, and
// tells all that is wrong. The exit status is 1 if anything is.
func (c checkCmd) Run(a *app) error {
	var all []checked
	look := func(what string, err error) bool {
		if err == nil {
			all = append(all, checked{What: what, OK: true})
			return true
		}
		for _, e := range flatten(err) {
			f := fault.Of(e)
			text := e.Error()
			all = append(all, checked{What: what, Code: f.Code, Text: text})
		}
		return false
	}
	file, err := a.configFile()
	if err != nil {
		return err
	}
	hub, trusts, err := config.Load(file)
	if look("configuration "+file, err) {
		if a.Data != "" {
			hub.Data = a.Data
		}
		running := !c.Offline && hubAnswers(a.ctx, hub.HTTP.Listen)
		for _, t := range trusts {
			c.trust(a, t, running, look)
		}
		if !c.Offline {
			look("database", c.database(a, hub))
		}
	}
	wrong := 0
	for _, x := range all {
		if !x.OK {
			wrong++
		}
	}
	if a.JSON {
		if err := a.printJSON(all); err != nil {
			return err
		}
	} else {
		for _, x := range all {
			if x.OK {
				fmt.Fprintf(a.out, "ok    %s\n", x.What)
			} else {
				fmt.Fprintf(a.out, "WRONG %s\n      %s\n", x.What, x.Text)
			}
		}
	}
	if wrong > 0 {
		return errNo
	}
	return nil
}

// flatten gives the single errors of joined ones.
func flatten(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error }) // not deeper: what a fault wraps is not told
	if !ok {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, flatten(e)...)
	}
	return out
}

func (c checkCmd) trust(a *app, t *config.Trust, running bool, look func(string, error) bool) {
	name := "trust " + t.ODS
	_, err := t.LoadPolicies()
	look(name+" policies", err)
	m, err := newMappings(t)
	look(name+" mappings", err)
	if err == nil && t.Purchasing.Connector != "" {
		_, err = m.orderLayout()
		look(name+" order file layout", err)
	}
	if err == nil && t.Registry.Reports() {
		_, err = m.records()
		look(name+" registry records", err)
	}
	if t.Secrets.VaultKey != "" {
		_, err := givenKey(t, t.Secrets.VaultKey, "secrets.vault_key")
		look(name+" vault key", err)
	}
	if t.Secrets.ArchiveKey != "" || len(t.Secrets.ArchiveKeysFormer) > 0 {
		look(name+" archive keys", checkArchiveKeys(t))
	}
	if c.Offline {
		return
	}
	for _, x := range t.Connectors {
		what := name + " connector " + x.Name
		way, err := connect(t, x, slog.New(slog.DiscardHandler), newMetrics())
		if err != nil {
			look(what, err)
			continue
		}
		switch {
		case way.listen != nil && running:
			what += " (the hub runs and listens)"
		case way.listen != nil:
			_, err = way.listen()
		case way.check != nil:
			ctx, cancel := context.WithTimeout(a.ctx, 30*time.Second)
			err = way.check(ctx)
			cancel()
		}
		look(what, err)
		way.close()
	}
}

// hubAnswers reports whether a hub runs with this configuration: its ports are
// then its own, and no fault.
func hubAnswers(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz", nil)
	if err != nil {
		return false
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(answer.Body, 8))
	return answer.StatusCode == http.StatusOK && string(said) == "ok\n"
}

// database reaches the server, without changing anything in it.
func (c checkCmd) database(a *app, hub *config.Hub) error {
	db, err := openDatabase(a.ctx, hub, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := store.Open(a.ctx, db.runtime, store.ToolSizes)
	if err != nil {
		return err
	}
	defer s.Close()
	// An older version is mended by serve, if it may migrate.
	if err := s.CheckVersion(a.ctx); err != nil && (db.owner == "" || fault.Of(err).Code == "database_newer") {
		return err
	}
	return nil
}
