package fhir

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"os"
	"sync"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// TLS secures the door: TLS 1.2 or newer. The files are looked at on each
// handshake, so that a new certificate needs no restart; one that cannot be
// used leaves the former in force and is told in the log.
type TLS struct {
	// Certificate is the file of the certificate chain, in PEM.
	Certificate string
	// PrivateKey gives the certificate's private key, in PEM.
	PrivateKey func() (string, error)
}

type certificate struct {
	from    *TLS
	setting string
	log     *slog.Logger

	mu     sync.Mutex
	read   [2][]byte
	failed string
	now    *tls.Certificate
}

func (c *certificate) load() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.look()
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
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
func (c *certificate) look() error {
	chain, err := os.ReadFile(c.from.Certificate)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "tls_file", "The certificate cannot be read. Is its path right, and may the hub read it?").At(c.setting + ".certificate")
	}
	key, err := c.from.PrivateKey()
	if err != nil {
		return err
	}
	if c.now != nil && bytes.Equal(chain, c.read[0]) && key == string(c.read[1]) {
		return nil
	}
	next, err := tls.X509KeyPair(chain, []byte(key))
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "tls_certificate", "Certificate and private key cannot be used together. Both are PEM files, and the key must be that of the first certificate.").At(c.setting)
	}
	c.read, c.now = [2][]byte{chain, []byte(key)}, &next
	return nil
}
