package flatfile_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/flatfile"
)

const policyLayout = `
header: true
columns:
  - {name: place, field: place, required: true}
  - {name: item, field: item, required: true, aliases: [item code]}
  - {name: reorder_point, field: reorder_point, format: integer, required: true}
  - {name: price, field: price, format: money2}
`

func read(t *testing.T, text string) (flatfile.Table, error) {
	t.Helper()
	return flatfile.Decode([]byte(text), layout(t, policyLayout), flatfile.Options{Name: "p.csv"})
}

func TestDecode_ColumnsAreFoundByNameInAnyOrder(t *testing.T) {
	table, err := read(t, "\xef\xbb\xbfItem Code , note,PLACE,reorder_point\r\nA1,x,TH1,4\r\r\n,,,\n\"B\r\n2\",=1+1,TH2, 007 ")
	if err != nil {
		t.Fatal(err)
	}
	want := []flatfile.Row{
		{Line: 2, Values: map[string]string{"item": "A1", "place": "TH1", "reorder_point": "4"}},
		{Line: 5, Values: map[string]string{"item": "B\r\n2", "place": "TH2", "reorder_point": "7"}},
	}
	if diff := cmp.Diff(want, table.Rows); diff != "" || len(table.Bad) > 0 {
		t.Fatal(diff, table.Bad)
	}
	if diff := cmp.Diff([]string{"note"}, table.Extra); diff != "" {
		t.Fatal(diff)
	}
}

func TestDecode_AWrongFileSaysWhereAndWhatToDo(t *testing.T) {
	for _, c := range []struct{ name, text, code, path, holds string }{
		{"empty", "", "file_empty", "p.csv:1:1", ""},
		{"missing column", "place,item\n", "column_missing", "p.csv:1:11", `"reorder_point"`},
		{"misspelt column", "place,item,reorder_pont\n", "column_renamed", "p.csv:1:12", `"reorder_pont"`},
		{"column with other signs", "place,item,Reorder Point\n", "column_renamed", "p.csv:1:12", `"reorder point"`},
		{"misspelt optional column", "place,item,reorder_point,prices\n", "column_renamed", "p.csv:1:26", `"prices"`},
		{"column twice", "place,item,reorder_point,ITEM\n", "column_duplicate", "p.csv:1:26", ""},
		{"UTF-16", "\xff\xfep\x00l\x00", "file_not_text", "p.csv:1:1", "UTF-16"},
		{"workbook", "PK\x03\x04....", "file_not_text", "p.csv:1:1", "workbook"},
		{"quote never closed", "place,item,reorder_point\nTH1,A,1\nTH1,\"B\n,2\nTH1,C,3\n", "quote_unterminated", "p.csv:3:5", "never closed"},
		{"text after a quote", "place,item,reorder_point\nTH1,\"B\"x,1\n", "quote_followed_by_text", "p.csv:2:5", ""},
		{"cell beyond all bounds", "place,item,reorder_point\nTH1,\"" + strings.Repeat("x\n", 40000), "cell_too_large", "p.csv:2:5", "32768"},
		{"row beyond all bounds", "place,item,reorder_point\n" + strings.Repeat(strings.Repeat("x", 1000)+",", 2000), "row_too_large", "p.csv:2:1048577", ""},
		{"binary header", "pl\x00ace,item,reorder_point\n", "file_not_text", "p.csv:1:1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, err := read(t, c.text)
			e := fault.Of(err)
			if e.Kind != fault.Invalid || e.Code != c.code || !strings.Contains(e.Text, c.holds) || len(table.Rows) > 0 {
				t.Fatalf("got %s %s %v", e.Kind, e.Code, err)
			}
			if c.code != "row_too_large" && e.Path != c.path {
				t.Fatalf("at %s, want %s", e.Path, c.path)
			}
		})
	}
}

