-- The judge: what the senders were told and what stands at the ERP, against
-- what stands in the database. It reads tables only, none of the hub's views
-- or functions, and decides by itself what the messages come to.

SET work_mem = '128MB';
SET jit = off;
SET enable_nestloop = off; -- its questions are about whole tables
-- A crash forgets what autovacuum would have gone by, so the planner knows nothing.
ANALYZE;

DROP TABLE IF EXISTS verdict, archived, told, standing, fold;
CREATE TEMP TABLE verdict (number serial, law text, name text, looked_at bigint, violations bigint, example text);

-- The archive, with each message's digest without MSH-7.
CREATE TEMP TABLE archived AS
SELECT m.id, m.control_id AS control,
       encode(sha256(convert_to(regexp_replace(convert_from(o.raw, 'UTF8'), '^((?:[^|]*\|){6})[^|]*', '\1'), 'UTF8')), 'hex') AS digest
  FROM message m JOIN opened o ON o.id = m.id WHERE m.connector = 'theatre';
CREATE INDEX ON archived (control, digest);
ANALYZE archived;

-- What the words on each use come to: the last one told, less the last credit.
CREATE TEMP TABLE told AS
WITH word AS (
    SELECT a.sender, a.n, a.case_no, a.shelf, split_part(w, ';', 1) AS key, split_part(w, ';', 2) AS item, split_part(w, ';', 3) AS effect, split_part(w, ';', 4)::bigint AS quantity
      FROM acked a CROSS JOIN LATERAL unnest(string_to_array(a.words, ' ')) w WHERE w <> ''
), used AS (
    SELECT DISTINCT ON (case_no, key) * FROM word WHERE effect IN ('CG', 'DEL') ORDER BY case_no, key, n DESC
), credited AS (
    SELECT DISTINCT ON (case_no, key) * FROM word WHERE effect = 'CD' ORDER BY case_no, key, n DESC
)
SELECT u.case_no, u.key, u.item, u.shelf, CASE u.effect WHEN 'DEL' THEN 0 ELSE u.quantity - coalesce(c.quantity, 0) END AS quantity
  FROM used u LEFT JOIN credited c USING (case_no, key);
ANALYZE told;

-- The uses that stand: not reversed, by case number and key.
CREATE TEMP TABLE standing AS
SELECT m.id, m.message_id, l.id AS line, a.value AS case_no, l.key, i.code AS item, p.code AS shelf, m.quantity, m.to_place
  FROM movement m
  LEFT JOIN movement r ON r.trust = m.trust AND r.reverses = m.id
  LEFT JOIN usage_line l ON l.trust = m.trust AND l.id = m.usage_line
  LEFT JOIN case_alias a ON a.trust = l.trust AND a.case_id = l.case_id AND a.kind = 'case_number'
  LEFT JOIN item i ON i.trust = m.trust AND i.id = m.item
  LEFT JOIN place p ON p.trust = m.trust AND p.id = m.from_place AND p.kind = 'stock'
 WHERE m.kind = 'use' AND r.id IS NULL;
ANALYZE standing;

-- Law 1: what was acknowledged is there.
INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '1', 'an acknowledged message is not in the archive', (SELECT count(*) FROM acked), count(*), min(a.control)
  FROM acked a WHERE NOT EXISTS (SELECT 1 FROM archived m WHERE m.control = a.control AND m.digest = a.digest);

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '1', 'an acknowledged message was neither posted nor stopped', (SELECT count(*) FROM acked), count(*), min(a.control)
  FROM acked a JOIN archived m ON m.control = a.control AND m.digest = a.digest
 WHERE NOT EXISTS (SELECT 1 FROM posting p WHERE p.message_id = m.id)
   AND NOT EXISTS (SELECT 1 FROM queue_stopped s WHERE s.queue = 1 AND s.subject = m.id);

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '1', 'fewer deliveries of a message were counted than acknowledged', count(*), count(*) FILTER (WHERE coalesce(k.seen, 0) < a.times), min(a.control) FILTER (WHERE coalesce(k.seen, 0) < a.times)
  FROM (SELECT control, digest, count(*) AS times FROM acked GROUP BY 1, 2) a
  LEFT JOIN archived m ON m.control = a.control AND m.digest = a.digest
  LEFT JOIN message_key k ON k.message_id = m.id;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '1', 'a use that was told is not recorded', (SELECT count(*) FROM told), count(*), min(t.key)
  FROM told t LEFT JOIN (SELECT a.value AS case_no, l.key FROM usage_line l JOIN case_alias a ON a.case_id = l.case_id AND a.kind = 'case_number') l USING (case_no, key)
 WHERE l.key IS NULL;

