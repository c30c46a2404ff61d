-- +goose Up
-- Every table that holds a trust's rows leads with the trust's ODS code, and
-- row-level security shows a session only the trust that its transaction
-- named (law 10). The runtime role owns nothing: it is named by the migrating
-- connection's setting app.runtime_role.

-- protect turns row-level security on and grants the runtime role exactly the
-- given privileges. The owner sees all rows, so that SECURITY DEFINER
-- functions, and nothing else, may look across trusts.
-- +goose StatementBegin
CREATE FUNCTION protect(tab regclass, privileges text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tab);
    EXECUTE format('CREATE POLICY own_trust ON %s USING (trust = (SELECT current_setting(''app.trust'', true)))', tab);
    EXECUTE format('CREATE POLICY owner_all ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', tab);
    EXECUTE format('GRANT %s ON %s TO %I', privileges, tab, current_setting('app.runtime_role'));
END $$;
-- +goose StatementEnd

-- share grants the runtime role privileges on a table or sequence that is not
-- a trust's.
-- +goose StatementBegin
CREATE FUNCTION share(kind text, name text, privileges text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('GRANT %s ON %s %I TO %I', privileges, kind, name, current_setting('app.runtime_role'));
END $$;
-- +goose StatementEnd

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
SELECT share('SCHEMA', 'public', 'USAGE');
SELECT share('TABLE', 'goose_db_version', 'SELECT');

-- Ids of patients, places, cases, lines, movements and warnings, handed out in
-- blocks of 1,024.
CREATE SEQUENCE entity_id INCREMENT BY 1024 START WITH 1024;
SELECT share('SEQUENCE', 'entity_id', 'USAGE');

CREATE TABLE trust (
    trust          text PRIMARY KEY CHECK (trust ~ '^[A-Z0-9]{3,5}$'),
    name           text NOT NULL,
    environment    text NOT NULL CHECK (environment IN ('production', 'test')),
    locked_through date,
    updated_at     timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN trust.locked_through IS 'Last closed accounting day; later corrections take the first open day.';
SELECT protect('trust', 'SELECT, INSERT, UPDATE');

-- trusts names every trust; it looks across trusts, so it tells nothing else.
CREATE FUNCTION trusts() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
    'SELECT trust FROM trust ORDER BY trust';

-- The archive: every message once, byte for byte, in partitions by the day of
-- receipt, so that pruning raw bytes frees the disk. Rows are never updated.
CREATE SEQUENCE message_id;
SELECT share('SEQUENCE', 'message_id', 'USAGE');

CREATE TABLE message (
    trust       text        NOT NULL,
    id          bigint      NOT NULL,
    received_on date        NOT NULL,
    received_at timestamptz NOT NULL,
    connector   text        NOT NULL,
    format      text        NOT NULL,
    type        text        NOT NULL,
    sender      text        NOT NULL,
    control_id  text        NOT NULL,
    key         bigint      NOT NULL,
    digest      bytea       NOT NULL CHECK (octet_length(digest) = 32),
    peer        text        NOT NULL,
    reused      boolean     NOT NULL,
    raw         bytea       COMPRESSION lz4 NOT NULL,
    PRIMARY KEY (trust, id, received_on)
) PARTITION BY RANGE (received_on);
COMMENT ON COLUMN message.key IS 'Keyed hash of the ordering key; it may not be turned back into a patient.';
COMMENT ON COLUMN message.reused IS 'Another message came before under the same control ID.';
CREATE TABLE message_other_days PARTITION OF message DEFAULT;
SELECT protect('message', 'SELECT, INSERT');

-- open_days makes the archive's partitions for today and the days ahead.
-- +goose StatementBegin
CREATE FUNCTION open_days(ahead int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE d date; made int := 0; part text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('stockwell.open_days'));
    FOR d IN SELECT generate_series(current_date, current_date + ahead, interval '1 day')::date LOOP
        part := 'message_' || to_char(d, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(part) IS NOT NULL;
        CONTINUE WHEN EXISTS (SELECT 1 FROM message_other_days WHERE received_on = d);
        EXECUTE format('CREATE TABLE %I PARTITION OF message FOR VALUES FROM (%L) TO (%L)', part, d, d + 1);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
-- +goose StatementEnd
SELECT open_days(7);

-- What makes two deliveries one message (law 2). It is a table of its own
-- because a partitioned archive cannot hold a key across days.
CREATE TABLE message_key (
    trust        text        NOT NULL,
    connector    text        NOT NULL,
    sender       text        NOT NULL,
    control_id   text        NOT NULL,
    digest       bytea       NOT NULL,
    message_id   bigint      NOT NULL,
    seen         integer     NOT NULL DEFAULT 1 CHECK (seen > 0),
    last_seen_at timestamptz NOT NULL,
    PRIMARY KEY (trust, connector, sender, control_id, digest)
) WITH (fillfactor = 90);
SELECT protect('message_key', 'SELECT, INSERT, UPDATE');

-- A message that had its effect: one row for each time it was translated and
-- posted. Never pruned: law 2 must not reopen and law 5 must outlive raw bytes.
CREATE TABLE posting (
    trust      text        NOT NULL,
    message_id bigint      NOT NULL,
    attempt    smallint    NOT NULL CHECK (attempt > 0),
    type       text        NOT NULL,
    connector  text        NOT NULL,
    sender     text        NOT NULL,
    control_id text        NOT NULL,
    profile    text        NOT NULL,
    outcome    text        NOT NULL CHECK (outcome IN ('applied', 'no_change', 'superseded', 'ignored', 'test')),
    summary    text        NOT NULL,
    findings   jsonb       NOT NULL DEFAULT '[]',
    posted_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (trust, message_id, attempt)
);
SELECT protect('posting', 'SELECT, INSERT');

-- What needs a person. One open row for each kind and subject.
CREATE SEQUENCE warning_id;
SELECT share('SEQUENCE', 'warning_id', 'USAGE');

CREATE TABLE warning (
    trust      text        NOT NULL,
    id         bigint      NOT NULL,
    kind       text        NOT NULL,
    subject    text        NOT NULL,
    text       text        NOT NULL,
    action     text        NOT NULL,
    severity   text        NOT NULL CHECK (severity IN ('notice', 'warning', 'danger')),
    message_id bigint,
    opened_at  timestamptz NOT NULL DEFAULT now(),
    closed_at  timestamptz,
    closed_why text,
    PRIMARY KEY (trust, id),
    CHECK ((closed_at IS NULL) = (closed_why IS NULL))
);
CREATE UNIQUE INDEX warning_open ON warning (trust, subject, kind) WHERE closed_at IS NULL;
SELECT protect('warning', 'SELECT, INSERT, UPDATE');
