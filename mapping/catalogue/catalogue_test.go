package catalogue

import (
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

const good = `profile: mine
version: 1
source: mine
key_kind: npc
columns:
  - {name: Code, field: key, required: true}
  - {name: State, field: status, table: {A: active, "*": suspended}}
`

func TestRead_TellsWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	if p, err := Read("mine.yaml", []byte(good)); err != nil || p.Ref != "mine/v1" || p.Mode != "full" || p.Whole != "size" || p.Scope != "national" {
		t.Fatalf("%+v, %v", p, err)
	}
	for name, c := range map[string]struct{ from, to, want string }{
		"an unknown key":        {"key_kind: npc", "keykind: npc", "mine.yaml:4"},
		"no YAML":               {"columns:", "columns: [", "mine.yaml:"},
		"an unknown scope":      {"source: mine", "source: mine\nscope: hospital", "mine.yaml: scope"},
		"an unknown mode":       {"source: mine", "source: mine\nmode: some", "mine.yaml: mode"},
		"a source with blanks":  {"source: mine", "source: my own", "mine.yaml: source"},
		"no kind of key":        {"key_kind: npc\n", "", "mine.yaml: key_kind"},
		"no version":            {"version: 1\n", "", "mine.yaml: profile"},
		"a trailer that is not": {"source: mine", "source: mine\nwhole: trailer", "mine.yaml: trailer"},
		"one field twice":       {"field: status", "field: key", "Two columns tell of key"},
		"a field set and told":  {"source: mine", "source: mine\nset: {status: active}", "mine.yaml: set"},
		"an unknown format":     {"field: key,", "field: key, format: roman,", "columns[0]"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read("mine.yaml", []byte(strings.Replace(good, c.from, c.to, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) || !fault.Is(err, fault.Invalid) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestTranslate_ByTheTableWithoutRegardToCase(t *testing.T) {
	t.Parallel()
	with := Column{Table: map[string]string{"A": "active", "S": "suspended"}}
	any := Column{Table: map[string]string{"A": "active", "*": "suspended"}}
	for _, c := range []struct {
		column     Column
		cell, want string
		ok         bool
	}{{with, "A", "active", true}, {with, " a ", "active", true}, {with, "", "", true}, {with, "X", "", false}, {any, "X", "suspended", true}, {Column{}, "X", "X", true}} {
		if got, ok := c.column.Translate(c.cell); got != c.want || ok != c.ok {
			t.Errorf("%q: %q, %v", c.cell, got, ok)
		}
	}
}

func TestShipped_TheNewestVersionWithoutOne(t *testing.T) {
	t.Parallel()
	if p, err := Shipped("accessgudid"); err != nil || p.Ref != "accessgudid/v1" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := Shipped("nobody"); !fault.Is(err, fault.NotFound) || !strings.Contains(err.Error(), "nhs-supply-chain-full/v1") {
		t.Errorf("%v", err)
	}
}
