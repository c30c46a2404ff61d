package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// ownItemsPart loads a trust's own items by `stockwell catalogue load`, the start of the
// process and the checking of each row included, and by COPY and one INSERT a
// table into copies of the tables. Each round has a trust of its own.
func ownItemsPart(ctx context.Context, b *bench) error {
	r, err := b.database(ctx)
	if err != nil {
		return err
	}
	if _, err := b.program(ctx); err != nil {
		return err
	}
	items := min(b.items, catalogueItems)
	file := filepath.Join(b.folder, "load.csv")
	if err := writeCatalogue(file, items); err != nil {
		return err
	}
	var ours, plain []float64
	for i := range rounds {
		folder, ods := filepath.Join(b.folder, fmt.Sprint("load", i)), fmt.Sprint("ZC", i)
		if err := writeTrust(folder, ods, false); err != nil {
			return err
		}
		start := time.Now()
		if out, err := b.stockwell(ctx, folder, filepath.Join(b.folder, "data"), "--trust", ods, "catalogue", "load", file); err != nil {
			return fmt.Errorf("catalogue load: %w: %s", err, out)
		}
		ours = append(ours, float64(items)/time.Since(start).Seconds())
		start = time.Now()
		if err := r.plainCatalogue(ctx, file); err != nil {
			return err
		}
		plain = append(plain, float64(items)/time.Since(start).Seconds())
	}
	b.add(shown(fmt.Sprintf("load of a trust's own items, %d rows", items), "rows/s", median(ours), median(plain)))
	return r.explained(ctx)
}

// plainCatalogue is the yardstick for loading: one transaction on copies of
// the tables, which it makes anew.
func (r *rig) plainCatalogue(ctx context.Context, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	conn, err := pgx.ConnectConfig(ctx, r.super.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `
		DROP TABLE IF EXISTS plain_item, plain_code, plain_price;
		CREATE TABLE plain_item (LIKE item INCLUDING ALL);
		CREATE TABLE plain_code (LIKE item_code INCLUDING ALL);
		CREATE TABLE plain_price (LIKE item_price INCLUDING ALL);
		CREATE TEMP TABLE rows (item text, description text, base_unit text, gtin text, npc text, mpc text, manufacturer text, pack_size bigint, pack_gtin text,
			supplier text, supplier_code text, price numeric, currency text, lot_tracked boolean, serial_tracked boolean, device_class text, implantable boolean, reportable boolean);
		BEGIN`); err != nil {
		return err
	}
	if _, err := conn.PgConn().CopyFrom(ctx, f, `COPY rows FROM STDIN (FORMAT csv, HEADER)`); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `
		ALTER TABLE rows ADD id bigserial;
		INSERT INTO plain_item (trust, id, code, description, base_unit, pack_size, supplier, supplier_code, manufacturer, device_class, lot_tracked, serial_tracked, implantable, reportable)
			SELECT 'ZC9', id, item, description, base_unit, pack_size, supplier, supplier_code, manufacturer, device_class, lot_tracked, serial_tracked, implantable, reportable FROM rows;
		INSERT INTO plain_code (trust, kind, value, item, ratio) SELECT 'ZC9', 'erp', item, id, 1 FROM rows UNION ALL SELECT 'ZC9', 'gtin', gtin, id, 1 FROM rows UNION ALL SELECT 'ZC9', 'mpc', mpc, id, 1 FROM rows;
		INSERT INTO plain_price (trust, item, valid_from, price, currency, units) SELECT 'ZC9', id, current_date, price, currency, pack_size FROM rows;
		COMMIT`)
	return err
}
