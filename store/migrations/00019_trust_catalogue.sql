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
        manufacturer text NOT NULL, device_class text NOT NULL, lot_tracked boolean NOT NULL, serial_tracked boolean NOT NULL, implantable boolean NOT NULL, reportable boolean NOT NULL,
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
