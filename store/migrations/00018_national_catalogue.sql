-- +goose Up
-- The national catalogue: what each source, as NHS Supply Chain, says of its
-- products. It is shared and has no row-level security. The runtime role may
-- read it; it writes by the functions below and in no other way.
--
-- What a source says of a product is kept for ever, version by version. A load
-- writes its versions in small transactions under its own number, and they
-- come into force together when the source's generation becomes that number:
-- a load that dies leaves the old catalogue whole.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE catalogue_source (
    id         smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text     NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9-]{0,39}$'),
    key_kind   text     NOT NULL CHECK (key_kind IN ('gtin', 'npc', 'mpc', 'erp', 'di')),
    rank       smallint NOT NULL,
    generation bigint   NOT NULL DEFAULT 0,
    products   bigint   NOT NULL DEFAULT 0 CHECK (products >= 0)
);
COMMENT ON COLUMN catalogue_source.rank IS 'Whose word is shown first where sources speak of one product: the lowest.';
COMMENT ON COLUMN catalogue_source.generation IS 'Number of the last load that is in force.';
COMMENT ON COLUMN catalogue_source.products IS 'Products in force, without those that were removed.';
SELECT share('TABLE', 'catalogue_source', 'SELECT');

-- A load of a catalogue file: of the national catalogue (trust is empty) or of
-- a trust's own items.
CREATE SEQUENCE catalogue_load_id;
SELECT share('SEQUENCE', 'catalogue_load_id', 'USAGE');
CREATE TABLE catalogue_load (
    trust       text        NOT NULL,
    id          bigint      NOT NULL,
    source      text        NOT NULL,
    profile     text        NOT NULL,
    mode        text        NOT NULL CHECK (mode IN ('full', 'delta')),
    file        text        NOT NULL,
    bytes       bigint      NOT NULL DEFAULT 0,
    digest      bytea       NOT NULL DEFAULT '',
    state       text        NOT NULL CHECK (state IN ('checking', 'publishing', 'published', 'unchanged', 'waits', 'refused', 'tried', 'died')),
    rows        bigint      NOT NULL DEFAULT 0,
    added       bigint      NOT NULL DEFAULT 0,
    changed     bigint      NOT NULL DEFAULT 0,
    same        bigint      NOT NULL DEFAULT 0,
    suspended   bigint      NOT NULL DEFAULT 0,
    removed     bigint      NOT NULL DEFAULT 0,
    rejected    bigint      NOT NULL DEFAULT 0,
    fields      jsonb       NOT NULL DEFAULT '{}',
    rejections  jsonb       NOT NULL DEFAULT '{}',
    text        text        NOT NULL DEFAULT '',
    accepted_by text        NOT NULL DEFAULT '',
    started_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at    timestamptz,
    PRIMARY KEY (trust, id)
);
COMMENT ON COLUMN catalogue_load.rejections IS 'How often each problem was found in rejected rows, by its code.';
COMMENT ON COLUMN catalogue_load.state IS 'waits: it changes more than a set share, and a person has to accept it. tried: a dry run.';
SELECT protect('catalogue_load', 'SELECT, INSERT, UPDATE');

-- What a source says of a product, from one generation until another. A new
-- price makes a new version with the body of the former one.
CREATE SEQUENCE product_version_id;
CREATE TABLE product_version (
    id           bigint   PRIMARY KEY,
    source       smallint NOT NULL,
    key          text     NOT NULL CHECK (key <> ''),
    body         bigint   NOT NULL,
    since        bigint   NOT NULL,
    until        bigint   CHECK (until > since),
    removed      boolean  NOT NULL,
    body_digest  bigint   NOT NULL,
    price_digest bigint   NOT NULL,
    loaded_on    date     NOT NULL DEFAULT current_date
) WITH (fillfactor = 90);
COMMENT ON TABLE product_version IS 'It has no foreign keys: its functions alone write it, and nothing that it names is ever deleted but with it.';
COMMENT ON COLUMN product_version.removed IS 'The source tells of the product no longer. It stays to be found.';
CREATE UNIQUE INDEX product_version_key ON product_version (key, source, since);
CREATE INDEX product_version_body ON product_version (body);
SELECT share('TABLE', 'product_version', 'SELECT');

