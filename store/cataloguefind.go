package store

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

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
	q.Page, q.Limit = max(q.Page, 1), max(q.Limit, 1)
	out := journal.CatalogueFound{Text: q.Text, Hits: []journal.CatalogueHit{}, Page: q.Page, Limit: q.Limit}
	asked, err := ask(q.Text, now)
	if err != nil {
		return out, err
	}
	if q.Limit > journal.MostHits {
		return out, fault.New(fault.Invalid, "limit_too_large", "At most %d answers are on a page.", journal.MostHits)
	}
	err = pgtx.Run(ctx, s.pages, trust, func(ctx context.Context) error {
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

// longestAsked bounds what is asked, in bytes; a scan has some hundred.
const longestAsked = 500

// ask reads what somebody asks for, if it is a text.
func ask(text string, now time.Time) (catalogue.Asked, error) {
	if len(text) > longestAsked || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return catalogue.Asked{}, fault.New(fault.Invalid, "search_no_text", "What is looked for must be text in UTF-8 of at most %d bytes.", longestAsked)
	}
	asked := catalogue.Ask(text, now)
	if asked.Text == "" {
		return asked, fault.New(fault.Invalid, "search_empty", "Say what to look for: a code, a scan, or words of the description.")
	}
	return asked, nil
}

func factsOf(a catalogue.Asked) *journal.ScanFacts {
	u := a.Scan
	f := &journal.ScanFacts{DI: u.DI, Lot: u.Lot, Serial: u.Serial, Expiry: u.Expiry.String()}
	for _, x := range u.Findings {
		f.Findings = append(f.Findings, x.Message)
	}
	return f
}

// hitsByCode gives what has one of the codes: items of the trust, and products.
func hitsByCode(ctx context.Context, tx pgx.Tx, trust string, codes []catalogue.Code) ([]journal.CatalogueHit, error) {
	kinds, values := codeLists(codes)
	if len(values) == 0 {
		return nil, nil
	}
	return collect(ctx, tx, `SELECT o_item, o_source, o_key, o_description, o_manufacturer, o_matched, o_ratio, o_state FROM catalogue_find($1, $2, $3)`, pgx.RowToStructByPos[journal.CatalogueHit], trust, kinds, values)
}

func codeLists(codes []catalogue.Code) (kinds, values []string) {
	for _, c := range codes {
		kinds, values = append(kinds, string(c.Kind)), append(values, c.Value)
	}
	return kinds, values
}

// mostFound bounds how many items, and how many products, are answers to words.
const mostFound = 500

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
	known, err := knownWords(ctx, tx, trust, spoken)
	if err != nil {
		return nil, err
	}
	for i, w := range spoken {
		meant := []string{w}
		if !known[w] {
			if meant, err = meanings(ctx, tx, w); err != nil {
				return nil, err
			}
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
	hits, err := rankedHits(ctx, tx, trust, strings.Join(groups, " & "), text, out)
	if err != nil || len(hits) > 0 || len(groups) == 1 || len(lettered) == 0 {
		return hits, err
	}
	out.By = "near"
	if len(groups) > 2 {
		if hits, err = rankedHits(ctx, tx, trust, allButOne(groups), text, out); err != nil || len(hits) > 0 {
			return hits, err
		}
	}
	return rankedHits(ctx, tx, trust, strings.Join(lettered, " | "), text, out)
}

// allButOne writes what has all of the words but any one of them.
func allButOne(groups []string) string {
	var out []string
	for i := range groups {
		out = append(out, "("+strings.Join(slices.Concat(groups[:i], groups[i+1:]), " & ")+")")
	}
	return strings.Join(out, " | ")
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

// knownWords tells which of the words are some of the catalogue's. Numbers are
// looked for as they stand.
func knownWords(ctx context.Context, tx pgx.Tx, trust string, words []string) (map[string]bool, error) {
	found, err := collect(ctx, tx, `SELECT word FROM catalogue_word WHERE word = ANY ($2) UNION SELECT word FROM item_word WHERE trust = $1 AND word = ANY ($2)`, pgx.RowTo[string], trust, words)
	known := map[string]bool{}
	for _, w := range found {
		known[w] = true
	}
	for _, w := range words {
		known[w] = known[w] || !catalogue.Lettered(w)
	}
	return known, err
}

// meanings gives the words of the catalogue that a typed word may be, the
// nearest first.
func meanings(ctx context.Context, tx pgx.Tx, w string) ([]string, error) {
	// A slip in a short word spoils more of it.
	least := "0.25"
	if len(w) <= 5 {
		least = "0.18"
	}
	if _, err := tx.Exec(ctx, `SELECT set_config('pg_trgm.similarity_threshold', $1, true)`, least); err != nil {
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

// rankedHits gives what the query finds, those most like the text first, and
// notes if there is more.
func rankedHits(ctx context.Context, tx pgx.Tx, trust, query, text string, out *journal.CatalogueFound) ([]journal.CatalogueHit, error) {
	hits, err := collect(ctx, tx, `SELECT o_item, o_source, o_key, o_description, o_manufacturer, '', 0::bigint, o_state FROM catalogue_ranked($1, $2::tsquery, $3, $4)`,
		pgx.RowToStructByPos[journal.CatalogueHit], trust, query, text, mostFound+1)
	// One too many of a kind says that there is more of it.
	items, products := 0, 0
	hits = slices.DeleteFunc(hits, func(h journal.CatalogueHit) bool {
		n := &items
		if h.Item == "" {
			n = &products
		}
		*n++
		out.More = out.More || *n > mostFound
		return *n > mostFound
	})
	return hits, err
}
