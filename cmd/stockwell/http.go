package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/stockwell-hub/stockwell/api"
	"github.com/stockwell-hub/stockwell/console"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// serveHTTP opens the pages and the doors for monitoring.
func (h *hub) serveHTTP() (stop func(), err error) {
	ln, err := net.Listen("tcp", h.cfg.HTTP.Listen)
	if err != nil {
		return nil, fault.Wrap(err, fault.Conflict, "port_in_use",
			"The pages cannot listen on %s: another program does, or the address is not this machine's. Stop it, or change http.listen.", h.cfg.HTTP.Listen).At("http.listen")
	}
	h.httpAddr = ln.Addr().String()
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(h.metrics.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", h.readiness)
	mux.Handle("/api/", api.New(h.store, h.now, h.log))
	mux.Handle("/", console.New(h.store, console.Options{Version: version, Now: h.now, Zone: time.Local, Command: h.command, Several: len(h.trusts) > 1, Conditions: h.conditions.list, Log: h.log}))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			h.log.Error("the pages stopped", "err", err)
		}
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		if srv.Shutdown(ctx) != nil {
			_ = srv.Close()
		}
		<-done
	}, nil
}

// readiness says whether the hub can take messages now: it has started and
// the database answers and has room.
func (h *hub) readiness(w http.ResponseWriter, r *http.Request) {
	select {
	case <-h.ready:
	default:
		plain(w, http.StatusServiceUnavailable, "starting")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := h.store.Ping(ctx); err != nil {
		plain(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	if h.conditions.holds(diskFull, "") {
		plain(w, http.StatusServiceUnavailable, "the database's disk is full")
		return
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text + "\n"))
}