CREATE SEQUENCE product_body_id;
CREATE TABLE product_body (
    id              bigint   PRIMARY KEY,
    description     text     NOT NULL,
    manufacturer    text     NOT NULL,
    mpc             text     NOT NULL,
    npc             text     NOT NULL,
    base_unit       text     NOT NULL,
    order_units     bigint   NOT NULL CHECK (order_units > 0),
    supplier        text     NOT NULL,
    supplier_code   text     NOT NULL,
    route           text     NOT NULL CHECK (route IN ('', 'stocked', 'blue_diamond', 'edirect', 'direct')),
    eclass          text     NOT NULL,
    gmdn            text     NOT NULL,
    emdn            text     NOT NULL,
    device_class    text     NOT NULL CHECK (device_class IN ('', 'I', 'IIa', 'IIb', 'III')),
    implantable     boolean,
    reportable      boolean,
    lot_tracked     boolean,
    serial_tracked  boolean,
    expiry_tracked  boolean,
    suspended       boolean  NOT NULL,
    suspended_why   text     NOT NULL,
    suspended_from  date,
    suspended_until date,
    discontinued    boolean  NOT NULL,
    discontinued_on date,
    words           tsvector NOT NULL,
    CHECK (suspended OR suspended_why = '' AND suspended_from IS NULL AND suspended_until IS NULL),
    CHECK (discontinued OR discontinued_on IS NULL)
);
COMMENT ON COLUMN product_body.npc IS 'NHS Supply Chain''s code, of sources that have other keys.';
COMMENT ON COLUMN product_body.order_units IS 'Base units in the pack in which it is ordered.';
COMMENT ON COLUMN product_body.implantable IS 'Null where the source does not say; the other flags likewise.';
CREATE INDEX product_body_mpc ON product_body (mpc) WHERE mpc <> '';
CREATE INDEX product_body_npc ON product_body (npc) WHERE npc <> '';
CREATE INDEX product_body_words ON product_body USING gin (words);
SELECT share('TABLE', 'product_body', 'SELECT');

-- A pack level: 1 is the base unit. di is the level's own device identifier.
CREATE TABLE product_pack (
    body   bigint   NOT NULL,
    level  smallint NOT NULL CHECK (level > 0),
    unit   text     NOT NULL,
    ratio  bigint   NOT NULL CHECK (ratio > 0 AND (level > 1 OR ratio = 1)),
    issuer text     NOT NULL CHECK (issuer IN ('', 'gtin', 'hibcc', 'iccbba')),
    di     text     NOT NULL,
    PRIMARY KEY (body, level),
    CHECK ((issuer = '') = (di = '')),
    CHECK (issuer <> 'gtin' OR length(di) = 14)
);
COMMENT ON COLUMN product_pack.ratio IS 'Base units in it.';
CREATE INDEX product_pack_di ON product_pack (di) WHERE di <> '';
SELECT share('TABLE', 'product_pack', 'SELECT');

-- Codes beside those of the packs, the key, and the body's NPC and MPC.
CREATE TABLE product_code (
    body       bigint NOT NULL,
    kind       text   NOT NULL CHECK (kind IN ('gtin', 'npc', 'mpc', 'erp', 'hibcc', 'iccbba')),
    value      text   NOT NULL CHECK (value <> ''),
    valid_from date,
    valid_to   date,
    PRIMARY KEY (value, kind, body),
    CHECK (valid_to >= valid_from)
);
CREATE INDEX product_code_body ON product_code (body);
SELECT share('TABLE', 'product_code', 'SELECT');

-- The price list of a version: what one pack of units costs from a number of
-- packs on.
CREATE TABLE product_price (
    version    bigint         NOT NULL,
    from_packs bigint         NOT NULL CHECK (from_packs > 0),
    price      numeric(18, 4) NOT NULL CHECK (price >= 0),
    currency   text           NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    tax        text           NOT NULL CHECK (tax IN ('exclusive', 'inclusive', 'exempt')),
    units      bigint         NOT NULL CHECK (units > 0),
    valid_from date           NOT NULL,
    valid_to   date,
    PRIMARY KEY (version, from_packs),
    CHECK (valid_to >= valid_from)
);
SELECT share('TABLE', 'product_price', 'SELECT');

