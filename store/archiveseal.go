package store

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/klauspost/compress/s2"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// How raw bytes are kept: plain by versions that knew no sealing, since then
// sealed with the key of the trust's day.
const (
	sealPlain = 0
	sealDay   = 1
)

// A sealed message is
//
//	key number (1) | size of the message (4, big endian) | nonce (12) | ciphertext and tag
//
// The ciphertext is the message, compressed by S2, under AES-256-GCM. What is
// authenticated with it is the head, the trust, the day and the digest: sealed
// bytes that are moved to another row do not open.
const (
	sizeAt  = 1
	nonceAt = 5
	headLen = nonceAt + 12
)

// dayKey seals the messages of one trust and day.
type dayKey struct {
	number byte
	aead   cipher.AEAD
}

// seal compresses and encrypts raw.
func (k dayKey) seal(trust string, day time.Time, digest, raw []byte) []byte {
	// The compressed message is encrypted where it stands.
	out := make([]byte, headLen+s2.MaxEncodedLen(len(raw))+k.aead.Overhead())
	out[0] = k.number
	binary.BigEndian.PutUint32(out[sizeAt:], uint32(len(raw)))
	_, _ = rand.Read(out[nonceAt:headLen]) // it never fails
	packed := s2.Encode(out[headLen:len(out)-k.aead.Overhead()], raw)
	return k.aead.Seal(out[:headLen], out[nonceAt:headLen], packed, bound(out[:nonceAt], trust, day, digest))
}

// open gives what seal was given. Bytes that were changed, or are of another
// row, fail with fault.Stopped.
func (k dayKey) open(trust string, day time.Time, digest, sealed []byte) ([]byte, error) {
	if len(sealed) < headLen+k.aead.Overhead() {
		return nil, changed()
	}
	packed, err := k.aead.Open(nil, sealed[nonceAt:headLen], sealed[headLen:], bound(sealed[:nonceAt], trust, day, digest))
	if err != nil {
		return nil, changed()
	}
	size := binary.BigEndian.Uint32(sealed[sizeAt:])
	if n, err := s2.DecodedLen(packed); err != nil || n != int(size) {
		return nil, changed()
	}
	raw, err := s2.Decode(nil, packed)
	if err != nil {
		return nil, changed()
	}
	return raw, nil
}

// bound is what is authenticated beside the ciphertext.
func bound(head []byte, trust string, day time.Time, digest []byte) []byte {
	out := make([]byte, 0, 64)
	out = append(append(append(out, head...), trust...), 0)
	out = day.AppendFormat(out, time.DateOnly)
	return append(out, digest...)
}

func changed() error {
	return fault.New(fault.Stopped, "archive_bytes_changed",
		"The message's bytes in the archive do not open with the key that sealed them: they were changed since. Ask the sender to send it again under another control ID, and find out who writes to the database.")
}

// dayOf is the archive's day of a moment: the date in UTC.
func dayOf(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }
