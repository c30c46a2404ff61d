-- +goose Up
-- What a device registry is told. A record follows from the facts as they
-- stand, so a posting only notes what is to be looked at again.

-- registry is a trust's registry: the rules by which its uses were last
-- looked over, and how far that is, the next batch's number, and whether a
-- person asked that what is complete leave at once. Whoever decides holds its
-- row.
CREATE TABLE registry (
    trust      text     PRIMARY KEY,
    rules      text     NOT NULL,
    sweep      bigint,
    next_batch bigint   NOT NULL DEFAULT 1 CHECK (next_batch > 0),
    every      interval NOT NULL,
    asked_at   timestamptz,
    asked_by   text,
    CHECK ((asked_at IS NULL) = (asked_by IS NULL))
);
COMMENT ON COLUMN registry.rules IS 'Digest of the rules; empty while the trust has no registry.';
COMMENT ON COLUMN registry.sweep IS 'Number of the last case that was marked since the rules changed; null: all are.';
COMMENT ON COLUMN registry.every IS 'How long complete records are gathered.';
SELECT protect('registry', 'SELECT, INSERT, UPDATE');

-- registry_due notes what a posting touched. It has no key that two writers
-- could wait for each other on: a thing may be noted twice.
CREATE TABLE registry_due (
    trust   text        NOT NULL,
    id      bigint      GENERATED ALWAYS AS IDENTITY,
    kind    text        NOT NULL CHECK (kind IN ('case', 'patient', 'visit', 'item')),
    subject bigint      NOT NULL DEFAULT 0,
    name    text        NOT NULL DEFAULT '',
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trust, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
COMMENT ON COLUMN registry_due.name IS 'Of a visit: its number.';
SELECT protect('registry_due', 'SELECT, INSERT, DELETE');

-- registry_use is where each usage line stands that is reportable, or was.
CREATE TABLE registry_use (
    trust       text        NOT NULL,
    line        bigint      NOT NULL,
    case_id     bigint      NOT NULL,
    item        bigint,
    occurred_on date,
    state       text        NOT NULL CHECK (state IN ('incomplete', 'ready', 'sent', 'accepted', 'rejected', 'withdrawn', 'not_needed')),
    why         text        NOT NULL DEFAULT '',
    missing     jsonb       NOT NULL DEFAULT '[]',
    remarks     jsonb       NOT NULL DEFAULT '[]',
    record      text        NOT NULL DEFAULT '',
    behind      boolean     NOT NULL DEFAULT false,
    since       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trust, line),
    FOREIGN KEY (trust, line) REFERENCES usage_line (trust, id)
);
COMMENT ON COLUMN registry_use.missing IS 'What the record lacks and who can supply it; never a value.';
COMMENT ON COLUMN registry_use.behind IS 'Something changed that can be said only when the registry has answered.';
COMMENT ON COLUMN registry_use.since IS 'Since when it stands as it does.';
CREATE INDEX registry_use_state ON registry_use (trust, state, line);
CREATE INDEX registry_use_item ON registry_use (trust, item) WHERE state = 'incomplete';
SELECT protect('registry_use', 'SELECT, INSERT, UPDATE');

-- registry_batch is a file of records as it leaves, sealed, with its manifest:
-- however often it is delivered, it has the same name and bytes.
CREATE TABLE registry_batch (
    trust      text        NOT NULL,
    number     bigint      NOT NULL CHECK (number > 0),
    name       text        NOT NULL CHECK (name <> ''),
    file       text        NOT NULL CHECK (file <> ''),
    profile    text        NOT NULL CHECK (profile <> ''),
    records    integer     NOT NULL CHECK (records > 0),
    body       bytea       NOT NULL,
    manifest   bytea       NOT NULL,
    digest     bytea       NOT NULL CHECK (octet_length(digest) = 32),
    created_at timestamptz NOT NULL,
    tried_at   timestamptz,
    sent_at    timestamptz,
    PRIMARY KEY (trust, number),
    UNIQUE (trust, name)
);
CREATE INDEX registry_batch_unsent ON registry_batch (trust, number) WHERE sent_at IS NULL;
SELECT protect('registry_batch', 'SELECT, INSERT, UPDATE');

