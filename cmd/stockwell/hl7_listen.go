package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

type hl7Listen struct {
	Address  string   `arg:"" name:"port" help:"PORT to listen on, on this machine only; or HOST:PORT, as 0.0.0.0:2575 for all of its addresses. Port 0 takes a free one."`
	Answer   []string `help:"How the messages are answered, one after the other, and then from the first again: ok (as the message asks), AA, AE, AR, CA, CE, CR, or a fault: no-answer, wrong-id, late, twice, garbage, half, close; each with a delay if you like, as AE+2s." placeholder:"STEP"`
	Out      string   `help:"Write the messages, as they come, to files in this folder; - for standard output." placeholder:"DIR"`
	Count    int      `help:"End after so many messages, once they are answered." placeholder:"N"`
	TLS      bool     `name:"tls" help:"Listen with TLS. Needs --cert and --key."`
	Cert     string   `help:"Our certificate, in PEM." type:"path" placeholder:"FILE"`
	Key      string   `help:"The certificate's private key, in PEM." type:"path" placeholder:"FILE"`
	ClientCA string   `name:"client-ca" help:"Only senders whose certificate is of one of these authorities, in PEM." type:"path" placeholder:"FILE"`
}

// Help says what it is for.
func (hl7Listen) Help() string {
	return `A receiver for testing a sender: it stores nothing, so nothing that it answers is a promise. Each message is a line: its number, type, control ID, size, sender and the answer. What stands in a message is not printed; with --out messages are written as they are, patient data included, so mind where.

It ends after --count messages, or when it is interrupted, with exit status 0.`
}

// Run receives until it is told to end.
func (c hl7Listen) Run(a *app) error {
	var steps []mllp.Step
	for _, s := range c.Answer {
		step, err := mllp.ParseStep(strings.TrimSpace(s))
		if err != nil {
			return err
		}
		steps = append(steps, step)
	}
	if c.Count < 0 {
		return fault.New(fault.Invalid, "count_invalid", "Give a number of messages; 0 means no end.").At("--count")
	}
	secured, err := c.secured()
	if err != nil {
		return err
	}
	if c.Out != "" && c.Out != "-" {
		if err := os.MkdirAll(c.Out, 0o700); err != nil {
			return fault.Wrap(err, fault.Invalid, "out_unusable", "The folder cannot be made. Check the path, and that you may write there.").At("--out " + c.Out)
		}
	}
	l, err := c.listen(a.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "Listening on %s%s.\n", l.Addr(), map[bool]string{true: " with TLS"}[secured != nil])
	ctx, stop := context.WithCancel(a.ctx)
	defer stop()
	h := &hearing{a: a, out: c.Out, count: c.Count, stop: stop, busy: map[string]bool{}}
	r := mllp.Responder{Steps: steps, Got: h.got}
	if err := r.Serve(ctx, h.listener(l, secured)); err != nil {
		return fault.Wrap(err, fault.Unavailable, "listening_failed", "Listening failed: the system takes no more connections.")
	}
	fmt.Fprintf(a.err, "%s received.\n", plural(h.heard(), "message"))
	return h.failed
}

// listen binds the address.
func (c hl7Listen) listen(ctx context.Context) (net.Listener, error) {
	address := c.Address
	if _, err := strconv.Atoi(address); err == nil {
		address = "127.0.0.1:" + address
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Wrap(err, fault.Conflict, "port_in_use", "The address is taken by another program. Stop that program, or listen on another port.").At(address)
	case errors.Is(err, syscall.EACCES):
		return nil, fault.Wrap(err, fault.Denied, "port_denied", "The system does not let you listen there. Choose a port above 1023.").At(address)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, fault.Wrap(err, fault.Invalid, "listen_address", "This machine has no such address. Use 0.0.0.0 for all of its addresses, or one that it has.").At(address)
	}
	return nil, fault.Wrap(err, fault.Invalid, "listen_address", "It is no address to listen on. Give a port, as 2575, or HOST:PORT.").At(address)
}

// secured gives the configuration of TLS, nil for none.
func (c hl7Listen) secured() (*tls.Config, error) {
	if !c.TLS && c.Cert+c.Key+c.ClientCA == "" {
		return nil, nil
	}
	if c.Cert == "" || c.Key == "" {
		return nil, fault.New(fault.Invalid, "tls_certificate_missing", "TLS needs a certificate to show: give --cert and --key.")
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "tls_certificate_invalid", "The certificate and its private key cannot be used. Give both, in PEM; the key must belong to the certificate.").At(c.Cert)
	}
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if c.ClientCA == "" {
		return cfg, nil
	}
	pem, err := readFile(c.ClientCA)
	if err != nil {
		return nil, err
	}
	cfg.ClientCAs, cfg.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if !cfg.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fault.New(fault.Invalid, "tls_ca_invalid", "There is no certificate in the file. Put the senders' authorities into it, in PEM.").At(c.ClientCA)
	}
	return cfg, nil
}
