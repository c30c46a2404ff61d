package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/embeddedpg"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

// administrator runs a statement as the one who owns the server.
func (h *hospital) administrator(statements ...string) {
	h.t.Helper()
	conn, err := pgx.Connect(context.Background(), withDatabase(h.super, "postgres"))
	h.must(err)
	defer conn.Close(context.Background())
	for _, s := range statements {
		_, err := conn.Exec(context.Background(), s)
		h.must(err)
	}
}

// emptied gives the hospital a new database under its old name, and keeps the
// former one as name_before.
func (h *hospital) emptied() {
	h.t.Helper()
	cfg, err := pgx.ParseConfig(h.super)
	h.must(err)
	name := quoted(cfg.Database)
	h.administrator(`ALTER DATABASE `+name+` RENAME TO `+quoted(cfg.Database+"_before"), `CREATE DATABASE `+name+` OWNER stockwell_owner ENCODING 'UTF8' TEMPLATE template0`,
		`REVOKE ALL ON DATABASE `+name+` FROM PUBLIC`, `GRANT CONNECT ON DATABASE `+name+` TO stockwell`)
	h.t.Cleanup(func() { h.administrator(`DROP DATABASE IF EXISTS ` + quoted(cfg.Database+"_before") + ` WITH (FORCE)`) })
}

// stopped stops the hub and lets go of its database.
func (h *hospital) stopped() {
	h.t.Helper()
	h.must(h.stopHub())
	h.hub, h.client = nil, nil
	h.reconnect()
}

