package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
		for _, t := range trusts {
			c.trust(a, t, look)
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
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, flatten(e)...)
	}
	return out
}

func (c checkCmd) trust(a *app, t *config.Trust, look func(string, error) bool) {
	name := "trust " + t.ODS
	_, err := t.LoadPolicies()
	look(name+" policies", err)
	m, err := newMappings(t)
	look(name+" mappings", err)
	if err == nil && t.Purchasing.Connector != "" {
		_, err = m.orderLayout()
		look(name+" order file layout", err)
	}
	if t.Secrets.VaultKey != "" {
		text, err := t.Secrets.VaultKey.Resolve(t.Dir)
		if err == nil {
			_, err = decodeKey(text, "secrets.vault_key")
		}
		look(name+" vault key", err)
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
		case way.listen != nil:
			_, err = way.listen()
		case way.sink != nil:
			ctx, cancel := context.WithTimeout(a.ctx, 30*time.Second)
			err = way.sink.Check(ctx)
			cancel()
		}
		look(what, err)
		way.close()
	}
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
	if err := s.CheckVersion(a.ctx); err != nil && db.owner == "" {
		return err
	}
	return nil
}
