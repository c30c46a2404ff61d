package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stockwell-hub/stockwell/config"
)

const goodsHeader = "receipt_number,line,received_on,order_number,order_line,place,item,gtin,quantity,unit,lot,expiry,serial,action\n"

// another starts a second hub beside h's, on the same database and the same
// ERP. It takes no theatre messages that the first one takes.
func (h *hospital) another() {
	h.t.Helper()
	cfg, trusts, err := config.Load(h.path("stockwell.yaml"))
	h.must(err)
	ctx, cancel := context.WithCancel(context.Background())
	x, err := newHub(ctx, cfg, trusts, newLog(config.Log{Level: "debug"}, h.log))
	if err != nil {
		cancel()
		h.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- x.run(ctx) }()
	stop := sync.OnceValue(func() error { cancel(); err := <-ended; x.close(); return err })
	h.t.Cleanup(func() {
		if err := stop(); err != nil {
			h.t.Errorf("the second hub did not stop cleanly: %v", err)
		}
	})
	<-x.ready
}

// listed gives the names of the files in a folder of the ERP's server.
func (h *hospital) listed(folder string) (names []string) {
	h.t.Helper()
	entries, err := os.ReadDir(filepath.Join(h.stage.erpDir, folder))
	h.must(err)
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// TestFilesIn_TwoHubsTakeEachFileOnce has two hubs on one database look into
// one folder of OpenSSH's server while files come, good, partly good and bad,
// and some of them twice. Every receipt is in the ledger once, and every file
// is told of once.
func TestFilesIn_TwoHubsTakeEachFileOnce(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.realERP()
	h.start()
	h.seed()
	h.another()
	const each = 10
	for i := range each {
		row := fmt.Sprintf("GR-%d,1,2026-03-16,,,TH1,HIP-STEM-12,,1,each,FS26001,2032-03-31,,\n", i)
		for name, text := range map[string]string{
			"good": row, "again": row,
			"part": fmt.Sprintf("GR-%d,2,2026-03-16,,,TH1,CEMENT-40G,,1,each,BC26002,2030-01-31,,\nGR-%d,3,2026-03-16,,,TH1,CEMENT-40G,,x,each,BC26002,2030-01-31,,\n", i, i),
			"bad":  fmt.Sprintf("GR-%d,4,2026-03-16,,,TH1,,,1,each,BC26002,2030-01-31,,\n", i),
		} {
			h.dropIn("receipts", fmt.Sprintf("%s%02d.csv", name, i), []byte(goodsHeader+text))
		}
	}
	h.quiet()
	for item, want := range map[string]int64{"HIP-STEM-12": 4 + each, "CEMENT-40G": 9 + each} {
		d, err := h.hub.store.StockDetail(t.Context(), "ZZ1", "TH1", item)
		if err != nil || d.Quantity != want {
			t.Errorf("%d of %s, want %d: %v", d.Quantity, item, want, err)
		}
	}
	h.until("the slower hub has finished, too", func() (string, error) {
		if slices.ContainsFunc(h.listed("receipts/rejected"), func(name string) bool { return strings.HasSuffix(name, ".part") }) {
			return "a note is being written", nil
		}
		return "", nil
	})
	rejected := h.listed("receipts/rejected")
	if n := len(h.listed("receipts/processed")); n != 3*each || len(rejected) != 3*each || len(h.listed("receipts")) != 0 {
		t.Errorf("%d files processed; rejected holds %v", n, rejected)
	}
	if n, err := h.query(`SELECT count(*) || ' ' || (SELECT count(*) FROM movement WHERE kind = 'receipt') FROM posting WHERE connector = 'goods'`); err != nil || n != fmt.Sprintf("%d %d", 4*each, 2*each) {
		t.Errorf("messages posted and receipts: %s, %v", n, err)
	}
	h.books() // law 3
}

// TestFilesIn_CatalogueAndOpeningStockComeBySFTP has the catalogue and the
// opening stock come as files: good rows of a catalogue load and bad ones come
// back; of an opening stock all rows count or none, and once.
func TestFilesIn_CatalogueAndOpeningStockComeBySFTP(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	trust := h.read(h.trustFile("trust.yaml"))
	goods, _, _ := strings.Cut(trust[strings.Index(trust, "  - name: goods"):], "\n\n")
	goods += "\n"
	for _, kind := range []string{"catalogue", "opening_stock"} {
		folder := "/" + strings.TrimSuffix(kind, "_stock")
		for _, d := range []string{"processed", "rejected"} {
			h.must(os.MkdirAll(filepath.Join(h.stage.erpDir, folder, d), 0o755))
		}
		block := strings.NewReplacer("name: goods # what suppliers delivered; the storekeepers' system writes it", "name: "+strings.TrimPrefix(folder, "/"), "    mapping: generic-erp/v2\n", "",
			"/receipts", folder, "type: goods_received", "type: "+kind).Replace(goods)
		trust = strings.Replace(trust, "\nsuppliers:", "\n"+block+"\nsuppliers:", 1)
	}
	h.write(h.trustFile("trust.yaml"), trust)
	h.ok("check", "--offline")
	h.start()
	gone := func(folder, name string, raw []byte, where ...string) {
		t.Helper()
		h.dropIn(folder, name, raw)
		h.until(name+" is taken", func() (string, error) {
			for _, w := range where {
				sub, file, _ := strings.Cut(w, "/")
				if !slices.Contains(h.listed(folder+"/"+sub), file) {
					return "it is not in " + w, nil
				}
			}
			return "", nil
		})
	}
	catalogue := h.read(h.trustFile("catalogue.csv"))
	lines := strings.SplitAfter(catalogue, "\n")
	gone("catalogue", "half.csv", []byte(strings.Join(lines[:3], "")+`HIP-X,"never closed`), "rejected/half.csv", "rejected/half.csv.reason.txt")
	gone("catalogue", "items.csv", []byte(strings.Replace(catalogue, "IOL-215,", "IOL-215,\"\x00\",", 1)), "processed/items.csv", "rejected/items.csv.rejected.csv")
	refused, err := os.ReadFile(filepath.Join(h.stage.erpDir, "catalogue/rejected/items.csv.rejected.csv"))
	if err != nil || strings.Count(string(refused), "\r\n") != 2 || !strings.Contains(string(refused), "IOL-215") {
		t.Errorf("%v\n%s", err, refused)
	}
	if n, err := h.query(`SELECT count(*)::text FROM item`); err != nil || n != fmt.Sprint(len(lines)-3) {
		t.Errorf("%s items of %d lines, %v", n, len(lines), err)
	}
	gone("catalogue", "items-2.csv", []byte(catalogue), "processed/items-2.csv")
	opening := h.read(h.trustFile("opening.csv"))
	gone("opening", "wrong.csv", []byte(strings.Replace(opening, "TH1,HIP-STEM-12,FS24117,2031-08-31,,4", "TH1,HIP-STEM-12,FS24117,2031-08-31,,four", 1)), "rejected/wrong.csv", "rejected/wrong.csv.reason.txt")
	if n, _ := h.query(`SELECT count(*)::text FROM movement`); n != "0" {
		t.Errorf("%s movements of a file with a wrong row", n)
	}
	gone("opening", "stock.csv", []byte(opening), "processed/stock.csv")
	gone("opening", "stock-again.csv", []byte(opening), "processed/stock-again.csv")
	gone("opening", "stock-changed.csv", []byte(opening+"\n"), "rejected/stock-changed.csv")
	if n, _ := h.query(`SELECT count(*)::text FROM movement`); n != fmt.Sprint(strings.Count(opening, "\n")-1) {
		t.Errorf("%s movements of opening stock", n)
	}
	why, err := os.ReadFile(filepath.Join(h.stage.erpDir, "opening/rejected/stock-changed.csv.reason.txt"))
	if err != nil || !strings.Contains(string(why), "opened_before") {
		t.Errorf("%v\n%s", err, why)
	}
}

// TestFilesIn_AFileWithoutItsTrailerIsNotTaken has the storekeepers' system end
// its files with a count: what came in part is left until the rest is there,
// and goes back to its sender if it never is.
func TestFilesIn_AFileWithoutItsTrailerIsNotTaken(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.realERP()
	layout, err := os.ReadFile("../../mapping/profiles/generic-erp/v2/goods_received.yaml")
	h.must(err)
	h.write(h.trustFile("receipts.yaml"), string(layout)+"trailer: {cells: [END, \"{rows}\"]}\n")
	h.write(h.trustFile("goods.yaml"), "trust: ZZ1\nprofile: generic-erp/v2\nmessages:\n  receipts: {layout: receipts.yaml}\n")
	whole := func(incomplete string) {
		trust := h.read(h.trustFile("trust.yaml"))
		trust = strings.Replace(trust, "mapping: generic-erp/v2\n", "mapping: generic-erp/v2\n    overlay: goods.yaml\n", 1)
		trust = strings.Replace(trust, "type: goods_received\n", "type: goods_received\n      whole: trailer\n      incomplete_after: "+incomplete+"\n", 1)
		h.write(h.trustFile("trust.yaml"), trust)
	}
	before := h.read(h.trustFile("trust.yaml"))
	row := func(n int) string {
		return fmt.Sprintf("GR-%d,1,2026-03-16,,,TH1,HIP-STEM-12,,1,each,FS26001,2032-03-31,,\n", n)
	}
	is := func(folder, name string) {
		t.Helper()
		h.until(name+" is in "+folder, func() (string, error) {
			if !slices.Contains(h.listed(folder), name) {
				return "it is not", nil
			}
			return "", nil
		})
	}
	whole("1h")
	h.start()
	h.seed()
	h.dropIn("receipts", "half.csv", []byte(goodsHeader+row(1)))
	h.dropIn("receipts", "whole.csv", []byte(goodsHeader+row(2)+"END,1\n"))
	is("receipts/processed", "whole.csv")
	if got := h.listed("receipts"); len(got) != 1 || got[0] != "half.csv" {
		t.Errorf("the folder holds %v", got)
	}
	h.dropIn("receipts", "half.csv", []byte(goodsHeader+row(1)+row(3)+"END,2\n"))
	is("receipts/processed", "half.csv")
	d, err := h.hub.store.StockDetail(t.Context(), "ZZ1", "TH1", "HIP-STEM-12")
	if err != nil || d.Quantity != 7 {
		t.Errorf("%d in stock, %v", d.Quantity, err)
	}
	h.must(h.stopHub())
	h.write(h.trustFile("trust.yaml"), before)
	whole("50ms")
	h.start()
	h.dropIn("receipts", "counts.csv", []byte(goodsHeader+row(4)+"END,2\n"))
	is("receipts/rejected", "counts.csv.reason.txt")
	is("receipts/rejected", "counts.csv")
	why, err := os.ReadFile(filepath.Join(h.stage.erpDir, "receipts/rejected/counts.csv.reason.txt"))
	if err != nil || !strings.Contains(string(why), "trailer_count") {
		t.Errorf("%v\n%s", err, why)
	}
	if n, _ := h.query(`SELECT count(*)::text FROM message WHERE control_id = 'counts.csv'`); n != "0" {
		t.Errorf("it was stored %s times", n)
	}
}

// TestFilesIn_ALongFileIsTakenInPartsAndOnce has one file with more rows than
// one transaction may hold. Each row counts once, however often the file comes,
// and the one that is wrong is told by its line in the file.
func TestFilesIn_ALongFileIsTakenInPartsAndOnce(t *testing.T) {
	t.Parallel()
	h := newHospital(t)
	h.start()
	h.seed()
	const rows = 6400
	var b strings.Builder
	b.WriteString(goodsHeader)
	for i := range rows {
		quantity := "1"
		if i == rows-2 {
			quantity = "x"
		}
		fmt.Fprintf(&b, "GR-LONG,%d,2026-03-16,,,TH1,CEMENT-40G,,%s,each,BC26002,2030-01-31,,\n", i+1, quantity)
	}
	for _, name := range []string{"long.csv", "long.csv", "again.csv"} {
		h.dropIn("receipts", name, []byte(b.String()))
		h.quiet()
		if d, err := h.hub.store.StockDetail(t.Context(), "ZZ1", "TH1", "CEMENT-40G"); err != nil || d.Quantity != 9+rows-1 {
			t.Fatalf("after %s there are %d: %v", name, d.Quantity, err)
		}
	}
	if n, err := h.query(`SELECT string_agg(control_id, ', ' ORDER BY id) FROM archive WHERE connector = 'goods'`); err != nil || n != "long.csv (part 1 of 2), long.csv (part 2 of 2), again.csv (part 1 of 2), again.csv (part 2 of 2)" {
		t.Errorf("the messages are %s, %v", n, err)
	}
	if n, err := h.query(`SELECT max(n)::text FROM (SELECT count(*) AS n FROM movement WHERE kind = 'receipt' GROUP BY message_id) x`); err != nil || n != "6000" {
		t.Errorf("one transaction moved %s times, %v", n, err)
	}
	if raw := h.read("../erp/receipts/rejected/long.csv.rejected.csv"); !strings.Contains(raw, fmt.Sprintf("\r\n%d,", rows)) || strings.Count(raw, "\n") != 2 {
		t.Errorf("refused are %q", raw)
	}
}
