package fhir

import (
	"context"
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
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
)

// issue writes a certificate for 127.0.0.1 and its key into dir.
func issue(t *testing.T, dir, name string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw})
	cert, key, pool = filepath.Join(dir, "fhir.crt"), filepath.Join(dir, "fhir.key"), x509.NewCertPool()
	for file, text := range map[string][]byte{cert: chain, key: pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool.AppendCertsFromPEM(chain)
	return cert, key, pool
}

func TestServer_TakesUpANewCertificateAndKeepsTheOldFromABrokenOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, first := issue(t, dir, "first")
	s := NewServer(Config{Name: "fhir", Trust: "ZZ1", Listen: "127.0.0.1:0", TLS: &TLS{Certificate: cert, PrivateKey: func() (string, error) { raw, err := os.ReadFile(key); return string(raw), err }}}, slog.New(slog.DiscardHandler), nil)
	s.Use(&memory{}, fhir.NewNamer(nil, ""))
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, &memory{}) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	trusted := func(pool *x509.CertPool) bool {
		client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}
		a, err := client.Get("https://" + s.Addr().String() + root + "/metadata")
		if err != nil {
			return false
		}
		defer a.Body.Close()
		return a.StatusCode == 200
	}
	if !trusted(first) {
		t.Fatal("the first certificate is not served")
	}
	_, _, second := issue(t, dir, "second")
	if trusted(first) || !trusted(second) {
		t.Error("the second certificate is not taken up")
	}
	if err := os.WriteFile(cert, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !trusted(second) {
		t.Error("a broken certificate took the door away")
	}
}

func TestServer_DoesNotOpenWithoutItsCertificate(t *testing.T) {
	t.Parallel()
	s := NewServer(Config{Name: "fhir", Trust: "ZZ1", Listen: "127.0.0.1:0", TLS: &TLS{Certificate: filepath.Join(t.TempDir(), "none"), PrivateKey: func() (string, error) { return "", nil }}}, slog.New(slog.DiscardHandler), nil)
	if f := fault.Of(s.Listen()); f.Code != "tls_file" || f.Path != "connectors.fhir.fhir.tls.certificate" {
		t.Errorf("got %v at %s", f, f.Path)
	}
}

func TestServer_APortThatIsTakenIsTold(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	s := NewServer(Config{Name: "fhir", Listen: ln.Addr().String()}, slog.New(slog.DiscardHandler), nil)
	if f := fault.Of(s.Listen()); f.Code != "port_in_use" {
		t.Errorf("got %v", f)
	}
}
