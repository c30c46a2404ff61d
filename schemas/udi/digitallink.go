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
// with its qualifiers, and the numeric names of the query. Other names of the
// query belong to somebody else.
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
	segments, squeezed := u.compressed(segments)
	key := u.primaryKey(segments)
	switch {
	case squeezed.to > 0:
		u.fail(CodeCompressed, squeezed.from, "This part of the address looks like a compressed Digital Link, which is not read. Scan another symbol of the label, or type the text beneath the symbol.")
		if key < 0 {
			return
		}
	case key < 0:
		u.fail(CodeUnrecognised, from, "No GS1 key was found in this address: it is no GS1 Digital Link. Scan another symbol of the label.")
		return
	}
	u.Issuer = GS1
	u.Elements = make([]Element, 0, 4)
	u.linkPath(segments[key:], now)
	u.linkQuery(query, to, now)
	if slash {
		u.warn(CodePathOrder, path-1, "A slash ends the path, which the standard does not allow. It changes nothing.")
	}
	u.associations()
}

// linkPath reads the key and its qualifiers.
func (u *UDI) linkPath(segments []piece, now time.Time) {
	var order []string
	for i := 0; i+1 < len(segments) && !u.full(segments[i].from); i += 2 {
		p, value := segments[i], segments[i+1]
		a := u.linkAI(p)
		if a == nil {
			u.unknownAI(u.Raw[p.from:p.to], u.Raw[value.from:value.to], p.from, value.from)
			continue
		}
		u.linkElement(a, value, false, now)
		if i > 0 {
			order = append(order, a.code)
		}
	}
	if !inOrder(u.linkAI(segments[0]).qualifiers, order) {
		u.fail(CodePathOrder, segments[0].to, "The parts of the path do not belong to this key, or are out of order.")
	}
}

func (u *UDI) linkQuery(from, to int, now time.Time) {
	for _, q := range split(u.Raw, from, to, '&') {
		if u.full(q.from) {
			return
		}
		eq := strings.IndexByte(u.Raw[q.from:q.to], '=')
		if eq < 0 {
			continue
		}
		name := u.Raw[q.from : q.from+eq]
		value := piece{q.from + eq + 1, q.to}
		if a := u.linkAI(piece{q.from, q.from + eq}); a != nil {
			u.linkElement(a, value, true, now)
			if a.pathOnly {
				u.fail(CodePathOrder, q.from, "This identifier may not stand in the query of a Digital Link; it belongs into the path, after its key.")
			}
		} else if name != "" && allDigits(name) {
			u.unknownAI(name, u.Raw[value.from:value.to], q.from, value.from)
		}
	}
}

// primaryKey gives the index of the segment that names the last primary key of
// the path, or -1. What follows it are pairs; segments before it are the
// resolver's own.
func (u *UDI) primaryKey(segments []piece) int {
	for i := len(segments) - 2; i >= 1; i -= 2 {
		a := u.linkAI(segments[i])
		switch name := u.Raw[segments[i].from:segments[i].to]; {
		case a != nil && a.primary:
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
	u.element(a, value, p.from, elementContext{delimited: true, now: now})
	u.relocate(n, p.from, pad, source, escapeWidth)
}
