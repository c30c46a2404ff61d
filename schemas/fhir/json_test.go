package fhir

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

func TestParse_KeepsWhereEachValueStands(t *testing.T) {
	t.Parallel()
	raw := []byte(" {\"a\" : 1.50,\n \"b\":[true, null , \"x\\u00e9\"] , \"c\":{ } }\n")
	root, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		n    *Node
		want string
		text string
	}{
		{root, strings.TrimSpace(string(raw)), ""},
		{root.Get("a"), "1.50", "1.50"},
		{root.Get("b"), `[true, null , "x\u00e9"]`, ""},
		{root.Get("b").Items()[0], "true", "true"},
		{root.Get("b").Items()[2], `"x\u00e9"`, "xé"},
		{root.Get("c"), "{ }", ""},
	} {
		from, to := c.n.Span()
		if string(raw[from:to]) != c.want || c.n.Text() != c.text {
			t.Errorf("got %q and %q, want %q and %q", raw[from:to], c.n.Text(), c.want, c.text)
		}
	}
	if root.Get("d") != nil || root.Get("a").Get("x") != nil {
		t.Error("a member that is not there was found")
	}
}

func TestParse_SaysWhereTheFaultLiesAndNotWhatStandsThere(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, at string }{
		"a comma is missing":          {"{\n  \"a\": \"Testpatient\"\n  \"b\": 2\n}", "line 3, column 3"},
		"a comma too many":            {`{"a":1,}`, "line 1, column 8"},
		"it breaks off":               {"{\"a\":\n[1,", "line 2, column 4"},
		"it breaks off in a text":     {`{"a":"Testpat`, "line 1, column 14"},
		"nothing at all":              {"", "line 1, column 1"},
		"more than one value":         {"{}\n {}", "line 2, column 2"},
		"a name twice":                {"{\"a\":1,\n\"a\":2}", "line 2, column 1"},
		"a byte order mark":           {"\ufeff{}", "line 1, column 1"},
		"a byte that is no UTF-8":     {"{\"a\":\"Test\xffpatient\"}", "line 1, column 11"},
		"a comma where nothing stood": {`{"a":[,1]}`, "line 1, column 7"},
		"too deep":                    {strings.Repeat("[", 80) + strings.Repeat("]", 80), "line 1, column 66"},
		"a word that is none":         {"{\"a\":\n tru3}", "line 2, column 5"},
		"a comment":                   {"// Testpatient\n{}", "line 1, column 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(c.raw))
			f := fault.Of(err)
			if err == nil || f.Code != "json_invalid" || f.Path != c.at {
				t.Errorf("got %v at %q, want it at %s", err, f.Path, c.at)
			}
			if strings.Contains(f.Error(), "Test") {
				t.Errorf("the error tells what stood there: %v", f)
			}
		})
	}
}

func TestParse_BoundsWhatOneBodyMayCost(t *testing.T) {
	t.Parallel()
	if _, err := Parse([]byte("[" + strings.Repeat("1,", maxNodes) + "1]")); fault.Of(err).Code != "json_invalid" {
		t.Errorf("got %v", err)
	}
}

func TestNode_NamesElementsAndNeverASendersText(t *testing.T) {
	t.Parallel()
	root, err := Parse([]byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Procedure","Ada Testpatient":[{"a":1}]}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	procedure := root.Get("entry").Items()[0].Get("resource")
	odd := procedure.Get("Ada Testpatient").Items()[0].Get("a")
	if got := odd.Path(); got != "Bundle.entry[0].resource.…[0].a" {
		t.Error(got)
	}
	if got := procedure.Path() + " " + procedure.Origin() + " " + root.Origin(); got != "Bundle.entry[0].resource entry[0] " {
		t.Error(got)
	}
}
