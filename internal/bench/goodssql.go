package main

// What the goods part does beside the hub: its orders, and the yardstick.
const (
	// goodsOrders makes a round's orders: of trust $1, round $2, so many lines $3
	// in orders of $4, over $5 items.
	goodsOrders = `
		WITH o AS (
			INSERT INTO purchase_order (trust, id, number, supplier, deliver_to, state, value, currency, automatic, sent_at)
			SELECT $1, nextval('order_id'), 'PB-' || $2::int || '-' || s, 'EXAMPLE', p.id, 'sent', 100, 'GBP', true, now()
			  FROM generate_series(0, $3::int / $4::int - 1) s JOIN place p ON p.trust = $1 AND p.kind = 'stock' AND p.code = 'TH1'
			RETURNING id, number, deliver_to)
		INSERT INTO purchase_order_line (trust, order_id, line, place, item, packs, pack_size, unit_price, value, open_packs, message_id, origin, profile)
		SELECT $1, o.id, l, o.deliver_to, i.id, 2, 1, 1, 2, 2, 0, 'bench', 'bench'
		  FROM o CROSS JOIN generate_series(1, $4::int) l
		  JOIN item i ON i.trust = $1 AND i.code = 'ITEM-' || lpad(((split_part(o.number, '-', 3)::bigint * $4::int + l - 1) * 7919 % $5::int)::text, 6, '0')`

	// goodsTables copies the tables that a file writes: columns, constraints and
	// indexes, without triggers, foreign keys and row-level security.
	goodsTables = `
		CREATE SCHEMA IF NOT EXISTS goods;
		DO $$
		DECLARE t text;
		BEGIN
			FOREACH t IN ARRAY ARRAY['movement', 'balance', 'lot', 'receipt_line', 'purchase_order', 'purchase_order_line', 'posting'] LOOP
				EXECUTE format('DROP TABLE IF EXISTS goods.%I', t);
				EXECUTE format('CREATE TABLE goods.%I (LIKE public.%I INCLUDING ALL)', t, t);
			END LOOP;
		END $$`

	// goodsStage lays out where a file's rows go, and the orders that they
	// answer as they were before the hub took it.
	goodsStage = `
		DROP TABLE IF EXISTS goods_rows;
		CREATE TEMP TABLE goods_rows (id bigserial, receipt text, key text, received_on date, order_number text, order_line int, place text, item text, gtin text, quantity bigint, unit text,
			lot text, expiry date, serial text, action text);
		INSERT INTO goods.purchase_order SELECT * FROM purchase_order ON CONFLICT DO NOTHING;
		INSERT INTO goods.purchase_order_line SELECT * FROM purchase_order_line ON CONFLICT DO NOTHING;
		ANALYZE goods.purchase_order;
		ANALYZE goods.purchase_order_line`
)

// goodsWrites are the yardstick's statements, as a program would send them that
// knew that every row is right.
var goodsWrites = []string{
	`SELECT set_config('goods.base', (SELECT coalesce(max(id), 0) FROM goods.movement)::text, true) WHERE $1 <> ''`,
	`INSERT INTO goods.lot SELECT $1, i.id, r.lot, min(r.expiry) FROM goods_rows r JOIN item i ON i.trust = $1 AND i.code = r.item GROUP BY 2, 3 ON CONFLICT DO NOTHING`,
	`INSERT INTO goods.movement (trust, id, kind, item, lot, serial, from_place, to_place, quantity, occurred_at, accounted_on, message_id, origin, profile)
		SELECT $1, current_setting('goods.base')::bigint + r.id, 'receipt', i.id, r.lot, coalesce(r.serial, ''), s.id, p.id, r.quantity, r.received_on, r.received_on, 1, 'line ' || r.id, 'generic-erp/v2'
		  FROM goods_rows r JOIN item i ON i.trust = $1 AND i.code = r.item JOIN place p ON p.trust = $1 AND p.kind = 'stock' AND p.code = r.place JOIN place s ON s.trust = $1 AND s.kind = 'supplier'`,
	`INSERT INTO goods.receipt_line (trust, id, receipt, key, state, why, received_on, order_number, order_line, place, place_text, item, codes, quantity, unit, units, lot, serial, expiry,
			met_order, met_line, met_units, substitute, movement, told_by, message_id, origin, profile)
		SELECT $1, current_setting('goods.base')::bigint + r.id, r.receipt, r.key, 'posted', '', r.received_on, r.order_number, r.order_line, p.id, r.place, i.id, r.item, r.quantity, r.unit, r.quantity, r.lot, '', r.expiry,
			r.order_number, r.order_line, r.quantity, false, current_setting('goods.base')::bigint + r.id, 1, 1, 'line ' || r.id, 'generic-erp/v2'
		  FROM goods_rows r JOIN item i ON i.trust = $1 AND i.code = r.item JOIN place p ON p.trust = $1 AND p.kind = 'stock' AND p.code = r.place`,
	`UPDATE goods.purchase_order_line l SET received = l.received + r.quantity, open_packs = greatest(l.open_packs - r.quantity, 0)
		  FROM goods_rows r JOIN goods.purchase_order o ON o.trust = $1 AND o.number = r.order_number WHERE l.trust = $1 AND l.order_id = o.id AND l.line = r.order_line`,
	`UPDATE goods.purchase_order o SET state = 'received' WHERE o.trust = $1 AND o.number IN (SELECT order_number FROM goods_rows)`,
	`INSERT INTO goods.posting (trust, message_id, attempt, type, connector, sender, control_id, profile, outcome, summary)
		SELECT $1, coalesce(max(message_id), 0) + 1, 1, 'goods_received', 'goods', '', '', 'generic-erp/v2', 'applied', '' FROM goods.posting`,
	`INSERT INTO goods.balance AS b SELECT $1, p.id, i.id, r.lot, coalesce(r.serial, ''), '', sum(r.quantity)::bigint
		  FROM goods_rows r JOIN item i ON i.trust = $1 AND i.code = r.item JOIN place p ON p.trust = $1 AND p.kind = 'stock' AND p.code = r.place GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
		ON CONFLICT (trust, place, item, lot, serial, owner) DO UPDATE SET quantity = b.quantity + excluded.quantity`,
}
