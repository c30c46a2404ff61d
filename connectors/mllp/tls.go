package mllp

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// TLS secures a listening connector: TLS 1.2 or newer. The files are looked at
// on each handshake, so that a new certificate needs no restart; one that
// cannot be used leaves the former in force and is told in the log.
type TLS struct {
	// Certificate is the file of the connector's certificate chain, in PEM.
	Certificate string
	// PrivateKey gives the certificate's private key, in PEM.
	PrivateKey func() (string, error)
	// ClientCA is the file of the authorities, in PEM, one of which must have
	// signed the sender's certificate. Empty: senders need no certificate.
	ClientCA string
	// ClientNames are the names that a sender's certificate may have, as a
	// subject alternative name or the common name; with a ClientCA at least
	// one. A certificate of the same authority in another's name is refused.
	ClientNames []string
}

// expiresSoon is how long before its end a certificate is told of.
const expiresSoon = 30 * 24 * time.Hour

// certificates are a connector's certificates as they are now.
type certificates struct {
	from    *TLS
	setting string // as "connectors.theatre.mllp.tls"
	log     *slog.Logger

	mu     sync.Mutex
	read   [3][]byte // what was last read: certificate, key, authorities
	failed string    // what was last told
	now    *tls.Config
}

// load reads the files for the first time: what cannot be used is an error.
func (c *certificates) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.from.ClientNames) == 0 && c.from.ClientCA != "" {
		return fault.New(fault.Invalid, "tls_client_names", "There is a client_ca and no name that a sender's certificate may have. Add client_names.").At(c.setting)
	}
	return c.look()
}

// config gives the configuration of one handshake.
func (c *certificates) config(*tls.ClientHelloInfo) (*tls.Config, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.look()
	switch {
	case err == nil:
		c.failed = ""
	case err.Error() != c.failed:
		c.failed = err.Error()
		f := fault.Of(err)
		c.log.Warn("a changed certificate cannot be used; the former stays in force. "+f.Text, "code", f.Code, "setting", f.Path)
	}
	return c.now, nil
}

// look takes up what has changed in the files.
func (c *certificates) look() error {
	read, err := c.files()
	if err != nil {
		return err
	}
	if c.now != nil && bytes.Equal(read[0], c.read[0]) && bytes.Equal(read[1], c.read[1]) && bytes.Equal(read[2], c.read[2]) {
		return nil
	}
	next, err := c.build(read)
	if err != nil {
		return err
	}
	leaf := next.Certificates[0].Leaf
	tell := c.log.Info
	if time.Until(leaf.NotAfter) < expiresSoon {
		tell = c.log.Warn
	}
	tell("the connector's certificate is in force", "expires", leaf.NotAfter.UTC().Format(time.DateTime), "changed", c.now != nil)
	c.read, c.now = read, next
	return nil
}

func (c *certificates) files() (read [3][]byte, err error) {
	if read[0], err = c.file(c.from.Certificate, "certificate"); err != nil {
		return read, err
	}
	key, err := c.from.PrivateKey()
	if err != nil {
		return read, err
	}
	read[1] = []byte(key)
	if c.from.ClientCA != "" {
		read[2], err = c.file(c.from.ClientCA, "client_ca")
	}
	return read, err
}

// maxPEM bounds a file of certificates.
const maxPEM = 1 << 20

func (c *certificates) file(path, key string) ([]byte, error) {
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		var b []byte
		if b, err = io.ReadAll(io.LimitReader(f, maxPEM)); err == nil {
			return b, nil
		}
	}
	return nil, fault.Wrap(err, fault.Invalid, "tls_file_unreadable", "The file %s cannot be read. Check the path, and that the hub's user may read it.", path).At(c.setting + "." + key)
}

func (c *certificates) build(read [3][]byte) (*tls.Config, error) {
	pair, err := tls.X509KeyPair(read[0], read[1])
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "tls_certificate_invalid",
			"The certificate in %s and its private key cannot be used. Both must be in PEM, the certificate of this connector first, and the key must belong to it.", c.from.Certificate).At(c.setting + ".certificate")
	}
	cfg := &tls.Config{
		MinVersion:   tls.VersionTLS12,
		Certificates: []tls.Certificate{pair},
		// A resumed session would pass over a changed client_ca.
		SessionTicketsDisabled: true,
	}
	if c.from.ClientCA == "" {
		return cfg, nil
	}
	cfg.ClientCAs = x509.NewCertPool()
	if !cfg.ClientCAs.AppendCertsFromPEM(read[2]) {
		return nil, fault.New(fault.Invalid, "tls_client_ca_invalid", "There is no certificate in %s. Put the senders' authorities into it, in PEM.", c.from.ClientCA).At(c.setting + ".client_ca")
	}
	// That there is one is checked with its name, to say so in words.
	cfg.ClientAuth = tls.VerifyClientCertIfGiven
	cfg.VerifyConnection = c.from.verify
	return cfg, nil
}

// peerRefused is a sender whose certificate is missing or another's.
type peerRefused struct{ cause string }

func (e peerRefused) Error() string { return e.cause }

// verify binds the connection to the names that the connector knows.
func (t *TLS) verify(state tls.ConnectionState) error {
	if len(state.VerifiedChains) == 0 {
		return peerRefused{"the sender showed no certificate"}
	}
	names := namesOf(state.PeerCertificates[0])
	for _, name := range names {
		for _, known := range t.ClientNames {
			if strings.EqualFold(name, known) {
				return nil
			}
		}
	}
	return peerRefused{"the sender's certificate is for " + strings.Join(names, ", ")}
}

// namesOf gives every name that a certificate is for.
func namesOf(c *x509.Certificate) []string {
	var names []string
	if c.Subject.CommonName != "" {
		names = append(names, c.Subject.CommonName)
	}
	names = append(append(names, c.DNSNames...), c.EmailAddresses...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	for _, uri := range c.URIs {
		names = append(names, uri.String())
	}
	return names
}

// handshakeReason says why a handshake failed; empty if the peer only went away.
func handshakeReason(err error) (reason Reason, cause string) {
	var plain tls.RecordHeaderError
	var unverified *tls.CertificateVerificationError
	var refused peerRefused
	switch {
	case errors.Is(err, io.EOF):
		return "", ""
	case errors.As(err, &plain) && plain.Conn != nil:
		return PlainText, ""
	case errors.As(err, &refused):
		return BadCertificate, refused.cause
	case errors.As(err, &unverified):
		return BadCertificate, unverified.Error()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return BadHandshake, "it was not finished in time"
	}
	return BadHandshake, err.Error()
}
