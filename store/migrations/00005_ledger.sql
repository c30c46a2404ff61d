-- +goose Up
-- A lot's expiry, as first told.
CREATE TABLE lot (
    trust  text   NOT NULL,
    item   bigint NOT NULL,
    lot    text   NOT NULL CHECK (lot <> ''),
    expiry date,
    PRIMARY KEY (trust, item, lot),
    FOREIGN KEY (trust, item) REFERENCES item (trust, id)
);
SELECT protect('lot', 'SELECT, INSERT, UPDATE');

-- The ledger. One row takes a whole quantity of one item (and lot, serial,
-- owner) from one place to another, so quantity is conserved by construction.
-- Nobody may change or remove a row: a correction is a row that names what it
-- reverses, then the right row. item is null while it is unidentified; such a
-- row moves from the unidentified place, where nothing is counted. That item,
-- places and the reversed row exist is checked once for each statement by the
-- trigger below, not row by row by foreign keys: none of them can be deleted.
CREATE TABLE movement (
    trust        text        NOT NULL,
    id           bigint      NOT NULL CHECK (id > 0),
    kind         text        NOT NULL CHECK (kind IN ('use', 'use_reversal', 'opening', 'receipt', 'issue', 'transfer', 'return', 'count', 'write_off', 'reversal')),
    item         bigint,
    lot          text        NOT NULL DEFAULT '',
    serial       text        NOT NULL DEFAULT '',
    owner        text        NOT NULL DEFAULT '',
    from_place   bigint      NOT NULL,
    to_place     bigint      NOT NULL,
    quantity     bigint      NOT NULL CHECK (quantity > 0),
    occurred_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    accounted_on date        NOT NULL,
    reverses     bigint,
    usage_line   bigint,
    message_id   bigint      NOT NULL,
    origin       text        NOT NULL CHECK (origin <> ''),
    profile      text        NOT NULL CHECK (profile <> ''),
    PRIMARY KEY (trust, id),
    CHECK (from_place <> to_place),
    CHECK ((reverses IS NOT NULL) = (kind IN ('use_reversal', 'reversal')))
);
CREATE UNIQUE INDEX movement_reversed_once ON movement (trust, reverses) WHERE reverses IS NOT NULL;
CREATE INDEX movement_message ON movement (trust, message_id);
CREATE INDEX movement_item ON movement (trust, item, occurred_at);
CREATE INDEX movement_line ON movement (trust, usage_line) WHERE usage_line IS NOT NULL;
SELECT protect('movement', 'SELECT, INSERT');

