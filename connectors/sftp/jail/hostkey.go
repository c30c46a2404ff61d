package jail

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// GenerateHostKey gives the Ed25519 key that is kept in the file path,
// readable by its owner alone. It makes the key if there is none.
func GenerateHostKey(path string) (ssh.Signer, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		raw, err = newKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("host key: %w", err)
	}
	key, err := ssh.ParsePrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("host key in %s: %w", path, err)
	}
	return key, nil
}

// newKey writes aside and links, so that of two processes that start at once
// both end up with the same whole key.
func newKey(path string) ([]byte, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(private, "stockwell")
	if err != nil {
		return nil, err
	}
	aside := fmt.Sprintf("%s.%d.tmp", path, os.Getpid())
	if err := os.WriteFile(aside, pem.EncodeToMemory(block), 0o600); err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(aside) }()
	if err := os.Link(aside, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(path)
}

// KnownHostsLine gives the line of a known_hosts file that lists key for the
// address host:port.
func KnownHostsLine(addr string, key ssh.PublicKey) string {
	return knownhosts.Line([]string{addr}, key)
}
