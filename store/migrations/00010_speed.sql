-- +goose Up
-- What posting writes most, written with less work.

-- Nothing asks inside a line's words, so they need no index of their keys: a
-- json is checked and kept, a jsonb taken apart and put together again.
ALTER TABLE usage_line ALTER COLUMN told TYPE json USING told::json;

-- That a line's case and item exist is checked once for each statement and
-- each of them, not once for each row: neither can ever be deleted.
ALTER TABLE usage_line DROP CONSTRAINT usage_line_trust_case_id_fkey;
ALTER TABLE usage_line DROP CONSTRAINT usage_line_trust_item_fkey;

-- +goose StatementBegin
CREATE FUNCTION check_lines() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE v_missing bigint;
BEGIN
    SELECT d.case_id INTO v_missing FROM (SELECT DISTINCT trust, case_id FROM added) d
      LEFT JOIN LATERAL (SELECT c.id FROM theatre_case c WHERE c.trust = d.trust AND c.id = d.case_id OFFSET 0) c ON true
     WHERE c.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a usage line names case %, which does not exist', v_missing USING ERRCODE = 'SW005';
    END IF;
    SELECT d.item INTO v_missing FROM (SELECT DISTINCT trust, item FROM added WHERE item IS NOT NULL) d
      LEFT JOIN LATERAL (SELECT i.id FROM item i WHERE i.trust = d.trust AND i.id = d.item OFFSET 0) i ON true
     WHERE i.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a usage line names item %, which does not exist', v_missing USING ERRCODE = 'SW005';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER check_new AFTER INSERT ON usage_line REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_lines();
CREATE TRIGGER check_changed AFTER UPDATE ON usage_line REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION check_lines();

-- fold_movements keeps every balance equal to the fold of its movements. Each
-- place and item that a statement names is looked up once, and by key whatever
-- PostgreSQL thinks of the tables' size (OFFSET 0 keeps the order of joins).
-- Balances are touched in primary-key order, so that writers cannot deadlock.
-- What lowers one below zero is refused unless it is use on a patient or its
-- correction (law 4).
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION fold_movements() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    v_trust    text;
    v_last     text;
    v_nameless boolean;
    v_reverses boolean;
    v_other    boolean;
    v_missing  bigint;
    v_counted  bigint[];
    v_suspense bigint[];
    bad        record;
