-- +goose Up
-- Raw bytes are sealed by the hub before they come here, and leave a day at a
-- time; what law 5 needs of a message stays.
--
-- A sealed message holds the number of its day's key, its size, a nonce and
-- the ciphertext. Messages from before this version stay as they are.
ALTER TABLE message ADD COLUMN seal smallint NOT NULL DEFAULT 0 CHECK (seal IN (0, 1)), ADD CHECK (seal = 0 OR octet_length(raw) > 33);
ALTER TABLE message ALTER COLUMN seal SET DEFAULT 1;
ALTER TABLE message ALTER COLUMN raw SET STORAGE EXTERNAL; -- compressed before it was sealed
COMMENT ON COLUMN message.seal IS '0: raw is the message itself. 1: sealed with the key of its trust and day.';
CREATE INDEX message_other_days_day ON message_other_days (received_on);

-- raw_size is how long a message was when it came.
CREATE FUNCTION raw_size(seal smallint, raw bytea) RETURNS int LANGUAGE sql IMMUTABLE AS
    'SELECT CASE seal WHEN 0 THEN octet_length(raw) ELSE (get_byte(raw, 1) << 24) | (get_byte(raw, 2) << 16) | (get_byte(raw, 3) << 8) | get_byte(raw, 4) END';

-- The keys that seal raw bytes, each wrapped with the trust's master key.
CREATE TABLE archive_key (
    trust   text        NOT NULL,
    day     date        NOT NULL,
    number  smallint    NOT NULL CHECK (number BETWEEN 1 AND 255),
    wrapped bytea       CHECK (octet_length(wrapped) = 60),
    master  text        NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trust, day, number)
);
COMMENT ON COLUMN archive_key.wrapped IS 'Null: given up, because the master key was lost.';
COMMENT ON COLUMN archive_key.master IS 'Fingerprint of the master key.';
SELECT protect('archive_key', 'SELECT, INSERT, UPDATE');

-- Where numbers stood when a day began, so that a message is looked for in the
-- days in which it can be, not in all.
CREATE TABLE archive_mark (
    id  bigint NOT NULL,
    day date   PRIMARY KEY
);
SELECT share('TABLE', 'archive_mark', 'SELECT');
INSERT INTO archive_mark (id, day) SELECT min(id) - 1, received_on FROM message GROUP BY received_on;

-- mark_day notes, once a day, how far messages are numbered.
CREATE FUNCTION mark_day() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO archive_mark (id, day) SELECT CASE WHEN is_called THEN last_value ELSE 0 END, (now() AT TIME ZONE 'UTC')::date FROM message_id ON CONFLICT DO NOTHING
$$;

