package fhir

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// Namer makes a resource's id of what it is known by. The same parts always
// give the same id, so that a repeat, a restart or another hub needs to ask
// nobody; and nobody can tell the parts from the id.
type Namer func(parts ...string) string

// NewNamer makes ids under a secret of trust. Identifiers of patients can be
// counted through, so the secret must be one that clients do not have.
func NewNamer(secret []byte, trust string) Namer {
	// A keyed hash that is used again need not take in the secret again.
	macs := sync.Pool{New: func() any { return hmac.New(sha256.New, secret) }}
	return func(parts ...string) string {
		mac := macs.Get().(hash.Hash)
		defer macs.Put(mac)
		mac.Reset()
		text := make([]byte, 0, 256)
		text = append(append(append(text, "fhir id\x00"...), trust...), 0)
		for _, s := range parts {
			text = append(append(text, s...), 0)
		}
		mac.Write(text)
		var sum [sha256.Size]byte
		mac.Sum(sum[:0])
		sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // a UUID of version 8: of our own making
		x := hex.EncodeToString(sum[:16])
		return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
	}
}

var (
	idForm   = regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}$`)
	uuidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)
	typeForm = regexp.MustCompile(`^[A-Z][A-Za-z]{1,63}$`)
)

func validID(id string) bool     { return idForm.MatchString(id) }
func validType(kind string) bool { return typeForm.MatchString(kind) }

// ValidID reports whether id may name a resource.
func ValidID(id string) bool { return validID(id) }

// Named reports whether an entry's id was made of the identifier that
// criteria, as identifier=system|value, names.
func (m *Message) Named(e Entry, criteria string) bool {
	criteria, about := conditionOf(criteria, e.Type)
	system, value, ok := byIdentifier(criteria)
	return about && ok && m.name(e.Type, system, value) == e.ID
}

// conditionOf takes the criteria out of a condition on a type. Clients write
// them alone, behind a question mark, or as the address of a search:
// https://hub.example/fhir/r4/Device?identifier=system|value.
func conditionOf(condition, kind string) (criteria string, ok bool) {
	address, criteria, searched := strings.Cut(condition, "?")
	if !searched {
		return condition, true
	}
	return criteria, address == "" || address == kind || strings.HasSuffix(address, "/"+kind)
}

// byIdentifier reads a search that names a resource by an identifier alone,
// as identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018.
func byIdentifier(criteria string) (system, value string, ok bool) {
	q, err := url.ParseQuery(strings.ReplaceAll(criteria, "+", "%2B"))
	if err != nil || len(q) != 1 || len(q["identifier"]) != 1 {
		return "", "", false
	}
	system, value, ok = strings.Cut(q.Get("identifier"), "|")
	return system, value, ok && system != "" && value != ""
}
