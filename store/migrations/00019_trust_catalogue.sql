-- +goose Up
-- What a trust lays over the national catalogue: its own items and prices
-- (item, item_code, item_price), alternatives, and approvals.
ALTER TABLE item
    ADD COLUMN expiry_tracked boolean NOT NULL DEFAULT false,
    ADD COLUMN digest bigint NOT NULL DEFAULT 0,
    ADD COLUMN words tsvector NOT NULL DEFAULT '';
COMMENT ON COLUMN item.digest IS 'Of the row that told of the item last, so that one that says the same is known; 0 is not known.';
COMMENT ON COLUMN item.words IS 'Its words as they are searched for; catalogue.Words makes them.';
UPDATE item SET words = array_to_tsvector(ARRAY(SELECT DISTINCT left(m[1], 40)
    FROM regexp_matches(lower(description || ' ' || manufacturer || ' ' || code), '[[:alpha:]]+|[[:digit:]]+', 'g') m));
CREATE INDEX item_words ON item USING gin (words);

-- find_items finds a trust's items by their words. Row-level security keeps an
-- index on words from being used; so this looks for the trust that the
-- transaction named, and for no other.
CREATE FUNCTION find_items(p_query tsquery, p_limit int) RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
    $$ SELECT id FROM item WHERE words @@ p_query AND trust = current_setting('app.trust') LIMIT p_limit $$;

-- Words of a trust's items, so that one that is mistyped finds those near it.
CREATE TABLE item_word (
    trust text NOT NULL,
    word  text NOT NULL CHECK (length(word) BETWEEN 3 AND 40),
    PRIMARY KEY (trust, word)
);
CREATE INDEX item_word_near ON item_word USING gin (word gin_trgm_ops);
SELECT protect('item_word', 'SELECT, INSERT');
INSERT INTO item_word SELECT DISTINCT i.trust, w FROM item i CROSS JOIN LATERAL unnest(tsvector_to_array(i.words)) w WHERE length(w) >= 3 AND w !~ '^[0-9]';

CREATE FUNCTION near_item_words(p_word text, p_limit int) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET pg_trgm.similarity_threshold = 0.15 AS
    $$ SELECT word FROM item_word WHERE word % p_word AND trust = current_setting('app.trust') ORDER BY similarity(word, p_word) DESC, word LIMIT p_limit $$;
REVOKE EXECUTE ON FUNCTION find_items(tsquery, int), near_item_words(text, int) FROM PUBLIC;
-- +goose StatementBegin
DO $$ BEGIN
    EXECUTE format('GRANT EXECUTE ON FUNCTION find_items(tsquery, int), near_item_words(text, int) TO %I', current_setting('app.runtime_role'));
END $$;
-- +goose StatementEnd

-- Whether a trust lets a product be bought, as a person decided. The latest
-- word counts; the former ones stay.
CREATE TABLE product_approval (
    trust      text        NOT NULL,
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    source     text        NOT NULL,
    key        text        NOT NULL,
    approved   boolean     NOT NULL,
    decided_by text        NOT NULL CHECK (decided_by <> ''),
    reason     text        NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trust, id)
);
CREATE INDEX product_approval_key ON product_approval (trust, key, source, id);
SELECT protect('product_approval', 'SELECT, INSERT');

-- What a trust lets stand in for an item: an item of its own. An indirect
-- alternative needs a clinician each time (law 8).
CREATE TABLE item_alternative (
    trust       text        NOT NULL,
    item        bigint      NOT NULL,
    alternative bigint      NOT NULL CHECK (alternative <> item),
    kind        text        NOT NULL CHECK (kind IN ('direct', 'indirect')),
    decided_by  text        NOT NULL CHECK (decided_by <> ''),
    reason      text        NOT NULL,
    decided_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    PRIMARY KEY (trust, item, alternative, decided_at),
    FOREIGN KEY (trust, item) REFERENCES item (trust, id),
    FOREIGN KEY (trust, alternative) REFERENCES item (trust, id)
);
CREATE UNIQUE INDEX item_alternative_now ON item_alternative (trust, item, alternative) WHERE ended_at IS NULL;
SELECT protect('item_alternative', 'SELECT, INSERT, UPDATE');

