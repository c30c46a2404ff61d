-- +goose Up
-- What tells that something is missing or wrong around the hub: how much each
-- feed sends by the hour, how far time had come, whether the disk takes more.

-- A feed is a trust's connector. first_at is when it was first heard: what it
-- sends at an hour is known only from then on.
CREATE TABLE feed (
    trust     text        NOT NULL,
    connector text        NOT NULL,
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    PRIMARY KEY (trust, connector)
);
SELECT protect('feed', 'SELECT, INSERT, UPDATE');

-- Messages of a feed in one hour, added up by every hub once a minute. A hub
-- that is killed loses a minute's counts, and nothing else.
CREATE TABLE feed_hour (
    trust     text        NOT NULL,
    connector text        NOT NULL,
    hour      timestamptz NOT NULL,
    messages  bigint      NOT NULL CHECK (messages > 0),
    PRIMARY KEY (trust, connector, hour)
);
SELECT protect('feed_hour', 'SELECT, INSERT, UPDATE, DELETE');

-- The latest time that a hub or the database has told. A clock that is behind
-- it was set back.
CREATE TABLE clock_mark (
    one    boolean     PRIMARY KEY DEFAULT true CHECK (one),
    latest timestamptz NOT NULL
);
SELECT share('TABLE', 'clock_mark', 'SELECT, INSERT, UPDATE');

-- clock_look moves the mark on and tells the database's time and the mark. A
-- mark more than a day ahead was made by a clock that was far wrong: it is
-- waited for no longer than an hour.
CREATE FUNCTION clock_look(p_hub timestamptz, OUT o_database timestamptz, OUT o_latest timestamptz) LANGUAGE sql VOLATILE AS $$
    INSERT INTO clock_mark AS m (latest) VALUES (greatest(p_hub, clock_timestamp()))
    ON CONFLICT (one) DO UPDATE SET latest = CASE
        WHEN m.latest > excluded.latest + interval '1 day' THEN excluded.latest + interval '1 hour'
        ELSE greatest(m.latest, excluded.latest) END
    RETURNING clock_timestamp(), m.latest
$$;

-- queue_mend lets go at once of a trust's keys whose next try lies further
-- ahead than any try is ever put off: the clock was set back meanwhile. Parked
-- keys stay.
CREATE FUNCTION queue_mend(p_longest interval) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    WITH late AS (
        SELECT h.trust, h.queue, h.key FROM queue_hold h
         WHERE h.trust = current_setting('app.trust') AND h.until > clock_timestamp() + p_longest AND h.until < 'infinity' FOR UPDATE SKIP LOCKED
    ), mended AS (
        UPDATE queue_hold h SET until = clock_timestamp() FROM late l WHERE h.trust = l.trust AND h.queue = l.queue AND h.key = l.key RETURNING 1
    )
    SELECT count(*) FROM mended
$$;

-- disk_probe takes eight megabytes of the disk and gives them back: it fails
-- as storing a message would. The tables' owner alone may make temporary ones.
-- +goose StatementBegin
CREATE FUNCTION disk_probe() RETURNS void LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    CREATE TEMPORARY TABLE probe ON COMMIT DROP AS SELECT repeat('x', 2000) AS filler FROM generate_series(1, 4000);
END $$;
-- +goose StatementEnd

-- waiting_by_connector counts the first messages that wait to be handled, up
-- to p_most, by connector. It finds each by its key: the planner, whose
-- statistics tell of an empty queue, would read the day anew for each.
-- +goose StatementBegin
CREATE FUNCTION waiting_by_connector(p_trust text, p_from date, p_to date, p_most int)
RETURNS TABLE (o_connector text, o_messages bigint, o_oldest timestamptz) LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = off
    SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
BEGIN
    RETURN QUERY SELECT m.connector, count(*), min(m.received_at)
      FROM (SELECT subject FROM queue_message WHERE trust = p_trust AND queue = 1 ORDER BY seq LIMIT p_most) q
      CROSS JOIN LATERAL (SELECT a.connector, a.received_at FROM archive a WHERE a.trust = p_trust AND a.id = q.subject AND a.received_on BETWEEN p_from AND p_to LIMIT 1) m
     GROUP BY 1;
END $$;
-- +goose StatementEnd
