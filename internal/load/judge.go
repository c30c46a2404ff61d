package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/embeddedpg"
)

//go:embed evidence.sql
var evidenceSQL string

//go:embed judge.sql
var judgeSQL string

// judged starts the database alone, without the hub, and judges what it holds.
func (h *hospital) judged(ctx context.Context, o options, r *report) error {
	s, err := embeddedpg.Open(ctx, embeddedpg.Config{Dir: h.path("data/postgres")})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	conn, err := pgx.Connect(ctx, s.SuperDSN(embeddedpg.Database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := h.evidence(ctx, conn); err != nil {
		return err
	}
	if f, ok := forgery(o.tamper); ok {
		if err := f.commit(ctx, conn); err != nil {
			return err
		}
		fmt.Println("falsified:", f.about)
	}
	if r.Checks, err = judge(ctx, conn); err != nil {
		return err
	}
	if r.printChecks() > 0 {
		return errNo
	}
	fmt.Println("no violation")
	return nil
}

// evidence loads what was written outside the database: the acknowledgements
// and the files that stand at the ERP.
func (h *hospital) evidence(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, evidenceSQL); err != nil {
		return err
	}
	if err := h.openArchive(ctx, conn); err != nil {
		return err
	}
	logs, err := filepath.Glob(h.path("acks/*.log"))
	if err != nil {
		return err
	}
	for _, name := range logs {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		_, err = conn.PgConn().CopyFrom(ctx, bufio.NewReader(f), `COPY acked FROM STDIN`)
		_ = f.Close()
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
	}
	var list bytes.Buffer
	entries, err := os.ReadDir(h.path("erp/orders"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		raw, err := os.ReadFile(h.path("erp/orders/" + e.Name()))
		if err != nil {
			return err
		}
		digest := sha256.Sum256(raw)
		fmt.Fprintf(&list, "%s\t%s\t%d\t%t\n", e.Name(), hex.EncodeToString(digest[:]), bytes.Count(raw, []byte("\r\n")), bytes.HasSuffix(raw, []byte("\r\n")))
	}
	_, err = conn.PgConn().CopyFrom(ctx, &list, `COPY erp_file FROM STDIN`)
	return err
}

// judge asks each question of judge.sql.
func judge(ctx context.Context, conn *pgx.Conn) ([]check, error) {
	if _, err := conn.Exec(ctx, judgeSQL); err != nil {
		return nil, fmt.Errorf("judge.sql: %w", err)
	}
	rows, err := conn.Query(ctx, `SELECT law, name, looked_at, violations, coalesce(example, '') FROM verdict ORDER BY number`)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[check])
}
