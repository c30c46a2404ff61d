package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
)

// pagesPart opens the console's pages of a hub with years of history: so many
// movements of made-up cases, and an open warning for every tenth line, which is
// more than any hospital would leave.
func pagesPart(ctx context.Context, b *bench) error {
	folder := filepath.Join(b.folder, "pages")
	for _, args := range [][]string{
		{"simulate", "--out", folder, "--theatres", "4", "--days", "1", "--faults", "none", "--port", "28600"},
		{"simulate", "--out", folder, "--bulk", fmt.Sprint(b.bulk)},
	} {
		if out, err := b.stockwell(ctx, folder, folder, args...); err != nil {
			return fmt.Errorf("stockwell simulate: %w: %s", err, out)
		}
	}
	if err := raiseWarnings(ctx, b, folder); err != nil {
		return err
	}
	config, err := os.OpenFile(filepath.Join(folder, "config", "stockwell.yaml"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err = config.WriteString("log: {level: info, format: json}\n"); err != nil {
		return err
	}
	if err := config.Close(); err != nil {
		return err
	}
	h, err := b.start(ctx, folder, folder)
	if err != nil {
		return err
	}
	defer h.stop()
	return openPages(ctx, b, h.pages+"ZZ9")
}

// raiseWarnings opens a warning for every tenth line of the made-up history.
func raiseWarnings(ctx context.Context, b *bench, folder string) error {
	return onBooks(ctx, folder, func(conn *pgx.Conn) error {
		tag, err := conn.Exec(ctx, `INSERT INTO warning (trust, id, kind, subject, text, action, severity, message_id)
			SELECT trust, nextval('warning_id'), 'lot_not_in_stock', 'line:' || id, 'The lot was not in stock.', 'Count the shelf.', 'notice', message_id FROM usage_line WHERE id % 10 = 0`)
		if err != nil {
			return err
		}
		var cases int64
		if err := conn.QueryRow(ctx, `SELECT count(*) FROM theatre_case`).Scan(&cases); err != nil {
			return err
		}
		b.say("%d movements of %d cases, %d open warnings", b.bulk, cases, tag.RowsAffected())
		_, err = conn.Exec(ctx, `VACUUM ANALYZE`)
		return err
	})
}

// openPages times each kind of page. What a list leads to is taken from it.
func openPages(ctx context.Context, b *bench, trust string) error {
	const often = 15
	first := func(list, pattern string) (string, error) {
		_, text, err := page(ctx, trust+list)
		if err != nil {
			return "", err
		}
		found := regexp.MustCompile(`/ZZ9(` + pattern + `)"`).FindStringSubmatch(text)
		if found == nil {
			return "", fmt.Errorf("the page %s leads to nothing like %s", list, pattern)
		}
		return found[1], nil
	}
	pages := []struct{ name, list, pattern string }{
		{"status", "", ""}, {"messages", "/messages", ""}, {"a message and what it brought about", "/messages", `/messages/\d+`},
		{"cases", "/cases", ""}, {"cases with open warnings", "/cases?show=open", ""}, {"a case", "/cases", `/cases/\d+`},
		{"stock", "/stock", ""}, {"one item at one place", "/stock", `/stock/[^"/?]+/[^"/?]+`},
	}
	for _, p := range pages {
		path := p.list
		if p.pattern != "" {
			var err error
			if path, err = first(p.list, p.pattern); err != nil {
				return err
			}
		}
		var took []time.Duration
		for range often {
			d, _, err := page(ctx, trust+path)
			if err != nil {
				return err
			}
			took = append(took, d)
		}
		ms := milliseconds(took)
		b.add(below("page: "+p.name+", p50", "ms", quantile(ms, 0.5), 500))
	}
	return nil
}

// page reads a page and tells how long that took.
func page(ctx context.Context, url string) (time.Duration, string, error) {
	start := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	resp, err := plainHTTP.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return time.Since(start), string(text), err
}
