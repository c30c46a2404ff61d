package catalogue_test

import (
	"fmt"
	"testing"

	"github.com/stockwell-hub/stockwell/domain/catalogue"
)

func TestAnswers_TheFirstWhoTellsOfAFieldCounts(t *testing.T) {
	t.Parallel()
	got := catalogue.Answers([]catalogue.Telling{
		{Who: "item A", Facts: []catalogue.Fact{{Field: "description", Value: "Plate"}, {Field: "gmdn", Value: ""}, {Field: "device_class", Value: "IIb"}}},
		{Who: "nhs FAB1", Facts: []catalogue.Fact{{Field: "description", Value: "Locking plate"}, {Field: "device_class", Value: "IIB"}, {Field: "route", Value: "stocked"}}},
		{Who: "gudid 1", Facts: []catalogue.Fact{{Field: "gmdn", Value: "35685"}, {Field: "device_class", Value: "III"}}},
	})
	want := "[{description Plate item A []} {device_class IIb item A [{gudid 1 III}]} {route stocked nhs FAB1 []} {gmdn 35685 gudid 1 []}]"
	if fmt.Sprint(got) != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestMaker_IsKnownByItsNameWithoutTheFormOfTheCompany(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"Example Devices Ltd": "example devices", "EXAMPLE DEVICES (UK) LTD.": "example devices", "Exämple": "example", "Ltd": "", "": ""} {
		if got := catalogue.Maker(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestTogether_GroupsWhatSharesAName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		names   [][]string
		dispute string
		want    string
	}{
		{nil, "", "[]"},
		{[][]string{{"a"}, {"b"}, {}}, "", "[[0] [1] [2]]"},
		{[][]string{{"a"}, {"b"}, {"a", "b"}, {"c"}}, "", "[[0 1 2] [3]]"},
		{[][]string{{"a"}, {"c"}, {"b"}, {"b", "c"}, {"a"}}, "", "[[0 4] [1 2 3]]"},
		{[][]string{{"a"}, {"c"}, {"b"}, {"b", "c"}, {"a"}}, "1 3", "[[0 4] [1] [2] [3]]"},
		{[][]string{{"a"}, {"b"}, {"c"}}, "0 2", "[[0] [1] [2]]"},
	} {
		if got := fmt.Sprint(catalogue.Together(c.names, func(i, j int) bool { return fmt.Sprint(i, j) == c.dispute })); got != c.want {
			t.Errorf("%v: %s, want %s", c.names, got, c.want)
		}
	}
}
