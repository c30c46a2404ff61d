package archtest

import "strings"

// module is the import path that all of the project's packages begin with.
const module = "github.com/stockwell-hub/stockwell/"

// rule is one row of the table 'Who may import whom' in the architecture.
type rule struct {
	// pkg is a package, "store/..." a package and all below it, "connectors/*"
	// what is below one. The row with the longest pkg that fits counts.
	pkg string
	// may lists the project's packages that it may import, written likewise.
	// The standard library is free to all but the domain.
	may []string
	// libs lists the modules that it may import, by prefix; anyLib is for
	// packages that may choose freely, except what reserved keeps.
	libs []string
}

var (
	anything = []string{"..."}
	anyLib   = []string{"*"}
	values   = []string{"schemas/udi", "schemas/nhs", "internal/fault"}
	core     = []string{"domain/...", "schemas/...", "connectors", "internal/fault"}
)

// own stands for what lies in the same connector's folder.
const own = "(own)"

const (
	pgx       = "github.com/jackc/pgx/v5"
	watermill = "github.com/ThreeDotsLabs/watermill"
	goose     = "github.com/pressly/goose/v3"
	decimal   = "github.com/govalues/decimal"
	yaml      = "github.com/goccy/go-yaml"
	xtext     = "golang.org/x/text"
)

// reserved modules are for those rows alone that name them: anyLib leaves them
// out.
var reserved = []string{pgx, watermill, goose}

func with(base []string, more ...string) []string {
	return append(append([]string(nil), base...), more...)
}

// rules mirrors the table, row by row. Widening a row is a change of the
// architecture: change the table, or docs/architecture.md, with it.
var rules = []rule{
	// internal/fault, internal/pgtx, schemas/udi, schemas/nhs
	{"internal/fault", nil, nil},
	{"internal/pgtx", nil, []string{pgx}},
	{"schemas/udi", nil, []string{decimal}},
	{"schemas/nhs", nil, []string{decimal}},

	// other schemas/*: fault, value types, and their format's library
	{"schemas/hl7v2", values, []string{xtext}},
	{"schemas/flatfile", values, []string{xtext}},
	{"schemas/canonical", values, []string{decimal}},
	{"schemas/fhir", values, []string{"github.com/samply/golang-fhir-models/fhir-models", decimal}},
	{"schemas/edifact", values, []string{xtext, decimal}},
	{"schemas/ubl", values, []string{xtext, decimal}},
	{"schemas/mdor", values, []string{decimal}},

	// domain: value types, fault, and to the left
	{"domain/catalogue", values, []string{decimal}},
	{"domain/inventory", with(values, "domain/catalogue"), []string{decimal}},
	{"domain/theatre", with(values, "domain/catalogue", "domain/inventory"), []string{decimal}},
	{"domain/recall", with(values, "domain/catalogue", "domain/inventory", "domain/theatre"), []string{decimal}},
	{"domain/replenishment", with(values, "domain/catalogue", "domain/inventory", "domain/theatre"), []string{decimal}},
	{"domain/registry", with(values, "domain/catalogue", "domain/inventory", "domain/theatre"), []string{decimal}},
	{"domain/purchasing", with(values, "domain/catalogue", "domain/inventory", "domain/theatre", "domain/replenishment"), []string{decimal}},
	{"domain/identity", values, nil},
	// Not in the table: feed knows how much a connector usually sends, alone.
	{"domain/feed", nil, nil},
	// Not in the table: journal is what people read of the hub; it knows
	// nobody, so that store and console can both speak it.
	{"domain/journal", nil, nil},
	// Not in the table: posting is where the domain's packages meet. It decides
	// over all of them, from canonical events, and none of them imports it.
	{"domain/posting", with(values, "domain/catalogue", "domain/inventory", "domain/theatre", "domain/recall",
		"domain/replenishment", "domain/registry", "domain/purchasing", "domain/identity", "schemas/canonical"), []string{decimal}},

	// mapping: schemas/*, fault, the expression library (and its files' format)
	{"mapping/...", []string{"schemas/...", "mapping/...", "internal/fault"}, []string{"github.com/expr-lang/expr", yaml, decimal}},

	// config: schemas/nhs, fault (and its files' format)
	{"config/...", []string{"schemas/nhs", "config/...", "internal/fault"},
		[]string{yaml, decimal, "github.com/go-playground/validator/v10", "github.com/santhosh-tekuri/jsonschema/v6"}},

	// pipeline: domain, mapping, schemas, the contract, fault, Watermill; pgqueue also pgtx
	{"pipeline/...", with(core, "mapping/...", "pipeline/...", "internal/failpoint", "internal/tracing"), with(anyLib, watermill)},
	{"pipeline/pgqueue", with(core, "mapping/...", "internal/pgtx"), with(anyLib, watermill, pgx)},

	// connectors/x: the contract, schemas, fault; never the domain, the store, or another connector
	{"connectors", []string{"internal/fault"}, nil},
	{"connectors/*", []string{"connectors", "schemas/...", "internal/fault", own}, anyLib},

	// store, api, console: domain, schemas, the contract, fault; store also pgtx; never each other
	{"store/...", with(core, "store/...", "internal/pgtx"), with(anyLib, pgx, goose)},
	{"api/...", with(core, "api/..."), anyLib},
	{"console/...", with(core, "console/..."), anyLib},

	// Not in the table: the synthetic hospital knows nothing of the hub, so that
	// what it expects does not repeat the hub's mistakes.
	{"simulator/...", []string{"simulator/...", "internal/fault"}, nil},

	// cmd: anything
	{"cmd/...", anything, with(anyLib, reserved...)},

	// What serves development.
	{"internal/embeddedpg", []string{"internal/fault"}, []string{pgx}},
	{"internal/pgtest", []string{"internal/embeddedpg", "internal/fault"}, []string{pgx}},
	{"internal/archtest", nil, nil},
	{"internal/failpoint", []string{"internal/fault"}, nil},
	// What the outside world was told, outside the database: for cmd alone.
	{"internal/witness", []string{"internal/fault"}, nil},
	{"internal/clock", nil, nil},
	{"internal/tracing", []string{"internal/fault"}, []string{"go.opentelemetry.io/otel"}},
	{"internal/bench/...", anything, with(anyLib, reserved...)},
	{"internal/load/...", anything, with(anyLib, reserved...)},
	{"internal/mutants", nil, nil},
}

// fits reports whether pkg, a path below the module, is what pattern names.
func fits(pattern, pkg string) bool {
	if pattern == "..." {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return under(base, pkg)
	}
	if base, ok := strings.CutSuffix(pattern, "/*"); ok {
		return pkg != base && under(base, pkg)
	}
	return pattern == pkg
}

// under reports whether path is base or below it.
func under(base, path string) bool {
	return path == base || strings.HasPrefix(path, base+"/")
}

// ruleFor finds the row with the longest package path that fits.
func ruleFor(pkg string) (rule, bool) {
	var best rule
	for _, r := range rules {
		if fits(r.pkg, pkg) && specific(r.pkg) > specific(best.pkg) {
			best = r
		}
	}
	return best, best.pkg != ""
}

// specific ranks a pattern: a longer path first, then an exact one.
func specific(pattern string) int {
	exact := strings.TrimSuffix(strings.TrimSuffix(pattern, "/..."), "/*")
	if pattern == exact {
		return 2*len(exact) + 1
	}
	return 2 * len(exact)
}
