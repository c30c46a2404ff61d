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
	"purchasedFrom": "412", "shipFor": "413", "gln": "414", "payTo": "415", "glnProd": "416",
	"gsrnp": "8017", "gsrn": "8018", "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401",
	"gsin": "402", "grai": "8003", "giai": "8004", "cpv": "22", "lot": "10", "ser": "21",
	"cpsn": "8011", "glnx": "254", "refno": "8020", "srin": "8019", "exp": "17", "expdt": "7003",
}

// piece is one segment or name of a URI, by its offsets in the raw text.
type piece struct{ from, to int }

// digitalLink reads a GS1 Digital Link URI: the first primary key in the
// path after which all segments pair up, its qualifiers, and the numeric
// names of the query. Other names of the query belong to somebody else.
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
	if n := len(segments); n > 0 && segments[n-1].from == segments[n-1].to {
		segments = segments[:n-1]
	}
	key := u.primaryKey(segments)
	if key < 0 {
		u.fail(CodeUnrecognised, from, "No GS1 key was found in this address. It is no GS1 Digital Link, or a compressed one, which is not read.")
		return
	}
	u.Issuer = GS1
	u.Elements = make([]Element, 0, 6)
	primary := u.linkAI(segments[key])
	var order []string
	for i := key; i+1 < len(segments); i += 2 {
		a := u.linkAI(segments[i])
		u.linkElement(a, segments[i+1], now)
		if i > key {
			order = append(order, a.code)
		}
	}
	if !inOrder(primary.qualifiers, order) {
		u.warn(CodePathOrder, segments[key].to, "The parts of the path do not belong to this key or are out of order.")
	}
	u.linkQuery(query, to, now)
	u.associations()
}

func (u *UDI) linkQuery(from, to int, now time.Time) {
	for _, q := range split(u.Raw, from, to, '&') {
		eq := strings.IndexByte(u.Raw[q.from:q.to], '=')
		if eq < 0 {
			continue
		}
		name := u.Raw[q.from : q.from+eq]
		value := piece{q.from + eq + 1, q.to}
		if a := u.linkAI(piece{q.from, q.from + eq}); a != nil {
			u.linkElement(a, value, now)
		} else if len(name) >= 2 && len(name) <= 4 && allDigits(name) {
			u.unknownAI(name, u.Raw[value.from:value.to], value.from)
		}
	}
}

// primaryKey gives the index of the segment that names the primary key.
func (u *UDI) primaryKey(segments []piece) int {
	for i := 1; i+1 < len(segments); i++ {
		if a := u.linkAI(segments[i]); a == nil || !a.primary || (len(segments)-i)%2 != 0 {
			continue
		}
		all := true
		for j := i; j < len(segments); j += 2 {
			all = all && u.linkAI(segments[j]) != nil
		}
		if all {
			return i
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

func (u *UDI) linkElement(a *ai, p piece, now time.Time) {
	value, bad := unescape(u.Raw[p.from:p.to])
	if bad >= 0 {
		u.fail(CodeEncoding, p.from+bad, "A percent sign must be followed by two hexadecimal digits.")
	}
	if a.code == "01" && allDigits(value) && (len(value) == 8 || len(value) == 12 || len(value) == 13) {
		value = "000000"[:14-len(value)] + value
	}
	u.element(a, value, p.from, elementContext{delimited: true, now: now})
}

// inOrder reports whether order is found, with gaps, in one of the sequences.
func inOrder(sequences [][]string, order []string) bool {
	for _, seq := range sequences {
		n := 0
		for _, code := range seq {
			if n < len(order) && order[n] == code {
				n++
			}
		}
		if n == len(order) {
			return true
		}
	}
	return len(order) == 0
}

func split(raw string, from, to int, sep byte) (out []piece) {
	start := from
	for i := from; i < to; i++ {
		if raw[i] == sep {
			out = append(out, piece{start, i})
			start = i + 1
		}
	}
	if start < to || len(out) > 0 {
		out = append(out, piece{start, to})
	}
	return out
}

// unescape decodes percent escapes; bad is the offset of a broken one, which
// stays as it is, or -1.
func unescape(s string) (text string, bad int) {
	if strings.IndexByte(s, '%') < 0 {
		return s, -1
	}
	bad = -1
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) && hex(s[i+1]) >= 0 && hex(s[i+2]) >= 0 {
			b.WriteByte(byte(hex(s[i+1])<<4 | hex(s[i+2])))
			i += 2
			continue
		}
		if s[i] == '%' && bad < 0 {
			bad = i
		}
		b.WriteByte(s[i])
	}
	return b.String(), bad
}
