package store

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
)

// stageColumns are those that an encoder writes, in its order.
const stageColumns = `COPY stage_product (line, key, gone, body_digest, price_digest,
	description, manufacturer, mpc, npc, base_unit, order_units, supplier, supplier_code, route, eclass, gmdn, emdn, device_class,
	implantable, reportable, lot_tracked, serial_tracked, expiry_tracked, suspended, suspended_why, suspended_from, suspended_until, discontinued, discontinued_on, words,
	pack_units, pack_ratios, pack_issuers, pack_dis, code_kinds, code_values, code_from, code_to, alternative_kinds, alternatives,
	price_packs, prices, currency, tax, price_units, price_from, price_to) FROM STDIN`

// encoder writes products as COPY reads them. What it writes of a product's
// body and of its prices is also what their digests are over, so that a row
// that says the same again is known without being compared.
type encoder struct {
	out, body, price []byte
	rows             int
}

func (e *encoder) reset() { e.out, e.rows = e.out[:0], 0 }

// add appends a product that was told at a line, and gives its words.
func (e *encoder) add(line int, p *catalogue.Product) []string {
	words := e.encodeBody(p)
	e.encodePrice(p)
	b := strconv.AppendInt(e.out, int64(line), 10)
	b = appendCell(append(b, '\t'), p.Key)
	b = appendBool(append(b, '\t'), p.Gone)
	b = strconv.AppendInt(append(b, '\t'), shortDigest(e.body), 10)
	b = strconv.AppendInt(append(b, '\t'), shortDigest(e.price), 10)
	b = append(b, e.body...)
	b = append(b, e.price...)
	e.out = append(b, '\n')
	e.rows++
	return words
}

func (e *encoder) encodeBody(p *catalogue.Product) []string {
	b := e.body[:0]
	for _, s := range [...]string{p.Description, p.Manufacturer, p.MPC, p.NPC, p.BaseUnit} {
		b = appendCell(append(b, '\t'), s)
	}
	b = strconv.AppendInt(append(b, '\t'), max(p.OrderUnits, 1), 10)
	for _, s := range [...]string{p.Supplier, p.SupplierCode, string(p.Route), p.EClass, p.GMDN, p.EMDN, p.DeviceClass} {
		b = appendCell(append(b, '\t'), s)
	}
	for _, f := range [...]catalogue.Flag{p.Implantable, p.Reportable, p.LotTracked, p.SerialTracked, p.ExpiryTracked} {
		b = append(b, '\t')
		if f == catalogue.NotTold {
			b = append(b, `\N`...)
		} else {
			b = appendBool(b, f == catalogue.Yes)
		}
	}
	s := catalogue.Suspension{}
	if p.Suspension != nil {
		s = *p.Suspension
	}
	b = appendBool(append(b, '\t'), p.Suspension != nil)
	b = appendCell(append(b, '\t'), s.Reason)
	b = appendDay(append(b, '\t'), s.From)
	b = appendDay(append(b, '\t'), s.To)
	b = appendBool(append(b, '\t'), p.Discontinued)
	b = appendDay(append(b, '\t'), p.DiscontinuedOn)
	b = append(b, '\t')
	words := catalogue.Words(p.Description, p.Manufacturer)
	for i, w := range words {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, w...)
	}
	b = appendArray(append(b, '\t'), len(p.Packs), func(b []byte, i int) []byte { return appendElement(b, p.Packs[i].Unit) })
	b = appendArray(append(b, '\t'), len(p.Packs), func(b []byte, i int) []byte { return strconv.AppendInt(b, p.Packs[i].Ratio, 10) })
	b = appendArray(append(b, '\t'), len(p.Packs), func(b []byte, i int) []byte { return appendElement(b, string(p.Packs[i].Issuer)) })
	b = appendArray(append(b, '\t'), len(p.Packs), func(b []byte, i int) []byte { return appendElement(b, p.Packs[i].DI) })
	b = appendArray(append(b, '\t'), len(p.Codes), func(b []byte, i int) []byte { return appendElement(b, string(p.Codes[i].Kind)) })
	b = appendArray(append(b, '\t'), len(p.Codes), func(b []byte, i int) []byte { return appendElement(b, p.Codes[i].Value) })
	b = appendArray(append(b, '\t'), len(p.Codes), func(b []byte, i int) []byte { return appendDayElement(b, p.Codes[i].From) })
	b = appendArray(append(b, '\t'), len(p.Codes), func(b []byte, i int) []byte { return appendDayElement(b, p.Codes[i].To) })
	b = appendArray(append(b, '\t'), len(p.Alternatives), func(b []byte, i int) []byte {
		if p.Alternatives[i].Direct {
			return append(b, "direct"...)
		}
		return append(b, "indirect"...)
	})
	e.body = appendArray(append(b, '\t'), len(p.Alternatives), func(b []byte, i int) []byte { return appendElement(b, p.Alternatives[i].Key) })
	return words
}

func (e *encoder) encodePrice(p *catalogue.Product) {
	l := &p.Prices
	b := appendArray(append(e.price[:0], '\t'), len(l.Bands), func(b []byte, i int) []byte { return strconv.AppendInt(b, l.Bands[i].FromPacks, 10) })
	b = appendArray(append(b, '\t'), len(l.Bands), func(b []byte, i int) []byte { return append(b, l.Bands[i].Price.String()...) })
	b = appendCell(append(b, '\t'), l.Currency)
	b = appendCell(append(b, '\t'), l.Tax)
	b = strconv.AppendInt(append(b, '\t'), max(l.Units, 1), 10)
	b = appendDay(append(b, '\t'), l.From)
	e.price = appendDay(append(b, '\t'), l.To)
}

// shortDigest tells two wordings of one product apart: 64 bits are plenty where
// only those of one key are ever compared.
func shortDigest(b []byte) int64 {
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// appendCell writes a text as COPY's text form has it.
func appendCell(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\':
			b = append(b, '\\', '\\')
		case '\t':
			b = append(b, '\\', 't')
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, c)
		}
	}
	return b
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 't')
	}
	return append(b, 'f')
}

func appendDay(b []byte, d time.Time) []byte {
	if d.IsZero() {
		return append(b, `\N`...)
	}
	return d.AppendFormat(b, time.DateOnly)
}

func appendDayElement(b []byte, d time.Time) []byte {
	if d.IsZero() {
		return append(b, "NULL"...)
	}
	return d.AppendFormat(b, time.DateOnly)
}

func appendArray(b []byte, n int, each func(b []byte, i int) []byte) []byte {
	b = append(b, '{')
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = each(b, i)
	}
	return append(b, '}')
}

// appendElement writes a text as an array's element within COPY's text form:
// what an array escapes is escaped once more.
func appendElement(b []byte, s string) []byte {
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			b = append(b, `\\"`...)
		case '\\':
			b = append(b, `\\\\`...)
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
