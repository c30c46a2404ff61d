// Package identity holds the rules by which patients are told apart: how an
// identifier becomes a keyed pseudonym, which records are one person by what
// was said of merges, and who is a test patient. Everything outside the vault
// knows a patient by a surrogate number only.
//
// Names and numbers in clear do not leave this package's callers; storage and
// encryption at rest do not belong here.
package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/nhs"
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

// Identifies reports whether a patient may be found by i. An NHS Number whose
// check digit is wrong, or which is one digit over and over, was mistyped or
// made up: two patients may have it, so it never makes one of them.
func (i Identifier) Identifies() bool {
	if i.Empty() || !i.NHS() {
		return !i.Empty()
	}
	n, err := nhs.ParseNHSNumber(digits(compact(i.Value)))
	return err == nil && strings.Trim(n.String(), n.String()[:1]) != ""
}

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
func (v Vault) Pseudonym(i Identifier) Pseudonym { return v.hash(i.normal()) }

// Kept gives a keyed hash for an identifier that identifies nobody, under
// which it is kept with the record of which it was told, and never found.
func (v Vault) Kept(i Identifier, p Patient) Pseudonym {
	return v.hash("kept|" + strconv.FormatInt(int64(p), 10) + "|" + i.normal())
}

func (v Vault) hash(text string) Pseudonym {
	mac := hmac.New(sha256.New, v.key)
	mac.Write([]byte(text))
	return Pseudonym(mac.Sum(nil))
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