-- The days whose raw bytes were pruned.
CREATE TABLE archive_pruned (
    day       date        PRIMARY KEY,
    pruned_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
SELECT share('TABLE', 'archive_pruned', 'SELECT');

-- What stays of a message: all but its raw bytes and its ordering key, for
-- ever; and those too while somebody may yet want to replay it. A day's rows
-- count from the moment that archive_pruned names the day: until then they are
-- a copy in the making.
CREATE TABLE message_past (
    trust       text        NOT NULL,
    id          bigint      NOT NULL,
    received_on date        NOT NULL,
    received_at timestamptz NOT NULL,
    connector   text        NOT NULL,
    format      text        NOT NULL,
    type        text        NOT NULL,
    sender      text        NOT NULL,
    control_id  text        NOT NULL,
    digest      bytea       NOT NULL,
    peer        text        NOT NULL,
    reused      boolean     NOT NULL,
    bytes       int         NOT NULL,
    key         bigint,
    seal        smallint,
    raw         bytea,
    PRIMARY KEY (trust, id) INCLUDE (received_on),
    CHECK ((raw IS NULL) = (key IS NULL) AND (raw IS NULL) = (seal IS NULL))
);
ALTER TABLE message_past ALTER COLUMN raw SET STORAGE EXTERNAL;
CREATE INDEX message_past_kept ON message_past (received_on, trust) WHERE raw IS NOT NULL;
SELECT protect('message_past', 'SELECT');

-- archive is every message, pruned or not, without raw bytes.
CREATE VIEW archive WITH (security_invoker = true) AS
    SELECT trust, id, received_on, received_at, connector, format, type, sender, control_id, digest, peer, reused, raw_size(seal, raw) AS bytes, key, NULL::timestamptz AS pruned_at
      FROM message
    UNION ALL
    SELECT p.trust, p.id, p.received_on, p.received_at, p.connector, p.format, p.type, p.sender, p.control_id, p.digest, p.peer, p.reused, p.bytes, p.key,
           CASE WHEN p.raw IS NULL THEN d.pruned_at END
      FROM message_past p JOIN archive_pruned d ON d.day = p.received_on;
SELECT share('TABLE', 'archive', 'SELECT');

-- archive_needed names the messages that may yet be read again: stopped,
-- waiting, held or parked, and those with a line that a mended table or
-- catalogue would settle.
CREATE VIEW archive_needed WITH (security_invoker = true) AS
    SELECT trust, subject AS id FROM queue_stopped WHERE queue = 1
    UNION SELECT trust, subject FROM queue_message WHERE queue = 1
    UNION SELECT trust, subject FROM queue_held WHERE queue = 1
    UNION SELECT trust, message_id FROM usage_line WHERE state IN ('unidentified', 'waiting');
SELECT share('TABLE', 'archive_needed', 'SELECT');

-- archived reads messages that were received in the given days. It is planned
-- for the days that it is called with, and so touches no other partition; a
-- plan for any days would lock them all.
-- +goose StatementBegin
CREATE FUNCTION archived(p_trust text, p_ids bigint[], p_from date, p_to date)
RETURNS TABLE (o_id bigint, o_connector text, o_format text, o_type text, o_sender text, o_control_id text, o_received_at timestamptz, o_reused boolean,
    o_received_on date, o_digest bytea, o_seal smallint, o_raw bytea) LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY SELECT m.id, m.connector, m.format, m.type, m.sender, m.control_id, m.received_at, m.reused, m.received_on, m.digest, m.seal, m.raw
      FROM message m WHERE m.trust = p_trust AND m.id = ANY (p_ids) AND m.received_on BETWEEN p_from AND p_to;
END $$;
-- +goose StatementEnd

-- archive_days lists the days with raw bytes, and what they take on the disk.
-- It looks across trusts, so it tells nothing else. Null: the days that have
-- no partition of their own.
CREATE FUNCTION archive_days() RETURNS TABLE (o_day date, o_bytes bigint, o_messages bigint) LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
    SELECT CASE WHEN c.relname <> 'message_other_days' THEN to_date(right(c.relname, 8), 'YYYYMMDD') END, pg_total_relation_size(c.oid), greatest(c.reltuples, 0)::bigint
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'message'::regclass ORDER BY 1
$$;

-- archive_copy keeps what stays of up to p_limit of a day's messages after
-- (p_trust, p_id), and says which was the last. No row: there are no more.
-- +goose StatementBegin
CREATE FUNCTION archive_copy(p_day date, p_trust text, p_id bigint, p_limit int) RETURNS TABLE (o_trust text, o_id bigint, o_rows bigint) LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off AS $$
BEGIN
    RETURN QUERY WITH chunk AS MATERIALIZED (
        SELECT * FROM message m WHERE m.received_on = p_day AND (m.trust, m.id) > (p_trust, p_id) ORDER BY m.trust, m.id LIMIT p_limit
    ), kept AS (
        INSERT INTO message_past (trust, id, received_on, received_at, connector, format, type, sender, control_id, digest, peer, reused, bytes, key, seal, raw)
        SELECT c.trust, c.id, c.received_on, c.received_at, c.connector, c.format, c.type, c.sender, c.control_id, c.digest, c.peer, c.reused, raw_size(c.seal, c.raw),
               CASE WHEN n.id IS NOT NULL THEN c.key END, CASE WHEN n.id IS NOT NULL THEN c.seal END, CASE WHEN n.id IS NOT NULL THEN c.raw END
          FROM chunk c LEFT JOIN archive_needed n ON n.trust = c.trust AND n.id = c.id
        ON CONFLICT DO NOTHING
    )
    SELECT c.trust, c.id, count(*) OVER () FROM chunk c ORDER BY c.trust DESC, c.id DESC LIMIT 1;
END $$;
-- +goose StatementEnd

-- archive_drop frees a day that archive_copy has been through, and says
-- whether it did: not if a message has come since. Nobody waits while it makes
-- sure; then it needs all of the archive for a moment, and gives up with
-- lock_not_available rather than let a sender wait for that.
-- +goose StatementBegin
CREATE FUNCTION archive_drop(p_day date) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off SET lock_timeout = '50ms' AS $$
DECLARE
    part  text := 'message_' || to_char(p_day, 'YYYYMMDD');
    r     record;
    v_low bigint;
    v_top bigint;
    v_all bigint;
BEGIN
    IF p_day >= (now() AT TIME ZONE 'UTC')::date - 1 THEN
        RAISE 'the day is not over' USING ERRCODE = 'SW001';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('stockwell.open_days'));
    IF to_regclass(part) IS NULL THEN RETURN true; END IF;
    EXECUTE format('LOCK TABLE %I IN SHARE MODE', part);
    FOR r IN SELECT t.trust FROM trust t LOOP
        SELECT min(m.id), max(m.id), count(*) INTO v_low, v_top, v_all FROM message m WHERE m.received_on = p_day AND m.trust = r.trust;
        CONTINUE WHEN v_all = 0;
        IF v_all > (SELECT count(*) FROM message_past p WHERE p.trust = r.trust AND p.id BETWEEN v_low AND v_top AND p.received_on = p_day) THEN
            RETURN false;
        END IF;
    END LOOP;
    UPDATE message_past p SET raw = m.raw, key = m.key, seal = m.seal
      FROM archive_needed n JOIN message m ON m.trust = n.trust AND m.id = n.id AND m.received_on = p_day
     WHERE p.trust = n.trust AND p.id = n.id AND p.raw IS NULL;
    LOCK TABLE ONLY message IN ACCESS EXCLUSIVE MODE;
    EXECUTE format('DROP TABLE %I', part);
    INSERT INTO archive_pruned (day) VALUES (p_day) ON CONFLICT (day) DO UPDATE SET pruned_at = excluded.pruned_at;
    RETURN true;
