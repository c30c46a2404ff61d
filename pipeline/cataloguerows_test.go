package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestLoadProducts_ARaggedRowRemovesNothing(t *testing.T) {
	t.Parallel()
	s := &staged{}
	how, rejected := loading(t, "nhs-supply-chain-full/v1")
	file := fileOf("Description|Price|NPC\nPlate, 5 | 6 mm|1.00|FAB1\nPlate|1.00|FAB2\n\xff|x|y|fab3 \nTRAILER|3\n")
	if r, err := LoadProducts(t.Context(), stagedProducts{s}, file, how); err != nil || r.RejectedRows != 2 || len(s.products) != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if fmt.Sprint(*rejected) != "[file.csv:2:22 row_ragged file.csv:4:7 row_ragged]" {
		t.Errorf("rejected %v", *rejected)
	}
	for _, key := range []string{"FAB1", "FAB3"} {
		if !strings.Contains(" "+strings.Join(s.kept, " ")+" ", " "+key+" ") {
			t.Errorf("%s may be removed: kept %q", key, s.kept)
		}
	}
}

func TestLoad_WhoeverSeesRejectedRowsSeesThemAsTextAndAlsoThoseThatTheDatabaseRefused(t *testing.T) {
	t.Parallel()
	taken := func(line int64) catalogue.Rejected {
		return catalogue.Rejected{Line: line, Column: "gtin", Err: fault.New(fault.Conflict, "code_taken", "Taken.")}
	}
	s := &staged{refused: []catalogue.Rejected{taken(3), taken(6), taken(9)}}
	how, _ := loading(t, "erp-item-master/v1")
	var seen []string
	how.Rejected = func(r RejectedRow) error {
		seen = append(seen, fmt.Sprint(r.Line, " ", r.Path, " ", strings.Join(r.Row, "/")))
		return nil
	}
	file := fileOf("Item Number;Item Description;Supplier;Pack Price\n1;Caf\xe9;S;\xa31\n2;\"two\nlines\";S;\n\n3;Three;S;\n4;Four;S;1\nEND;4\n")
	if _, err := LoadItems(t.Context(), stagedItems{s}, file, how); err != nil {
		t.Fatal(err)
	}
	want := []string{"2 file.csv:2:Pack Price 1/Café/S/£1", "3 file.csv:3:GTIN 2/two\nlines/S/", "6 file.csv:6:GTIN 3/Three/S/", "9 file.csv:9:GTIN "}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", seen, want)
	}
}
