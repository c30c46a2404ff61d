package flatfile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

const orderLayout = `
delimiter: "|"
header: true
newline: crlf
encoding: windows-1252
file_name: "{order_number}.csv"
columns:
  - {name: Type, const: L}
  - {name: Order, field: order_number, required: true}
  - {name: Item, field: npc, format: "text:8", required: true}
  - {name: Text, field: description}
  - {name: Qty, field: quantity, format: integer, required: true}
  - {name: Price, field: unit_price, format: money4}
  - {name: Total, field: line_total, format: money2}
  - {name: Due, field: due, format: "date:DD/MM/YYYY"}
  - {name: Filler, format: blank}
trailer: {cells: [T, "{rows}"]}
`

func layout(t testing.TB, text string) flatfile.Layout {
	t.Helper()
	var l flatfile.Layout
	if err := yaml.UnmarshalWithOptions([]byte(text), &l, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return l
}

func orderRows() []map[string]string {
	return []map[string]string{
		{"npc": "FAB12345", "description": `Stem 5" | größe 12`, "quantity": "1", "unit_price": "1240", "line_total": "1240.0", "due": "2026-03-29"},
		{"npc": "GTX9", "description": "=cmd|' /C calc'!A0", "quantity": "24", "unit_price": "0.3125", "line_total": "7.50", "due": ""},
	}
}

func TestEncode_AnOrderIsWrittenAsItsLayoutSays(t *testing.T) {
	l := layout(t, orderLayout)
	meta := map[string]string{"order_number": "PO-000017"}
	got, err := l.Encode(orderRows(), meta)
	if err != nil {
		t.Fatal(err)
	}
	want := "Type|Order|Item|Text|Qty|Price|Total|Due|Filler\r\n" +
		"L|PO-000017|FAB12345|\"Stem 5\"\" | gr\xf6\xdfe 12\"|1|1240.0000|1240.00|29/03/2026|\r\n" +
		"L|PO-000017|GTX9|\"=cmd|' /C calc'!A0\"|24|0.3125|7.50||\r\n" +
		"T|2\r\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Fatal(diff)
	}
	again, err := l.Encode(orderRows(), meta)
	if err != nil || string(again) != string(got) {
		t.Fatalf("the second encoding differs: %v", err)
	}
}

func TestDecode_WhatWasWrittenIsReadBackInPlainForm(t *testing.T) {
	l := layout(t, orderLayout)
	raw, err := l.Encode(orderRows(), map[string]string{"order_number": "PO-000017"})
	if err != nil {
		t.Fatal(err)
	}
	table, err := flatfile.Decode(raw, l, flatfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []flatfile.Row{
		{Line: 2, Values: map[string]string{"order_number": "PO-000017", "npc": "FAB12345", "description": `Stem 5" | größe 12`, "quantity": "1", "unit_price": "1240.0000", "line_total": "1240.00", "due": "2026-03-29"}},
		{Line: 3, Values: map[string]string{"order_number": "PO-000017", "npc": "GTX9", "description": "=cmd|' /C calc'!A0", "quantity": "24", "unit_price": "0.3125", "line_total": "7.50", "due": ""}},
	}
	if diff := cmp.Diff(want, table.Rows); diff != "" || len(table.Bad) > 0 {
		t.Fatal(diff, table.Bad)
	}
}

func TestEncode_AValueThatDoesNotFitIsRefusedWithItsRowAndField(t *testing.T) {
	good := map[string]string{"npc": "A", "quantity": "1", "order_number": "P"}
	for _, c := range []struct{ name, field, value, code, path string }{
		{"text too long", "npc", "FAB123456", "cell_too_long", "rows[0].npc"},
		{"text of blanks where a value is needed", "npc", "  ", "value_missing", "rows[0].npc"},
		{"no value where one is needed", "quantity", "", "value_missing", "rows[0].quantity"},
		{"fraction of a whole number", "quantity", "1.5", "cell_not_integer", "rows[0].quantity"},
		{"more decimals than the column takes", "line_total", "7.505", "cell_too_precise", "rows[0].line_total"},
		{"thousands separator", "line_total", "1,240.00", "cell_not_amount", "rows[0].line_total"},
		{"exponent", "line_total", "1e3", "cell_not_amount", "rows[0].line_total"},
		{"no such day", "due", "2026-02-30", "value_not_date", "rows[0].due"},
		{"character that the encoding lacks", "description", "žluť 漢", "value_not_encodable", "rows[0].description"},
		{"zero byte", "description", "a\x00b", "value_zero_byte", "rows[0].description"},
	} {
		t.Run(c.name, func(t *testing.T) {
			row := map[string]string{}
			for k, v := range good {
				row[k] = v
			}
			row[c.field] = c.value
			raw, err := layout(t, orderLayout).Encode([]map[string]string{row}, nil)
			e := fault.Of(err)
			if raw != nil || e.Kind != fault.Invalid || e.Code != c.code || e.Path != c.path {
				t.Fatalf("got %q, %s %s at %s: %v", raw, e.Kind, e.Code, e.Path, err)
			}
			if strings.TrimSpace(c.value) != "" && strings.Contains(err.Error(), c.value) {
				t.Fatalf("the error shows the value: %v", err)
			}
		})
	}
}

func TestEncode_ARowWithoutAnyValueIsRefusedForReadersSkipIt(t *testing.T) {
	l := flatfile.Layout{Columns: []flatfile.Column{{Field: "a"}, {Field: "b"}}}
	if _, err := l.Encode([]map[string]string{{}}, nil); fault.Of(err).Code != "row_empty" {
		t.Fatal(err)
	}
}

func TestValidate_EachProblemNamesItsSetting(t *testing.T) {
	l := layout(t, `
delimiter: "ab"
header: true
newline: cr
encoding: ebcdic
quote: sometimes
file_name: "{order"
columns:
  - {name: A, field: a, format: "money3"}
  - {name: B}
  - {name: a, field: c}
  - {field: d}
  - {name: E, field: e, const: x}
  - {name: F, field: f, format: "date:DD/MM"}
  - {name: G, field: g, format: "text:0"}
  - {name: H, format: blank, required: true}
trailer: {cells: ["{rows}"]}
`)
	err := l.Validate()
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		t.Fatalf("got %v", err)
	}
	var paths []string
	for _, e := range joined.Unwrap() {
		paths = append(paths, fault.Of(e).Path)
	}
	want := []string{"delimiter", "newline", "encoding", "quote", "columns[0] (A)", "columns[1] (B)", "columns[2] (a)",
		"columns[3]", "columns[4] (E)", "columns[5] (F)", "columns[6] (G)", "columns[7] (H)", "trailer", "file_name"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Fatal(diff)
	}
	if err := layout(t, orderLayout).Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestName_IsSafeOnAnyFileSystem(t *testing.T) {
	l := flatfile.Layout{FileName: "{order_number}.csv"}
	name, err := l.Name(map[string]string{"order_number": "PO-000017"})
	if err != nil || name != "PO-000017.csv" {
		t.Fatalf("got %q, %v", name, err)
	}
	for _, bad := range []string{"", "../x", "a/b", `a\b`, ".hidden", "a b", "a\x00", "ü", "{order_number}", strings.Repeat("x", 300)} {
		if name, err := l.Name(map[string]string{"order_number": bad}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q gave %q, %v", bad, name, err)
		}
	}
	l.FileName = "{order_number}"
	for _, bad := range []string{"x.part", "x.tmp", ".."} {
		if name, err := l.Name(map[string]string{"order_number": bad}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q gave %q, %v", bad, name, err)
		}
	}
}
