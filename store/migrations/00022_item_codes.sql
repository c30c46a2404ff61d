-- +goose Up
-- Codes of a trust's items have days, too. What a code names is never changed
-- silently: a person takes it from the item that has it by mistake, and only
-- then a file may give it to another.
ALTER TABLE item_code ADD COLUMN since date;
ALTER TABLE item_code ALTER COLUMN since SET DEFAULT current_date;
COMMENT ON COLUMN item_code.since IS 'The day on which it was told; null where that was not kept.';

-- maker_of is a manufacturer's name as far as two spellings of it have it in
-- common: without case, marks and the form of the company.
CREATE FUNCTION maker_of(p_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(regexp_replace(lower(p_name), '[^[:alnum:]]+', ' ', 'g'), '( |^)(ag|as|bv|co|company|corp|corporation|gmbh|inc|incorporated|kg|limited|llc|ltd|plc|sa|sas|srl|uk)(?= |$)', '', 'g'))
$$;

-- one_maker reports whether two codes may be of one maker, which they are where
-- one of them does not say.
CREATE FUNCTION one_maker(a text, b text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT a = b OR a = '' OR b = '' $$;

-- A maker's number counts with its maker, for two makers may use one. Where two
-- items have it, it names neither to a sender that tells of the number alone.
ALTER TABLE item_code ADD COLUMN maker text NOT NULL DEFAULT '';
COMMENT ON COLUMN item_code.maker IS 'Of a maker''s number: whose. Empty for other codes.';
UPDATE item_code c SET maker = maker_of(i.manufacturer) FROM item i WHERE c.kind = 'mpc' AND i.trust = c.trust AND i.id = c.item;
ALTER TABLE item_code DROP CONSTRAINT item_code_pkey, ADD PRIMARY KEY (trust, kind, value, maker), ADD CHECK (kind = 'mpc' OR maker = '');

CREATE TABLE item_code_former (
    trust      text        NOT NULL,
    id         bigint      GENERATED ALWAYS AS IDENTITY,
    kind       text        NOT NULL CHECK (kind IN ('gtin', 'npc', 'mpc')),
    value      text        NOT NULL CHECK (value <> ''),
    item       bigint      NOT NULL,
    ratio      bigint      NOT NULL CHECK (ratio > 0),
    since      date,
    until      date        NOT NULL DEFAULT current_date,
    decided_by text        NOT NULL CHECK (decided_by <> ''),
    reason     text        NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (trust, id),
    FOREIGN KEY (trust, item) REFERENCES item (trust, id)
);
COMMENT ON COLUMN item_code_former.until IS 'The day on which it was taken from the item.';
CREATE INDEX item_code_former_value ON item_code_former (trust, value);
CREATE INDEX item_code_former_item ON item_code_former (trust, item);
SELECT protect('item_code_former', 'SELECT, INSERT');

-- An item's row that was rejected because another item has its code waits for a
-- person like any other disagreement.
ALTER TABLE catalogue_conflict DROP CONSTRAINT catalogue_conflict_kind_check,
    ADD CONSTRAINT catalogue_conflict_kind_check CHECK (kind IN ('code_twice', 'pack_ratio', 'description', 'device_class', 'two_products', 'code_taken'));

-- suspended_now reports whether a product that its source suspends is so today.
CREATE FUNCTION suspended_now(p_suspended boolean, p_from date, p_until date) RETURNS boolean LANGUAGE sql STABLE AS
    $$ SELECT p_suspended AND coalesce(p_from <= current_date, true) AND coalesce(p_until >= current_date, true) $$;

-- A price list may have ended before it is told; it then counts on no day.
ALTER TABLE product_price DROP CONSTRAINT product_price_check;

-- catalogue_find gives what has one of the codes (kinds and values; an empty
-- kind is any): the trust's items first, then products, the source of lowest
-- rank first. It is asked at each scan, so it is planned once a session. Of a
-- trust it sees what its caller may see.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION catalogue_find(p_trust text, p_kinds text[], p_values text[])
RETURNS TABLE (o_item text, o_source text, o_key text, o_description text, o_manufacturer text, o_matched text, o_ratio bigint, o_state text) LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
BEGIN
    RETURN QUERY
        SELECT DISTINCT ON (i.code) i.code, '', '', i.description, i.manufacturer, c.kind || ' ' || c.value, c.ratio, c.state
          FROM unnest(p_kinds, p_values) u (kind, value)
         CROSS JOIN LATERAL (
            SELECT c.kind, c.value, c.item, c.ratio, '' AS state FROM item_code c WHERE c.trust = p_trust AND c.value = u.value AND c.kind IN ('gtin', 'npc', 'mpc', 'erp') AND u.kind IN ('', c.kind)
            UNION ALL SELECT f.kind, f.value, f.item, f.ratio, 'code no longer valid' FROM item_code_former f WHERE f.trust = p_trust AND f.value = u.value AND u.kind IN ('', f.kind)
            OFFSET 0) c
         CROSS JOIN LATERAL (SELECT i.code, i.description, i.manufacturer FROM item i WHERE i.trust = p_trust AND i.id = c.item OFFSET 0) i
         ORDER BY i.code, c.state, c.kind <> 'gtin';
    RETURN QUERY
        SELECT '', f.source_name, f.key, f.description, f.manufacturer, f.matched, f.ratio, f.state FROM (
            SELECT DISTINCT ON (v.source, v.key) s.name AS source_name, v.key, s.rank, b.description, b.manufacturer, CASE x.kind WHEN 'key' THEN s.key_kind ELSE x.kind END || ' ' || u.value AS matched, x.ratio,
                   CASE WHEN v.removed THEN 'removed' WHEN b.discontinued AND coalesce(b.discontinued_on <= current_date, true) THEN 'discontinued' WHEN suspended_now(b.suspended, b.suspended_from, b.suspended_until) THEN 'suspended'
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

-- find_items finds a trust's items by their words, those of the shortest
-- descriptions first. Row-level security keeps an index on words from being
-- used; so this looks for the trust that the transaction named, and for no other.
CREATE OR REPLACE FUNCTION find_items(p_query tsquery, p_limit int) RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT f.id FROM (SELECT id, octet_length(description) AS size FROM item WHERE words @@ p_query AND trust = current_setting('app.trust') LIMIT 10000) f ORDER BY f.size, f.id LIMIT p_limit
$$;

-- catalogue_ranked gives what has the words of a query: the trust's items, then
-- products, each at most p_limit of them, those most like the text first. Where
-- more are found, those with the shortest descriptions are looked at: all of
-- the words stand in each, so they are the most like the text; and of very many
-- the first ten thousand.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION catalogue_ranked(p_trust text, p_query tsquery, p_text text, p_limit int)
RETURNS TABLE (o_item text, o_source text, o_key text, o_description text, o_manufacturer text, o_state text) LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    v_most   int := p_limit + 100;
    v_found  int;
    v_inside bigint[];
BEGIN
    RETURN QUERY
        SELECT i.code, '', '', i.description, i.manufacturer, '' FROM find_items(p_query, p_limit) f CROSS JOIN LATERAL (SELECT * FROM item i WHERE i.trust = p_trust AND i.id = f OFFSET 0) i
         ORDER BY similarity(i.description, p_text) DESC, i.code;
    -- Bodies of former versions are found, too; so it looks further until enough
    -- are in force.
    LOOP
        SELECT count(*), coalesce(array_agg(x.id) FILTER (WHERE x.id IS NOT NULL), '{}') INTO v_found, v_inside
          FROM (SELECT w.id FROM (SELECT b.id, octet_length(b.description) AS size FROM product_body b WHERE b.words @@ p_query LIMIT 10000) w ORDER BY w.size, w.id LIMIT v_most) f
          LEFT JOIN LATERAL (SELECT v.id FROM product_version v JOIN catalogue_source s ON s.id = v.source AND v.since <= s.generation AND (v.until IS NULL OR v.until > s.generation)
                              WHERE v.body = f.id LIMIT 1) x ON true;
        EXIT WHEN v_found < v_most OR cardinality(v_inside) >= p_limit;
        v_most := v_most * 4;
    END LOOP;
    RETURN QUERY
        SELECT '', s.name, v.key, b.description, b.manufacturer,
               CASE WHEN v.removed THEN 'removed' WHEN b.discontinued AND coalesce(b.discontinued_on <= current_date, true) THEN 'discontinued' WHEN suspended_now(b.suspended, b.suspended_from, b.suspended_until) THEN 'suspended' ELSE '' END
          FROM unnest(v_inside) u (id)
         CROSS JOIN LATERAL (SELECT * FROM product_version v WHERE v.id = u.id OFFSET 0) v
         CROSS JOIN LATERAL (SELECT * FROM product_body b WHERE b.id = v.body OFFSET 0) b
          JOIN catalogue_source s ON s.id = v.source
         ORDER BY similarity(b.description, p_text) DESC, v.removed, s.rank, v.key LIMIT p_limit;
END $$;
-- +goose StatementEnd