func TestDecode_AWrongRowHoldsBackNoOther(t *testing.T) {
	const head = "place,item,reorder_point,price\n"
	for _, c := range []struct{ name, row, code, path string }{
		{"too few cells", "TH1,A,1", "row_ragged", "p.csv:3:8"},
		{"too many cells", "TH1,A,1,2,3", "row_ragged", "p.csv:3:11"},
		{"empty cell where one is needed", "TH1,,1,", "cell_missing", "p.csv:3:5"},
		{"blank cell where one is needed", "TH1, ,1,", "cell_missing", "p.csv:3:5"},
		{"letters for a number", "TH1,A,four,", "cell_not_integer", "p.csv:3:7"},
		{"currency sign", "TH1,A,1,£2", "cell_not_amount", "p.csv:3:9"},
		{"column is counted in characters", "THÄÖ,A,x,", "cell_not_integer", "p.csv:3:8"},
		{"zero byte", "TH1,A\x00,1,", "cell_zero_byte", "p.csv:3:5"},
		{"not UTF-8", "TH\xe4,A,1,", "cell_not_text", "p.csv:3:1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, err := read(t, head+"TH1,A,1,2\n"+c.row+"\nTH1,\"B\",2,3.5\n")
			if err != nil || len(table.Rows) != 2 || len(table.Bad) != 1 {
				t.Fatalf("got %+v, %v", table, err)
			}
			e := table.Bad[0].Problems[0]
			if e.Kind != fault.Invalid || e.Code != c.code || e.Path != c.path || table.Bad[0].Line != 3 {
				t.Fatalf("got %s at %s: %v", e.Code, e.Path, e)
			}
			if got := table.Rows[1].Values["price"]; got != "3.50" {
				t.Fatalf("the next row's price is %q", got)
			}
		})
	}
}

func TestDecode_EveryProblemOfARowIsTold(t *testing.T) {
	table, err := read(t, "place,item,reorder_point\n,,x\n")
	if err != nil || len(table.Bad) != 1 || len(table.Bad[0].Problems) != 3 {
		t.Fatalf("got %+v, %v", table, err)
	}
	if !fault.Is(table.Bad[0], fault.Invalid) || !strings.Contains(table.Bad[0].Error(), "2 more in this row") {
		t.Fatal(table.Bad[0])
	}
}

func TestDecode_AQuotationMarkInsideAPlainCellIsData(t *testing.T) {
	table, err := read(t, "place,item,reorder_point\nTH1,Screw 5\" long,1\n")
	if err != nil || len(table.Rows) != 1 || table.Rows[0].Values["item"] != `Screw 5" long` {
		t.Fatalf("got %+v, %v", table, err)
	}
}

func TestDecode_AFileWithoutItsTrailerIsNotWhole(t *testing.T) {
	l := layout(t, "columns: [{field: a}, {field: b}]\ntrailer: {cells: [T, '{rows}']}\n")
	for _, c := range []struct{ name, text, code string }{
		{"whole", "1,2\n3,4\nT,2\n", ""},
		{"count with zeros", "1,2\nT,0001\n", ""},
		{"no rows", "T,0\n", ""},
		{"a row that looks like the trailer", "T,9\nT,1\n", ""},
		{"cut after a row", "1,2\n3,4\n", "trailer_missing"},
		{"cut inside the trailer", "1,2\nT", "trailer_missing"},
		{"another count", "1,2\nT,2\n", "trailer_count"},
		{"empty", "", "trailer_missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := flatfile.Decode([]byte(c.text), l, flatfile.Options{})
			if c.code == "" && err != nil || c.code != "" && fault.Of(err).Code != c.code {
				t.Fatal(err)
			}
		})
	}
}

func TestDecode_AConstIsExpectedInEveryRow(t *testing.T) {
	l := layout(t, "columns: [{name: type, const: L}, {field: a}]\n")
	table, err := flatfile.Decode([]byte("L,1\nH,2\n"), l, flatfile.Options{})
	if err != nil || len(table.Rows) != 1 || table.Bad[0].Problems[0].Code != "cell_not_const" {
		t.Fatalf("got %+v, %v", table, err)
	}
}

