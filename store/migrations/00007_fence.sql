-- +goose Up
-- After a restore the outside world knows more than the database: numbers were
-- given, orders were sent, messages were acknowledged. A trust is then fenced:
-- no order is numbered or sent until a person has compared the two and lifted
-- the fence. Receiving and posting go on.

-- restore notes that this database came out of a backup. Until a hub has
-- brought its trusts into it, a trust that the backup did not know yet is
-- fenced when it is added.
CREATE TABLE restore (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    restored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_at    timestamptz NOT NULL,
    backup      text        NOT NULL CHECK (backup <> ''),
    served_at   timestamptz
);
SELECT share('TABLE', 'restore', 'SELECT, UPDATE');

CREATE SEQUENCE fence_id;
SELECT share('SEQUENCE', 'fence_id', 'USAGE');

-- A trust has at most one open fence. Those that were lifted stay: who, when,
-- why, and what was found.
CREATE TABLE fence (
    trust        text        NOT NULL,
    id           bigint      NOT NULL DEFAULT nextval('fence_id'),
    set_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    set_by       text        NOT NULL CHECK (set_by <> ''),
    set_why      text        NOT NULL CHECK (set_why <> ''),
    held_through timestamptz,
    lifted_at    timestamptz,
    lifted_by    text        CHECK (lifted_by <> ''),
    lifted_why   text        CHECK (lifted_why <> ''),
    report       jsonb,
    PRIMARY KEY (trust, id),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lifted_why IS NULL) AND (lifted_at IS NULL) = (report IS NULL))
);
COMMENT ON COLUMN fence.held_through IS 'Receipt of the newest message that the database held when the fence was set.';
CREATE UNIQUE INDEX fence_open ON fence (trust) WHERE lifted_at IS NULL;
SELECT protect('fence', 'SELECT, INSERT, UPDATE');

-- Order numbers that the outside world was told of and no order here stands
-- for, because a person left them out when the fence was lifted.
CREATE TABLE fence_left_out (
    trust  text   NOT NULL,
    number text   NOT NULL,
    fence  bigint NOT NULL,
    PRIMARY KEY (trust, number),
    FOREIGN KEY (trust, fence) REFERENCES fence (trust, id)
);
SELECT protect('fence_left_out', 'SELECT, INSERT');

-- How far a witness was looked through when a fence was last lifted: what it
-- says before is settled, and fences nothing again.
CREATE TABLE fence_settled (
    trust   text NOT NULL,
    witness text NOT NULL,
    through text NOT NULL,
    PRIMARY KEY (trust, witness)
);
SELECT protect('fence_settled', 'SELECT, INSERT, UPDATE');

-- fence_trust fences a trust unless it is fenced, and opens the one warning
-- that says so. It tells whether it did.
-- +goose StatementBegin
CREATE FUNCTION fence_trust(p_trust text, p_by text, p_why text) RETURNS boolean LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM purchasing WHERE trust = p_trust FOR UPDATE;
    INSERT INTO fence (trust, set_by, set_why, held_through)
    VALUES (p_trust, p_by, p_why, (SELECT max(received_at) FROM message WHERE trust = p_trust AND connector <> 'import'))
    ON CONFLICT (trust) WHERE lifted_at IS NULL DO NOTHING;
    IF NOT FOUND THEN RETURN false; END IF;
    INSERT INTO warning (trust, id, kind, subject, text, action, severity)
    VALUES (p_trust, nextval('warning_id'), 'orders_held', 'fence', 'Orders are held since a restore: none is numbered or sent. ' || p_why,
        'Run `stockwell fence check`, ask the senders to replay what it lists, then `stockwell fence lift`.', 'danger')
    ON CONFLICT (trust, kind, subject) WHERE closed_at IS NULL DO NOTHING;
    RETURN true;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION fence_new_trust() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM restore WHERE served_at IS NULL) THEN
        PERFORM fence_trust(NEW.trust, 'stockwell restore', 'The trust was added to a database that was just restored, and the backup did not know it.');
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER fence_new AFTER INSERT ON trust FOR EACH ROW EXECUTE FUNCTION fence_new_trust();

-- No order is numbered while its trust is fenced, whoever asks. What was sent
-- before the restore may be taken up, for it has its number already.
-- +goose StatementBegin
CREATE FUNCTION refuse_fenced_order() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM fence f WHERE f.trust = NEW.trust AND f.lifted_at IS NULL) THEN
        RAISE EXCEPTION 'orders of trust % are held since a restore', NEW.trust USING ERRCODE = 'SW005';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd
CREATE TRIGGER fenced BEFORE INSERT ON purchase_order FOR EACH ROW WHEN (NEW.state = 'ready') EXECUTE FUNCTION refuse_fenced_order();

-- open_days as before, but it waits for nobody for long: a backup holds every
-- table for as long as it takes, and receiving would wait behind whoever waits
-- for it. A day that could not be opened ahead is opened at the next try.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION open_days(ahead int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '100ms' AS $$
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
EXCEPTION WHEN lock_not_available THEN
    RETURN 0;
END $$;
-- +goose StatementEnd
