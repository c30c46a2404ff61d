package main

import (
	"log/slog"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors/fhir"
	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

// fhirDoor builds a connector of type fhir.
func fhirDoor(t *config.Trust, c config.Connector, log *slog.Logger, m *metrics) (connector, error) {
	cfg, err := fhirConfig(t, c)
	if err != nil {
		return connector{}, err
	}
	s := fhir.NewServer(cfg, log, m.fhir(t.ODS))
	return connector{trust: t.ODS, name: c.Name, source: s, close: func() { _ = s.Close() },
		shelf: func(from *store.Store, x *trust) { s.Use(from, x.post.Name) },
		listen: func() (string, error) {
			if err := s.Listen(); err != nil {
				return "", err
			}
			return s.Addr().String(), nil
		}}, nil
}

// shortestToken is how many characters a client's secret has at least.
const shortestToken = 20

// fhirConfig is what the settings of a fhir connector come to.
func fhirConfig(t *config.Trust, c config.Connector) (fhir.Config, error) {
	x := c.FHIR
	cfg := fhir.Config{Name: c.Name, Trust: t.ODS, Listen: x.Listen, BaseURL: x.BaseURL, MaxBody: int64(x.MaxBody), ReadTimeout: time.Duration(x.ReadTimeout), MaxConnections: x.MaxConnections, Version: version}
	for _, k := range x.Tokens {
		secret, err := k.Token.Resolve(t.Dir)
		if err != nil {
			return cfg, err
		}
		if len(secret) < shortestToken {
			return cfg, fault.New(fault.Invalid, "token_short", "The token of client %s has less than %d characters and could be guessed. Make a long one, as with: openssl rand -hex 32", k.Client, shortestToken).At("connectors." + c.Name + ".fhir.tokens")
		}
		cfg.Tokens = append(cfg.Tokens, fhir.Token{Client: k.Client, Secret: secret})
	}
	for _, network := range x.Allow {
		p, err := mllp.ParseNetwork(network)
		if err != nil {
			return cfg, err
		}
		cfg.Allow = append(cfg.Allow, p)
	}
	if x.TLS != nil {
		cfg.TLS = &fhir.TLS{Certificate: t.Path(x.TLS.Certificate), PrivateKey: func() (string, error) { return x.TLS.PrivateKey.Resolve(t.Dir) }}
	}
	return cfg, nil
}