END $$;
-- +goose StatementEnd

-- archive_sweep does for messages of days without a partition what copy and
-- drop do for the others, up to p_limit of them, and says how many they were.
-- +goose StatementBegin
CREATE FUNCTION archive_sweep(p_before date, p_limit int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET jit = off AS $$
DECLARE n bigint;
BEGIN
    WITH due AS MATERIALIZED (
        SELECT m.trust, m.id, m.received_on FROM message_other_days m
         WHERE m.received_on < least(p_before, (now() AT TIME ZONE 'UTC')::date - 1) ORDER BY m.received_on LIMIT p_limit
    ), gone AS (
        DELETE FROM message_other_days m USING due d WHERE m.trust = d.trust AND m.id = d.id AND m.received_on = d.received_on RETURNING m.*
    ), days AS (
        INSERT INTO archive_pruned (day) SELECT DISTINCT g.received_on FROM gone g ON CONFLICT DO NOTHING
    ), kept AS (
        INSERT INTO message_past (trust, id, received_on, received_at, connector, format, type, sender, control_id, digest, peer, reused, bytes, key, seal, raw)
        SELECT c.trust, c.id, c.received_on, c.received_at, c.connector, c.format, c.type, c.sender, c.control_id, c.digest, c.peer, c.reused, raw_size(c.seal, c.raw),
               CASE WHEN n.id IS NOT NULL THEN c.key END, CASE WHEN n.id IS NOT NULL THEN c.seal END, CASE WHEN n.id IS NOT NULL THEN c.raw END
          FROM gone c LEFT JOIN archive_needed n ON n.trust = c.trust AND n.id = c.id
    )
    SELECT count(*) INTO n FROM gone;
    RETURN n;
END $$;
-- +goose StatementEnd

-- archive_let_go forgets raw bytes that a pruned day kept for somebody who has
-- dealt with them since, up to p_limit, and then the keys of pruned days that
-- no raw bytes are sealed with any more. It says how many messages they were.
-- +goose StatementBegin
CREATE FUNCTION archive_let_go(p_limit int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp SET jit = off AS $$
DECLARE n bigint;
BEGIN
    WITH done AS MATERIALIZED (
        SELECT p.trust, p.id FROM message_past p JOIN archive_pruned d ON d.day = p.received_on
         WHERE p.raw IS NOT NULL AND NOT EXISTS (SELECT 1 FROM archive_needed n WHERE n.trust = p.trust AND n.id = p.id) LIMIT p_limit)
    UPDATE message_past p SET raw = NULL, key = NULL, seal = NULL FROM done WHERE p.trust = done.trust AND p.id = done.id;
    GET DIAGNOSTICS n = ROW_COUNT;
    DELETE FROM archive_key k USING archive_pruned d
     WHERE d.day = k.day AND k.made_at < now() - interval '2 days' AND to_regclass('message_' || to_char(k.day, 'YYYYMMDD')) IS NULL
       AND NOT EXISTS (SELECT 1 FROM message_other_days m WHERE m.received_on = k.day AND m.trust = k.trust)
       AND NOT EXISTS (SELECT 1 FROM message_past p WHERE p.raw IS NOT NULL AND p.received_on = k.day AND p.trust = k.trust);
    RETURN n;
END $$;
-- +goose StatementEnd
