package main

import (
	"io"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/clock"
	"github.com/stockwell-hub/stockwell/internal/failpoint"
)

type serveCmd struct{}

// Run serves until it is interrupted, then drains.
func (serveCmd) Run(a *app) error {
	cfg, trusts, err := a.load()
	if err != nil {
		return err
	}
	log := newLog(cfg.Log, a.err)
	point, err := failpoint.Armed()
	if err != nil {
		return err
	}
	if point != "" {
		log.Warn("a failpoint is armed: this hub will kill itself", "point", string(point))
	}
	if clock.Shifted() {
		log.Warn("the clock may be wrong on purpose: this is for tests", "variable", clock.Variable)
	}
	boundMemory()
	h, err := newHub(a.ctx, cfg, trusts, log)
	if err != nil {
		return err
	}
	defer h.close()
	h.command = ownName()
	if a.Data != "" {
		h.command += " --data " + a.Data
	}
	if a.Config != "" {
		h.command += " --config " + a.Config
	}
	go func() {
		<-h.ready
		for name, addr := range h.listening {
			log.Info("listening", "connector", name, "address", addr)
		}
		log.Info("ready", "pages", "http://"+h.httpAddr+"/", "database", h.db.description, "trusts", len(trusts), "version", version)
	}()
	return h.run(a.ctx)
}

// boundMemory lets garbage gather for longer, which saves a tenth of the CPU
// under load, as long as the process stays small. GOGC and GOMEMLIMIT outrank it.
func boundMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(105 << 20)
	}
}

// newLog writes structured lines without patient data (law 9).
func newLog(c config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	if level.UnmarshalText([]byte(c.Level)) != nil {
		level = slog.LevelInfo
	}
	if w == nil {
		w = os.Stderr
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
