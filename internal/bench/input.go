package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/stockwell-hub/stockwell/schemas/udi"
)

// catalogueItems is how many items the trust has.
const catalogueItems = 20000

// policyItems is how many of them, the most used ones, have a par level. A
// configuration file holds some 10,000 at most.
const policyItems = 8000

// shelves are the trust's places, and how theatres name them.
var shelves = []struct{ code, room string }{{"TH1", "OR1"}, {"TH2", "OR2"}}

// gtin is item n's, of GS1's range for examples and tests.
func gtin(n int) string {
	body := fmt.Sprintf("0952%09d", n)
	digit, _ := udi.CheckDigit(body)
	return body + string(digit)
}

func itemCode(n int) string { return fmt.Sprintf("ITEM-%06d", n) }

// feed writes messages. Message n always has the same control ID, patient,
// case and lines.
type feed struct {
	gtins []string
	day   string
	sent  string
}

func newFeed() *feed {
	f := &feed{gtins: make([]string, catalogueItems)}
	for i := range f.gtins {
		f.gtins[i] = gtin(i)
	}
	at := time.Now().Add(-time.Hour)
	f.day, f.sent = at.Format("20060102"), at.Format("20060102150405")
	return f
}

// picker draws items: few are used much, most hardly ever.
type picker struct{ zipf *rand.Zipf }

func newPicker(seed uint64) picker {
	return picker{rand.NewZipf(rand.New(rand.NewPCG(seed, 7)), 1.1, 10, catalogueItems-1)}
}

// message is DFT number n: twelve lines with lot and expiry, some 2 KB.
func (f *feed) message(n int64, p picker) []byte {
	b := make([]byte, 0, 2300)
	b = append(b, "MSH|^~\\&|THEATRE|ZZ9|STOCKWELL|ZZ9|"...)
	b = append(b, f.sent...)
	b = append(b, "||DFT^P03^DFT_P03|"...)
	b = padded(append(b, 'B'), n, 10)
	b = append(b, "|P|2.5\rEVN|P03|"...)
	b = append(b, f.sent...)
	b = append(b, "\rPID|1||"...)
	b = padded(append(b, 'T'), n, 9)
	b = append(b, "^^^NORTHMOOR^MR"...)
	if n < nhsNumbers {
		b = append(append(append(b, '~'), nhsNumber(n)...), "^^^NHS^NH"...)
	}
	b = append(b, "||TESTPATIENT^Ada||19540312|F\rPV1|1|I|"...)
	b = append(b, shelves[n%int64(len(shelves))].room...)
	b = append(b, "^^^ZZ901\r"...)
	for i := int64(1); i <= 12; i++ {
		item := int(p.zipf.Uint64())
		b = strconv.AppendInt(append(b, "FT1|"...), i, 10)
		b = padded(append(b, "|K"...), n, 9)
		b = padded(append(b, '-'), i, 2)
		b = append(b, "||"...)
		b = append(b, f.sent...)
		b = append(b, "||CG|"...)
		b = append(b, f.gtins[item]...)
		b = append(b, "^Item^GTIN|||1|||||||||||||"...)
		b = padded(append(b, 'C'), n, 9)
		b = append(b, "\rOBX|1|ST|LOT||"...)
		b = padded(append(b, 'L'), int64(item), 6)
		b = append(b, "||||||F\rOBX|2|ST|EXPIRY||20391130||||||F\r"...)
	}
	return b
}

func padded(b []byte, n int64, width int) []byte {
	var d [20]byte
	s := strconv.AppendInt(d[:0], n, 10)
	for range width - len(s) {
		b = append(b, '0')
	}
	return append(b, s...)
}

// nhsNumbers is how many patients have an NHS Number beside their local one:
// the 999 range, which is kept for synthetic ones, has room for no more.
const nhsNumbers = 500000

// nhsNumber is patient n's. Of two bodies that differ in their last digit one
// has a check digit, so no two patients share a number.
func nhsNumber(n int64) string {
	for body := 999000000 + 2*n; ; body++ {
		s := strconv.FormatInt(body, 10)
		sum := 0
		for i := range 9 {
			sum += int(s[i]-'0') * (10 - i)
		}
		if digit := (11 - sum%11) % 11; digit < 10 {
			return s + strconv.Itoa(digit)
		}
	}
}