-- Law 2: told twice is done once.
INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '2', 'a message is in the archive twice', (SELECT count(*) FROM archived), count(*), min(control)
  FROM (SELECT control FROM archived GROUP BY control, digest HAVING count(*) > 1) d;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '2', 'a message is in the archive that was never acknowledged to its sender', (SELECT count(*) FROM archived), count(*), min(m.control)
  FROM archived m WHERE NOT EXISTS (SELECT 1 FROM acked a WHERE a.control = m.control AND a.digest = m.digest);

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '2', 'a message was posted twice', (SELECT count(*) FROM posting), count(*), min(control)
  FROM (SELECT min(p.control_id) AS control FROM posting p JOIN archived m ON m.id = p.message_id GROUP BY p.message_id HAVING count(*) > 1) d;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '2', 'a use stands twice', (SELECT count(*) FROM standing), count(*), min(key)
  FROM (SELECT key FROM standing GROUP BY case_no, key HAVING count(*) > 1) d;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '2', 'a use does not stand with item, shelf and quantity as told last', (SELECT count(*) FROM told), count(*),
       min(concat_ws(' ', t.key, 'told', t.item, t.shelf, t.quantity, 'stands', s.item, s.shelf, s.quantity))
  FROM told t LEFT JOIN standing s USING (case_no, key)
 WHERE CASE WHEN t.quantity = 0 THEN s.id IS NOT NULL ELSE (s.item, s.shelf, s.quantity) IS DISTINCT FROM (t.item, t.shelf, t.quantity) END;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '2', 'a use stands that nobody told', (SELECT count(*) FROM standing), count(*), min('movement ' || s.id)
  FROM standing s LEFT JOIN told t USING (case_no, key) WHERE t.key IS NULL;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '2', 'the sum of an item''s uses is not the sum told', count(*), count(*) FILTER (WHERE coalesce(t.n, 0) <> coalesce(s.n, 0)), min(concat_ws(' ', item, 'told', t.n, 'stands', s.n)) FILTER (WHERE coalesce(t.n, 0) <> coalesce(s.n, 0))
  FROM (SELECT item, sum(quantity) AS n FROM told GROUP BY 1) t FULL JOIN (SELECT item, sum(quantity) AS n FROM standing GROUP BY 1) s USING (item);

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '2', 'a patient or a case was made twice, or never', (SELECT count(DISTINCT patient) + count(DISTINCT case_no) FROM acked),
       abs((SELECT count(*) FROM patient) - (SELECT count(DISTINCT patient) FROM acked)) + abs((SELECT count(*) FROM theatre_case) - (SELECT count(DISTINCT case_no) FROM acked)),
       concat_ws(' ', (SELECT count(*) FROM patient), 'patients,', (SELECT count(*) FROM theatre_case), 'cases');

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '2', 'a patient''s uses stand at several patients', (SELECT count(DISTINCT patient) FROM acked), count(*), min(patient)
  FROM (SELECT a.patient FROM (SELECT DISTINCT patient, case_no FROM acked) a JOIN standing s USING (case_no) GROUP BY a.patient HAVING count(DISTINCT s.to_place) > 1) d;

-- Law 3: every balance is the fold of its movements.
CREATE TEMP TABLE fold AS
SELECT place, item, lot, serial, owner, sum(change)::bigint AS quantity FROM (
    SELECT from_place AS place, item, lot, serial, owner, -quantity AS change FROM movement WHERE item IS NOT NULL
    UNION ALL
    SELECT to_place, item, lot, serial, owner, quantity FROM movement WHERE item IS NOT NULL) e
 WHERE place IN (SELECT id FROM place WHERE kind IN ('stock', 'transit')) GROUP BY 1, 2, 3, 4, 5;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '3', 'a balance is not the fold of its movements', count(*), count(*) FILTER (WHERE wrong), min(lot) FILTER (WHERE wrong)
  FROM (SELECT lot, coalesce(b.quantity, 0) <> coalesce(f.quantity, 0) AS wrong
          FROM (SELECT place, item, lot, serial, owner, quantity FROM balance) b FULL JOIN fold f USING (place, item, lot, serial, owner)) d;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '3', 'a reversal does not mirror what it reverses, or does so again', (SELECT count(*) FROM movement WHERE reverses IS NOT NULL), count(*), min('movement ' || r.id)
  FROM (SELECT *, row_number() OVER (PARTITION BY reverses ORDER BY id) AS again FROM movement WHERE reverses IS NOT NULL) r
  LEFT JOIN movement o ON o.trust = r.trust AND o.id = r.reverses
 WHERE r.again > 1 OR (o.item, o.lot, o.from_place, o.to_place, o.quantity) IS DISTINCT FROM (r.item, r.lot, r.to_place, r.from_place, r.quantity);

