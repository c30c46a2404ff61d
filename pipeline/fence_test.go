package pipeline

import (
	"strings"
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/domain/purchasing"
	"github.com/stockwell-hub/stockwell/mapping"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

func TestOrderNumber_IsReadFromTheNameThatTheLayoutGives(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		template, name, number string
		count                  int64
	}{
		{"{order_number}.csv", "PO-000017.csv", "PO-000017", 17},
		{"{order_number}.csv", "PO-1234567.csv", "PO-1234567", 1234567},
		{"{order_number}.csv", "PO-000017.csv.bak", "", 0},
		{"{order_number}.csv", "XPO-000017.csv", "", 0},
		{"{order_number}.csv", "PO-abc.csv", "", 0},
		{"{order_number}.csv", "PO-99999999999999999999.csv", "", 0},
		{"{order_number}.csv", "PO-000017xcsv", "", 0},
		{"{trust}_{order_number}_{supplier}.txt", "ZZ1_PO-000017_ORTHO.txt", "PO-000017", 17},
		{"{order_date}-{order_number}.csv", "2026-03-14-PO-000017.csv", "PO-000017", 17},
		{"orders.csv", "orders.csv", "", 0},
	} {
		number, count, ok := OrderNumber(flatfile.Layout{FileName: c.template}, "PO-", c.name)
		if number != c.number || count != c.count || ok != (c.number != "") {
			t.Errorf("%s under %s: %q, %d, %v", c.name, c.template, number, count, ok)
		}
	}
	if number, _, ok := OrderNumber(flatfile.Layout{FileName: "{order_number}.csv"}, "", "000042.csv"); number != "000042" || !ok {
		t.Errorf("without a prefix: %q", number)
	}
}

func document() purchasing.Document {
	return purchasing.Document{Number: "PO-000017", State: purchasing.Ready, Supplier: "ORTHO", Currency: "GBP",
		Fields: map[string]string{"order_number": "PO-000017", "order_date": "2026-03-14", "supplier": "ORTHO", "deliver_to": "TH1", "currency": "GBP"},
		Lines: []map[string]string{
			{"line": "1", "item": "HIP-STEM-12", "quantity": "2", "unit": "each", "unit_price": "620.0000", "line_value": "1240.00"},
			{"line": "2", "item": "SUT-VIC-30", "quantity": "3", "unit": packOf + "36", "unit_price": "41.5000", "line_value": "124.50"},
		}}
}

func TestReadOrder_ReadsWhatEncodeWrote(t *testing.T) {
	t.Parallel()
	profile, err := mapping.Load(mapping.Profiles, "generic-erp/v1", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	layout, err := profile.OrderLayout()
	if err != nil {
		t.Fatal(err)
	}
	f, err := Encode(document(), layout)
	if err != nil {
		t.Fatal(err)
	}
	o, err := ReadOrder(layout, f.Name, f.Body, time.UTC)
	if err != nil || o.Number != "PO-000017" || o.Supplier != "ORTHO" || o.DeliverTo != "TH1" || o.Currency != "GBP" || o.OrderedOn.Format(time.DateOnly) != "2026-03-14" || len(o.Lines) != 2 {
		t.Fatalf("%+v, %v", o, err)
	}
	if l := o.Lines[1]; l.Item != "SUT-VIC-30" || l.Packs != 3 || l.PackSize != 36 || l.UnitPrice.String() != "41.5000" || l.Row != 3 {
		t.Errorf("second line %+v", l)
	}
	if l := o.Lines[0]; l.PackSize != 1 || l.Packs != 2 {
		t.Errorf("first line %+v", l)
	}
	for name, change := range map[string][2]string{
		"two orders in one file": {"\r\nPO-000017,2", "\r\nPO-000018,2"},
		"no quantity":            {",3,pack", ",0,pack"},
		"no size":                {packOf + "36", packOf + "many"},
		"a row is cut":           {"124.50,GBP,", ""},
	} {
		raw := strings.Replace(string(f.Body), change[0], change[1], 1)
		if raw == string(f.Body) {
			t.Fatalf("%s: the file has no %q:\n%s", name, change[0], raw)
		}
		if o, err := ReadOrder(layout, f.Name, []byte(raw), time.UTC); err == nil {
			t.Errorf("%s is read as %+v", name, o)
		}
	}
}