-- A product that may stand in for another. A direct alternative is sent in its
-- place; an indirect one needs a clinician, always.
CREATE TABLE product_alternative (
    body bigint NOT NULL,
    kind text   NOT NULL CHECK (kind IN ('direct', 'indirect')),
    key  text   NOT NULL CHECK (key <> ''),
    PRIMARY KEY (body, key)
);
SELECT share('TABLE', 'product_alternative', 'SELECT');

-- Words of all descriptions, so that one that is mistyped finds those near it.
CREATE TABLE catalogue_word (word text PRIMARY KEY CHECK (length(word) BETWEEN 3 AND 40));
CREATE INDEX catalogue_word_near ON catalogue_word USING gin (word gin_trgm_ops);
SELECT share('TABLE', 'catalogue_word', 'SELECT');

-- What is in force.
CREATE VIEW product AS
    SELECT v.id, v.source, s.name AS source_name, s.rank, s.key_kind, v.key, v.body, v.removed, v.loaded_on, v.since
      FROM product_version v JOIN catalogue_source s ON s.id = v.source
     WHERE v.since <= s.generation AND (v.until IS NULL OR v.until > s.generation);
SELECT share('TABLE', 'product', 'SELECT');

-- What goes to a worklist for a person: sources, or a source and a trust, that
-- disagree of what one code names. trust is empty between sources.
CREATE SEQUENCE catalogue_conflict_id;
SELECT share('SEQUENCE', 'catalogue_conflict_id', 'USAGE');
CREATE TABLE catalogue_conflict (
    trust      text        NOT NULL,
    id         bigint      NOT NULL DEFAULT nextval('catalogue_conflict_id'),
    kind       text        NOT NULL CHECK (kind IN ('code_twice', 'pack_ratio', 'description', 'device_class', 'two_products')),
    code       text        NOT NULL,
    a          text        NOT NULL,
    b          text        NOT NULL,
    text       text        NOT NULL,
    opened_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    closed_at  timestamptz,
    closed_by  text        NOT NULL DEFAULT '',
    closed_why text        NOT NULL DEFAULT '',
    PRIMARY KEY (trust, id),
    CHECK (closed_at IS NOT NULL OR closed_by = '' AND closed_why = '')
);
COMMENT ON COLUMN catalogue_conflict.closed_by IS 'Empty: it no longer holds. What a person closed does not come back while the text is the same.';
CREATE UNIQUE INDEX catalogue_conflict_subject ON catalogue_conflict (trust, code, kind, a, b);
CREATE INDEX catalogue_conflict_open ON catalogue_conflict (trust, id) WHERE closed_at IS NULL;
SELECT protect('catalogue_conflict', 'SELECT, INSERT, UPDATE');

-- catalogue_stage makes the tables in which one session gathers a file. They
-- are temporary: they cost no log, and a load that dies leaves nothing.
-- +goose StatementBegin
CREATE FUNCTION catalogue_stage() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DROP TABLE IF EXISTS pg_temp.stage_product, pg_temp.stage_kept, pg_temp.stage_twice, pg_temp.stage_plan;
    CREATE TEMP TABLE stage_product (
        line bigint NOT NULL, key text NOT NULL, gone boolean NOT NULL, body_digest bigint NOT NULL, price_digest bigint NOT NULL,
        description text NOT NULL, manufacturer text NOT NULL, mpc text NOT NULL, npc text NOT NULL, base_unit text NOT NULL, order_units bigint NOT NULL,
        supplier text NOT NULL, supplier_code text NOT NULL, route text NOT NULL, eclass text NOT NULL, gmdn text NOT NULL, emdn text NOT NULL, device_class text NOT NULL,
        implantable boolean, reportable boolean, lot_tracked boolean, serial_tracked boolean, expiry_tracked boolean,
        suspended boolean NOT NULL, suspended_why text NOT NULL, suspended_from date, suspended_until date, discontinued boolean NOT NULL, discontinued_on date, words tsvector NOT NULL,
        pack_units text[] NOT NULL, pack_ratios bigint[] NOT NULL, pack_issuers text[] NOT NULL, pack_dis text[] NOT NULL,
        code_kinds text[] NOT NULL, code_values text[] NOT NULL, code_from date[] NOT NULL, code_to date[] NOT NULL,
        price_packs bigint[] NOT NULL, prices numeric[] NOT NULL, currency text NOT NULL, tax text NOT NULL, price_units bigint NOT NULL, price_from date, price_to date,
        alternative_kinds text[] NOT NULL, alternatives text[] NOT NULL);
    CREATE TEMP TABLE stage_kept (key text NOT NULL);
    CREATE TEMP TABLE stage_twice (line bigint NOT NULL, key text NOT NULL, first bigint NOT NULL);
    CREATE TEMP TABLE stage_plan (n bigint NOT NULL, line bigint, key text NOT NULL, act text NOT NULL, version bigint NOT NULL, body bigint NOT NULL, new_body boolean NOT NULL,
        old_version bigint, old_body bigint);
    GRANT SELECT, INSERT ON stage_product, stage_kept TO PUBLIC;
    GRANT SELECT ON stage_twice, stage_plan TO PUBLIC;
