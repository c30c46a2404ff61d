package embeddedpg

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// bootstrapLock keeps two processes from making the same role at once.
const bootstrapLock = `SELECT pg_advisory_lock(7205759403792793)`

// rolesSQL makes the roles where they are missing and takes from them, at
// every start, what they must not have.
const rolesSQL = `
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stockwell_owner') THEN
		CREATE ROLE stockwell_owner;
	END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'stockwell') THEN
		CREATE ROLE stockwell;
	END IF;
END
$$;
ALTER ROLE stockwell_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
ALTER ROLE stockwell LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION;
ALTER ROLE stockwell SET idle_in_transaction_session_timeout = '10s';`

const databaseExists = `SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'stockwell')`

// createDatabase stands alone: it cannot run inside a transaction.
const createDatabase = `CREATE DATABASE stockwell OWNER stockwell_owner TEMPLATE template0 ENCODING 'UTF8'`

// grantSQL lets the runtime role connect and no more; what it may do with the
// tables is for the migrations to say.
const grantSQL = `
REVOKE ALL ON DATABASE stockwell FROM PUBLIC;
GRANT CONNECT ON DATABASE stockwell TO stockwell;`

// bootstrap makes roles and database as they must be. It may run at any time
// and any number of times.
func (s *Server) bootstrap(ctx context.Context) error {
	if err := s.runBootstrap(ctx); err != nil {
		return fault.Wrap(err, fault.Unavailable, "database_bootstrap_failed",
			"The embedded database in %s runs, but its roles cannot be set up. Its log is %s.", s.dir.path, s.dir.logFile())
	}
	return nil
}

func (s *Server) runBootstrap(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.SuperDSN("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx)) // which also gives up the lock
	if _, err := conn.Exec(ctx, bootstrapLock); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, rolesSQL); err != nil {
		return err
	}
	var exists bool
	if err := conn.QueryRow(ctx, databaseExists).Scan(&exists); err != nil {
		return err
	}
	if !exists {
		if _, err := conn.Exec(ctx, createDatabase); err != nil {
			return err
		}
	}
	_, err = conn.Exec(ctx, grantSQL)
	return err
}
