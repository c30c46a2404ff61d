package store

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// ArchiveKeys are a trust's master keys, which wrap the keys that seal its
// messages day by day. The first one wraps; all of them unwrap.
type ArchiveKeys struct {
	trust   string
	masters []master
}

type master struct {
	fingerprint string
	aead        cipher.AEAD
}

// NewArchiveKeys takes the master key in force and former ones, each of at
// least 32 bytes.
func NewArchiveKeys(trust string, current []byte, former ...[]byte) (ArchiveKeys, error) {
	k := ArchiveKeys{trust: trust}
	for _, secret := range append([][]byte{current}, former...) {
		if len(secret) < 32 {
			return k, fault.New(fault.Invalid, "archive_key_short", "An archive key of trust %s is shorter than 32 bytes. Make one with `openssl rand -hex 32`.", trust)
		}
		key, err := hkdf.Key(sha256.New, secret, nil, "stockwell/archive/1/"+trust, 32)
		if err != nil {
			return k, err
		}
		print, err := hkdf.Key(sha256.New, secret, nil, "stockwell/archive/fingerprint/1/"+trust, 8)
		if err != nil {
			return k, err
		}
		aead, err := newGCM(key)
		if err != nil {
			return k, err
		}
		k.masters = append(k.masters, master{hex.EncodeToString(print), aead})
	}
	return k, nil
}

// Fingerprints name the keys, the one in force first; they tell nothing of
// the keys themselves.
func (k ArchiveKeys) Fingerprints() []string {
	out := make([]string, len(k.masters))
	for i, m := range k.masters {
		out[i] = m.fingerprint
	}
	return out
}

// wrap encrypts a day's key under the master key in force.
func (k ArchiveKeys) wrap(day time.Time, number byte, secret []byte) (wrapped []byte, fingerprint string) {
	nonce := make([]byte, 12, 60)
	_, _ = rand.Read(nonce) // it never fails
	m := k.masters[0]
	return m.aead.Seal(nonce, nonce, secret, bound([]byte{number}, k.trust, day, nil)), m.fingerprint
}

// unwrap gives a day's key.
func (k ArchiveKeys) unwrap(day time.Time, number byte, wrapped []byte, fingerprint string) ([]byte, error) {
	if wrapped == nil {
		return nil, fault.New(fault.Stopped, "archive_key_given_up",
			"The key that sealed this message was given up because its master key (fingerprint %s) was lost. Ask the sender to send the message again under another control ID.", fingerprint)
	}
	i := slices.IndexFunc(k.masters, func(m master) bool { return m.fingerprint == fingerprint })
	if i < 0 {
		return nil, fault.New(fault.Stopped, "archive_key_missing",
			"The message is sealed under the archive key with fingerprint %s, which is not configured for trust %s. Add it to secrets.archive_keys_former, restart, and replay the message.", fingerprint, k.trust)
	}
	secret, err := k.masters[i].aead.Open(nil, wrapped[:12], wrapped[12:], bound([]byte{number}, k.trust, day, nil))
	if err != nil {
		return nil, fault.New(fault.Stopped, "archive_key_changed",
			"The key that sealed the messages of %s was changed in the database: it does not open under its archive key (fingerprint %s). Put the row of archive_key back from a backup, and replay the message.", day.Format(time.DateOnly), fingerprint)
	}
	return secret, nil
}
