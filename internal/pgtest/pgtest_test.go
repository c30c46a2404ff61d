package pgtest

import (
	"context"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) {
	Main(m, func(ctx context.Context, ownerDSN string) error {
		return execute(ctx, ownerDSN, `
			CREATE TABLE item (id int PRIMARY KEY);
			GRANT SELECT, INSERT ON item TO stockwell;
			GRANT TEMPORARY ON DATABASE stockwell TO stockwell`)
	})
}

func TestNew_EachTestHasAnEmptyMigratedDatabase(t *testing.T) {
	for _, name := range []string{"one", "two", "three"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := New(t).Pool(t)
			if _, err := pool.Exec(t.Context(), "INSERT INTO item VALUES (1)"); err != nil {
				t.Fatalf("the row of another test is here, or the template is not migrated: %v", err)
			}
		})
	}
}

func TestNew_TheRuntimeRoleOwnsNothing(t *testing.T) {
	t.Parallel()
	pool := New(t).Pool(t)
	for _, statement := range []string{"CREATE TABLE mine (id int)", "DROP TABLE item", "CREATE SCHEMA mine", "CREATE DATABASE mine"} {
		if _, err := pool.Exec(t.Context(), statement); err == nil {
			t.Errorf("the runtime role could: %s", statement)
		}
	}
	if _, err := pool.Exec(t.Context(), "CREATE TEMPORARY TABLE scratch (id int)"); err != nil {
		t.Errorf("a privilege that the migration gave on the template is lost in its copy: %v", err)
	}
}

func TestNew_AdvisoryLocksOfTwoDatabasesDoNotMeet(t *testing.T) {
	t.Parallel()
	for range 2 {
		conn, err := pgx.Connect(t.Context(), New(t).OwnerDSN)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		var got bool
		if err := conn.QueryRow(t.Context(), "SELECT pg_try_advisory_lock(1)").Scan(&got); err != nil || !got {
			t.Fatalf("lock taken: %v, %v", got, err)
		}
	}
}

func TestServer_DurabilityIsReal(t *testing.T) {
	t.Parallel()
	pool := New(t).Pool(t)
	for _, setting := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		var value string
		if err := pool.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&value); err != nil || value != "on" {
			t.Errorf("%s is %q (%v)", setting, value, err)
		}
	}
}

func TestServer_CommittedRowsOutliveAKilledPostmaster(t *testing.T) {
	db := New(t)
	pool := db.Pool(t)
	if _, err := pool.Exec(t.Context(), "INSERT INTO item VALUES (7)"); err != nil {
		t.Fatal(err)
	}
	srv := Server(t)
	old := srv.PID()
	if err := syscall.Kill(old, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for srv.PID() == old || !answers(t, db) {
	}
	var n int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM item WHERE id = 7").Scan(&n); err != nil {
		// The pool may hand out one connection of the dead server.
		err = pool.QueryRow(t.Context(), "SELECT count(*) FROM item WHERE id = 7").Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
	}
	if n != 1 {
		t.Errorf("the committed row is gone")
	}
	if !strings.Contains(db.RuntimeDSN, "user=stockwell ") {
		t.Errorf("the runtime DSN names another role: %s", db.RuntimeDSN)
	}
}

func answers(t *testing.T, db *DB) bool {
	return execute(t.Context(), db.RuntimeDSN, "SELECT 1") == nil
}
