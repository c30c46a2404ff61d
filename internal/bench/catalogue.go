package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/domain/journal"
	"github.com/stockwell-hub/stockwell/store"
)

const nationalProfile = "nhs-supply-chain-full/v1"

// cataloguePart loads a national catalogue by `stockwell catalogue load`, the
// start of the process and every check included, and by COPY and one INSERT a
// table into copies of the tables with the same indexes. Then the same file
// comes again, and a hundredth of it with new prices; then codes are looked up
// and words searched for.
func cataloguePart(ctx context.Context, b *bench) error {
	r, err := b.database(ctx)
	if err != nil {
		return err
	}
	folder := filepath.Join(b.folder, "national")
	if err := writeTrust(folder, "ZN1", false); err != nil {
		return err
	}
	whole, plain, delta := filepath.Join(b.folder, "whole.csv"), filepath.Join(b.folder, "plain.csv"), filepath.Join(b.folder, "delta.csv")
	if err := writeNational(whole, b.items, true); err != nil {
		return err
	}
	if err := writeNational(plain, b.items, false); err != nil {
		return err
	}
	if err := writeDelta(delta, b.items); err != nil {
		return err
	}
	load := func(profile, file string) (time.Duration, float64, error) {
		return b.timed(ctx, folder, "--trust", "ZN1", "catalogue", "load", "--profile", profile, file)
	}
	times := 2
	switch {
	case b.items <= 100_000:
		times = rounds
	case b.items > 1_000_000:
		times = 1
	}
	var first, again, yard []float64
	var most float64
	for range times {
		if err := r.forgetNational(ctx); err != nil {
			return err
		}
		took, memory, err := load(nationalProfile, whole)
		if err != nil {
			return err
		}
		first, most = append(first, took.Seconds()), max(most, memory)
		before, err := r.written(ctx)
		if err != nil {
			return err
		}
		if took, memory, err = load(nationalProfile, whole); err != nil {
			return err
		}
		again, most = append(again, took.Seconds()), max(most, memory)
		if after, err := r.written(ctx); err != nil || after != before {
			return fmt.Errorf("the same file wrote rows: %s, then %s, %w", before, after, err)
		}
		start := time.Now()
		if err := r.plainNational(ctx, plain); err != nil {
			return fmt.Errorf("yardstick: %w", err)
		}
		yard = append(yard, time.Since(start).Seconds())
	}
	took, memory, err := load("nhs-supply-chain-delta/v1", delta)
	if err != nil {
		return err
	}
	n := float64(b.items)
	b.say("%d rows; first load %s s, plain SQL %s s, again %s s", b.items, seconds(first), seconds(yard), seconds(again))
	rows := []row{against(fmt.Sprintf("national catalogue, %d rows, against plain SQL", b.items), "rows/s", n/median(first), n/median(yard), 0.5),
		within("the same file again, against the first time", "s", median(again), median(first), 0.4),
		shown("a hundredth of it with new prices", "s", took.Seconds(), 0), below("memory of the process that loads", "MB", max(most, memory), 200)}
	if b.items >= 600_000 {
		rows[2] = atMost(rows[2].Name, "s", took.Seconds(), 0, 10)
		rows = append(rows, below("national catalogue, first load", "s", median(first), 60))
	}
	b.add(rows...)
	if err := b.found(ctx, r); err != nil {
		return err
	}
	return r.explained(ctx)
}

func seconds(all []float64) string {
	var out []string
	for _, s := range all {
		out = append(out, figure(&s))
	}
	return strings.Join(out, ", ")
}

