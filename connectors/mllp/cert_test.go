package mllp_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

// authority signs certificates for tests.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.pem, a.key = a.sign(template, time.Now().Add(time.Hour))
	block, _ := pem.Decode(a.pem)
	var err error
	if a.cert, err = x509.ParseCertificate(block.Bytes); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *authority) sign(c *x509.Certificate, until time.Time) ([]byte, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter = serial, until.Add(-48*time.Hour), until
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key
}

// issue makes a certificate in these names, the first also the common name.
func (a *authority) issue(until time.Time, names ...string) (cert, key []byte) {
	a.t.Helper()
	cert, private := a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, DNSNames: names[1:], IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, until)
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func (a *authority) pair(until time.Time, names ...string) tls.Certificate {
	a.t.Helper()
	pair, err := tls.X509KeyPair(a.issue(until, names...))
	if err != nil {
		a.t.Fatal(err)
	}
	return pair
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// secured is a server with TLS whose files can be changed.
type secured struct {
	running
	t       *testing.T
	dir     string
	ours    *authority
	senders *authority
	metrics *counts
	log     *safeBuffer
}

// serveTLS starts a server that wants senders' certificates in these names, or
// none if there are no names.
func serveTLS(t *testing.T, cfg mllp.Config, names ...string) *secured {
	t.Helper()
	s := &secured{t: t, dir: t.TempDir(), ours: newAuthority(t, "Ours"), senders: newAuthority(t, "Senders"), metrics: &counts{}, log: &safeBuffer{}}
	s.renew(time.Now().Add(24 * time.Hour))
	cfg.TLS = &mllp.TLS{Certificate: s.path("cert"), PrivateKey: func() (string, error) {
		key, err := os.ReadFile(s.path("key"))
		return string(key), err
	}}
	if len(names) > 0 {
		s.put("ca", s.senders.pem)
		cfg.TLS.ClientCA, cfg.TLS.ClientNames = s.path("ca"), names
	}
	s.running = serveLogging(t, cfg, &store{}, s.metrics, slog.New(slog.NewTextHandler(s.log, nil)))
	return s
}

func (s *secured) path(name string) string { return filepath.Join(s.dir, name) }

func (s *secured) put(name string, b []byte) {
	s.t.Helper()
	if err := os.WriteFile(s.path(name), b, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// renew gives the server a new certificate.
func (s *secured) renew(until time.Time) {
	s.t.Helper()
	cert, key := s.ours.issue(until, "hub.example")
	s.put("cert", cert)
	s.put("key", key)
}

// send speaks TLS with a certificate, if there is one, sends a message and
// gives the error that this ends in; nil if it is acknowledged.
func (s *secured) send(certificates ...tls.Certificate) error {
	s.t.Helper()
	nc, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{RootCAs: s.ours.pool(), Certificates: certificates})
	if err != nil {
		return err
	}
	defer nc.Close()
	_ = nc.SetDeadline(time.Now().Add(20 * time.Second))
	if err := mllp.WriteFrame(nc, []byte(message("C1"))); err != nil {
		return err
	}
	frame, err := mllp.NewFrameReader(nc, 1<<20).Next()
	if err == nil && !bytes.Contains(frame, []byte("MSA|AA|C1")) {
		s.t.Errorf("got %q", frame)
	}
	return err
}

// refused holds the server to have refused so many for this reason alone.
func (s *secured) refused(reason mllp.Reason, times int, said string) {
	s.t.Helper()
	s.stop()
	if len(s.metrics.refused) != 1 || s.metrics.refused[reason] != times {
		s.t.Errorf("refused %v, want %d times %s", s.metrics.refused, times, reason)
	}
	if log := s.log.String(); !strings.Contains(log, "reason="+string(reason)) || !strings.Contains(log, said) {
		s.t.Errorf("the log has no %q:\n%s", said, log)
	}
}

// safeBuffer is a log that may be read while it is written.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
