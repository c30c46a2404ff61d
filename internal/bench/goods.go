package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/stockwell-hub/stockwell/connectors/sftp/jail"
)

const (
	// goodsTrust is the trust of the goods part, with a hub of its own.
	goodsTrust = "ZG1"
	// goodsRows are the rows of one file, goodsOrder those that answer one order.
	goodsRows, goodsOrder = 10000, 50
)

// goodsPart drops files of goods received into a folder of an SFTP server, and
// measures from then until the hub has moved them away: found, whole, fetched,
// stored, translated, posted and answered. Each row answers an order's line and
// brings a lot of its own. The yardstick writes the same rows, and checks
// nothing, by plain SQL in sets: staged by COPY, one statement a table.
func goodsPart(ctx context.Context, b *bench) error {
	r, err := b.database(ctx)
	if err != nil {
		return err
	}
	g, err := b.openGoods(ctx, r)
	if err != nil {
		return err
	}
	defer g.close()
	if err := g.plainTables(ctx); err != nil {
		return fmt.Errorf("yardstick: %w", err)
	}
	var ours, plain, longest []float64
	for i := range rounds + 1 {
		file, err := g.file(ctx, i)
		if err != nil {
			return err
		}
		took, lock, err := g.intake(ctx, file)
		if err != nil {
			return err
		}
		alone, err := g.plain(ctx, file)
		if err != nil {
			return fmt.Errorf("yardstick: %w", err)
		}
		if i == 0 { // on tables that PostgreSQL knows nothing of
			if _, err := r.super.Exec(ctx, `ANALYZE`); err != nil {
				return err
			}
			continue
		}
		b.say("%d rows in %.2f s, by plain SQL in %.2f s; longest transaction %.2f s", goodsRows, took.Seconds(), alone.Seconds(), lock.Seconds())
		ours, plain, longest = append(ours, goodsRows/took.Seconds()), append(plain, goodsRows/alone.Seconds()), append(longest, lock.Seconds())
	}
	b.add(against(fmt.Sprintf("goods received, files of %d rows", goodsRows), "rows/s", median(ours), median(plain), 0.3),
		below("longest transaction of such a file", "s", median(longest), 2))
	return r.explained(ctx)
}

// goods is a hub that takes files from a server here.
type goods struct {
	r      *rig
	folder string // the server's
	hub    *hub
	stop   func()
	conn   *pgx.Conn
}

func (g *goods) close() {
	g.hub.stop()
	g.stop()
	_ = g.conn.Close(context.Background())
}

