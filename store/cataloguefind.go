package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/internal/pgtx"
)

// SearchCatalogue finds items of the trust and products of the national
// catalogue: by a code exactly, by a scanned symbol, else by words, of which
// one may be mistyped. The trust's own items come first.
func (s *Store) SearchCatalogue(ctx context.Context, trust string, q journal.CatalogueSearch, now time.Time) (journal.CatalogueFound, error) {
	q.Page, q.Limit = max(q.Page, 1), min(max(q.Limit, 1), 200)
	out := journal.CatalogueFound{Text: q.Text, Hits: []journal.CatalogueHit{}, Page: q.Page}
	asked := catalogue.Ask(q.Text, now)
	if asked.Text == "" {
		return out, fault.New(fault.Invalid, "search_empty", "Say what to look for: a code, a scan, or words of the description.")
	}
	err := pgtx.Run(ctx, s.pages, trust, func(ctx context.Context) error {
		tx := pgtx.From(ctx)
		var all []journal.CatalogueHit
		var err error
		if out.By = "code"; asked.Scan != nil {
			out.By, out.Scan = "scan", factsOf(asked)
		}
		if all, err = hitsByCode(ctx, tx, trust, asked.Codes); err != nil {
			return err
		}
		if len(all) == 0 && asked.Scan == nil {
			all, err = findWords(ctx, tx, trust, asked.Text, &out)
		}
		out.Total = len(all)
		from := min((q.Page-1)*q.Limit, len(all))
		out.Hits = append(out.Hits, all[from:min(from+q.Limit, len(all))]...)
		return err
	})
	return out, err
}

func factsOf(a catalogue.Asked) *journal.ScanFacts {
	u := a.Scan
	f := &journal.ScanFacts{DI: u.DI, Lot: u.Lot, Serial: u.Serial, Expiry: u.Expiry.String()}
	for _, x := range u.Findings {
		f.Findings = append(f.Findings, x.Message)
	}
	return f
}

// codesNamed gives what of the national catalogue has the codes $1, $2 (kinds
// and values; an empty kind is any): c, a version, with the code and the base
// units that it stands for.
const codesNamed = `(SELECT p.id, x.kind, u.value, x.ratio, x.valid_from, x.valid_to FROM unnest($1::text[], $2::text[]) u (kind, value)
	CROSS JOIN LATERAL (
		SELECT k.body, k.issuer AS kind, k.ratio, NULL::date AS valid_from, NULL::date AS valid_to FROM product_pack k WHERE k.di = u.value AND k.di <> '' AND u.kind IN ('', k.issuer)
		UNION ALL SELECT b.id, 'npc', 1, NULL, NULL FROM product_body b WHERE b.npc = u.value AND b.npc <> '' AND u.kind IN ('', 'npc')
		UNION ALL SELECT b.id, 'mpc', 1, NULL, NULL FROM product_body b WHERE b.mpc = u.value AND b.mpc <> '' AND u.kind IN ('', 'mpc')
		UNION ALL SELECT k.body, k.kind, 1, k.valid_from, k.valid_to FROM product_code k WHERE k.value = u.value AND u.kind IN ('', k.kind)
		UNION ALL SELECT v.body, 'key', 1, NULL, NULL FROM product_version v WHERE v.key = u.value AND u.kind = ''
		OFFSET 0) x
	JOIN product p ON p.body = x.body) c`

// hitsByCode gives what has one of the codes.
func hitsByCode(ctx context.Context, tx pgx.Tx, trust string, codes []catalogue.Code) ([]journal.CatalogueHit, error) {
	kinds, values := codeLists(codes)
	if len(values) == 0 {
		return nil, nil
	}
	items, err := collect(ctx, tx, `SELECT DISTINCT ON (i.code) i.code, '' AS source, '' AS key, i.description, i.manufacturer, c.kind || ' ' || c.value, c.ratio, '' AS state
		FROM unnest($2::text[], $3::text[]) u (kind, value)
		CROSS JOIN LATERAL (SELECT * FROM item_code c WHERE c.trust = $1 AND c.value = u.value AND c.kind IN ('gtin', 'npc', 'mpc', 'erp') AND u.kind IN ('', c.kind) OFFSET 0) c
		JOIN item i ON i.trust = $1 AND i.id = c.item ORDER BY i.code, c.kind <> 'gtin'`, pgx.RowToStructByPos[journal.CatalogueHit], trust, kinds, values)
	if err != nil {
		return nil, err
	}
	products, err := collect(ctx, tx, `SELECT '' AS item, source_name, key, description, manufacturer, matched, ratio, state FROM (
			SELECT DISTINCT ON (p.source, p.key) p.source_name, p.key, p.rank, b.description, b.manufacturer, CASE c.kind WHEN 'key' THEN p.key_kind ELSE c.kind END || ' ' || c.value AS matched, c.ratio, `+productState+` AS state
			  FROM `+codesNamed+` JOIN product p ON p.id = c.id JOIN product_body b ON b.id = p.body
			 ORDER BY p.source, p.key, CASE c.kind WHEN 'gtin' THEN 0 WHEN 'key' THEN 2 ELSE 1 END) x ORDER BY state <> '', rank, key`, pgx.RowToStructByPos[journal.CatalogueHit], kinds, values)
	return append(items, products...), err
}

