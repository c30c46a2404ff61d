package config_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/stockwell-hub/stockwell/config"
)

func trustWith(t *testing.T, policies string) *config.Trust {
	t.Helper()
	return &config.Trust{
		Dir:      write(t, map[string]string{"policies.csv": policies}),
		Policies: "policies.csv",
		Places:   []config.Place{{Code: "TH1", Aliases: []string{"OR1"}}, {Code: "TH2"}},
	}
}

func TestLoadPolicies_ReadsLinesInOrder(t *testing.T) {
	for name, file := range map[string]string{
		"as documented":     "place,item,reorder_point,order_up_to\nTH1,HIP-STEM-12,4,5\n\nTH2,\"SCREW, 3.5\",0,0\n",
		"columns elsewhere": "\ufefforder_up_to , item,place,reorder_point\r\n5,HIP-STEM-12, TH1 ,4\r\n\r\n0,\"SCREW, 3.5\",TH2,0\r\n",
	} {
		got, err := trustWith(t, file).LoadPolicies()
		want := []config.Policy{
			{Place: "TH1", Item: "HIP-STEM-12", ReorderPoint: 4, OrderUpTo: 5, Line: 2},
			{Place: "TH2", Item: "SCREW, 3.5", Line: 4},
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	if got, err := (&config.Trust{}).LoadPolicies(); got != nil || err != nil {
		t.Errorf("no file: %v, %v", got, err)
	}
}

func TestLoadPolicies_BrokenFileSaysWhereAndWhatToDo(t *testing.T) {
	const head = "place,item,reorder_point,order_up_to\n"
	for _, c := range []struct {
		name, file string
		want       []string
	}{
		{"empty", "", []string{
			"1: the file is empty. Its first line must be place,item,reorder_point,order_up_to."}},
		{"other columns", "place,item,reorderpoint,place\nTH1,A,1,2\n", []string{
			"1: the column `reorder_point` is missing. The first line must be place,item,reorder_point,order_up_to.",
			"1: the column `order_up_to` is missing. The first line must be place,item,reorder_point,order_up_to.",
			"1:12: unknown column `reorderpoint`; did you mean `reorder_point`?",
			"1:25: the column `place` is there twice. Remove one."}},
		{"all sorts", head + "TH3,A,1,2\nOR1,A,1,2\nTH1,,-1,1.5\nTH1,B,5,4\nTH1,C,1\nTH1,D,1,2\nTH1,D,3,4\n", []string{
			"2:1: the trust has no place `TH3`; did you mean `TH1`?",
			"3:1: the trust has no place `OR1`; that is an alias of `TH1`. Write its code.",
			"4:5: `item` must be the item's code: printable, and at most 64 characters.",
			"4:6: `reorder_point` must be a whole number of base units from 0 to 10000000.",
			"4:9: `order_up_to` must be a whole number of base units from 0 to 10000000.",
			"5:9: `order_up_to` is 4 and `reorder_point` 5: an order would not reach the reorder point. Raise `order_up_to` to 5 or more.",
			"6: the line has 3 fields and must have 4. Check the commas.",
			"8: D at TH1 has a policy in line 7 already. Remove one."}},
		{"loose quote", head + "TH1,A\"B,1,2\nTH1,C,1,x\n", []string{
			"2:6: this is not CSV: bare \" in non-quoted-field. Check the quotes.",
			"3:9: `order_up_to` must be a whole number of base units from 0 to 10000000."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			trust := trustWith(t, c.file)
			got, err := trust.LoadPolicies()
			if err == nil || got != nil {
				t.Fatal("loaded")
			}
			lines := strings.Split(strings.ReplaceAll(err.Error(), filepath.Join(trust.Dir, "policies.csv")+":", ""), "\n")
			if diff := cmp.Diff(c.want, lines); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
		})
	}
	absent := &config.Trust{Dir: t.TempDir(), Policies: "policies.csv"}
	if _, err := absent.LoadPolicies(); err == nil || !strings.Contains(err.Error(), "policies.csv: there is no such file.") {
		t.Errorf("absent file: %v", err)
	}
}
