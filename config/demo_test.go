package config_test

import (
	"encoding/csv"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"github.com/stockwell-hub/stockwell/config"
)

// table reads one of the demo's data files, a row as a map by column.
func table(t *testing.T, name, header string) []map[string]string {
	t.Helper()
	file, err := config.Demo.Open("trusts/ZZ1/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rows[0], ","); got != header {
		t.Fatalf("%s has columns %s", name, got)
	}
	var list []map[string]string
	for _, row := range rows[1:] {
		fields := map[string]string{}
		for i, column := range rows[0] {
			fields[column] = row[i]
		}
		list = append(list, fields)
	}
	return list
}

func catalogue(t *testing.T) map[string]map[string]string {
	t.Helper()
	items := map[string]map[string]string{}
	for _, row := range table(t, "catalogue.csv", "item,description,base_unit,gtin,npc,mpc,manufacturer,pack_size,pack_gtin,supplier,supplier_code,price,currency,lot_tracked,serial_tracked,device_class,implantable,reportable,case_ceiling") {
		items[row["item"]] = row
	}
	return items
}

func demoTrust(t *testing.T) *config.Trust {
	t.Helper()
	_, trusts, err := config.Load("stockwell.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return trusts[0]
}

func TestDemo_CatalogueHasRightCheckDigitsAndKnownSuppliers(t *testing.T) {
	trust, seen := demoTrust(t), map[string]string{}
	for code, item := range catalogue(t) {
		gtins := []string{item["gtin"]}
		if item["pack_size"] != "1" {
			gtins = append(gtins, item["pack_gtin"])
		}
		for _, gtin := range gtins {
			if !checkDigit(gtin) || seen[gtin] != "" {
				t.Errorf("%s: GTIN %q is wrong or also that of %s", code, gtin, seen[gtin])
			}
			seen[gtin] = code
		}
		if !slices.ContainsFunc(trust.Suppliers, func(s config.Supplier) bool { return s.Code == item["supplier"] }) {
			t.Errorf("%s: there is no supplier %s", code, item["supplier"])
		}
		if price, err := decimal.Parse(item["price"]); err != nil || !price.IsPos() {
			t.Errorf("%s: price %q", code, item["price"])
		}
	}
}

func checkDigit(gtin string) bool {
	sum := 0
	for i, r := range gtin {
		sum += int(r-'0') * (3 - 2*(i%2))
	}
	return len(gtin) == 14 && sum%10 == 0
}

// The story that the demo tells: four stems, one used, three left, two
// ordered for £1,240.00.
func TestDemo_OneHipStemUsedOrdersTwoFor1240Pounds(t *testing.T) {
	trust := demoTrust(t)
	policies, err := trust.LoadPolicies()
	if err != nil {
		t.Fatal(err)
	}
	onHand := opening(t, trust)
	for _, p := range policies {
		if have := onHand[p.Place+" "+p.Item]; have < p.ReorderPoint {
			t.Errorf("%s at %s opens below its reorder point", p.Item, p.Place)
		}
		if _, ok := catalogue(t)[p.Item]; !ok {
			t.Errorf("policy for %s, which is not in the catalogue", p.Item)
		}
	}
	stem := policies[0]
	left := onHand["TH1 HIP-STEM-12"] - 1
	if left != 3 || stem.Item != "HIP-STEM-12" || stem.ReorderPoint != 4 {
		t.Fatalf("%d left, policy %+v", left, stem)
	}
	price := decimal.MustParse(catalogue(t)["HIP-STEM-12"]["price"])
	value, err := price.Mul(decimal.MustNew(stem.OrderUpTo-left, 0))
	if err != nil || value.String() != "1240.00" || value.Cmp(trust.Purchasing.AutomaticLimit) > 0 {
		t.Errorf("the order is of %s, limit %s: %v", value, trust.Purchasing.AutomaticLimit, err)
	}
}

func opening(t *testing.T, trust *config.Trust) map[string]int64 {
	t.Helper()
	onHand, serials := map[string]int64{}, map[string]bool{}
	for _, row := range table(t, "opening.csv", "place,item,lot,expiry,serial,quantity") {
		item, ok := catalogue(t)[row["item"]]
		n, err := strconv.ParseInt(row["quantity"], 10, 64)
		expiry, _ := time.Parse(time.DateOnly, row["expiry"])
		if !ok || err != nil || n < 1 || expiry.Year() < 2029 || row["lot"] == "" {
			t.Errorf("opening line %v", row)
		}
		if !slices.ContainsFunc(trust.Places, func(p config.Place) bool { return p.Code == row["place"] }) {
			t.Errorf("there is no place %s", row["place"])
		}
		serial := row["item"] + " " + row["serial"]
		if item["serial_tracked"] == "true" && (n != 1 || row["serial"] == "" || serials[serial]) {
			t.Errorf("serial number of %v", row)
		}
		serials[serial] = true
		onHand[row["place"]+" "+row["item"]] += n
	}
	return onHand
}

func TestDemo_SixteenOrdersCameBefore(t *testing.T) {
	rows := table(t, "order-history.csv", "order_number,ordered_on,place,item,quantity,unit_price,supplier")
	if len(rows) != 16 || rows[0]["order_number"] != "PO-000001" || rows[15]["order_number"] != "PO-000016" {
		t.Fatalf("%d orders", len(rows))
	}
	before := "2025-11-22"
	for _, row := range rows {
		item, ok := catalogue(t)[row["item"]]
		if !ok || row["supplier"] != item["supplier"] || row["ordered_on"] < before || row["ordered_on"] > "2026-11-22" {
			t.Errorf("order %v", row)
		}
		before = row["ordered_on"]
	}
}

func TestDemo_EmbeddedFilesAreTheShippedOnes(t *testing.T) {
	for _, name := range []string{"stockwell.yaml", "trusts/ZZ1/trust.yaml", "trusts/ZZ1/policies.csv"} {
		if info, err := fs.Stat(config.Demo, name); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := fs.Stat(config.Demo, "trusts/ZZ1/secrets"); err == nil {
		t.Error("secrets are embedded")
	}
}