BEGIN
    SELECT min(trust), max(trust), bool_or(item IS NULL), bool_or(reverses IS NOT NULL), bool_or(kind NOT IN ('use', 'use_reversal'))
      INTO v_trust, v_last, v_nameless, v_reverses, v_other FROM added;
    IF v_trust IS NULL THEN
        RETURN NULL;
    END IF;
    IF v_trust <> v_last THEN
        RAISE EXCEPTION 'movements of trusts % and % in one statement', v_trust, v_last USING ERRCODE = 'SW002';
    END IF;

    SELECT min(d.id) FILTER (WHERE p.id IS NULL), coalesce(array_agg(p.id) FILTER (WHERE p.kind IN ('stock', 'transit')), '{}'),
           coalesce(array_agg(p.id) FILTER (WHERE p.kind = 'unidentified'), '{}')
      INTO v_missing, v_counted, v_suspense
      FROM (SELECT from_place AS id FROM added UNION SELECT to_place FROM added) d
      LEFT JOIN LATERAL (SELECT p.id, p.kind FROM place p WHERE p.trust = v_trust AND p.id = d.id OFFSET 0) p ON true;
    IF v_missing IS NOT NULL THEN
        RAISE EXCEPTION 'a movement names place %, which does not exist', v_missing USING ERRCODE = 'SW002';
    END IF;
    SELECT d.item INTO v_missing FROM (SELECT DISTINCT item FROM added WHERE item IS NOT NULL) d
      LEFT JOIN LATERAL (SELECT i.id FROM item i WHERE i.trust = v_trust AND i.id = d.item OFFSET 0) i ON true
     WHERE i.id IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'a movement names item %, which does not exist', v_missing USING ERRCODE = 'SW002';
    END IF;
    IF v_nameless THEN
        SELECT n.id INTO bad FROM added n
         WHERE n.item IS NULL AND (n.from_place = ANY (v_counted) OR n.to_place = ANY (v_counted))
           AND NOT (n.from_place = ANY (v_suspense) OR n.to_place = ANY (v_suspense)) LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'movement % counts stock of no item', bad.id USING ERRCODE = 'SW002';
        END IF;
    END IF;
    IF v_reverses THEN
        SELECT n.id, n.reverses, o.id AS original INTO bad FROM added n
          LEFT JOIN LATERAL (SELECT * FROM movement o WHERE o.trust = v_trust AND o.id = n.reverses OFFSET 0) o ON true
         WHERE n.reverses IS NOT NULL AND (o.id IS NULL OR o.reverses IS NOT NULL
            OR (o.item, o.lot, o.serial, o.owner, o.from_place, o.to_place, o.quantity)
               IS DISTINCT FROM (n.item, n.lot, n.serial, n.owner, n.to_place, n.from_place, n.quantity))
         LIMIT 1;
        IF FOUND AND bad.original IS NULL THEN
            RAISE EXCEPTION 'movement % reverses movement %, which does not exist', bad.id, bad.reverses USING ERRCODE = 'SW002';
        ELSIF FOUND THEN
            RAISE EXCEPTION 'movement % does not mirror movement %, which it reverses', bad.id, bad.reverses USING ERRCODE = 'SW003';
        END IF;
    END IF;

    INSERT INTO balance AS b (trust, place, item, lot, serial, owner, quantity)
    SELECT v_trust, e.place, e.item, e.lot, e.serial, e.owner, sum(e.change)::bigint FROM (
        SELECT from_place AS place, item, lot, serial, owner, -quantity AS change FROM added WHERE item IS NOT NULL AND from_place = ANY (v_counted)
        UNION ALL
        SELECT to_place, item, lot, serial, owner, quantity FROM added WHERE item IS NOT NULL AND to_place = ANY (v_counted)) e
     GROUP BY 2, 3, 4, 5, 6 ORDER BY 2, 3, 4, 5, 6
    ON CONFLICT (trust, place, item, lot, serial, owner) DO UPDATE SET quantity = b.quantity + excluded.quantity;

    IF v_other THEN
        SELECT n.place, n.item, n.lot, b.quantity INTO bad FROM (
            SELECT e.place, e.item, e.lot, e.serial, e.owner FROM (
                SELECT from_place AS place, item, lot, serial, owner, -quantity AS change, kind FROM added WHERE item IS NOT NULL AND from_place = ANY (v_counted)
                UNION ALL
                SELECT to_place, item, lot, serial, owner, quantity, kind FROM added WHERE item IS NOT NULL AND to_place = ANY (v_counted)) e
             WHERE e.kind NOT IN ('use', 'use_reversal')
             GROUP BY 1, 2, 3, 4, 5 HAVING sum(e.change) < 0) n
          CROSS JOIN LATERAL (SELECT b.quantity FROM balance b WHERE b.trust = v_trust AND b.place = n.place AND b.item = n.item
              AND b.lot = n.lot AND b.serial = n.serial AND b.owner = n.owner OFFSET 0) b
         WHERE b.quantity < 0 LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'stock of item % lot % at place % would be %', bad.item, bad.lot, bad.place, bad.quantity USING ERRCODE = 'SW004';
        END IF;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- Giving the end of a queue's table back to the disk takes a lock that senders
-- would wait for, and it grows again at once.
ALTER TABLE queue_message SET (vacuum_truncate = off);
ALTER TABLE queue_held SET (vacuum_truncate = off);

-- sweep_balances removes balances of nothing, which a shelf would otherwise
-- gather, one for each lot that it ever held; those in use are passed over.
-- It tells how many it removed, of the session's trust.
CREATE FUNCTION sweep_balances(p_limit int) RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH empty AS (
        SELECT * FROM balance b WHERE b.trust = current_setting('app.trust') AND b.quantity = 0 LIMIT p_limit FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM balance b USING empty e
         WHERE b.trust = e.trust AND b.place = e.place AND b.item = e.item AND b.lot = e.lot AND b.serial = e.serial AND b.owner = e.owner
        RETURNING 1)
    SELECT count(*) FROM gone
$$;