func (b *bench) openGoods(ctx context.Context, r *rig) (*goods, error) {
	g := &goods{r: r, folder: filepath.Join(b.folder, "goods-server")}
	home := filepath.Join(b.folder, "goods")
	for _, d := range []string{"processed", "rejected"} {
		if err := os.MkdirAll(filepath.Join(g.folder, d), 0o755); err != nil {
			return nil, err
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	key, err := jail.GenerateHostKey(filepath.Join(b.folder, "goods-host-key"))
	if err != nil {
		return nil, err
	}
	serving, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- jail.Serve(serving, ln, g.folder, key, "hub", "bench") }()
	g.stop = func() { cancel(); <-served }
	if err := writeGoodsTrust(home, ln.Addr().String(), jail.KnownHostsLine(ln.Addr().String(), key.PublicKey())); err != nil {
		return nil, err
	}
	if err := writeCatalogue(filepath.Join(b.folder, "goods.csv"), catalogueItems); err != nil {
		return nil, err
	}
	data := filepath.Join(b.folder, "data")
	if out, err := b.stockwell(ctx, home, data, "--trust", goodsTrust, "catalogue", "load", filepath.Join(b.folder, "goods.csv")); err != nil {
		return nil, fmt.Errorf("catalogue load: %w: %s", err, out)
	}
	if g.hub, err = b.start(ctx, home, data); err != nil {
		return nil, err
	}
	g.conn, err = pgx.ConnectConfig(ctx, r.super.Config().ConnConfig)
	return g, err
}

func writeGoodsTrust(folder, address, known string) error {
	if err := writeTrust(folder, goodsTrust, false); err != nil {
		return err
	}
	dir := filepath.Join(folder, "config", "trusts", goodsTrust)
	raw, err := os.ReadFile(filepath.Join(dir, "trust.yaml"))
	if err != nil {
		return err
	}
	connector := "connectors:\n  - name: goods\n    type: sftp\n    mapping: generic-erp/v2\n    sftp: {address: " + address + ", user: hub, password: file:goods.password, known_hosts: known_hosts, " +
		"in: /, processed: /processed, rejected: /rejected, type: goods_received, poll: 20ms, stable: 1ms}\n"
	text := strings.Replace(string(raw), "connectors:\n", connector, 1)
	for name, content := range map[string]string{"trust.yaml": text, "goods.password": "bench\n", "known_hosts": known + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// file makes the orders of a round and writes the file that says that they
// came; it gives its path outside the server's folder.
func (g *goods) file(ctx context.Context, round int) (string, error) {
	if _, err := g.conn.Exec(ctx, goodsOrders, goodsTrust, round, goodsRows, goodsOrder, catalogueItems); err != nil {
		return "", fmt.Errorf("orders: %w", err)
	}
	name := filepath.Join(g.r.b.folder, fmt.Sprintf("goods-%d.csv", round))
	const header = "receipt_number,line,received_on,order_number,order_line,place,item,gtin,quantity,unit,lot,expiry,serial,action"
	today := time.Now().Format(time.DateOnly)
	return name, writeLines(name, header, goodsRows, func(i int) string {
		order, line := i/goodsOrder, i%goodsOrder+1
		return fmt.Sprintf("GR-%d-%d,%d,%s,PB-%d-%d,%d,TH1,%s,,2,each,R%d-%d,2039-11-30,,", round, order, line, today, round, order, line, itemCode(i*7919%catalogueItems), round, i)
	})
}

// intake drops a file and waits until it is moved. longest is the longest that
// any transaction of the hub lasted meanwhile.
func (g *goods) intake(ctx context.Context, file string) (took, longest time.Duration, err error) {
	name := filepath.Base(file)
	raw, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	if err := os.WriteFile(filepath.Join(g.folder, name+".part"), raw, 0o644); err != nil {
		return 0, 0, err
	}
	start := time.Now()
	if err := os.Rename(filepath.Join(g.folder, name+".part"), filepath.Join(g.folder, name)); err != nil {
		return 0, 0, err
	}
	for time.Since(start) < time.Minute {
		if _, err := os.Stat(filepath.Join(g.folder, "processed", name)); err == nil {
			took = time.Since(start)
			break
		}
		var ms float64
		if err := g.conn.QueryRow(ctx, `SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 * 1000 FROM pg_stat_activity
			WHERE pid <> pg_backend_pid() AND usename <> current_user AND state <> 'idle'`).Scan(&ms); err != nil {
			return 0, 0, err
		}
		longest = max(longest, time.Duration(ms*float64(time.Millisecond)))
		time.Sleep(5 * time.Millisecond)
	}
	if took == 0 {
		return 0, 0, fmt.Errorf("%s was not taken within a minute", name)
	}
	var posted int64
	err = g.conn.QueryRow(ctx, `SELECT count(*) FROM receipt_line r JOIN posting p ON p.trust = r.trust AND p.message_id = r.message_id WHERE r.trust = $1 AND (p.control_id = $2 OR starts_with(p.control_id, $2 || ' (part ')) AND r.state = 'posted' AND r.met_units = 2`, goodsTrust, name).Scan(&posted)
	if err == nil && posted != goodsRows {
		err = fmt.Errorf("%d of %d rows were posted for their orders", posted, goodsRows)
	}
	return took, longest, err
}

// plainTables copies the tables that such a file writes.
func (g *goods) plainTables(ctx context.Context) error {
	_, err := g.conn.Exec(ctx, goodsTables)
	return err
}

// plain writes a file's rows by plain SQL in one transaction.
func (g *goods) plain(ctx context.Context, file string) (time.Duration, error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if _, err := g.conn.Exec(ctx, goodsStage); err != nil {
		return 0, err
	}
	start := time.Now()
	tx, err := g.conn.Begin(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Conn().PgConn().CopyFrom(ctx, f, `COPY goods_rows (receipt, key, received_on, order_number, order_line, place, item, gtin, quantity, unit, lot, expiry, serial, action) FROM STDIN (FORMAT csv, HEADER)`); err != nil {
		return 0, err
	}
	for _, sql := range goodsWrites {
		if _, err := tx.Exec(ctx, sql, goodsTrust); err != nil {
			return 0, err
		}
	}
	err = tx.Commit(ctx)
	return time.Since(start), err
}
