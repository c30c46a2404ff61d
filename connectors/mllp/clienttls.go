package mllp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// ClientTLS names the files that secure the connection to a destination.
type ClientTLS struct {
	// CA is a file of the authorities, in PEM, that may have signed the
	// destination's certificate; empty means the system's.
	CA string
	// Certificate and PrivateKey are the files, in PEM, of what the
	// destination knows us by; both or none.
	Certificate, PrivateKey string
	// ServerName is the name in the destination's certificate; empty means
	// the host of its address.
	ServerName string
}

// Config reads the files, for ClientConfig.TLS: TLS 1.2 or newer. The error is
// a *fault.Error that names the file.
func (t ClientTLS) Config() (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "tls_file_unreadable", "The file cannot be read. Check the path, and that you may read it.").At(t.CA)
		}
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fault.New(fault.Invalid, "tls_ca_invalid", "There is no certificate in the file. Put the destination's authorities into it, in PEM.").At(t.CA)
		}
	}
	if t.Certificate == "" && t.PrivateKey == "" {
		return cfg, nil
	}
	pair, err := tls.LoadX509KeyPair(t.Certificate, t.PrivateKey)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "tls_certificate_invalid", "The certificate and its private key cannot be used. Give both, in PEM; the key must belong to the certificate.").At(t.Certificate)
	}
	cfg.Certificates = []tls.Certificate{pair}
	return cfg, nil
}

// refusedTLS says what failed between two sides that do not agree on TLS, and
// will not by trying again; nil if err is nothing of the kind.
func (c *Client) refusedTLS(err error) error {
	var unverified *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	var op *net.OpError
	text := ""
	switch {
	case c.cfg.TLS == nil:
		return nil
	case errors.As(err, &unverified):
		text = "The destination's certificate is not to be trusted: " + unverified.Err.Error() + ". Check the authority and the name that are expected."
	case errors.As(err, &plain):
		text = "The destination does not speak TLS. Check the port, or send without TLS."
	case errors.As(err, &op) && op.Op == "remote error":
		text = "The destination refused the connection (" + op.Err.Error() + "). Check the certificate that it is shown."
	default:
		return nil
	}
	return fault.Wrap(err, fault.Denied, "tls_refused", "%s", text).At(c.cfg.Name)
}
