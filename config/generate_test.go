package config

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the generated files instead of comparing them")

// TestGenerated_ReferenceAgreesWithTheSettings compares reference.md with
// what the settings declare; go generate writes it.
func TestGenerated_ReferenceAgreesWithTheSettings(t *testing.T) {
	golden(t, "reference.md", reference(declarations(t)))
}

// TestGenerated_SchemaAgreesWithTheSettings does the same for schema.json.
func TestGenerated_SchemaAgreesWithTheSettings(t *testing.T) {
	golden(t, "schema.json", schema(declarations(t)))
}

func TestEverySettingDeclaresItsMeaning(t *testing.T) {
	comments := declarations(t)
	seen := map[reflect.Type]bool{}
	var visit func(reflect.Type)
	visit = func(block reflect.Type) {
		if seen[block] {
			return
		}
		seen[block] = true
		if comments[block.Name()] == "" {
			t.Errorf("%s says nothing of itself", block.Name())
		}
		for _, s := range settings(block) {
			name := block.Name() + "." + block.Field(s.index).Name
			inner := element(s.typ)
			if comments[name] == "" {
				t.Errorf("%s has no comment that says its meaning", name)
			}
			if isBlock(inner) {
				visit(inner)
				continue
			}
			if !s.known && s.example == "" {
				t.Errorf("%s has neither a default nor an example", name)
			}
			if !s.known && !s.required() && s.tag.Get("special") == "" && s.typ.Kind() != reflect.Slice {
				t.Errorf("%s may be absent; what that means is not said", name)
			}
		}
	}
	visit(reflect.TypeFor[Hub]())
	visit(reflect.TypeFor[Trust]())
}

func golden(t *testing.T, file, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s does not agree with the settings; run go generate ./config", file)
	}
}

// declarations reads the comments of the package's structs: by type as "HTTP",
// by field as "HTTP.Listen".
func declarations(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			decl, ok := d.(*ast.GenDecl)
			if !ok || decl.Tok != token.TYPE {
				continue
			}
			for _, spec := range decl.Specs {
				noteComments(comments, decl, spec.(*ast.TypeSpec))
			}
		}
	}
	return comments
}

func noteComments(comments map[string]string, decl *ast.GenDecl, spec *ast.TypeSpec) {
	body, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	comments[spec.Name.Name] = oneLine(decl.Doc.Text())
	for _, f := range body.Fields.List {
		for _, name := range f.Names {
			comments[spec.Name.Name+"."+name.Name] = oneLine(f.Doc.Text())
		}
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// element is the type of a setting's value, or of one entry of it.
func element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// rulesOf gives the parts of a setting's validate tag: for its value, or for
// each entry of a list.
func rulesOf(s setting) map[string]string {
	parts := map[string]string{}
	for part := range strings.SplitSeq(s.tag.Get("validate"), ",") {
		name, param, _ := strings.Cut(part, "=")
		parts[name] = param
	}
	return parts
}
