-- +goose Up
-- What a trust pays for an item, as its own files tell it: a price of one pack,
-- further ones from so many packs on, with days, tax basis and currency. What
-- was told before stays: on a day counts what was told last of those lists that
-- hold on it.
CREATE SEQUENCE item_price_told;
SELECT share('SEQUENCE', 'item_price_told', 'USAGE');
ALTER TABLE item_price
    ADD COLUMN told        bigint,
    ADD COLUMN told_on     date   NOT NULL DEFAULT current_date,
    ADD COLUMN valid_to    date,
    ADD COLUMN tax         text   NOT NULL DEFAULT 'exclusive' CHECK (tax IN ('exclusive', 'inclusive', 'exempt')),
    ADD COLUMN units       bigint CHECK (units > 0),
    ADD COLUMN band_packs  bigint[] NOT NULL DEFAULT '{}',
    ADD COLUMN band_prices numeric(18, 4)[] NOT NULL DEFAULT '{}',
    ADD CHECK (cardinality(band_packs) = cardinality(band_prices)),
    ADD CHECK (0 <= ALL (band_prices) AND 1 < ALL (band_packs));
COMMENT ON COLUMN item_price.units IS 'Base units of the pack that is priced.';
COMMENT ON COLUMN item_price.band_packs IS 'From so many packs on each costs what stands at the same position of band_prices.';
UPDATE item_price p SET told = o.n, told_on = p.valid_from, units = i.pack_size
  FROM (SELECT trust, item, valid_from, row_number() OVER (ORDER BY valid_from, trust, item) AS n FROM item_price) o JOIN item i ON i.trust = o.trust AND i.id = o.item
 WHERE o.trust = p.trust AND o.item = p.item AND o.valid_from = p.valid_from;
SELECT setval('item_price_told', count(*) + 1, false) FROM item_price;
ALTER TABLE item_price ALTER COLUMN told SET NOT NULL, ALTER COLUMN told SET DEFAULT nextval('item_price_told'), ALTER COLUMN units SET NOT NULL, DROP CONSTRAINT item_price_pkey, ADD PRIMARY KEY (trust, item, told);
-- +goose StatementBegin
DO $$ BEGIN
    EXECUTE format('REVOKE UPDATE ON item_price FROM %I', current_setting('app.runtime_role'));
END $$;
-- +goose StatementEnd

-- item_price_on gives the price list that counts on a day.
CREATE FUNCTION item_price_on(p_trust text, p_item bigint, p_on date) RETURNS SETOF item_price LANGUAGE sql STABLE AS $$
    SELECT * FROM item_price p WHERE p.trust = p_trust AND p.item = p_item AND p.valid_from <= p_on AND (p.valid_to IS NULL OR p.valid_to >= p_on) ORDER BY p.told DESC LIMIT 1
$$;

-- price_words writes a price list for people who compare two.
CREATE FUNCTION price_words(p_packs bigint[], p_prices numeric[], p_currency text, p_tax text, p_units bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(u.packs || ': ' || trim_scale(u.price) || ' ' || p_currency || ' ' || p_tax || ' for ' || p_units, ', ' ORDER BY u.packs) FROM unnest(p_packs, p_prices) u (packs, price)
$$;

-- stage_items makes the tables in which one session gathers a file of a trust's
-- items; they are temporary.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION stage_items() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DROP TABLE IF EXISTS pg_temp.stage_item, pg_temp.stage_refused, pg_temp.stage_item_plan;
    CREATE TEMP TABLE stage_item (
        line bigint NOT NULL, code text NOT NULL, digest bigint NOT NULL, description text NOT NULL, base_unit text NOT NULL, pack_size bigint NOT NULL, supplier text NOT NULL, supplier_code text NOT NULL,
        manufacturer text NOT NULL, device_class text NOT NULL, lot_tracked boolean NOT NULL, serial_tracked boolean NOT NULL, expiry_tracked boolean NOT NULL, implantable boolean NOT NULL, reportable boolean NOT NULL,
        case_ceiling bigint, price_packs bigint[] NOT NULL, prices numeric[] NOT NULL, currency text NOT NULL, tax text NOT NULL, price_from date, price_to date,
        words tsvector NOT NULL, kinds text[] NOT NULL, code_values text[] NOT NULL, ratios bigint[] NOT NULL);
    CREATE TEMP TABLE stage_refused (line bigint PRIMARY KEY, problem text NOT NULL, at text NOT NULL, other text NOT NULL);
    CREATE TEMP TABLE stage_item_plan (n bigint NOT NULL, line bigint NOT NULL, item bigint);
    GRANT SELECT, INSERT, UPDATE, DELETE ON stage_item, stage_refused, stage_item_plan TO PUBLIC;
END $$;
-- +goose StatementEnd