func TestBackup_HoldsEveryRowOfEveryTableAndSaysWhatItIs(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	h.send(h.message("first.hl7"))
	h.quiet()
	file := filepath.Join(t.TempDir(), "to", "stockwell.dump")
	out := h.ok("backup", "--to", file)
	for _, must := range []string{"ZZ1: 1 messages", "orders up to 17", "NOT in it", filepath.Join(h.stage.dir, "data", "secrets"), filepath.Join(h.stage.dir, "config")} {
		if !strings.Contains(out, must) {
			t.Errorf("it does not say %q:\n%s", must, out)
		}
	}
	m, err := readManifest(file)
	h.must(err)
	tables, err := h.query(`SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'`)
	h.must(err)
	if len(strings.Fields(tables)) != len(m.Rows) || len(m.Rows) < 25 {
		t.Errorf("%d tables, and %d in the manifest", len(strings.Fields(tables)), len(m.Rows))
	}
	for _, table := range strings.Fields(tables) {
		// The superuser sees past row-level security; the backup must, too.
		if n, err := h.query(`SELECT count(*)::text FROM ` + quoted(table)); err != nil || n != jsonOf(m.Rows[table]) {
			t.Errorf("%s has %s rows, and %d in the backup, %v", table, n, m.Rows[table], err)
		}
	}
	for _, f := range []string{file, file + ".json"} {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
	if left, _ := filepath.Glob(file + "*.part*"); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	h.refuses(1, []string{"not overwritten"}, "backup", "--to", file)
	validJSON(t, "backup", h.ok("--json", "backup"))
	if made, _ := filepath.Glob(filepath.Join(h.stage.dir, "data", "backups", "stockwell-*.dump.json")); len(made) != 1 {
		t.Errorf("the default place holds %v", made)
	}
	h.set("binaries", t.TempDir())
	if tools, err := findTools(t.TempDir(), 999); fault.Of(err).Code != "pg_dump_missing" || !strings.Contains(err.Error(), "apt-get install postgresql-client-999") {
		t.Errorf("tools of a version that there is not: %v, %v", tools, err)
	}
	if err := backupFault(&os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, "x"); fault.Of(err).Code != "backup_disk_full" {
		t.Errorf("a full disk is told as %v", err)
	}
	if err := backupFault(errors.New("odd"), "x"); !strings.Contains(err.Error(), "odd") {
		t.Errorf("an odd failure is told as %v", err)
	}
}

func jsonOf(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}

// TestRestore_OnAServerWhoseOwnerMayNotCreateDatabases restores in place, with
// the notes of the hub gone: then the far side and the span to ask for remain.
func TestRestore_OnAServerWhoseOwnerMayNotCreateDatabases(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.stopERP() // so that the backup holds an order that is not sent
	h.start()
	h.seed()
	h.send(h.message("first.hl7"))
	h.until("the order is numbered", func() (string, error) {
		n, err := h.query(`SELECT number FROM purchase_order WHERE state = 'ready'`)
		if n == "" {
			return "it is not", err
		}
		return "", err
	})
	backup := filepath.Join(t.TempDir(), "stockwell.dump")
	h.ok("backup", "--to", backup)
	h.startERP()
	h.quiet()
	h.send(h.message("second.hl7"))
	h.quiet()
	files := h.atERP()

	h.refuses(1, []string{"in use by", "stockwell"}, "restore", "--replace", backup)
	h.stopped()
	h.refuses(1, []string{"--replace"}, "restore", backup)
	h.refuses(1, []string{"administrator", "RENAME TO", "CREATE DATABASE"}, "restore", "--replace", backup)
	h.emptied()
	h.damagedBackups(backup)
	h.ok("restore", backup)
	h.must(os.RemoveAll(filepath.Join(h.stage.dir, "data", "witness")))

	h.start()
	r := h.checked()
	if got := strings.Join(lostNumbers(r), ", "); got != "PO-000018 sent" || len(r.Delivered) != 1 || r.Delivered[0].Number != "PO-000017" || len(r.Doubtful) != 0 {
		t.Errorf("lost %s, delivered %+v, doubtful %+v", got, r.Delivered, r.Doubtful)
	}
	if r.Witness.Reaches || len(r.Held) == 0 || r.Held[0].ControlID != "MSG000441" {
		t.Errorf("without notes, the sender is asked from %+v", r.Held)
	}
	if _, out, _ := h.cli("fence", "check"); !strings.Contains(out, "do not reach back") || !strings.Contains(out, "MSG000441") {
		t.Errorf("the person is not told what to ask for:\n%s", out)
	}
	h.ok("--json", "fence", "lift", "--by", "B. Buyer", "--reason", "Compared.")
	for _, m := range []string{"first.hl7", "second.hl7"} {
		h.send(h.message(m))
	}
	h.quiet()
	if h.atERP() != files {
		t.Errorf("the ERP had\n%s\nand has\n%s", files, h.atERP())
	}
	if n, err := h.query(`SELECT string_agg(number || ' ' || state, ', ' ORDER BY number) FROM purchase_order WHERE NOT imported`); n != "PO-000017 sent, PO-000018 sent" || err != nil {
		t.Errorf("orders are %s, %v", n, err)
	}
}

// damagedBackups tries what may happen to a backup; none of it is restored.
func (h *hospital) damagedBackups(backup string) {
	h.t.Helper()
	raw, err := os.ReadFile(backup)
	h.must(err)
	text, err := os.ReadFile(backup + ".json")
	h.must(err)
	change := func(old, new string) string {
		changed := regexp.MustCompile(old).ReplaceAllString(string(text), new)
		if changed == string(text) {
			h.t.Fatalf("the manifest has no %s:\n%s", old, text)
		}
		return changed
	}
	for name, c := range map[string]struct {
		dump, manifest string
		status         int
		want           string
	}{
		"cut short":                {string(raw[:len(raw)/2]), string(text), 2, "cut short, damaged or exchanged"},
		"one byte differs":         {strings.Replace(string(raw), "PGDMP", "PGDMQ", 1), string(text), 2, "damaged"},
		"without its manifest":     {string(raw), "", 2, "there is no"},
		"with another's manifest":  {string(raw), "{}", 2, "not a manifest"},
		"of a newer stockwell":     {string(raw), change(`"database_version": \d+`, `"database_version": 999`), 1, "newer one"},
		"of a newer PostgreSQL":    {string(raw), change(`"postgresql": \d+`, `"postgresql": 99`), 1, "PostgreSQL 99"},
		"of other roles":           {string(raw), change(`"owner_role": "\w+"`, `"owner_role": "somebody"`), 1, "somebody"},
		"with fewer rows than due": {string(raw), change(`("table": "movement",\s+"rows": )\d+`, `${1}999`), 1, "999"},
	} {
		file := filepath.Join(h.t.TempDir(), "damaged.dump")
		h.must(os.WriteFile(file, []byte(c.dump), 0o600))
		if c.manifest != "" {
			h.must(os.WriteFile(file+".json", []byte(c.manifest), 0o600))
		}
		h.t.Log(name)
		h.refuses(c.status, []string{c.want}, "restore", file)
	}
	// The last one may have begun: no hub serves what is not finished.
	h.refuses(1, []string{"did not finish"}, "serve")
}

// TestRestore_OnAServerWhoseOwnerMayCreateDatabases exchanges the databases
// there as it does on the embedded server.
func TestRestore_OnAServerWhoseOwnerMayCreateDatabases(t *testing.T) {
	t.Parallel()
	server, err := embeddedpg.Open(t.Context(), embeddedpg.Config{Dir: filepath.Join(t.TempDir(), "server")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	h := emptyHospital(t, strings.NewReplacer(`  dsn: ""`, `  dsn: file:secrets/runtime.dsn`, `owner_dsn: ""`, `owner_dsn: file:secrets/owner.dsn`))
	h.super = server.SuperDSN(embeddedpg.Database)
	h.write("secrets/runtime.dsn", server.RuntimeDSN())
	h.write("secrets/owner.dsn", server.OwnerDSN())
	h.administrator(`ALTER ROLE stockwell_owner CREATEDB`)
	h.start()
	h.send(h.message("first.hl7"))
	h.quiet()
	backup := filepath.Join(t.TempDir(), "stockwell.dump")
	h.ok("backup", "--to", backup)
	h.refuses(1, []string{"in use by", "stockwell"}, "restore", "--replace", backup)
	h.stopped()
	validJSON(t, "restore", h.ok("--json", "restore", "--replace", backup))
	h.start()
	if out := h.ok("fence", "show"); !strings.Contains(out, "HELD") {
		t.Errorf("a restored database serves unfenced:\n%s", out)
	}
	if kept, err := h.query(`SELECT count(*)::text FROM pg_database WHERE datname LIKE 'stockwell\_before\_%'`); kept != "1" || err != nil {
		t.Errorf("%s former databases are kept, %v", kept, err)
	}
	h.stopped()
}

func TestTools_APasswordIsOnNoCommandLine(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]string{
		"postgres://owner:s3cret@db.example:5433/stockwell?sslmode=require": "postgres://owner@db.example:5433/other?sslmode=require",
		"postgresql://owner@db/stockwell?password=s3cret":                   "postgresql://owner@db/other",
		"host=db password=s3cret dbname=stockwell user=owner":               "host=db dbname=stockwell user=owner dbname='other'",
		`password = 's3\'cret x' host=db`:                                   " host=db dbname='other'",
	} {
		tools := pgTools{dir: "/nowhere"}
		cmd, err := tools.command(t.Context(), "pg_dump", withDatabase(dsn, "other"))
		if err != nil {
			t.Fatal(err)
		}
		if line := strings.Join(cmd.Args, " "); strings.Contains(line, "cret") || !strings.Contains(line, "--dbname="+want+" ") {
			t.Errorf("%s becomes %s", dsn, line)
		}
		if env := strings.Join(cmd.Env, "\n"); !strings.Contains(env, "PGPASSWORD=s3") {
			t.Errorf("%s: the password is not in the environment", dsn)
		}
	}
}
