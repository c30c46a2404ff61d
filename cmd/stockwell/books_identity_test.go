package main

import (
	"regexp"
	"strconv"
	"strings"
)

// identities tells what happened to patients' records, which messages' words
// stand for what is known of a patient, and what was told of visits; each part
// only where there is something to tell.
func (b *books) identities(h *hospital) {
	for _, part := range []struct{ name, sql string }{
		{"patients' records", booksOfRecords},
		{"what happened to them", booksOfEvents},
		{"whose word stands for what is known of them", booksOfDemographics},
		{"visits", booksOfVisits},
	} {
		text, err := h.query(part.sql)
		h.must(err)
		if text != "" {
			b.line("%s", part.name)
			for line := range strings.SplitSeq(text, "\n") {
				b.line("  %s", b.named(line))
			}
		}
	}
}

const (
	booksOfRecords = `SELECT string_agg(format('{p:%s}: %s%s', p.id, n.all, ', read as {p:' || p.merged_into || '}'), E'\n' ORDER BY p.id) FROM patient p
		CROSS JOIN LATERAL (SELECT string_agg(CASE i.kind WHEN 'local' THEN 'local number' WHEN 'nhs' THEN 'NHS Number' ELSE 'invalid NHS Number' END || coalesce(', status ' || nullif(i.status, ''), ''), '; ' ORDER BY i.kind, i.status) AS all
			FROM patient_identifier i WHERE i.patient = p.id) n
		WHERE p.merged_into IS NOT NULL OR EXISTS (SELECT 1 FROM identity_event e WHERE e.patient = p.id OR e.other = p.id)
		   OR EXISTS (SELECT 1 FROM patient_identifier i WHERE i.patient = p.id AND (i.kind = 'invalid' OR i.status <> ''))`
	booksOfEvents = `SELECT string_agg(format('{m:%s} %s: {p:%s}%s', message_id, replace(kind, '_', ' '), patient, ', {p:' || nullif(other, 0) || '}'), E'\n' ORDER BY id) FROM identity_event`
	// Of one field counts what was told about the patient before what was told
	// in passing, and of those what was sent last.
	booksOfDemographics = `SELECT string_agg(format('{p:%s}: %s', patient, fields), E'\n' ORDER BY patient) FROM (
		SELECT patient, string_agg(format('%s by {m:%s}', replace(field, '_', ' '), message_id), ', ' ORDER BY field) AS fields FROM (
			SELECT DISTINCT ON (d.patient, f) d.patient, f AS field, d.message_id FROM patient_demographics d, unnest(string_to_array(d.fields, ',')) f
			 ORDER BY d.patient, f, d.about DESC, d.sent_at DESC NULLS LAST, d.message_id DESC) x
		 WHERE (SELECT count(*) FROM patient_demographics d WHERE d.patient = x.patient) > 1 GROUP BY patient) y`
	booksOfVisits = `SELECT string_agg(format('%s%s', numbers, moves), E'\n' ORDER BY visit) FROM (
		SELECT visit, string_agg(number, ' is ' ORDER BY number) AS numbers, string_agg((
			SELECT string_agg(format('; moved from {p:%s} to {p:%s} by {m:%s}', m ->> 'from', m ->> 'to', m -> 'sequence' ->> 'message'), '' ORDER BY n) FROM json_array_elements(told -> 'moves') WITH ORDINALITY o (m, n)), '' ORDER BY number) AS moves
		  FROM encounter GROUP BY visit) v`
)

var tokens = regexp.MustCompile(`\{([pm]):(\d+)\}`)

// named puts names in the place of numbers.
func (b *books) named(text string) string {
	return tokens.ReplaceAllStringFunc(text, func(t string) string {
		m := tokens.FindStringSubmatch(t)
		id, _ := strconv.ParseInt(m[2], 10, 64)
		if m[1] == "m" {
			return b.labels[id]
		}
		return b.patient(id)
	})
}
