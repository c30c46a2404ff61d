package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/identity"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// caseKinds gives the kinds of names that a trust's cases have, which are few,
// without reading all names.
const caseKinds = `RECURSIVE kinds (kind) AS (
	SELECT min(kind) FROM case_alias WHERE trust = $1
	UNION ALL SELECT (SELECT min(a.kind) FROM case_alias a WHERE a.trust = $1 AND a.kind > k.kind) FROM kinds k WHERE k.kind IS NOT NULL)`

type named struct {
	id    int64
	alias string
}

func findCase(ctx context.Context, tx pgx.Tx, trust, text string) (int64, error) {
	text = strings.TrimSpace(text)
	kind, value, both := strings.Cut(text, ":")
	number, err := strconv.ParseInt(strings.TrimPrefix(text, "id:"), 10, 64)
	isNumber := err == nil
	scan := func(row pgx.CollectableRow) (n named, err error) {
		err = row.Scan(&n.id, &n.alias)
		return n, err
	}
	var found []named
	if !both || kind != "id" {
		found, err = collect(ctx, tx, `WITH `+caseKinds+` SELECT coalesce(c.joined_into, c.id), min(a.kind || ':' || a.value)
			  FROM (SELECT kind, $2::text AS value FROM kinds WHERE kind IS NOT NULL UNION SELECT $3, $4) n
			  JOIN case_alias a ON a.trust = $1 AND a.kind = n.kind AND a.value = n.value JOIN theatre_case c ON c.trust = $1 AND c.id = a.case_id
			 GROUP BY 1 ORDER BY 1`, scan, trust, text, kind, value)
		if err != nil {
			return 0, err
		}
	}
	if len(found) == 0 && isNumber {
		found, err = collect(ctx, tx, `SELECT coalesce(joined_into, id), name FROM theatre_case WHERE trust = $1 AND id = $2`, scan, trust, number)
		if err != nil {
			return 0, err
		}
	}
	switch len(found) {
	case 0:
		return 0, fault.New(fault.NotFound, "case_not_found", "There is no case %s. `stockwell cases list` shows those that there are.", text)
	case 1:
		return found[0].id, nil
	}
	var all []string
	for _, f := range found {
		all = append(all, fmt.Sprintf("id:%d (%s)", f.id, f.alias))
	}
	return 0, fault.New(fault.Invalid, "case_ambiguous", "%s is a name of %d cases: %s. Name one of them in that way.", text, len(found), strings.Join(all, ", "))
}

// LineKey gives the key of a case's line that a person names by its key or its
// number.
func (s *Store) LineKey(ctx context.Context, trust string, id int64, text string) (key string, err error) {
	text = strings.TrimSpace(text)
	number, _ := strconv.ParseInt(text, 10, 64)
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		found, err := collect(ctx, pgtx.From(ctx), `SELECT l.key FROM usage_line l JOIN theatre_case c ON c.trust = l.trust AND c.id = l.case_id
			WHERE l.trust = $1 AND (c.id = $2 OR c.joined_into = $2) AND (l.key = $3 OR l.id = $4) ORDER BY l.key <> $3, c.id <> $2, l.id LIMIT 1`, pgx.RowTo[string], trust, id, text, number)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fault.New(fault.NotFound, "line_not_found", "The case has no line %s. `stockwell cases show id:%d` shows its lines.", text, id)
		}
		key = found[0]
		return nil
	})
	return key, err
}

// CaseKinds lists the kinds of names that a trust's cases have.
func (s *Store) CaseKinds(ctx context.Context, trust string) (out []string, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		out, err = collect(ctx, pgtx.From(ctx), `WITH `+caseKinds+` SELECT kind FROM kinds WHERE kind IS NOT NULL ORDER BY 1`, pgx.RowTo[string], trust)
		return err
	})
	return out, err
}

// PatientOf gives the surrogate as whom a patient with one of these
// identifiers is read; zero if the vault knows none of them.
func (s *Store) PatientOf(ctx context.Context, trust string, ps []identity.Pseudonym) (patient int64, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT coalesce(min(coalesce(p.merged_into, p.id)), 0) FROM patient_identifier i JOIN patient p ON p.trust = i.trust AND p.id = i.patient
			WHERE i.trust = $1 AND i.pseudonym = ANY ($2) AND i.kind <> 'invalid'`, trust, rawPseudonyms(ps)).Scan(&patient)
	})
	return patient, err
}

// KnowsItem reports whether the catalogue has an item of this code.
func (s *Store) KnowsItem(ctx context.Context, trust, code string) (known bool, err error) {
	err = s.reading(ctx, trust, func(ctx context.Context) error {
		return pgtx.From(ctx).QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM item WHERE trust = $1 AND code = $2)`, trust, code).Scan(&known)
	})
	return known, err
}
