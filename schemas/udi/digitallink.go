package udi

import (
	"strings"
	"time"
)

// linkAt reports whether s is a URI of the web.
func linkAt(s string) bool {
	return hasFold(s, "http://") || hasFold(s, "https://") || hasFold(s, "id.gs1.org/")
}

func hasFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

// linkNames are the words that GS1 Digital Link 1.1 allowed for identifiers.
var linkNames = map[string]string{
	"gtin": "01", "itip": "8006", "gmn": "8013", "cpid": "8010", "shipTo": "410", "billTo": "411",
	"purchasedFrom": "412", "shipFor": "413", "gln": "414", "payTo": "415", "glnProd": "416", "party": "417",
	"gsrnp": "8017", "gsrn": "8018", "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401",
	"gsin": "402", "grai": "8003", "giai": "8004", "cpv": "22", "lot": "10", "ser": "21",
	"cpsn": "8011", "glnx": "254", "refno": "8020", "srin": "8019", "exp": "17", "expdt": "7003",
}

// piece is one segment or name of a URI, by its offsets in the raw text.
type piece struct{ from, to int }

// digitalLink reads a GS1 Digital Link URI: the last primary key of its path
// with its qualifiers, in digits, words or compressed, and the numeric names
// of the query. Other names of the query belong to somebody else.
func (u *UDI) digitalLink(from, to int, now time.Time) {
	raw := u.Raw
	u.Carrier = "digital_link"
	if i := strings.IndexByte(raw[from:to], '#'); i >= 0 {
		to = from + i
	}
	path, query := to, to
	if i := strings.IndexByte(raw[from:to], '?'); i >= 0 {
		path, query = from+i, from+i+1
	}
	at := from
	if i := strings.Index(raw[from:path], "://"); i >= 0 {
		at = from + i + 3
	}
	segments := split(raw, at, path, '/')
	slash := false
	if n := len(segments); n > 1 && segments[n-1].from == segments[n-1].to {
		segments, slash = segments[:n-1], true
	}
	segments, packed, squeezed := u.compressed(segments)
	key := u.primaryKey(segments)
	switch {
	case squeezed.to > 0 && packed == nil:
		u.fail(CodeCompressed, squeezed.from, "This part of the address looks like a compressed Digital Link, but what comes out of it is none. Scan another symbol of the label, or type the text beneath the symbol.")
		if key < 0 {
			return
		}
	case key < 0 && packed == nil:
		u.fail(CodeUnrecognised, from, "No GS1 key was found in this address: it is no GS1 Digital Link. Scan another symbol of the label.")
		return
	}
	u.Issuer = GS1
	u.Elements = make([]Element, 0, 4)
	var r route
	if key >= 0 {
		r = u.linkPath(segments[key:], now)
	}
	u.linkPacked(packed, squeezed, now)
	u.linkQuery(query, to, r, now)
	if slash {
		u.fail(CodePathOrder, path-1, "A slash ends the path, which the standard does not allow. It changes nothing.")
	}
	u.associations()
}

// primaryKey gives the index of the segment that names the last primary key of
// the path, or -1. What follows it are pairs; segments before it are the
// resolver's own.
func (u *UDI) primaryKey(segments []piece) int {
	for i := len(segments) - 2; i >= 1; i -= 2 {
		a := u.linkAI(segments[i])
		switch name := u.Raw[segments[i].from:segments[i].to]; {
		case a != nil && (a.primary || formerKeys[a.code]):
			return i
		case a == nil && (len(name) < 2 || len(name) > 4 || !allDigits(name)):
			return -1
		}
	}
	return -1
}

func (u *UDI) linkAI(p piece) *ai {
	name := u.Raw[p.from:p.to]
	if code, ok := linkNames[name]; ok {
		name = code
	}
	return lookup(name)
}

func (u *UDI) linkElement(a *ai, p piece, query bool, now time.Time) {
	source := u.Raw[p.from:p.to]
	value, bad := unescape(source, query)
	if bad >= 0 {
		u.fail(CodeEncoding, p.from+bad, "A percent sign must be followed by two hexadecimal digits.")
	}
	pad := 0
	if a.code == "01" && allDigits(value) && (len(value) == 8 || len(value) == 12 || len(value) == 13) {
		pad = 14 - len(value)
		value = "000000"[:pad] + value
	}
	n := len(u.Findings)
	if v, there := u.Value(a.code); there && v == value {
		u.fail(CodeRepeated, p.from+pad, "This identifier stands twice in the address, with the same value.")
	}
	u.element(a, value, p.from, elementContext{delimited: true, now: now})
	u.relocate(n, p.from, pad, source, escapeWidth)
}