-- stage_items makes the tables in which one session gathers a file of a trust's
-- items; they are temporary.
-- +goose StatementBegin
CREATE FUNCTION stage_items() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DROP TABLE IF EXISTS pg_temp.stage_item, pg_temp.stage_refused, pg_temp.stage_item_plan;
    CREATE TEMP TABLE stage_item (
        line bigint NOT NULL, code text NOT NULL, digest bigint NOT NULL, description text NOT NULL, base_unit text NOT NULL, pack_size bigint NOT NULL, supplier text NOT NULL, supplier_code text NOT NULL,
        manufacturer text NOT NULL, device_class text NOT NULL, lot_tracked boolean NOT NULL, serial_tracked boolean NOT NULL, expiry_tracked boolean NOT NULL, implantable boolean NOT NULL, reportable boolean NOT NULL,
        case_ceiling bigint, price numeric, currency text NOT NULL, words tsvector NOT NULL, kinds text[] NOT NULL, code_values text[] NOT NULL, ratios bigint[] NOT NULL);
    CREATE TEMP TABLE stage_refused (line bigint PRIMARY KEY, problem text NOT NULL, at text NOT NULL, other text NOT NULL);
    CREATE TEMP TABLE stage_item_plan (n bigint NOT NULL, line bigint NOT NULL, item bigint);
    GRANT SELECT, INSERT, UPDATE, DELETE ON stage_item, stage_refused, stage_item_plan TO PUBLIC;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION stage_items_indexed() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    CREATE INDEX ON stage_item (line);
    CREATE INDEX ON stage_item (code);
    ANALYZE stage_item;
END $$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION stage_items_planned() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    CREATE UNIQUE INDEX ON stage_item_plan (n);
    ANALYZE stage_item_plan;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION stage_items(), stage_items_indexed(), stage_items_planned() FROM PUBLIC;
-- +goose StatementBegin
DO $$ BEGIN
    EXECUTE format('GRANT EXECUTE ON FUNCTION stage_items(), stage_items_indexed(), stage_items_planned() TO %I', current_setting('app.runtime_role'));
END $$;
-- +goose StatementEnd

