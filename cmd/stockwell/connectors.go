package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/connectors/sftp"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

// connector is one configured way in, out, or both.
type connector struct {
	trust  string
	name   string
	source connectors.Source // nil if nothing comes in
	sink   connectors.Sink   // nil if nothing goes out
	listen func() (addr string, err error)
	files  bool                            // what comes in are files
	folder fileFolder                      // the folder that they come into; nil if there is none
	spool  func(folder string)             // says where large files are kept while they are taken in; nil if there are none
	check  func(ctx context.Context) error // reaches the far side; nil if there is none to reach
	shelf  func(s *store.Store, t *trust)  // gives what is read back; nil if nothing is
	close  func()
}

// connect builds a connector. This is the only list of connectors that the
// hub has: a new transport is a folder under connectors and a case here.
func connect(t *config.Trust, c config.Connector, log *slog.Logger, m *metrics) (connector, error) {
	switch c.Type {
	case "mllp":
		cfg, err := mllpConfig(t, c)
		if err != nil {
			return connector{}, err
		}
		s := mllp.NewServer(cfg, log, m.mllp(t.ODS))
		m.watchPeers(t.ODS, s)
		return connector{trust: t.ODS, name: c.Name, source: s, close: func() { _ = s.Close() }, listen: func() (string, error) {
			if err := s.Listen(); err != nil {
				return "", err
			}
			return s.Addr().String(), nil
		}}, nil
	case "sftp":
		x := c.SFTP
		password, err := x.Password.Resolve(t.Dir)
		if err != nil {
			return connector{}, err
		}
		key, err := x.PrivateKey.Resolve(t.Dir)
		if err != nil {
			return connector{}, err
		}
		s := sftp.New(sftp.Config{
			Name: c.Name, Trust: t.ODS, Address: x.Address, User: x.User, Password: password, PrivateKey: []byte(key), KnownHosts: t.Path(x.KnownHosts),
			Out: x.Out, Archive: x.Archive, In: x.In, Pattern: x.Pattern, Processed: x.Processed, Rejected: x.Rejected, Type: x.Type, Format: "csv",
			Poll: time.Duration(x.Poll), Stable: time.Duration(x.Stable), Timeout: time.Duration(x.Timeout),
			Whole: sftp.Whole(x.Whole), Marker: x.Marker, Complete: incomplete(t, c), Incomplete: time.Duration(x.IncompleteAfter), Patience: time.Duration(x.EffectTimeout),
			Between: func(step sftp.Step) { failpoint.Hit(failpoint.Point("file." + string(step))) },
		}, log)
		out := connector{trust: t.ODS, name: c.Name, check: s.Check, close: func() { _ = s.Close() }}
		if x.In != "" {
			if err := checkFiles(t, c); err != nil {
				return connector{}, err
			}
			out.source, out.files, out.folder = s, true, s
			if x.Profile != "" {
				out.spool = s.SpoolTo
			}
		}
		if x.Out != "" {
			out.sink = s
		}
		return out, nil
	case "fhir":
		return fhirDoor(t, c, log, m)
	}
	return connector{}, fault.New(fault.Invalid, "connector_type_unknown", "The connector type %q is not known. The types are mllp, sftp and fhir.", c.Type).At(fmt.Sprintf("connectors.%s.type", c.Name))
}

// mllpConfig is what the settings of an mllp connector come to.
func mllpConfig(t *config.Trust, c config.Connector) (mllp.Config, error) {
	x := c.MLLP
	cfg := mllp.Config{
		Name: c.Name, Trust: t.ODS, Listen: x.Listen, MaxMessage: int64(x.MaxMessage), IdleTimeout: time.Duration(x.IdleTimeout), ReadTimeout: time.Duration(x.ReadTimeout),
		WriteTimeout: time.Duration(x.WriteTimeout), KeepAlive: time.Duration(x.KeepAlive), MaxConnections: x.MaxConnections, MaxPerPeer: x.MaxConnectionsPerPeer,
		Applied: x.Ack == "applied", AppliedTimeout: time.Duration(x.AckTimeout), ContentErrors: mllp.ContentErrors(x.ContentErrors),
	}
	for _, network := range x.Allow {
		p, err := mllp.ParseNetwork(network)
		if err != nil {
			return cfg, err
		}
		cfg.Allow = append(cfg.Allow, p)
	}
	if x.TLS != nil {
		cfg.TLS = &mllp.TLS{
			Certificate: t.Path(x.TLS.Certificate), PrivateKey: func() (string, error) { return x.TLS.PrivateKey.Resolve(t.Dir) }, ClientNames: x.TLS.ClientNames,
		}
		if x.TLS.ClientCA != "" {
			cfg.TLS.ClientCA = t.Path(x.TLS.ClientCA)
		}
	}
	return cfg, nil
}
