package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Sealer encrypts what the identity vault keeps, with AES-256-GCM under a key
// derived from the trust's vault key.
type Sealer struct{ aead cipher.AEAD }

// NewSealer derives the trust's encryption key from its vault key, which must
// be at least 32 bytes long.
func NewSealer(vaultKey []byte, trust string) (Sealer, error) {
	if len(vaultKey) < 32 {
		return Sealer{}, fault.New(fault.Invalid, "vault_key_short", "The vault key of trust %s is shorter than 32 bytes. Make one with `openssl rand -hex 32`.", trust)
	}
	key, err := hkdf.Key(sha256.New, vaultKey, nil, "stockwell/vault/1/"+trust, 32)
	if err != nil {
		return Sealer{}, err
	}
	aead, err := newGCM(key)
	return Sealer{aead}, err
}

// newGCM is AES-256-GCM under key.
func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts v's JSON; a fresh nonce leads the ciphertext.
func (s Sealer) seal(v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return s.aead.Seal(nonce, nonce, plain, nil), nil
}

// open decrypts what seal gave into v.
func (s Sealer) open(sealed []byte, v any) error {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return unopened(nil)
	}
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], nil)
	if err != nil {
		return unopened(err)
	}
	return json.Unmarshal(plain, v)
}

func unopened(err error) error {
	return fault.Wrap(err, fault.Stopped, "vault_unreadable", "What the identity vault keeps does not open with the trust's vault key. Check secrets.vault_key in trust.yaml.")
}