-- catalogue_find gives what has one of the codes (kinds and values; an empty
-- kind is any): the trust's items first, then products, the source of lowest
-- rank first. It is asked at each scan, so it is planned once a session. Of a
-- trust it sees what its caller may see.
-- +goose StatementBegin
CREATE FUNCTION catalogue_find(p_trust text, p_kinds text[], p_values text[])
RETURNS TABLE (o_item text, o_source text, o_key text, o_description text, o_manufacturer text, o_matched text, o_ratio bigint, o_state text) LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
        SELECT DISTINCT ON (i.code) i.code, '', '', i.description, i.manufacturer, c.kind || ' ' || c.value, c.ratio, ''
          FROM unnest(p_kinds, p_values) u (kind, value)
         CROSS JOIN LATERAL (SELECT c.kind, c.value, c.item, c.ratio FROM item_code c WHERE c.trust = p_trust AND c.value = u.value AND c.kind IN ('gtin', 'npc', 'mpc', 'erp') AND u.kind IN ('', c.kind) OFFSET 0) c
         CROSS JOIN LATERAL (SELECT i.code, i.description, i.manufacturer FROM item i WHERE i.trust = p_trust AND i.id = c.item OFFSET 0) i
         ORDER BY i.code, c.kind <> 'gtin';
    RETURN QUERY
        SELECT '', f.source_name, f.key, f.description, f.manufacturer, f.matched, f.ratio, f.state FROM (
            SELECT DISTINCT ON (v.source, v.key) s.name AS source_name, v.key, s.rank, b.description, b.manufacturer, CASE x.kind WHEN 'key' THEN s.key_kind ELSE x.kind END || ' ' || u.value AS matched, x.ratio,
                   CASE WHEN v.removed THEN 'removed' WHEN b.discontinued THEN 'discontinued' WHEN b.suspended AND (b.suspended_until IS NULL OR b.suspended_until >= current_date) THEN 'suspended'
                        WHEN x.valid_to < current_date THEN 'code no longer valid' WHEN x.valid_from > current_date THEN 'code not valid yet' ELSE '' END AS state
              FROM unnest(p_kinds, p_values) u (kind, value)
             CROSS JOIN LATERAL (
                SELECT k.body, k.issuer AS kind, k.ratio, NULL::date AS valid_from, NULL::date AS valid_to FROM product_pack k WHERE k.di = u.value AND k.di <> '' AND u.kind IN ('', k.issuer)
                UNION ALL SELECT b.id, 'npc', 1, NULL, NULL FROM product_body b WHERE b.npc = u.value AND b.npc <> '' AND u.kind IN ('', 'npc')
                UNION ALL SELECT b.id, 'mpc', 1, NULL, NULL FROM product_body b WHERE b.mpc = u.value AND b.mpc <> '' AND u.kind IN ('', 'mpc')
                UNION ALL SELECT k.body, k.kind, 1, k.valid_from, k.valid_to FROM product_code k WHERE k.value = u.value AND u.kind IN ('', k.kind)
                UNION ALL SELECT v.body, 'key', 1, NULL, NULL FROM product_version v WHERE v.key = u.value AND u.kind IN ('', 'npc', 'mpc', 'erp')
                OFFSET 0) x
             CROSS JOIN LATERAL (SELECT v.source, v.key, v.since, v.until, v.removed FROM product_version v WHERE v.body = x.body OFFSET 0) v
              JOIN catalogue_source s ON s.id = v.source AND v.since <= s.generation AND (v.until IS NULL OR v.until > s.generation) AND (x.kind <> 'key' OR v.key = u.value AND u.kind IN ('', s.key_kind))
             CROSS JOIN LATERAL (SELECT * FROM product_body b WHERE b.id = x.body OFFSET 0) b
             ORDER BY v.source, v.key, CASE x.kind WHEN 'gtin' THEN 0 WHEN 'key' THEN 2 ELSE 1 END) f
         ORDER BY f.state IN ('removed', 'discontinued'), f.rank, f.key;
END $$;
-- +goose StatementEnd

-- catalogue_ranked gives what has the words of a query: the trust's items, then
-- products, each at most p_limit of them, those most like the text first.
-- +goose StatementBegin
CREATE FUNCTION catalogue_ranked(p_trust text, p_query tsquery, p_text text, p_limit int)
RETURNS TABLE (o_item text, o_source text, o_key text, o_description text, o_manufacturer text, o_state text) LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
        SELECT i.code, '', '', i.description, i.manufacturer, '' FROM find_items(p_query, p_limit) f CROSS JOIN LATERAL (SELECT * FROM item i WHERE i.trust = p_trust AND i.id = f OFFSET 0) i
         ORDER BY similarity(i.description, p_text) DESC, i.code;
    RETURN QUERY
        SELECT '', s.name, v.key, f.description, f.manufacturer,
               CASE WHEN v.removed THEN 'removed' WHEN f.discontinued THEN 'discontinued' WHEN f.suspended AND (f.suspended_until IS NULL OR f.suspended_until >= current_date) THEN 'suspended' ELSE '' END
          FROM (SELECT b.id, b.description, b.manufacturer, b.discontinued, b.suspended, b.suspended_until, similarity(b.description, p_text) AS alike FROM product_body b WHERE b.words @@ p_query LIMIT p_limit) f
         CROSS JOIN LATERAL (SELECT v.source, v.key, v.since, v.until, v.removed FROM product_version v WHERE v.body = f.id OFFSET 0) v
          JOIN catalogue_source s ON s.id = v.source AND v.since <= s.generation AND (v.until IS NULL OR v.until > s.generation)
         ORDER BY f.alike DESC, v.removed, s.rank, v.key;
END $$;
-- +goose StatementEnd
