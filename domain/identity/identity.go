// Package identity holds the rules by which patients are told apart: how an
// identifier becomes a keyed pseudonym, which patients are merged into which,
// and who is a test patient. Everything outside the vault knows a patient by
// a surrogate number only.
//
// Names and numbers in clear do not leave this package's callers; storage and
// encryption at rest do not belong here.
package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"strings"
)

// Patient is the surrogate of a patient. Zero is nobody.
type Patient int64

// Pseudonym is the keyed hash by which an identifier is found again.
type Pseudonym [sha256.Size]byte

// Identifier is one number of a patient, in clear: personal data.
type Identifier struct {
	Type, Authority, Value string
}

// NHS reports whether i is an NHS Number.
func (i Identifier) NHS() bool { return i.Type == "NH" || i.Type == "NHS" || i.Authority == "NHS" }

// normal is the form in which an identifier is compared: NHS Numbers by their
// digits alone whoever sends them, others by type, authority and value.
func (i Identifier) normal() string {
	value := compact(i.Value)
	if i.NHS() {
		return "NHS|" + digits(value)
	}
	return strings.ToUpper(i.Type) + "|" + strings.ToUpper(i.Authority) + "|" + value
}

// Empty reports whether i names nobody.
func (i Identifier) Empty() bool { return compact(i.Value) == "" || i.NHS() && digits(i.Value) == "" }

func compact(value string) string { return strings.ToUpper(strings.Join(strings.Fields(value), "")) }

func digits(value string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, value)
}

// Vault makes pseudonyms under a trust's key. The number space of NHS Numbers
// is small enough to be counted through, so a bare hash would not do.
type Vault struct{ key []byte }

// NewVault uses key, which must be secret and at least 32 bytes long.
func NewVault(key []byte) Vault {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("stockwell/pseudonym/1"))
	return Vault{key: mac.Sum(nil)}
}

// Pseudonym gives the identifier's keyed hash.
func (v Vault) Pseudonym(i Identifier) Pseudonym {
	mac := hmac.New(sha256.New, v.key)
	mac.Write([]byte(i.normal()))
	return Pseudonym(mac.Sum(nil))
}

// Merges tells into whom a patient was merged.
type Merges map[Patient]Patient

// Survivor follows the chain of merges from p. A ring, which the store's
// rules forbid, ends where it began.
func (m Merges) Survivor(p Patient) Patient {
	seen := map[Patient]bool{}
	for {
		next, ok := m[p]
		if !ok || seen[p] {
			return p
		}
		seen[p] = true
		p = next
	}
}

// TestPatients tells synthetic patients from real ones (law 7).
type TestPatients map[string]bool

// NewTestPatients lists the trust's own test identifiers.
func NewTestPatients(values []string) TestPatients {
	t := TestPatients{}
	for _, v := range values {
		if v = compact(v); v != "" {
			t[v] = true
		}
	}
	return t
}

// Is reports whether any of ids belongs to a test patient: one that the trust
// lists, or an NHS Number from the 999 range.
func (t TestPatients) Is(ids []Identifier) bool {
	for _, i := range ids {
		if t[compact(i.Value)] || i.NHS() && (t[digits(i.Value)] || strings.HasPrefix(digits(i.Value), "999")) {
			return true
		}
	}
	return false
}
