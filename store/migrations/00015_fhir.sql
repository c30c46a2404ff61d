-- +goose Up
-- FHIR resources are read back by type, id and version. Their bytes are those
-- of the archive, sealed as every message is; here is only where they stand.
-- Ids tell nothing of a patient: the hub makes them under the trust's secret,
-- or the client chose them.
CREATE TABLE fhir_resource (
    trust      text        NOT NULL,
    type       text        NOT NULL CHECK (type <> ''),
    id         text        NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
    message_id bigint      NOT NULL,
    from_byte  int         NOT NULL CHECK (from_byte >= 0),
    to_byte    int         NOT NULL CHECK (to_byte > from_byte),
    stored_at  timestamptz NOT NULL,
    PRIMARY KEY (trust, type, id, message_id)
);
COMMENT ON COLUMN fhir_resource.message_id IS 'The message that brought this version; the version is called by its number.';
COMMENT ON COLUMN fhir_resource.from_byte IS 'Where the resource stands in the message, as it came.';
CREATE INDEX fhir_resource_device ON fhir_resource (trust, message_id) WHERE type = 'Device';
SELECT protect('fhir_resource', 'SELECT, INSERT');

-- Resources to which a message refers and which it does not bring itself: when
-- one of them changes, the message is read anew.
CREATE TABLE fhir_reference (
    trust      text   NOT NULL,
    type       text   NOT NULL,
    id         text   NOT NULL,
    message_id bigint NOT NULL,
    PRIMARY KEY (trust, type, id, message_id)
);
SELECT protect('fhir_reference', 'SELECT, INSERT');

-- receive_resources is receive (00002) for messages of which some bring
-- resources: the same statement, and where they stand, in one commit. p_of and
-- p_by say, by its place among the messages, to which a resource or a reference
-- belongs.
-- +goose StatementBegin
CREATE FUNCTION receive_resources(p_trust text, p_connector text[], p_format text[], p_type text[], p_sender text[], p_control_id text[],
    p_key bigint[], p_digest bytea[], p_peer text[], p_raw bytea[], p_at timestamptz[],
    p_of int[], p_of_type text[], p_of_id text[], p_from int[], p_to int[], p_by int[], p_by_type text[], p_by_id text[])
RETURNS TABLE (o_ord bigint, o_message_id bigint, o_duplicate boolean, o_reused boolean) LANGUAGE plpgsql VOLATILE
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    PERFORM set_config('app.trust', p_trust, true);
    RETURN QUERY
    WITH incoming AS MATERIALIZED (
        SELECT u.*, nextval('message_id') AS id
          FROM unnest(p_connector, p_format, p_type, p_sender, p_control_id, p_key, p_digest, p_peer, p_raw, p_at)
               WITH ORDINALITY AS u (connector, format, type, sender, control_id, key, digest, peer, raw, at, ord)
    ), checked AS MATERIALIZED (
        SELECT i.*, i.control_id <> '' AND EXISTS (
                   SELECT 1 FROM message_key k WHERE k.trust = p_trust AND k.connector = i.connector
                      AND k.sender = i.sender AND k.control_id = i.control_id AND k.digest <> i.digest) AS reused
          FROM incoming i
    ), keyed AS (
        INSERT INTO message_key AS k (trust, connector, sender, control_id, digest, message_id, last_seen_at)
        SELECT p_trust, c.connector, c.sender, c.control_id, c.digest, c.id, c.at FROM checked c
        ORDER BY c.connector, c.sender, c.control_id, c.digest
        ON CONFLICT (trust, connector, sender, control_id, digest)
        DO UPDATE SET seen = k.seen + 1, last_seen_at = excluded.last_seen_at
        RETURNING k.connector, k.sender, k.control_id, k.digest, k.message_id
    ), matched AS MATERIALIZED (
        SELECT c.*, k.message_id FROM checked c JOIN keyed k USING (connector, sender, control_id, digest)
    ), archived AS (
        INSERT INTO message (trust, id, received_on, received_at, connector, format, type, sender, control_id, key, digest, peer, reused, raw)
        SELECT p_trust, m.id, (m.at AT TIME ZONE 'UTC')::date, m.at, m.connector, m.format, m.type, m.sender, m.control_id, m.key, m.digest, m.peer, m.reused, m.raw
          FROM matched m WHERE m.message_id = m.id
    ), queued AS (
        INSERT INTO queue_message (trust, queue, lane, key, subject)
        SELECT p_trust, 1::smallint, (m.key & 1023)::smallint, m.key, m.id FROM matched m WHERE m.message_id = m.id ORDER BY m.ord
    ), kept AS (
        INSERT INTO fhir_resource (trust, type, id, message_id, from_byte, to_byte, stored_at)
        SELECT p_trust, u.type, u.id, m.id, u.from_byte, u.to_byte, m.at
          FROM unnest(p_of, p_of_type, p_of_id, p_from, p_to) AS u (nth, type, id, from_byte, to_byte)
          JOIN matched m ON m.ord = u.nth AND m.message_id = m.id
    ), referred AS (
        INSERT INTO fhir_reference (trust, type, id, message_id)
        SELECT p_trust, u.type, u.id, m.id FROM unnest(p_by, p_by_type, p_by_id) AS u (nth, type, id)
          JOIN matched m ON m.ord = u.nth AND m.message_id = m.id
    )
    SELECT m.ord, m.message_id, m.message_id <> m.id, m.reused AND m.message_id = m.id FROM matched m;
END $$;
-- +goose StatementEnd
