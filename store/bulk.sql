-- Messages of a bulk history: twelve uses each, of one case, all of it following
-- from the row's number. The parameters of every part are, in this order: trust,
-- first message, messages, first entity, items, places, lot, day. Entities are,
-- one after another: patients (a quarter), cases, lines, movements.
WITH patients AS (
    INSERT INTO patient (trust, id, test) SELECT $1, $4::bigint + n, true FROM generate_series(0, ($3::bigint + 3) / 4 - 1) n WHERE $2::bigint > 0 AND $5::bigint[] IS NOT NULL AND $6::bigint[] IS NOT NULL AND $7::text <> '' AND $8::date IS NOT NULL RETURNING 1
), homes AS (
    INSERT INTO place (trust, id, kind, code, name) SELECT $1, $4::bigint + n, 'patient', ($4::bigint + n)::text, '' FROM generate_series(0, ($3::bigint + 3) / 4 - 1) n WHERE $2::bigint > 0 AND $5::bigint[] IS NOT NULL AND $6::bigint[] IS NOT NULL AND $7::text <> '' AND $8::date IS NOT NULL RETURNING 1
) SELECT (SELECT count(*) FROM patients) + (SELECT count(*) FROM homes);

-- next
INSERT INTO message (trust, id, received_on, received_at, connector, format, type, sender, control_id, key, digest, peer, reused, seal, raw)
SELECT $1, $2::bigint + n, (clock_timestamp() AT TIME ZONE 'UTC')::date, clock_timestamp(), 'bulk', 'hl7v2', 'DFT^P03', 'BULK', 'BULK-' || ($2::bigint + n), 0, sha256(convert_to(($2::bigint + n)::text, 'UTF8')), '', false, 0,
       convert_to('MSH|^~\&|BULK|' || $1 || '|STOCKWELL|' || $1 || '|' || to_char($8::date, 'YYYYMMDD') || '||DFT^P03|BULK-' || ($2::bigint + n) || E'|P|2.5\r', 'UTF8')
  FROM generate_series(0, $3::bigint - 1) n WHERE $4::bigint > 0 AND $5::bigint[] IS NOT NULL AND $6::bigint[] IS NOT NULL AND $7::text <> '';

-- next
INSERT INTO posting (trust, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary)
SELECT $1, $2::bigint + n, 1, 'DFT^P03', 'bulk', 'BULK', 'BULK-' || ($2::bigint + n), 'bulk@1', 'applied', '12 lines posted.'
  FROM generate_series(0, $3::bigint - 1) n WHERE $4::bigint > 0 AND $5::bigint[] IS NOT NULL AND $6::bigint[] IS NOT NULL AND $7::text <> '' AND $8::date IS NOT NULL;

-- next
INSERT INTO theatre_case (trust, id, name, patient, place, told, first_used_at, message_id)
SELECT $1, c, 'BULK-' || c, p, t, jsonb_build_object('bulk/use', jsonb_build_object('patient', p, 'place', t, 'used_at', at, 'sequence', jsonb_build_object('message', m))), at, m
  FROM (SELECT $4::bigint + ($3::bigint + 3) / 4 + n AS c, $4::bigint + n / 4 AS p, ($6::bigint[])[1 + n % cardinality($6::bigint[])] AS t, ($8::date + make_interval(secs => n)) AT TIME ZONE 'UTC' AS at, $2::bigint + n AS m
          FROM generate_series(0, $3::bigint - 1) n WHERE $5::bigint[] IS NOT NULL AND $7::text <> '') x;

-- next
INSERT INTO case_alias (trust, kind, value, case_id)
SELECT $1, 'case_number', 'BULK-' || c, c FROM generate_series($4::bigint + ($3::bigint + 3) / 4, $4::bigint + ($3::bigint + 3) / 4 + $3::bigint - 1) c
 WHERE $2::bigint > 0 AND $5::bigint[] IS NOT NULL AND $6::bigint[] IS NOT NULL AND $7::text <> '' AND $8::date IS NOT NULL;

-- next
INSERT INTO case_patient (trust, patient, case_id)
SELECT $1, $4::bigint + n / 4, $4::bigint + ($3::bigint + 3) / 4 + n FROM generate_series(0, $3::bigint - 1) n
 WHERE $2::bigint > 0 AND $5::bigint[] IS NOT NULL AND $6::bigint[] IS NOT NULL AND $7::text <> '' AND $8::date IS NOT NULL;

-- next
INSERT INTO usage_line (trust, id, case_id, key, told, state, item, text, lot, serial, quantity, disposition, place, patient, movement, message_id, origin, profile, source)
SELECT $1, l, c, 'B' || k, json_build_object('bulk/use', json_build_object('effect', 'use', 'quantity', '1', 'item', i, 'ratio', 1, 'lot', $7::text, 'disposition', 'used_unspecified', 'place', t, 'patient', p,
       'occurred_at', at, 'sequence', json_build_object('message', m), 'origin', 'FT1[' || k || ']', 'profile', 'bulk@1')),
       'posted', i, '', $7::text, '', 1, 'used_unspecified', t, p, l + 12 * $3::bigint, m, 'FT1[' || k || ']', 'bulk@1', 'bulk'
  FROM (SELECT $4::bigint + ($3::bigint + 3) / 4 + $3::bigint + n AS l, $4::bigint + ($3::bigint + 3) / 4 + n / 12 AS c, 1 + n % 12 AS k, ($5::bigint[])[1 + (n * 7) % cardinality($5::bigint[])] AS i,
               ($6::bigint[])[1 + (n / 12) % cardinality($6::bigint[])] AS t, $4::bigint + n / 48 AS p, ($8::date + make_interval(secs => n / 12)) AT TIME ZONE 'UTC' AS at, $2::bigint + n / 12 AS m
          FROM generate_series(0, 12 * $3::bigint - 1) n) x;

-- next
INSERT INTO movement (trust, id, kind, item, lot, from_place, to_place, quantity, occurred_at, recorded_at, accounted_on, usage_line, message_id, origin, profile)
SELECT $1, l + 12 * $3::bigint, 'use', i, $7::text, t, p, 1, at, at, $8::date, l, m, 'FT1[' || k || ']', 'bulk@1'
  FROM (SELECT $4::bigint + ($3::bigint + 3) / 4 + $3::bigint + n AS l, 1 + n % 12 AS k, ($5::bigint[])[1 + (n * 7) % cardinality($5::bigint[])] AS i,
               ($6::bigint[])[1 + (n / 12) % cardinality($6::bigint[])] AS t, $4::bigint + n / 48 AS p, ($8::date + make_interval(secs => n / 12)) AT TIME ZONE 'UTC' AS at, $2::bigint + n / 12 AS m
          FROM generate_series(0, 12 * $3::bigint - 1) n) x;
