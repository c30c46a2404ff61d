package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// unclean is what the domain must not know: a rule is a pure function.
var unclean = []string{"context", "database/sql", "net", "os", "log", "io/fs", "math/rand", "crypto/rand", pgx}

// breaches says what is wrong with what pkg imports, nothing if all is well.
func breaches(pkg string, imports []string) []string {
	r, ok := ruleFor(pkg)
	if !ok {
		return []string{fmt.Sprintf("%s is in no row of the table: add a row to rules_test.go, and say why in docs/architecture.md", pkg)}
	}
	var found []string
	for _, path := range imports {
		switch ours, isOurs := strings.CutPrefix(path, module); {
		case isOurs:
			if !slices.ContainsFunc(r.may, func(may string) bool { return fits(may, ours) || may == own && sameFolder(pkg, ours) }) {
				found = append(found, fmt.Sprintf("%s may not import %s (row %s)", pkg, ours, r.pkg))
			}
		case under("domain", pkg) && slices.ContainsFunc(unclean, func(no string) bool { return under(no, path) }):
			found = append(found, fmt.Sprintf("%s is a domain package and may not know %s", pkg, path))
		case strings.Contains(strings.Split(path, "/")[0], ".") && !mayUse(r.libs, path):
			found = append(found, fmt.Sprintf("%s may not use the library %s (row %s)", pkg, path, r.pkg))
		}
	}
	return found
}

// sameFolder reports whether two packages share their first two path elements.
func sameFolder(a, b string) bool {
	x, y := strings.Split(a, "/"), strings.Split(b, "/")
	return len(x) > 1 && len(y) > 1 && x[0] == y[0] && x[1] == y[1]
}

func mayUse(libs []string, path string) bool {
	in := func(list []string) bool {
		return slices.ContainsFunc(list, func(lib string) bool { return under(lib, path) || strings.HasPrefix(path, lib+"-") })
	}
	return in(libs) || slices.Contains(libs, "*") && !in(reserved)
}

func TestImports_FollowTheTable(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		for _, b := range breaches(strings.TrimPrefix(p.ImportPath, module), p.Imports) {
			t.Error(b)
		}
	}
}

func TestBreaches_EachKindIsFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pkg, imports string
		breach       bool
	}{
		{"domain/inventory", module + "domain/catalogue", false},
		{"domain/catalogue", module + "domain/inventory", true},
		{"domain/identity", module + "domain/theatre", true},
		{"domain/replenishment", module + "domain/purchasing", true},
		{"domain/theatre", "time", false},
		{"domain/theatre", "context", true},
		{"domain/theatre", "net/http", true},
		{"domain/theatre", "log/slog", true},
		{"domain/theatre", pgx + "/pgxpool", true},
		{"connectors/mllp", module + "connectors", false},
		{"connectors/mllp", module + "connectors/sftp", true},
		{"connectors/sftp/jail", module + "connectors/sftp", false},
		{"connectors/mllp", module + "domain/theatre", true},
		{"connectors/mllp", module + "store", true},
		{"connectors/sftp", "github.com/pkg/sftp", false},
		{"connectors/sftp", pgx, true},
		{"store", pgx + "/pgxpool", false},
		{"store", module + "pipeline", true},
		{"store", module + "internal/pgtx", false},
		{"console", module + "store", true},
		{"console", module + "internal/pgtx", true},
		{"api/fhir", module + "api", false},
		{"pipeline", watermill + "/message", false},
		{"pipeline", pgx, true},
		{"pipeline/pgqueue", pgx, false},
		{"pipeline", module + "store", true},
		{"mapping", "os/exec", false},
		{"mapping", "github.com/alecthomas/kong", true},
		{"schemas/udi", module + "internal/fault", true},
		{"schemas/hl7v2", module + "schemas/canonical", true},
		{"cmd/stockwell", module + "store", false},
		{"internal/bench", watermill + "-sql/v4/pkg/sql", false},
		{"surprise", "fmt", true},
	} {
		if got := breaches(c.pkg, []string{c.imports}); (len(got) > 0) != c.breach {
			t.Errorf("%s importing %s: %v", c.pkg, c.imports, got)
		}
	}
}

func TestDomain_ReadsNoClock(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if !under("domain", strings.TrimPrefix(p.ImportPath, module)) {
			continue
		}
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Error(err)
				continue
			}
			ast.Inspect(file, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "After", "Sleep"}, sel.Sel.Name) {
					t.Errorf("%s: a rule takes the time as an argument; it may not call time.%s", fset.Position(sel.Pos()), sel.Sel.Name)
				}
				return true
			})
		}
	}
}

// listed is what this test needs of a package.
type listed struct {
	ImportPath, Dir  string
	GoFiles, Imports []string
}

// packages lists the project's packages, without their tests.
func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-buildvcs=false", "-json=ImportPath,Dir,GoFiles,Imports", "./...")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 { // a folder of tests alone imports nothing
			all = append(all, p)
		}
	}
	if len(all) < 5 {
		t.Fatalf("go list found only %d packages", len(all))
	}
	return all
}

// root is the folder of go.mod.
func root(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		t.Fatalf("go list -m: %v", err)
	}
	return strings.TrimSpace(string(out))
}
