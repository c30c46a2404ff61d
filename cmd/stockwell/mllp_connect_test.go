package main

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
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/connectors"
	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

// applied is a Receiver whose messages are all applied at once.
type applied struct{}

func (applied) Receive(context.Context, connectors.Envelope) (connectors.Receipt, error) {
	return connectors.Receipt{MessageID: 1}, nil
}
func (applied) Applied(context.Context, string, int64) error { return nil }

// TestConnect_AnMLLPConnectorKeepsToItsSettings goes from trust.yaml to the
// wire: mutual TLS, the allow-list, and what the metrics tell of it.
func TestConnect_AnMLLPConnectorKeepsToItsSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	put := func(name, kind string, der []byte) {
		must(os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	// One certificate is its own authority, ours and the sender's.
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "theatre"}, DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(err)
	put("crt", "CERTIFICATE", der)
	put("key", "PRIVATE KEY", private)

	trust := &config.Trust{ODS: "ZZ1", Dir: dir}
	settings := config.MLLP{Listen: "127.0.0.1:0", Allow: []string{"127.0.0.0/8"}, Ack: "applied", ContentErrors: "accept",
		TLS: &config.MLLPTLS{Certificate: "crt", PrivateKey: "file:key", ClientCA: "crt", ClientNames: []string{"theatre"}}}
	refusing := settings
	refusing.Allow = []string{"10.0.0.0/8"}
	m := newMetrics()
	start := func(name string, x config.MLLP) (address string) {
		way, err := connect(trust, config.Connector{Name: name, Type: "mllp", MLLP: &x}, slog.New(slog.DiscardHandler), m)
		must(err)
		address, err = way.listen()
		must(err)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- way.source.Run(ctx, applied{}) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		return address
	}
	secret, err := mllp.ClientTLS{CA: filepath.Join(dir, "crt"), Certificate: filepath.Join(dir, "crt"), PrivateKey: filepath.Join(dir, "key"), ServerName: "localhost"}.Config()
	must(err)
	send := func(address string, tls *tls.Config) error {
		client := mllp.NewClient(mllp.ClientConfig{Name: "test", Address: address, TLS: tls})
		defer client.Close()
		_, err := client.Send(t.Context(), []byte("MSH|^~\\&|A|B|C|D|1||ADT^A01|C1|P|2.4\r"))
		return err
	}
	theatre := start("theatre", settings)
	must(send(theatre, secret))
	nameless := secret.Clone()
	nameless.Certificates = nil
	if send(theatre, nameless) == nil || send(start("closed", refusing), secret) == nil {
		t.Error("a sender was served that should not be")
	}

	told := map[string]float64{}
	families, err := m.registry.Gather()
	must(err)
	for _, f := range families {
		for _, x := range f.GetMetric() {
			name := f.GetName()
			for _, l := range x.GetLabel() {
				name += " " + l.GetValue()
			}
			told[name] = x.GetCounter().GetValue()
		}
	}
	for name, want := range map[string]float64{
		"stockwell_mllp_peer_messages_total theatre 127.0.0.1 ZZ1": 1, "stockwell_mllp_refused_total theatre certificate ZZ1": 1, "stockwell_mllp_refused_total closed allow_list ZZ1": 1,
	} {
		if told[name] != want {
			t.Errorf("%s is %v, want %v", name, told[name], want)
		}
	}
}