-- What is where, now. Only shelves and transit are counted; the runtime role
-- may only read: the trigger below is the one writer (law 3).
CREATE TABLE balance (
    trust    text   NOT NULL,
    place    bigint NOT NULL,
    item     bigint NOT NULL,
    lot      text   NOT NULL,
    serial   text   NOT NULL,
    owner    text   NOT NULL,
    quantity bigint NOT NULL,
    PRIMARY KEY (trust, place, item, lot, serial, owner)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX balance_item ON balance (trust, item);
SELECT protect('balance', 'SELECT');

-- fold_movements keeps every balance equal to the fold of its movements. It
-- looks rows up by key whatever PostgreSQL thinks of the tables' size (OFFSET 0
-- keeps the order of joins), touches balances in primary-key order, so that writers cannot deadlock, and
-- refuses what lowers a balance below zero unless it is use on a patient or
-- its correction (law 4).
-- +goose StatementBegin
CREATE FUNCTION fold_movements() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE bad record;
BEGIN
    SELECT n.id INTO bad FROM added n
      LEFT JOIN LATERAL (SELECT p.id, p.kind FROM place p WHERE p.trust = n.trust AND p.id = n.from_place OFFSET 0) f ON true
      LEFT JOIN LATERAL (SELECT p.id, p.kind FROM place p WHERE p.trust = n.trust AND p.id = n.to_place OFFSET 0) t ON true
      LEFT JOIN LATERAL (SELECT i.id FROM item i WHERE i.trust = n.trust AND i.id = n.item OFFSET 0) i ON true
      LEFT JOIN LATERAL (SELECT o.id FROM movement o WHERE o.trust = n.trust AND o.id = n.reverses OFFSET 0) o ON true
     WHERE f.id IS NULL OR t.id IS NULL
        OR (n.item IS NOT NULL AND i.id IS NULL) OR (n.reverses IS NOT NULL AND o.id IS NULL)
        OR (n.item IS NULL AND (f.kind IN ('stock', 'transit') OR t.kind IN ('stock', 'transit'))
            AND NOT (f.kind = 'unidentified' OR t.kind = 'unidentified'))
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'movement % names a place, item or movement that does not exist', bad.id USING ERRCODE = 'SW002';
    END IF;

    SELECT n.id, n.reverses INTO bad FROM added n
      CROSS JOIN LATERAL (SELECT * FROM movement o WHERE o.trust = n.trust AND o.id = n.reverses OFFSET 0) o
     WHERE (o.item, o.lot, o.serial, o.owner, o.from_place, o.to_place, o.quantity)
           IS DISTINCT FROM (n.item, n.lot, n.serial, n.owner, n.to_place, n.from_place, n.quantity)
        OR o.reverses IS NOT NULL
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'movement % does not mirror movement %, which it reverses', bad.id, bad.reverses USING ERRCODE = 'SW003';
    END IF;

    WITH ends AS (
        SELECT trust, from_place AS place, item, lot, serial, owner, -quantity AS change,
               CASE WHEN kind IN ('use', 'use_reversal') THEN 0 ELSE -quantity END AS refusable FROM added WHERE item IS NOT NULL
        UNION ALL
        SELECT trust, to_place, item, lot, serial, owner, quantity,
               CASE WHEN kind IN ('use', 'use_reversal') THEN 0 ELSE quantity END FROM added WHERE item IS NOT NULL
    ), net AS (
        SELECT e.trust, e.place, e.item, e.lot, e.serial, e.owner, sum(e.change)::bigint AS change, sum(e.refusable)::bigint AS refusable
          FROM ends e CROSS JOIN LATERAL (SELECT 1 FROM place p WHERE p.trust = e.trust AND p.id = e.place AND p.kind IN ('stock', 'transit') OFFSET 0) p
         GROUP BY 1, 2, 3, 4, 5, 6
    ), folded AS (
        INSERT INTO balance AS b (trust, place, item, lot, serial, owner, quantity)
        SELECT trust, place, item, lot, serial, owner, change FROM net
         ORDER BY trust, place, item, lot, serial, owner
        ON CONFLICT (trust, place, item, lot, serial, owner) DO UPDATE SET quantity = b.quantity + excluded.quantity
        RETURNING b.*
    )
    SELECT f.place, f.item, f.lot, f.quantity INTO bad
      FROM folded f JOIN net n USING (trust, place, item, lot, serial, owner)
     WHERE n.refusable < 0 AND f.quantity < 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'stock of item % lot % at place % would be %', bad.item, bad.lot, bad.place, bad.quantity USING ERRCODE = 'SW004';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER fold AFTER INSERT ON movement REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION fold_movements();

-- unbalanced lists every balance of the session's trust that differs from the
-- fold of its movements. Empty is the law.
CREATE VIEW unbalanced WITH (security_invoker = true) AS
    WITH fold AS (
        SELECT e.trust, e.place, e.item, e.lot, e.serial, e.owner, sum(e.change)::bigint AS quantity FROM (
            SELECT trust, from_place AS place, item, lot, serial, owner, -quantity AS change FROM movement WHERE item IS NOT NULL
            UNION ALL
            SELECT trust, to_place, item, lot, serial, owner, quantity FROM movement WHERE item IS NOT NULL) e
          JOIN place p ON p.trust = e.trust AND p.id = e.place AND p.kind IN ('stock', 'transit')
         GROUP BY 1, 2, 3, 4, 5, 6)
    SELECT coalesce(b.trust, f.trust) AS trust, coalesce(b.place, f.place) AS place, coalesce(b.item, f.item) AS item,
           coalesce(b.lot, f.lot) AS lot, coalesce(b.serial, f.serial) AS serial, coalesce(b.owner, f.owner) AS owner,
           coalesce(b.quantity, 0) AS balance, coalesce(f.quantity, 0) AS fold
      FROM balance b FULL JOIN fold f ON (f.trust, f.place, f.item, f.lot, f.serial, f.owner) = (b.trust, b.place, b.item, b.lot, b.serial, b.owner)
     WHERE coalesce(b.quantity, 0) <> coalesce(f.quantity, 0);
SELECT share('TABLE', 'unbalanced', 'SELECT');