// writeStockFiles writes the catalogue, the opening stock, and par levels that
// no use reaches, so that orders do not play a part.
func writeStockFiles(folder, hub string) error {
	if err := writeCatalogue(filepath.Join(folder, "catalogue.csv"), catalogueItems); err != nil {
		return err
	}
	err := writeLines(filepath.Join(folder, "opening.csv"), "place,item,lot,expiry,serial,quantity", catalogueItems*len(shelves), func(i int) string {
		item := i / len(shelves)
		return fmt.Sprintf("%s,%s,L%06d,2039-11-30,,1000000000", shelves[i%len(shelves)].code, itemCode(item), item)
	})
	if err != nil {
		return err
	}
	return writeLines(filepath.Join(hub, "config", "trusts", trustCode, "policies.csv"), "place,item,reorder_point,order_up_to", policyItems, func(i int) string {
		return fmt.Sprintf("%s,%s,10,20", shelves[0].code, itemCode(i))
	})
}

func writeCatalogue(file string, n int) error {
	const header = "item,description,base_unit,gtin,npc,mpc,manufacturer,pack_size,pack_gtin,supplier,supplier_code,price,currency,lot_tracked,serial_tracked,device_class,implantable,reportable"
	return writeLines(file, header, n, func(i int) string {
		return fmt.Sprintf("%s,Benchmark item %d,each,%s,,MPC-%06d,Example Devices,1,,EXAMPLE,S%06d,%d.50,GBP,true,false,IIb,true,true", itemCode(i), i, gtin(i), i, i, 1+i%900)
	})
}

func writeLines(file, header string, n int, line func(i int) string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, header)
	for i := range n {
		fmt.Fprintln(w, line(i))
	}
	return w.Flush()
}

// writeTrust writes a configuration of one trust, with free ports. All senders
// are one peer here, so one may have more connections than a hospital's would.
func writeTrust(folder, ods string, policies bool) error {
	dir := filepath.Join(folder, "config", "trusts", ods)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	const hub = "http: {listen: 127.0.0.1:0}\nlog: {level: info, format: json}\n"
	if err := os.WriteFile(filepath.Join(folder, "config", "stockwell.yaml"), []byte(hub), 0o644); err != nil {
		return err
	}
	trust := "ods: " + ods + "\nname: Benchmark Hospital\nenvironment: test\nplaces:\n"
	for _, s := range shelves {
		trust += fmt.Sprintf("  - {code: %s, name: Store %s, site: ZZ901, aliases: [%s]}\n", s.code, s.code, s.room)
	}
	trust += "connectors:\n  - name: theatre\n    type: mllp\n    mapping: generic-theatre/v2\n    behind_after: 24h\n    mllp: {listen: 127.0.0.1:0, max_connections: 4096, max_connections_per_peer: 4096}\n" +
		"  - name: fhir\n    type: fhir\n    mapping: generic-fhir/v1\n    fhir: {listen: 127.0.0.1:0}\n"
	const suppliers = "suppliers:\n  - {code: EXAMPLE, name: Example Devices Ltd}\n"
	if !policies {
		return os.WriteFile(filepath.Join(dir, "trust.yaml"), []byte(trust+suppliers), 0o644)
	}
	// The ERP's server is never called, for no use reaches a reorder point.
	if err := os.WriteFile(filepath.Join(dir, "erp.password"), []byte("unused\n"), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "known_hosts"), nil, 0o644); err != nil {
		return err
	}
	trust += "  - name: erp\n    type: sftp\n    mapping: generic-erp/v1\n    sftp: {address: 127.0.0.1:9, user: bench, password: file:erp.password, known_hosts: known_hosts, out: /orders}\n" +
		suppliers + "purchasing: {connector: erp, order_file: generic-erp/v1}\npolicies: policies.csv\n"
	return os.WriteFile(filepath.Join(dir, "trust.yaml"), []byte(trust), 0o644)
}
