package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/config"
	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/store"
)

type backupCmd struct {
	To string `help:"File to write; its manifest is beside it, as FILE.json. Default: a file named by the time in DATA/backups." type:"path" placeholder:"FILE"`
}

// Run writes a backup under a temporary name and gives it its name when it is
// whole, checked and safe on the disk.
func (c backupCmd) Run(a *app) error {
	hub, trusts, err := a.load()
	if err != nil {
		return err
	}
	db, err := openDatabase(a.ctx, hub, newLog(config.Log{Level: "warn"}, a.err))
	if err != nil {
		return err
	}
	defer db.Close()
	if db.owner == "" {
		return fault.New(fault.Invalid, "owner_dsn_missing", "A backup reads as the role that owns the tables. Set database.owner_dsn, as env:STOCKWELL_OWNER_DSN; or let the server's administrator back it up.").At("database.owner_dsn")
	}
	file := c.To
	if file == "" {
		file = filepath.Join(hub.Data, "backups", "stockwell-"+time.Now().UTC().Format("20060102T150405Z")+".dump")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return backupFault(err, file)
	}
	for _, name := range []string{file, file + ".json"} {
		if _, err := os.Lstat(name); err == nil {
			return fault.New(fault.Conflict, "backup_exists", "%s is there already and is not overwritten. Name another file with --to.", name)
		}
	}
	m, err := a.writeBackup(hub, db, file)
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(map[string]any{"file": file, "manifest": file + ".json", "backup": m})
	}
	fmt.Fprintf(a.out, "Backup of %s: %s, %s, with %s.json beside it.\n", local(m.TakenAt), file, megabytes(m.Bytes), filepath.Base(file))
	for _, t := range m.Trusts {
		fmt.Fprintf(a.out, "%s: %d messages, the last %s; orders up to %d.\n", t.Trust, t.Messages, localOr(t.LastReceived, "–"), t.NextNumber-1)
	}
	fmt.Fprintf(a.out, "It holds personal data. NOT in it, and needed to use it:\n  keys           %s\n  configuration  %s\n", strings.Join(keyPlaces(hub, trusts), ", "), hub.Dir)
	return nil
}

// keyPlaces says where the keys are that a backup is useless without.
func keyPlaces(hub *config.Hub, trusts []*config.Trust) []string {
	places := []string{filepath.Join(hub.Data, "secrets")}
	for _, t := range trusts {
		for _, ref := range append([]config.Ref{t.Secrets.VaultKey, t.Secrets.ArchiveKey}, t.Secrets.ArchiveKeysFormer...) {
			if ref != "" {
				places = append(places, t.ODS+": "+string(ref))
			}
		}
	}
	return places
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

func backupFault(err error, file string) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Wrap(err, fault.Unavailable, "backup_disk_full", "There is no room for the backup at %s. Nothing was kept. Make room, or name another disk with --to.", file)
	}
	reason := err
	if inner := errors.Unwrap(err); inner != nil {
		reason = inner
	}
	return fault.Wrap(err, fault.Unavailable, "backup_not_written", "The backup cannot be written to %s: %v. Nothing was kept.", file, reason)
}

// writeBackup dumps one moment of the database, which its manifest tells of.
func (a *app) writeBackup(hub *config.Hub, db *database, file string) (m *manifest, err error) {
	conn, err := pgx.Connect(a.ctx, db.owner)
	if err != nil {
		return nil, store.Unreachable(err)
	}
	defer conn.Close(context.WithoutCancel(a.ctx))
	tx, err := conn.BeginTx(a.ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, store.Unreachable(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(a.ctx)) }()
	var snapshot string
	if err := tx.QueryRow(a.ctx, `SELECT pg_export_snapshot() FROM (SELECT set_config('idle_in_transaction_session_timeout', '0', true)) x`).Scan(&snapshot); err != nil {
		return nil, store.Unreachable(err)
	}
	a.progress("counting…")
	if m, err = readDatabase(a.ctx, tx, db.runtimeRole); err != nil {
		return nil, err
	}
	tools, err := findTools(hub.Database.Binaries, m.PostgreSQL)
	if err != nil {
		return nil, err
	}
	part := file + ".part"
	defer func() {
		a.progress("")
		if err != nil {
			_ = os.Remove(part)
			_ = os.Remove(part + ".json")
		}
	}()
	if err := a.dump(tools, db.owner, snapshot, part, m); err != nil {
		return nil, err
	}
	a.progress("checking…")
	if err := checkDump(a.ctx, tools, part, m); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	if err := writeSafely(part+".json", append(text, '\n')); err != nil {
		return nil, backupFault(err, file)
	}
	// The manifest comes last: without it, the backup is not one.
	if err = os.Rename(part, file); err == nil {
		err = os.Rename(part+".json", file+".json")
	}
	if err == nil {
		err = syncDir(filepath.Dir(file))
	}
	if err != nil {
		return nil, backupFault(err, file)
	}
	return m, nil
}

// dump writes pg_dump's archive. The tables' owner sees every row by a policy
// of its own, which pg_dump must be told to rest on.
func (a *app) dump(tools pgTools, dsn, snapshot, part string, m *manifest) error {
	out, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return backupFault(err, part)
	}
	defer out.Close()
	cmd, err := tools.command(a.ctx, "pg_dump", dsn, "--format=custom", "--enable-row-security", "--snapshot="+snapshot)
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	from, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "pg_dump_failed", "pg_dump in %s cannot be started. Mend its installation: sudo apt-get install --reinstall postgresql-client.", tools.dir)
	}
	sum, last := sha256.New(), time.Now()
	n, copied := io.Copy(io.MultiWriter(out, sum, tick(func(n int64) {
		m.Bytes += n
		if time.Since(last) > 500*time.Millisecond {
			last = time.Now()
			a.progress("%s written…", megabytes(m.Bytes))
		}
	})), from)
	if copied != nil {
		_ = cmd.Process.Kill()
	}
	failed := cmd.Wait()
	switch {
	case a.ctx.Err() != nil:
		return fault.New(fault.Unavailable, "backup_interrupted", "The backup was interrupted. Nothing was kept.")
	case copied != nil:
		return backupFault(copied, part)
	case failed != nil:
		return fault.Wrap(failed, fault.Unavailable, "pg_dump_failed", "pg_dump failed: %s. Nothing was kept.", whySaid(&stderr))
	}
	m.Bytes, m.SHA256 = n, hex.EncodeToString(sum.Sum(nil))
	if err := out.Sync(); err != nil {
		return backupFault(err, part)
	}
	if err := out.Close(); err != nil {
		return backupFault(err, part)
	}
	return nil
}

// tick is told how many bytes went by.
type tick func(n int64)

func (t tick) Write(p []byte) (int, error) {
	t(int64(len(p)))
	return len(p), nil
}

// checkDump reads the archive's list: each table's rows must be in it.
func checkDump(ctx context.Context, tools pgTools, file string, m *manifest) error {
	cmd := tools.reader(ctx, "--list", file)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	list, err := cmd.Output()
	if err != nil {
		return fault.Wrap(err, fault.Conflict, "backup_unreadable", "pg_restore cannot read the backup %s: %s.", file, whySaid(&stderr))
	}
	if n := bytes.Count(list, []byte(" TABLE DATA ")); n != len(m.Rows) {
		return fault.New(fault.Conflict, "backup_incomplete", "The backup %s holds %d tables, the database has %d. Take it again.", file, n, len(m.Rows))
	}
	return nil
}

// writeSafely writes a file for its owner alone and sees it on the disk.
func writeSafely(name string, content []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

func syncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
