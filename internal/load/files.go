package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// The trust's stock: items on two shelves, each in two lots. Every shelf's
// reorder point is what stands there at the beginning, so that uses make an
// order again and again, each of what together says; nothing is ever delivered.
const (
	items    = 24
	perLot   = 4_500_000
	perShelf = 2 * perLot
	// largest is how many packs the past order of each item had: so many that no
	// need waits for a person as unusual, however late the planner comes to it.
	largest = 1_000_000
)

var shelves = []struct{ code, room string }{{"TH1", "OR1"}, {"TH2", "OR2"}}

func itemCode(n int) string    { return fmt.Sprintf("ITEM-%03d", n) }
func lotOf(item, n int) string { return fmt.Sprintf("L%03d%c", item, 'A'+n%2) }

// gtin is item n's, of the range that GS1 keeps for examples.
func gtin(n int) string {
	body := fmt.Sprintf("0952%09d", n)
	sum := 0
	for i := range body {
		sum += int(body[i]-'0') * (3 - 2*(i%2))
	}
	return fmt.Sprintf("%s%d", body, (10-sum%10)%10)
}

// together is about how many uses of item n share an order.
func together(n int) int { return 300 + 50*n }

func packSize(n int) int { return []int{1, 5, 10}[n%3] }

func (h *hospital) writeConfig() error {
	var catalogue, opening, history, policies strings.Builder
	catalogue.WriteString("item,description,base_unit,gtin,npc,mpc,manufacturer,pack_size,pack_gtin,supplier,supplier_code,price,currency,lot_tracked,serial_tracked,device_class,implantable,reportable\n")
	opening.WriteString("place,item,lot,expiry,serial,quantity\n")
	history.WriteString("order_number,ordered_on,place,item,quantity,unit_price,supplier\n")
	policies.WriteString("place,item,reorder_point,order_up_to\n")
	past := time.Now().AddDate(0, -1, 0).Format(time.DateOnly)
	number := 0
	for i := range items {
		supplier := []string{"NORTH", "SOUTH"}[i%2]
		fmt.Fprintf(&catalogue, "%s,Load item %d,each,%s,,MPC-%03d,Example Devices,%d,,%s,S%03d,0.10,GBP,true,false,IIb,true,false\n", itemCode(i), i, gtin(i), i, packSize(i), supplier, i)
		for _, s := range shelves {
			number++
			for lot := range 2 {
				fmt.Fprintf(&opening, "%s,%s,%s,2039-11-30,,%d\n", s.code, itemCode(i), lotOf(i, lot), perLot)
			}
			fmt.Fprintf(&history, "PO-%06d,%s,%s,%s,%d,0.10,%s\n", number, past, s.code, itemCode(i), largest*packSize(i), supplier)
			fmt.Fprintf(&policies, "%s,%s,%d,%d\n", s.code, itemCode(i), perShelf, perShelf+together(i))
		}
	}
	trust := "config/trusts/" + trustCode + "/"
	var errs []error
	for name, text := range map[string]string{
		"catalogue.csv": catalogue.String(), "opening.csv": opening.String(), "history.csv": history.String(), trust + "policies.csv": policies.String(),
		"config/stockwell.yaml": "http: {listen: 127.0.0.1:0}\nlog: {level: info, format: json}\n",
		trust + "trust.yaml":    fmt.Sprintf(trustYAML, h.mllp, h.erp.Addr()),
	} {
		errs = append(errs, os.WriteFile(h.path(name), []byte(text), 0o644))
	}
	return errors.Join(errs...)
}

// trustYAML is that of a production environment: patients are known by local
// numbers, which are no test patients.
const trustYAML = `ods: ZZ7
name: Hospital under Fire
environment: production
places:
  - {code: TH1, name: Store 1, site: ZZ701, aliases: [OR1]}
  - {code: TH2, name: Store 2, site: ZZ701, aliases: [OR2]}
connectors:
  - {name: theatre, type: mllp, behind_after: 24h, mapping: generic-theatre/v2, mllp: {listen: "%s"}}
  - name: erp
    type: sftp
    mapping: generic-erp/v1
    sftp: {address: "%s", user: stockwell, password: file:erp.password, known_hosts: known_hosts, out: /orders,
      in: /answers, processed: /answers/processed, rejected: /answers/rejected}
suppliers:
  - {code: NORTH, name: North Devices Ltd, release: immediate}
  - {code: SOUTH, name: South Devices Ltd, release: immediate}
purchasing:
  connector: erp
  order_file: generic-erp/v1
  number: {prefix: "PO-", digits: 6}
  automatic_limit: "9999999.00"
  daily_cap: "99999999.00"
policies: policies.csv
`