func TestReader_AFileThatBreaksOffIsTriedAgain(t *testing.T) {
	broken := io.MultiReader(strings.NewReader("place,item,reorder_point\nTH1,A,1\nTH1,"), failing{})
	r, err := flatfile.NewReader(broken, layout(t, policyLayout), flatfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := r.Read(); !fault.Is(err, fault.Unavailable) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestProperty_AnyTextSurvivesWritingAndReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := flatfile.Layout{
			Delimiter: rapid.SampledFrom([]string{",", ";", "|", "tab", "~", " "}).Draw(t, "delimiter"),
			Header:    rapid.Bool().Draw(t, "header"),
			Newline:   rapid.SampledFrom([]string{"lf", "crlf"}).Draw(t, "newline"),
			Encoding:  rapid.SampledFrom([]string{"utf-8", "utf-8-bom"}).Draw(t, "encoding"),
			Quote:     rapid.SampledFrom([]string{"minimal", "always"}).Draw(t, "quote"),
			Columns:   []flatfile.Column{{Name: "Key", Const: "R"}, {Name: "A", Field: "a"}, {Name: "B", Field: "b"}},
		}
		if rapid.Bool().Draw(t, "trailer") {
			l.Trailer = &flatfile.Trailer{Cells: []string{"R", "{rows}", "\ufeff"}}
		}
		text := rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune("\",;|\t~\r\n =+-R\ufeff")), rapid.Rune().Filter(func(r rune) bool { return r != 0 })))
		var rows []map[string]string
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			rows = append(rows, map[string]string{"a": text.Draw(t, "a"), "b": text.Draw(t, "b")})
		}
		raw, err := l.Encode(rows, nil)
		if err != nil {
			t.Fatal(err)
		}
		table, err := flatfile.Decode(raw, l, flatfile.Options{})
		if err != nil || len(table.Bad) > 0 {
			t.Fatalf("%q: %v %v", raw, err, table.Bad)
		}
		var got []map[string]string
		for _, row := range table.Rows {
			got = append(got, row.Values)
		}
		if diff := cmp.Diff(rows, got); diff != "" {
			t.Fatalf("%q: %s", raw, diff)
		}
	})
}

func FuzzDecode_OutsideBytesNeverPanic(f *testing.F) {
	f.Add([]byte("place,item,reorder_point\nTH1,A,1\n"), false)
	f.Add([]byte("\xef\xbb\xbfplace,item,reorder_point\r\"\"\"\n\",A,1"), true)
	f.Add([]byte("\"a\"\"\r\n\",\x00,"), true)
	plain := flatfile.Layout{Encoding: "windows-1252", Columns: []flatfile.Column{{Field: "a"}, {Field: "b", Format: "money2"}}, Trailer: &flatfile.Trailer{Cells: []string{"T", "{rows}"}}}
	named := layout(f, policyLayout)
	f.Fuzz(func(t *testing.T, raw []byte, header bool) {
		l := plain
		if header {
			l = named
		}
		table, err := flatfile.Decode(raw, l, flatfile.Options{MaxCell: 64})
		again, err2 := flatfile.Decode(bytes.Clone(raw), l, flatfile.Options{MaxCell: 64})
		if (err == nil) != (err2 == nil) || len(table.Rows) != len(again.Rows) {
			t.Fatal("the same bytes were read differently")
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	raw := []byte("place,item,reorder_point,price\n" + strings.Repeat("TH1,FAB12345,12,1240.00\n", 10000))
	l := layout(b, policyLayout)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := flatfile.Decode(raw, l, flatfile.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestReader_BlankLinesBeforeATrailerSpoilNoRow(t *testing.T) {
	t.Parallel()
	l := flatfile.Layout{Header: true, Columns: []flatfile.Column{{Name: "a", Field: "a", Required: true}, {Name: "b", Field: "b"}}, Trailer: &flatfile.Trailer{Cells: []string{"T", "{rows}"}}}
	for _, raw := range []string{"a,b\n1,x\n\n2,y\n,\n\n,\n3,z\n\nT,3\n", "a,b,\n1,x,\n\n,,\n2,y,\n3,z,\nT,3,\n\n,,\n"} {
		table, err := flatfile.Decode([]byte(raw), l, flatfile.Options{})
		if err != nil || len(table.Bad) > 0 || len(table.Rows) != 3 {
			t.Fatalf("%q: %+v, %v", raw, table, err)
		}
		for i, want := range []string{"1x", "2y", "3z"} {
			if v := table.Rows[i].Values; v["a"]+v["b"] != want {
				t.Errorf("%q: row %d is %v, want %s", raw, i, v, want)
			}
		}
	}
}

func TestReader_UTF8IsNotReadByATable(t *testing.T) {
	t.Parallel()
	l := flatfile.Layout{Header: true, Encoding: "windows-1252", Columns: []flatfile.Column{{Name: "a", Field: "a"}}}
	table, err := flatfile.Decode([]byte("a\nCaf\xe9 \xa3\nCaf\xc3\xa9\n"), l, flatfile.Options{})
	if err != nil || len(table.Rows) != 1 || table.Rows[0].Values["a"] != "Café £" {
		t.Fatalf("%+v, %v", table, err)
	}
	if len(table.Bad) != 1 || table.Bad[0].Line != 3 || table.Bad[0].Problems[0].Code != "cell_not_text" {
		t.Errorf("%+v", table.Bad)
	}
}