END $$;
-- +goose StatementEnd

-- catalogue_indexed lets the staged rows be found by their line.
-- +goose StatementBegin
CREATE FUNCTION catalogue_indexed() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    CREATE INDEX ON stage_product (line);
    ANALYZE stage_product (line, key);
END $$;
-- +goose StatementEnd

-- catalogue_twice finds the rows whose key an earlier line has, among the keys
-- of one of p_parts parts.
-- +goose StatementBegin
CREATE FUNCTION catalogue_twice(p_part int, p_parts int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE n bigint;
BEGIN
    INSERT INTO stage_twice
        SELECT s.line, s.key, d.first FROM stage_product s
          JOIN (SELECT key, min(line) AS first FROM stage_product WHERE p_parts = 1 OR abs(hashtext(key)::bigint) % p_parts = p_part GROUP BY key HAVING count(*) > 1) d ON d.key = s.key
         WHERE s.line > d.first;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
-- +goose StatementEnd

-- catalogue_plan says what the staged rows from line p_from to p_to would do,
-- and numbers it from p_next on.
-- +goose StatementBegin
CREATE FUNCTION catalogue_plan(p_source smallint, p_from bigint, p_to bigint, p_next bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE n bigint;
BEGIN
    INSERT INTO stage_plan (n, line, key, act, version, body, new_body, old_version, old_body)
        SELECT p_next + row_number() OVER (ORDER BY x.line) - 1, x.line, x.key, x.act, nextval('product_version_id'), CASE WHEN x.new_body THEN nextval('product_body_id') ELSE x.body END, x.new_body, x.id, x.body
          FROM (SELECT s.line, s.key, v.id, v.body, CASE WHEN s.gone THEN 'remove' WHEN v.id IS NULL THEN 'add' ELSE 'change' END AS act,
                       NOT s.gone AND (v.id IS NULL OR v.body_digest <> s.body_digest) AS new_body
                  FROM stage_product s LEFT JOIN product_version v ON v.key = s.key AND v.source = p_source AND v.until IS NULL
                 WHERE s.line BETWEEN p_from AND p_to
                   AND CASE WHEN s.gone THEN NOT v.removed ELSE v.id IS NULL OR v.removed OR v.body_digest <> s.body_digest OR v.price_digest <> s.price_digest END
                   AND NOT EXISTS (SELECT 1 FROM stage_twice t WHERE t.line = s.line)) x;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
-- +goose StatementEnd

-- catalogue_gone plans the removal of products that a whole file does not
-- tell of. What it tells of in a row that was rejected is kept.
-- +goose StatementBegin
CREATE FUNCTION catalogue_gone(p_source smallint, p_next bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE n bigint;
BEGIN
    INSERT INTO stage_plan (n, line, key, act, version, body, new_body, old_version, old_body)
        SELECT p_next + row_number() OVER () - 1, NULL, v.key, 'remove', nextval('product_version_id'), v.body, false, v.id, v.body
          FROM product_version v
         WHERE v.source = p_source AND v.until IS NULL AND NOT v.removed
           AND NOT EXISTS (SELECT 1 FROM stage_product s WHERE s.key = v.key) AND NOT EXISTS (SELECT 1 FROM stage_kept k WHERE k.key = v.key);
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
-- +goose StatementEnd

-- catalogue_planned lets the plan be found by its number.
-- +goose StatementBegin
CREATE FUNCTION catalogue_planned() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    CREATE UNIQUE INDEX ON stage_plan (n);
    ANALYZE stage_plan;
END $$;
-- +goose StatementEnd

-- catalogue_publish writes what is planned from p_from to p_to under a load's
-- number. None of it is in force before catalogue_flip.
-- +goose StatementBegin
CREATE FUNCTION catalogue_publish(p_source smallint, p_load bigint, p_from bigint, p_to bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE product_version v SET until = p_load FROM stage_plan p WHERE p.n BETWEEN p_from AND p_to AND v.id = p.old_version;
    WITH c AS MATERIALIZED (
        SELECT p.version, p.body AS body_id, p.new_body, p.act, p.old_version, s.*
          FROM stage_plan p JOIN stage_product s ON s.line = p.line WHERE p.n BETWEEN p_from AND p_to AND p.act <> 'remove'
    ), bodies AS (
        INSERT INTO product_body (id, description, manufacturer, mpc, npc, base_unit, order_units, supplier, supplier_code, route, eclass, gmdn, emdn, device_class, implantable, reportable,
            lot_tracked, serial_tracked, expiry_tracked, suspended, suspended_why, suspended_from, suspended_until, discontinued, discontinued_on, words)
        SELECT body_id, description, manufacturer, mpc, npc, base_unit, order_units, supplier, supplier_code, route, eclass, gmdn, emdn, device_class, implantable, reportable,
            lot_tracked, serial_tracked, expiry_tracked, suspended, suspended_why, suspended_from, suspended_until, discontinued, discontinued_on, words
          FROM c WHERE new_body
    ), packs AS (
        INSERT INTO product_pack (body, level, unit, ratio, issuer, di)
        SELECT c.body_id, u.level, u.unit, u.ratio, u.issuer, u.di
          FROM c CROSS JOIN LATERAL unnest(c.pack_units, c.pack_ratios, c.pack_issuers, c.pack_dis) WITH ORDINALITY u (unit, ratio, issuer, di, level) WHERE c.new_body
    ), codes AS (
        INSERT INTO product_code (body, kind, value, valid_from, valid_to)
        SELECT c.body_id, u.kind, u.value, u.valid_from, u.valid_to
          FROM c CROSS JOIN LATERAL unnest(c.code_kinds, c.code_values, c.code_from, c.code_to) u (kind, value, valid_from, valid_to) WHERE c.new_body
    ), others AS (
        INSERT INTO product_alternative (body, kind, key)
        SELECT c.body_id, u.kind, u.key FROM c CROSS JOIN LATERAL unnest(c.alternative_kinds, c.alternatives) u (kind, key) WHERE c.new_body
    ), costs AS (
        INSERT INTO product_price (version, from_packs, price, currency, tax, units, valid_from, valid_to)
        SELECT c.version, u.from_packs, u.price, c.currency, c.tax, c.price_units, coalesce(c.price_from, current_date), c.price_to
          FROM c CROSS JOIN LATERAL unnest(c.price_packs, c.prices) u (from_packs, price)
    )
    INSERT INTO product_version (id, source, key, body, since, removed, body_digest, price_digest)
        SELECT version, p_source, key, body_id, p_load, false, body_digest, price_digest FROM c;
    INSERT INTO product_version (id, source, key, body, since, removed, body_digest, price_digest)
        SELECT p.version, p_source, p.key, p.body, p_load, true, v.body_digest, v.price_digest
          FROM stage_plan p JOIN product_version v ON v.id = p.old_version WHERE p.n BETWEEN p_from AND p_to AND p.act = 'remove';
END $$;
-- +goose StatementEnd

-- catalogue_words takes up words that are not known yet.
CREATE FUNCTION catalogue_words(p_words text[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
    'INSERT INTO catalogue_word SELECT DISTINCT unnest(p_words) ON CONFLICT DO NOTHING';

-- catalogue_flip brings a load into force, all of it at once.
CREATE FUNCTION catalogue_flip(p_source smallint, p_load bigint, p_more bigint) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
    'UPDATE catalogue_source SET generation = p_load, products = products + p_more WHERE id = p_source AND generation < p_load';

-- catalogue_undo takes back what loads that died have written: at most p_limit
-- versions at a time. It gives how many it took back. Loads take turns and draw
-- numbers as they go, so what is not in force has the highest.
-- +goose StatementBegin
CREATE FUNCTION catalogue_undo(p_limit int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE v_ids bigint[]; v_bodies bigint[];
BEGIN
    SELECT array_agg(x.id), array_agg(x.body) FILTER (WHERE NOT x.shared) INTO v_ids, v_bodies FROM (
        SELECT v.id, v.body, EXISTS (SELECT 1 FROM product_version o WHERE o.body = v.body AND o.since <= s.generation) AS shared
          FROM (SELECT * FROM product_version ORDER BY id DESC LIMIT p_limit) v JOIN catalogue_source s ON s.id = v.source WHERE v.since > s.generation) x;
    IF v_ids IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE product_version v SET until = NULL FROM catalogue_source s, product_version d
     WHERE d.id = ANY (v_ids) AND v.key = d.key AND v.source = d.source AND s.id = v.source AND v.until > s.generation AND v.since <= s.generation;
    DELETE FROM product_price WHERE version = ANY (v_ids);
    DELETE FROM product_version WHERE id = ANY (v_ids);
    DELETE FROM product_pack WHERE body = ANY (v_bodies);
    DELETE FROM product_code WHERE body = ANY (v_bodies);
    DELETE FROM product_alternative WHERE body = ANY (v_bodies);
    DELETE FROM product_body WHERE id = ANY (v_bodies);
    RETURN cardinality(v_ids);
END $$;
-- +goose StatementEnd

-- catalogue_known has PostgreSQL look at what a large load has written.
-- +goose StatementBegin
CREATE FUNCTION catalogue_known() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM gin_clean_pending_list('product_body_words');
    ANALYZE product_version, product_body, product_pack, product_code, product_price, product_alternative, catalogue_word;
END $$;
-- +goose StatementEnd

-- catalogue_source_of gives the number of a source, which it makes if it is
-- new.
-- +goose StatementBegin
CREATE FUNCTION catalogue_source_of(p_name text, p_key_kind text, p_rank smallint) RETURNS TABLE (o_id smallint, o_generation bigint, o_products bigint) LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO catalogue_source AS s (name, key_kind, rank) VALUES (p_name, p_key_kind, p_rank)
        ON CONFLICT (name) DO UPDATE SET rank = excluded.rank WHERE s.rank <> excluded.rank;
    RETURN QUERY SELECT id, generation, products FROM catalogue_source WHERE name = p_name AND key_kind = p_key_kind;
END $$;
-- +goose StatementEnd

-- queue_oldest tells how long the first ready rows of each trust have waited,
-- and which the oldest is. It looks across trusts, so it tells nothing else.
CREATE FUNCTION queue_oldest(p_queue smallint, OUT o_seq bigint, OUT o_waited double precision) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.seq, extract(epoch FROM clock_timestamp() - m.published_at)
      FROM trust k CROSS JOIN LATERAL (SELECT q.seq, q.published_at FROM queue_message q WHERE q.trust = k.trust AND q.queue = p_queue ORDER BY q.seq LIMIT 1) m
     ORDER BY m.published_at LIMIT 1
$$;
REVOKE EXECUTE ON FUNCTION catalogue_stage(), catalogue_indexed(), catalogue_twice(int, int), catalogue_plan(smallint, bigint, bigint, bigint), catalogue_gone(smallint, bigint),
    catalogue_publish(smallint, bigint, bigint, bigint), catalogue_words(text[]), catalogue_flip(smallint, bigint, bigint), catalogue_planned(), catalogue_known(), catalogue_undo(int),
    catalogue_source_of(text, text, smallint), queue_oldest(smallint) FROM PUBLIC;
-- +goose StatementBegin
DO $$
DECLARE f text;
BEGIN
    FOREACH f IN ARRAY ARRAY['catalogue_stage()', 'catalogue_indexed()', 'catalogue_twice(int, int)', 'catalogue_plan(smallint, bigint, bigint, bigint)', 'catalogue_gone(smallint, bigint)',
        'catalogue_publish(smallint, bigint, bigint, bigint)', 'catalogue_words(text[])', 'catalogue_flip(smallint, bigint, bigint)', 'catalogue_planned()', 'catalogue_known()', 'catalogue_undo(int)',
        'catalogue_source_of(text, text, smallint)', 'queue_oldest(smallint)'] LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', f, current_setting('app.runtime_role'));
    END LOOP;
END $$;
-- +goose StatementEnd