-- submission is one version of a record: what the registry was told, or will
-- be. Its content is sealed with the vault's key.
CREATE TABLE submission (
    trust       text        NOT NULL,
    record      text        NOT NULL CHECK (record <> ''),
    version     integer     NOT NULL CHECK (version > 0),
    line        bigint      NOT NULL,
    made        bigint      GENERATED ALWAYS AS IDENTITY,
    action      text        NOT NULL CHECK (action IN ('new', 'amend', 'withdraw')),
    state       text        NOT NULL CHECK (state IN ('ready', 'batched', 'sent', 'accepted', 'rejected')),
    content     bytea       NOT NULL,
    patient     bigint      NOT NULL,
    batch       bigint,
    ready_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    sent_at     timestamptz,
    answered_at timestamptz,
    answered_by bigint,
    code        text        NOT NULL DEFAULT '',
    reason      text        NOT NULL DEFAULT '',
    again_by    text,
    again_why   text,
    message_id  bigint      NOT NULL,
    origin      text        NOT NULL CHECK (origin <> ''),
    profile     text        NOT NULL CHECK (profile <> ''),
    PRIMARY KEY (trust, record, version),
    FOREIGN KEY (trust, line) REFERENCES registry_use (trust, line),
    FOREIGN KEY (trust, patient) REFERENCES patient (trust, id),
    FOREIGN KEY (trust, batch) REFERENCES registry_batch (trust, number),
    CHECK ((batch IS NULL) = (state = 'ready')),
    CHECK ((sent_at IS NULL) = (state IN ('ready', 'batched'))),
    CHECK ((answered_by IS NULL) = (state NOT IN ('accepted', 'rejected'))),
    CHECK ((again_by IS NULL) = (again_why IS NULL))
);
COMMENT ON COLUMN submission.patient IS 'Record of the patient of whom it tells.';
COMMENT ON COLUMN submission.answered_by IS 'The message that answered it last.';
COMMENT ON COLUMN submission.message_id IS 'The message, with its part and mapping, that brought this version about.';
-- Of one use at most one version is unanswered: nothing is amended or
-- withdrawn before its original was accepted.
CREATE UNIQUE INDEX submission_unanswered ON submission (trust, line) WHERE state IN ('ready', 'batched', 'sent');
CREATE INDEX submission_line ON submission (trust, line, made);
CREATE INDEX submission_ready ON submission (trust, ready_at) WHERE state = 'ready';
CREATE INDEX submission_overdue ON submission (trust, sent_at) WHERE state = 'sent';
CREATE INDEX submission_batch ON submission (trust, batch) WHERE batch IS NOT NULL;
CREATE INDEX submission_message ON submission (trust, message_id);
CREATE INDEX submission_answered ON submission (trust, answered_by) WHERE answered_by IS NOT NULL;
SELECT protect('submission', 'SELECT, INSERT, UPDATE, DELETE');

-- What left in a file stays as it left.
-- +goose StatementBegin
CREATE FUNCTION keep_told() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'ready' AND (TG_OP = 'DELETE' OR NEW.state = 'ready'
        OR (OLD.trust, OLD.record, OLD.version, OLD.line, OLD.action, OLD.content, OLD.patient, OLD.batch, OLD.message_id, OLD.origin, OLD.profile)
           IS DISTINCT FROM (NEW.trust, NEW.record, NEW.version, NEW.line, NEW.action, NEW.content, NEW.patient, NEW.batch, NEW.message_id, NEW.origin, NEW.profile)) THEN
        RAISE EXCEPTION 'a version of a record that left in a file was changed' USING ERRCODE = 'SW006';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER told BEFORE UPDATE OR DELETE ON submission FOR EACH ROW EXECUTE FUNCTION keep_told();

-- What went to the registry in a batch of which the books know nothing, for
-- they came out of a backup.
CREATE TABLE registry_lost (
    trust  text   NOT NULL,
    name   text   NOT NULL,
    number bigint NOT NULL,
    fence  bigint NOT NULL,
    PRIMARY KEY (trust, name),
    FOREIGN KEY (trust, fence) REFERENCES fence (trust, id)
);
SELECT protect('registry_lost', 'SELECT, INSERT');

-- An item that is flagged otherwise, or that gets the code that a record
-- lacked, has its uses looked at again.
-- +goose StatementBegin
CREATE FUNCTION registry_item_changed() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO registry_due (trust, kind, subject)
    SELECT n.trust, 'item', n.id FROM after n JOIN before o ON o.trust = n.trust AND o.id = n.id
     WHERE (o.reportable, o.device_class, o.implantable, o.lot_tracked, o.serial_tracked) IS DISTINCT FROM (n.reportable, n.device_class, n.implantable, n.lot_tracked, n.serial_tracked)
       AND EXISTS (SELECT 1 FROM registry r WHERE r.trust = n.trust AND r.rules <> '');
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER registry_due AFTER UPDATE ON item REFERENCING OLD TABLE AS before NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION registry_item_changed();

-- +goose StatementBegin
CREATE FUNCTION registry_code_added() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO registry_due (trust, kind, subject)
    SELECT DISTINCT n.trust, 'item', n.item FROM added n
     WHERE n.kind IN ('gtin', 'mpc') AND EXISTS (SELECT 1 FROM registry_use u WHERE u.trust = n.trust AND u.item = n.item AND u.state = 'incomplete');
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER registry_due AFTER INSERT ON item_code REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION registry_code_added();

-- The uses of an item that moved nothing, as explants: its other uses are
-- found by their movements.
CREATE INDEX usage_line_recorded ON usage_line (trust, item) WHERE state IN ('recorded', 'waiting') AND item IS NOT NULL;