// productState says in one word why a product may not be had.
const productState = `CASE WHEN p.removed THEN 'removed' WHEN b.discontinued THEN 'discontinued' WHEN b.suspended AND (b.suspended_until IS NULL OR b.suspended_until >= current_date) THEN 'suspended' ELSE '' END`

func codeLists(codes []catalogue.Code) (kinds, values []string) {
	for _, c := range codes {
		kinds, values = append(kinds, string(c.Kind)), append(values, c.Value)
	}
	return kinds, values
}

// mostFound bounds how many answers to words are ranked.
const mostFound = 400

// findWords finds what has all of the words, each as it stands, or as it may
// have been meant; where nothing has all, what has the most of them.
func findWords(ctx context.Context, tx pgx.Tx, trust, text string, out *journal.CatalogueFound) ([]journal.CatalogueHit, error) {
	out.By = "words"
	spoken := catalogue.Spoken(text)
	if len(spoken) == 0 {
		return nil, nil
	}
	spoken = spoken[:min(len(spoken), 12)]
	groups := make([]string, len(spoken))
	var lettered []string // a number alone says nothing of a thing
	for i, w := range spoken {
		meant, err := meanings(ctx, tx, trust, w)
		if err != nil {
			return nil, err
		}
		if len(meant) > 0 && meant[0] != w {
			if out.Read == nil {
				out.Read = map[string][]string{}
			}
			out.Read[w] = meant
		}
		if groups[i] = wordQuery(w, meant); catalogue.Lettered(w) {
			lettered = append(lettered, groups[i])
		}
	}
	hits, err := rankedHits(ctx, tx, trust, strings.Join(groups, " & "), text)
	if err != nil || len(hits) > 0 || len(groups) == 1 || len(lettered) == 0 {
		out.More = len(hits) >= mostFound
		return hits, err
	}
	out.By = "near"
	hits, err = rankedHits(ctx, tx, trust, strings.Join(lettered, " | "), text)
	out.More = len(hits) >= mostFound
	return hits, err
}

// wordQuery writes what a word may mean in the language of text search. Words
// are letters and digits alone.
func wordQuery(w string, meant []string) string {
	if len(meant) == 0 {
		return w + ":*"
	}
	if len(meant) == 1 {
		return meant[0]
	}
	return "(" + strings.Join(meant, " | ") + ")"
}

// meanings gives the words of the catalogue that a typed word may be: itself
// where there is it, else those near it, the nearest first. A number, and a
// word that begins others, are looked for as they stand.
func meanings(ctx context.Context, tx pgx.Tx, trust, w string) ([]string, error) {
	if !catalogue.Lettered(w) {
		return []string{w}, nil
	}
	var known bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM catalogue_word WHERE word = $2) OR EXISTS (SELECT 1 FROM item_word WHERE trust = $1 AND word = $2)`, trust, w).Scan(&known); err != nil || known {
		return []string{w}, err
	}
	if _, err := tx.Exec(ctx, `SET LOCAL pg_trgm.similarity_threshold = 0.15`); err != nil {
		return nil, err
	}
	all, err := collect(ctx, tx, `SELECT word FROM (SELECT word FROM (SELECT word FROM catalogue_word WHERE word % $1 ORDER BY similarity(word, $1) DESC, word LIMIT 40) n
		UNION SELECT near_item_words($1, 40)) u (word) ORDER BY similarity(word, $1) DESC, word`, pgx.RowTo[string], w)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(x string) bool { return !catalogue.Near(w, x) })
	return all[:min(len(all), 6)], nil
}

// rankedHits gives what the query finds, those most like the text first.
func rankedHits(ctx context.Context, tx pgx.Tx, trust, query, text string) ([]journal.CatalogueHit, error) {
	items, err := collect(ctx, tx, `SELECT i.code, '' AS source, '' AS key, i.description, i.manufacturer, '' AS matched, 0::bigint, '' AS state
		FROM find_items($2::tsquery, $4) f JOIN item i ON i.trust = $1 AND i.id = f ORDER BY similarity(i.description, $3) DESC, i.code`, pgx.RowToStructByPos[journal.CatalogueHit], trust, query, text, mostFound)
	if err != nil {
		return nil, err
	}
	products, err := collect(ctx, tx, `SELECT '' AS item, p.source_name, p.key, b.description, b.manufacturer, '' AS matched, 0::bigint, `+productState+` AS state
		FROM (SELECT id FROM product_body WHERE words @@ $1::tsquery LIMIT $3) f JOIN product p ON p.body = f.id JOIN product_body b ON b.id = f.id
		ORDER BY similarity(b.description, $2) DESC, p.removed, p.rank, p.key`, pgx.RowToStructByPos[journal.CatalogueHit], query, text, mostFound)
	return append(items, products...), err
}
