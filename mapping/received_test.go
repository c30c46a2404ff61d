package mapping

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// ours is a trust whose storekeepers' system names its columns, codes and units
// otherwise, and counts its rows.
var ours = fstest.MapFS{
	"erp.yaml": {Data: []byte(`trust: ZZ1
profile: generic-erp/v2
tables: {items: items.csv, units: units.csv}
messages:
  receipts:
    layout: receipts.yaml
    events:
      receipt:
        receipt: {expr: '"WH-" + column("receipt_number")'}
`)},
	"receipts.yaml": {Data: []byte(`delimiter: ";"
header: true
trailer: {cells: [END, "{rows}"]}
columns:
  - {name: Beleg, field: receipt_number, required: true}
  - {name: Pos, field: line, required: true}
  - {name: Tag, field: received_on, format: "date:DD.MM.YYYY"}
  - {name: Bestellung, field: order_number}
  - {name: Zeile, field: order_line, format: integer}
  - {name: Ort, field: place}
  - {name: Artikel, field: item}
  - {name: GTIN, field: gtin}
  - {name: Menge, field: quantity}
  - {name: Einheit, field: unit}
  - {name: Charge, field: lot}
  - {name: Verfall, field: expiry, format: "date:DD.MM.YYYY"}
  - {name: Serie, field: serial}
  - {name: Vorgang, field: action}
`)},
	"items.csv": {Data: []byte("code,kind,value\nX12,erp,HIP-STEM-12\n")},
	"units.csv": {Data: []byte("code,unit\nST,each\nKT,pack\n")},
}

const theirs = "Beleg;Pos;Tag;Bestellung;Zeile;Ort;Artikel;GTIN;Menge;Einheit;Charge;Verfall;Serie;Vorgang\n" +
	"77;1;16.03.2026;PO-000017;1;TH1;X12;;2;st;A1;31.03.2032;;\n77;2;16.03.2026;;;TH1;X13;;1;KT;;;;\n"

func TestReceived_ATrustsOwnColumnsCodesAndUnitsAreData(t *testing.T) {
	t.Parallel()
	m, err := Load(Profiles, "generic-erp/v2", ours, "erp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := m.Translate(Input{Raw: []byte(theirs + "END;2\n"), Type: "goods_received", FileName: "b.csv", ReceivedAt: received})
	if err != nil || len(tr.Events) != 1 || len(tr.Findings) != 0 {
		t.Fatalf("%+v, %v", tr, err)
	}
	got := fmt.Sprintf("%+v", tr.Events[0])
	for _, want := range []string{"Receipt:WH-77", "ReceivedOn:2026-03-16", "{Kind:erp Value:HIP-STEM-12} {Kind:local Value:X12}", "Unit:pack", "Expiry:2032-03-31"} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %s: %s", want, got)
		}
	}
	if _, err := m.Translate(Input{Raw: []byte(theirs), Type: "goods_received"}); fault.Of(err).Code != "trailer_missing" {
		t.Errorf("without its trailer: %v", err)
	}
	for typ, trailer := range map[string]bool{"goods_received": true, "order_ack": false} {
		if l, ok := m.FileLayout(typ); !ok || (l.Trailer != nil) != trailer {
			t.Errorf("%s has the layout %+v", typ, l)
		}
	}
	if _, ok := m.FileLayout("invoice"); ok {
		t.Error("invoices have a layout")
	}
}

func TestReceived_AFileOfWhichMostCannotBeReadIsStopped(t *testing.T) {
	t.Parallel()
	m, err := Load(Profiles, "generic-erp/v2", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	const header = "receipt_number,line,received_on,quantity,item\n"
	read := func(bad int) (canonical.Translation, error) {
		raw := header + "GR-1,1,2026-03-16,1,X\n" + strings.Repeat("GR-1,2,soon,1,X\n", bad)
		return m.Translate(Input{Raw: []byte(raw), Type: "goods_received"})
	}
	if tr, err := read(maxBadRows); err != nil || len(tr.Events) != 1 || len(tr.Findings) != maxBadRows {
		t.Errorf("%d findings, %v: each row that had no effect must be told", len(tr.Findings), err)
	}
	if _, err := read(maxBadRows + 1); fault.Of(err).Code != "rows_unreadable" || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("it says %v", err)
	}
}

func TestReceived_AMessageOfFilesNeedsALayout(t *testing.T) {
	t.Parallel()
	broken := fstest.MapFS{"profiles/x/v1/profile.yaml": {Data: []byte(`profile: x
version: 1
format: csv
environment: {const: production}
messages:
  receipts:
    types: [goods_received]
    events:
      receipt: {kind: goods_received, receipt: a, lines: {key: b, quantity: c}}
`)}}
	_, err := Load(broken, "x/v1", nil, "")
	for _, want := range []string{`The message "receipts" needs a layout`, `The key "received_on" is missing`, `The layout has no field "a"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("it does not say %q: %v", want, err)
		}
	}
}
