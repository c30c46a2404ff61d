package mapping

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

const northmoor = "../config/trusts/ZZ1"

func theatre(t testing.TB, trust fs.FS) *Mapping {
	t.Helper()
	m, err := Load(Profiles, "generic-theatre/v2", trust, "mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// firstCode translates a use of a local item code.
func firstCode(t *testing.T, m *Mapping, code string) (canonical.Code, []canonical.Finding) {
	t.Helper()
	raw := strings.ReplaceAll(string(twelveLines()), "STEM12", code)
	raw = raw[:strings.Index(raw, "OBX|")]
	tr, err := m.Translate(Input{Raw: []byte(raw), ReceivedAt: received})
	if err != nil {
		t.Fatal(err)
	}
	return tr.Events[0].(canonical.Usage).Lines[0].Codes[0], tr.Findings
}

func TestNorthmoor_AnUnknownCodeIsMendedByARow(t *testing.T) {
	m := theatre(t, os.DirFS(northmoor))
	if c, f := firstCode(t, m, "STEM12"); c != (canonical.Code{Kind: "erp", Value: "HIP-STEM-12"}) || len(f) > 0 {
		t.Errorf("STEM12 is %v with %v", c, f)
	}
	c, f := firstCode(t, m, "NEWCUP54")
	if c != (canonical.Code{Kind: "local", Value: "NEWCUP54"}) || len(f) != 1 || f[0].Code != "item_code_unmapped" || f[0].Path != "FT1[1]-7.1" {
		t.Errorf("NEWCUP54 is %v with %v", c, f)
	}
	mended := fstest.MapFS{}
	for _, name := range []string{"mapping.yaml", "tables/items.csv"} {
		raw, err := os.ReadFile(northmoor + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		mended[name] = &fstest.MapFile{Data: raw}
	}
	mended["tables/items.csv"].Data = append(mended["tables/items.csv"].Data, "NEWCUP54,erp,HIP-CUP-54\n"...)
	after := theatre(t, mended)
	if c, f := firstCode(t, after, "NEWCUP54"); c != (canonical.Code{Kind: "erp", Value: "HIP-CUP-54"}) || len(f) > 0 {
		t.Errorf("mended NEWCUP54 is %v with %v", c, f)
	}
	if m.Name() == after.Name() || !strings.HasPrefix(m.Name(), "generic-theatre/v2+ZZ1@") || len(m.Name()) != len("generic-theatre/v2+ZZ1@12345678") {
		t.Errorf("names are %s and %s", m.Name(), after.Name())
	}
}

func TestItem_TheScanGoesBeforeFieldsAndADifferenceIsTold(t *testing.T) {
	m := theatre(t, os.DirFS(northmoor))
	raw := "MSH|^~\\&|T|Z|||20260314||DFT^P03|1|P|2.5\rPID|1||A^^^N^MR\rFT1|1|K||20260314||CG|00614141123452^x^GTIN|||1|||||||||||||4411\r" +
		"OBX|1|ST|UDI||\\X1D\\0109504000059118172811201055A\\X1D\\21S1||||||F\rOBX|2|ST|LOT||55B||||||F\rOBX|3|ST|EXPIRY||2028-11-20||||||F\r"
	tr, err := m.Translate(Input{Raw: []byte(raw), ReceivedAt: received})
	if err != nil {
		t.Fatal(err)
	}
	l := tr.Events[0].(canonical.Usage).Lines[0]
	if l.Codes[0].Value != "09504000059118" || l.Lot != "55A" || l.Serial != "S1" || l.Expiry != "2028-11-20" {
		t.Errorf("got %+v", l)
	}
	var codes []string
	for _, f := range tr.Findings {
		codes = append(codes, f.Code)
	}
	if !slices.Contains(codes, "lot_differs") || !slices.Contains(codes, "item_differs") || slices.Contains(codes, "expiry_differs") {
		t.Errorf("findings are %v", codes)
	}
}

func TestTranslate_IsSafeForConcurrentUse(t *testing.T) {
	m := theatre(t, os.DirFS(northmoor))
	in := Input{Raw: twelveLines(), ReceivedAt: received}
	want, err := m.Translate(in)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got, err := m.Translate(in); err != nil || !cmp.Equal(want, got) {
					t.Error("a concurrent translation differs", err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestExplain_TellsHowEachFieldCameByItsValue(t *testing.T) {
	m := theatre(t, os.DirFS(northmoor))
	steps, err := m.Explain(Input{Raw: twelveLines(), ReceivedAt: received})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Step{
		{Target: "environment", Path: "MSH-11.1", Raw: "P", Table: "environments", Result: "production"},
		{Origin: "FT1[2]", Target: "lines.effect", Path: "FT1-6.1", Raw: "CG", Table: "transaction_types", Result: "use"},
		{Origin: "FT1[2]", Target: "lines.codes", Path: "FT1-7.1", Raw: "STEM12", Table: "items", Result: "erp HIP-STEM-12"},
		{Origin: "FT1[2]", Target: "lines.side"},
		{Target: "case.case_number", Path: "FT1-23.1", Raw: "4411", Result: "4411"},
	} {
		if !slices.Contains(steps, want) {
			t.Errorf("no step %+v", want)
		}
	}
}

func TestERP_LaysOutAnOrderAndTheatreDoesNot(t *testing.T) {
	m, err := Load(Profiles, "generic-erp/v1", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	layout, err := m.OrderLayout()
	if err != nil {
		t.Fatal(err)
	}
	row := map[string]string{"line": "1", "item": "HIP-STEM-12", "description": `Hip stem, 12"`, "quantity": "4", "unit": "each", "unit_price": "310", "line_value": "1240", "currency": "GBP", "cause": "M42/FT1[1]"}
	meta := map[string]string{"order_number": "PO-000017", "order_date": "2026-03-14", "supplier": "ORTHO", "deliver_to": "TH1"}
	file, err := layout.Encode([]map[string]string{row}, meta)
	want := "order_number,line,order_date,supplier,supplier_code,deliver_to,item,description,gtin,npc,mpc,quantity,unit,unit_price,line_value,currency,cause\r\n" +
		"PO-000017,1,2026-03-14,ORTHO,,TH1,HIP-STEM-12,\"Hip stem, 12\"\"\",,,,4,each,310.0000,1240.00,GBP,M42/FT1[1]\r\n"
	if err != nil || string(file) != want {
		t.Errorf("got %v\n%s", err, file)
	}
	if _, err := theatre(t, os.DirFS(northmoor)).OrderLayout(); fault.Of(err).Code != "order_layout_missing" {
		t.Errorf("got %v", err)
	}
}

func TestERP_ATrustBringsItsOwnLayouts(t *testing.T) {
	trust := fstest.MapFS{
		"erp.yaml": {Data: []byte("trust: ZZ1\nprofile: generic-erp/v1\nlayout: in.yaml\norder_layout: out.yaml\n")},
		"in.yaml": {Data: []byte("delimiter: \"|\"\ncolumns: [{name: a, field: order_number}, {name: b, field: line}, {name: c, field: status}, " +
			"{name: d, field: quantity}, {name: e, field: reason}, {name: f, field: expected}]\n")},
		"out.yaml": {Data: []byte("header: true\ncolumns: [{name: PO, field: order_number}]\n")},
	}
	m, err := Load(Profiles, "generic-erp/v1", trust, "erp.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := m.Translate(Input{Raw: []byte("PO-1|1|AP|2||2026-03-20\nPO-1|2|AB|||\n"), Type: "order_ack", ReceivedAt: received})
	if err != nil || len(tr.Events) != 1 || len(tr.Events[0].(canonical.OrderAnswer).Lines) != 1 || len(tr.Findings) != 1 {
		t.Errorf("got %+v, %v", tr, err)
	}
	if l, err := m.OrderLayout(); err != nil || l.Columns[0].Name != "PO" {
		t.Errorf("got %+v, %v", l, err)
	}
	trust["out.yaml"].Data = []byte("header: true\ncolums: []\n")
	if _, err := Load(Profiles, "generic-erp/v1", trust, "erp.yaml"); fault.Of(err).Path != "out.yaml:2" {
		t.Errorf("got %v", err)
	}
}