-- Law 5: every movement names its cause.
INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '5', 'a movement''s message is not in the archive', (SELECT count(*) FROM movement), count(*), min('movement ' || m.id)
  FROM movement m WHERE NOT EXISTS (SELECT 1 FROM message x WHERE x.trust = m.trust AND x.id = m.message_id);

-- Law 6: one need, one order, one file.
INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '6', 'an order number was given twice', count(*), count(*) - count(DISTINCT number), min(number) FROM purchase_order;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '6', 'order numbers have a gap, or go beyond the counter', count(*), abs(max(n) - count(*)) + abs(min(n) - 1) + abs(max(n) + 1 - (SELECT next_number FROM purchasing)), max(n)::text
  FROM (SELECT substring(number FROM '\d+$')::bigint AS n FROM purchase_order) o;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '6', 'a need has two order lines', count(*), count(*) - count(DISTINCT (place, item, cycle)), NULL
  FROM purchase_order_line WHERE cycle IS NOT NULL;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '6', 'a need that was decided has no order, or another than the suggestion says', (SELECT count(*) FROM suggestion), count(*), min('suggestion ' || g.id)
  FROM suggestion g FULL JOIN (SELECT * FROM purchase_order_line WHERE cycle IS NOT NULL) l USING (trust, place, item, cycle)
 WHERE g.id IS NULL OR l.line IS NULL OR l.order_id IS DISTINCT FROM g.order_id OR (l.packs, l.pack_size) IS DISTINCT FROM (g.packs, g.pack_size);

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '6', 'a par level''s needs are not numbered one after the other', count(*), count(*) FILTER (WHERE wrong), min(item::text) FILTER (WHERE wrong)
  FROM (SELECT y.item, (y.cycle, y.cycle) IS DISTINCT FROM (count(g.id), coalesce(max(g.cycle), 0)) AS wrong
          FROM policy y LEFT JOIN suggestion g USING (trust, place, item) GROUP BY y.trust, y.place, y.item) d;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '6', 'a shelf is below its reorder point and nothing is on order', count(*), count(*) FILTER (WHERE wrong), min(item::text) FILTER (WHERE wrong)
  FROM (SELECT y.item, coalesce((SELECT sum(f.quantity) FROM fold f WHERE f.place = y.place AND f.item = y.item), 0)
             + coalesce((SELECT sum(l.packs * l.pack_size) FROM purchase_order_line l JOIN purchase_order o ON o.id = l.order_id WHERE NOT o.imported AND l.place = y.place AND l.item = y.item), 0) < y.reorder_point AS wrong
          FROM policy y) d;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '6', 'an order was not sent, or its file is missing, altered or not whole', count(*), count(*) FILTER (WHERE wrong), min(number) FILTER (WHERE wrong)
  FROM (SELECT o.number, o.state <> 'sent' OR f.name IS NULL OR f.name <> o.number || '.csv' OR NOT f.whole OR f.digest <> encode(o.file_digest, 'hex')
            OR f.lines <> 1 + (SELECT count(*) FROM purchase_order_line l WHERE l.trust = o.trust AND l.order_id = o.id) AS wrong
          FROM purchase_order o LEFT JOIN erp_file f ON f.name = o.file_name WHERE NOT o.imported) d;

INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '6', 'a file at the ERP belongs to no order, or to several', count(*), count(*) FILTER (WHERE n <> 1), min(name) FILTER (WHERE n <> 1)
  FROM (SELECT f.name, (SELECT count(*) FROM purchase_order o WHERE o.file_name = f.name AND NOT o.imported) AS n FROM erp_file f) d;

-- And nothing is left over.
INSERT INTO verdict (law, name, looked_at, violations, example)
SELECT '–', 'something waits, is held, parked or stopped', 0, count(*), min(what) FROM (
    SELECT 'queue_message ' || seq AS what FROM queue_message UNION ALL SELECT 'queue_held ' || seq FROM queue_held
    UNION ALL SELECT 'queue_hold ' || key FROM queue_hold UNION ALL SELECT 'queue_stopped ' || code || ': ' || text FROM queue_stopped
    UNION ALL SELECT 'policy_due ' || item FROM policy_due UNION ALL SELECT 'suggestion ' || why FROM suggestion WHERE state <> 'ordered'
    UNION ALL SELECT 'usage_line ' || state || ' ' || why FROM usage_line WHERE state NOT IN ('posted', 'withdrawn')) d;
