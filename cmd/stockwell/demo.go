package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors/sftp/jail"
	simhospital "github.com/stockwell-hub/stockwell/simulator/hospital"
)

type demoCmd struct {
	Once     bool `help:"Exit when the story is told: 0 if each expectation held, 1 with what did not."`
	Hospital bool `help:"Have a synthetic hospital work behind it, with all that goes wrong in one; with --once a small one, to its end, compared with what the hub then says."`
}

// Run plays the demo. It is the hub as it always is, on the configuration of
// a fictional trust; the demo only writes that configuration down with free
// ports and secrets, stands in for theatre and ERP, and tells what happens.
func (c demoCmd) Run(a *app) error {
	t := &teller{out: a.out}
	t.say("Stockwell demo: %s, a fictional trust in a declared test environment.", "Northmoor University Hospitals")
	base := a.Data
	if base == "" {
		base = filepath.Join("data", "demo")
	}
	stage, err := newStage(base)
	if err != nil {
		return err
	}
	defer stage.close()
	t.say("  data in %s (each demo starts afresh)", stage.dir)
	ctx, stop := context.WithCancel(a.ctx)
	defer stop()
	erpDone := stage.serveERP(ctx)
	var behind *demoHospital
	if c.Hospital {
		if behind, err = stage.hospital(a, c.Once); err != nil {
			stop()
			<-erpDone
			return err
		}
	}
	cfg, trusts, err := config.Load(filepath.Join(stage.dir, "config", "stockwell.yaml"))
	if err != nil {
		return err
	}
	cfg.Data = stage.dir
	t.start("  starting PostgreSQL and the hub")
	h, err := newHub(ctx, cfg, trusts, newLog(cfg.Log, stage.log))
	if err != nil {
		t.done()
		stop()
		<-erpDone
		return err
	}
	h.command = ownName() + " --data " + stage.dir
	ended := make(chan error, 1)
	go func() { ended <- h.run(ctx) }()
	finish := func() error {
		stop()
		err := <-ended
		<-erpDone
		h.close()
		return err
	}
	select {
	case <-h.ready:
	case err := <-ended:
		t.done()
		stop()
		<-erpDone
		h.close()
		return err
	}
	t.done()
	t.say("  theatre messages (MLLP) %s   FHIR http://%s/fhir/r4   pages http://%s/   ERP and registry (SFTP) %s", h.listening["ZZ1/theatre"], h.listening["ZZ1/fhir"], h.httpAddr, stage.erpAddr)
	s := &story{teller: t, hub: h, stage: stage, trust: "ZZ1"}
	s.tell(ctx)
	if ctx.Err() != nil {
		return finish()
	}
	wrong := s.verdict()
	if c.Once {
		var differs error
		if behind != nil {
			t.say("\nA synthetic hospital, with all that goes wrong in one:")
			differs = behind.whole(ctx, a.out)
		}
		if err := errors.Join(differs, finish()); err != nil {
			return err
		}
		if wrong {
			return errNo
		}
		return nil
	}
	s.invite()
	if behind != nil {
		t.say("\nBehind it a synthetic hospital, trust %s, tells %g messages a second with all that goes wrong in one: see its pages.", simhospital.Trust, behind.rate)
		lives := make(chan struct{})
		go func() { defer close(lives); behind.live(ctx, stage.log) }()
		defer func() { stop(); <-lives }()
	}
	select {
	case <-a.ctx.Done():
		t.say("\nStopping: answering what was received and finishing what is in hand.")
		return finish()
	case err := <-ended:
		stop()
		<-erpDone
		h.close()
		return err
	}
}

// serveERP runs the ERP's SFTP server, jailed to its folder.
func (s *stage) serveERP(ctx context.Context) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := jail.Serve(ctx, s.erp, s.erpDir, s.hostKey, "stockwell", s.password); err != nil && ctx.Err() == nil {
			fmt.Fprintln(s.log, "the ERP's SFTP server stopped:", err)
		}
	}()
	return done
}

// usual gives a listener's address: the usual one, or a free one if that is
// taken.
func usual(addr string) (net.Listener, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return net.Listen("tcp", "127.0.0.1:0")
	}
	return ln, nil
}

// freeAddress is usual without keeping it.
func freeAddress(addr string) (string, error) {
	ln, err := usual(addr)
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// teller prints the story and is never silent for long.
type teller struct {
	out  io.Writer
	stop chan struct{}
	gone chan struct{}
}

func (t *teller) say(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }

// start says what takes a while, and adds a dot every two seconds until done.
func (t *teller) start(what string) {
	fmt.Fprint(t.out, what+" …")
	t.stop, t.gone = make(chan struct{}), make(chan struct{})
	go func(stop, gone chan struct{}) {
		defer close(gone)
		tick := time.NewTicker(2 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				fmt.Fprint(t.out, ".")
			}
		}
	}(t.stop, t.gone)
}

func (t *teller) done() {
	if t.stop != nil {
		close(t.stop)
		<-t.gone
		t.stop = nil
		fmt.Fprintln(t.out)
	}
}