// timed runs a command to its end and gives how long it took and the most
// memory that it had, in MB.
func (b *bench) timed(ctx context.Context, folder string, args ...string) (time.Duration, float64, error) {
	program, err := b.program(ctx)
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.CommandContext(ctx, program, append([]string{"--config", filepath.Join(folder, "config", "stockwell.yaml"), "--data", filepath.Join(b.folder, "data")}, args...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, 0, fmt.Errorf("%v: %w: %s", args, err, out.String())
	}
	return time.Since(start), peakMB(cmd.ProcessState), nil
}

// forgetNational empties the national catalogue.
func (r *rig) forgetNational(ctx context.Context) error {
	_, err := r.super.Exec(ctx, `TRUNCATE product_version, product_body, product_pack, product_code, product_price, product_alternative, catalogue_word, catalogue_source, catalogue_conflict`)
	return err
}

// written tells how far the catalogue's rows are numbered and how many there
// are.
func (r *rig) written(ctx context.Context) (s string, err error) {
	err = r.super.QueryRow(ctx, `SELECT (SELECT count(*) || '/' || max(id) || '/' || count(until) FROM product_version) || ' ' || (SELECT count(*) FROM product_body) || ' ' || (SELECT count(*) FROM product_price)`).Scan(&s)
	return s, err
}

// plainNational is the yardstick: the file by COPY into a table of texts, and
// one INSERT for each table, in one transaction and without a check.
func (r *rig) plainNational(ctx context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	conn, err := pgx.ConnectConfig(ctx, r.super.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `
		DROP TABLE IF EXISTS plain_version, plain_body, plain_pack, plain_price;
		CREATE TABLE plain_version (LIKE product_version INCLUDING ALL);
		CREATE TABLE plain_body (LIKE product_body INCLUDING ALL);
		CREATE TABLE plain_pack (LIKE product_pack INCLUDING ALL);
		CREATE TABLE plain_price (LIKE product_price INCLUDING ALL);
		CREATE TEMP TABLE rows (npc text, description text, manufacturer text, mpc text, supplier_code text, route text, eclass text, gmdn text, class text, implantable boolean, lot boolean, unit text, gtin text,
			issue text, issue_quantity bigint, issue_gtin text, price numeric, band bigint, band_price numeric, currency text, vat text, valid_from text, status text, reason text, alternatives text);
		BEGIN`); err != nil {
		return err
	}
	if _, err := conn.PgConn().CopyFrom(ctx, f, `COPY rows FROM STDIN (FORMAT csv, HEADER, DELIMITER '|')`); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `
		ALTER TABLE rows ADD id bigserial;
		INSERT INTO plain_body SELECT id, description, manufacturer, mpc, '', unit, issue_quantity, 'NHS Supply Chain', supplier_code, CASE route WHEN 'S' THEN 'stocked' WHEN 'B' THEN 'blue_diamond' ELSE 'edirect' END,
				eclass, gmdn, '', class, implantable, NULL, lot, NULL, NULL, status = 'S', coalesce(reason, ''), NULL, NULL, false, NULL, to_tsvector('simple', description || ' ' || manufacturer) FROM rows;
		INSERT INTO plain_pack SELECT id, 1, unit, 1, 'gtin', gtin FROM rows UNION ALL SELECT id, 2, issue, issue_quantity, 'gtin', issue_gtin FROM rows;
		INSERT INTO plain_version (id, source, key, body, since, removed, body_digest, price_digest) SELECT id, 1, npc, id, 1, false, id, id FROM rows;
		INSERT INTO plain_price SELECT id, 1, price, currency, 'exclusive', issue_quantity, to_date(valid_from, 'DD/MM/YYYY') FROM rows UNION ALL SELECT id, band, band_price, currency, 'exclusive', issue_quantity, to_date(valid_from, 'DD/MM/YYYY') FROM rows;
		COMMIT;
		DROP TABLE plain_version, plain_body, plain_pack, plain_price`)
	return err
}

// found measures look-ups by code and by scan, and searches by words of which
// one in three is mistyped, through the store as the API does.
func (b *bench) found(ctx context.Context, r *rig) error {
	s, err := store.Open(ctx, r.server.RuntimeDSN(), store.ToolSizes)
	if err != nil {
		return err
	}
	defer s.Close()
	pick := rand.New(rand.NewPCG(uint64(b.seed()), 3))
	measure := func(times int, by string, text func() string) ([]float64, error) {
		var took []time.Duration
		for i := range times + times/10 {
			q := journal.CatalogueSearch{Text: text(), Limit: 20}
			start := time.Now()
			f, err := s.SearchCatalogue(ctx, "ZN1", q, start)
			if err != nil {
				return nil, err
			}
			if by != "" && (f.By != by || f.Total == 0) {
				return nil, fmt.Errorf("%q was found by %s, %d times", q.Text, f.By, f.Total)
			}
			if i >= times/10 { // warm
				took = append(took, time.Since(start))
			}
		}
		return milliseconds(took), nil
	}
	codes, err := measure(2000, "code", func() string { return nationalKey(pick.IntN(b.items)) })
	if err != nil {
		return err
	}
	scans, err := measure(2000, "scan", func() string { return "(01)" + nationalGTIN(pick.IntN(2), pick.IntN(b.items)) + "(17)291130(10)L123" })
	if err != nil {
		return err
	}
	words, err := measure(1000, "", func() string { return typed(pick) })
	if err != nil {
		return err
	}
	b.add(below("look up by code, p50", "ms", quantile(codes, 0.5), 1), shown("look up by code, p99", "ms", quantile(codes, 0.99), 0), below("look up by scan, p50", "ms", quantile(scans, 0.5), 1),
		shown("search by words, p50", "ms", quantile(words, 0.5), 0), below("search by words, p95", "ms", quantile(words, 0.95), 50))
	return nil
}

// typed is what somebody types: two or three words, common or rare, with a slip
// in one of three.
func typed(r *rand.Rand) string {
	var all []string
	for range 2 + r.IntN(2) {
		w := nouns[r.IntN(len(nouns))]
		if r.IntN(4) == 0 {
			w = rareWord(r.IntN(40000))
		}
		if r.IntN(3) == 0 && len(w) > 4 {
			i := 1 + r.IntN(len(w)-2)
			switch r.IntN(3) {
			case 0:
				w = w[:i] + w[i+1:]
			case 1:
				w = w[:i] + string(w[i+1]) + string(w[i]) + w[min(i+2, len(w)):]
			default:
				w = w[:i] + "x" + w[i+1:]
			}
		}
		all = append(all, w)
	}
	return strings.Join(all, " ")
}
