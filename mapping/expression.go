package mapping

import (
	"reflect"
	"strings"
	"sync"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/vm"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/fhir"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// memoryBudget bounds what one evaluation may allocate, in the library's
// units; an expression that exceeds it fails and becomes a finding.
const memoryBudget = 100_000

var machines = sync.Pool{New: func() any { return &vm.VM{MemoryBudget: memoryBudget} }}

// functions are what an expression may call beside the library's own.
type functions struct {
	HL7     func(path string) string        `expr:"hl7"`
	HL7All  func(path string) []string      `expr:"hl7all"`
	FHIR    func(path string) string        `expr:"fhir"`
	FHIRAll func(path string) []string      `expr:"fhirall"`
	Column  func(field string) string       `expr:"column"`
	Present func(path string) bool          `expr:"present"`
	Lookup  func(table, code string) string `expr:"lookup"`
}

// expression is a compiled expr rule.
type expression struct {
	text    string
	program *vm.Program
	reads   map[string]func(*scope) (string, hl7v2.State)
	paths   map[string]*path
	tables  map[string]*table
	// elements are the paths into a FHIR message.
	elements map[string]*fhir.Path
}

// expression compiles n, whose result has the given kind. Paths and tables
// must be literal texts, so that they are checked here and not at night.
func (c *compiler) expression(n *node, kind reflect.Kind) *expression {
	e := &expression{text: strings.TrimSpace(n.text), reads: map[string]func(*scope) (string, hl7v2.State){}, paths: map[string]*path{}, tables: c.tables, elements: map[string]*fhir.Path{}}
	program, err := expr.Compile(e.text, expr.Env(functions{}), expr.AsKind(kind),
		expr.DisableBuiltin("now"), expr.Patch(&literals{c: c, n: n, e: e}))
	if err != nil {
		c.problems.add(n, "expression_invalid", "The expression cannot be compiled: %s", err)
		return e
	}
	e.program = program
	return e
}

// literals checks the arguments of our functions while an expression is
// compiled. It changes nothing.
type literals struct {
	c *compiler
	n *node
	e *expression
}

// Visit implements ast.Visitor.
func (l *literals) Visit(n *ast.Node) {
	call, ok := (*n).(*ast.CallNode)
	if !ok {
		return
	}
	name, ok := call.Callee.(*ast.IdentifierNode)
	if !ok || len(call.Arguments) == 0 {
		return
	}
	first, literal := call.Arguments[0].(*ast.StringNode)
	switch name.Value {
	case "hl7", "hl7all", "fhir", "fhirall", "present", "column", "lookup":
		if !literal {
			l.c.problems.add(l.n, "expression_argument", "The first argument of %s is written out in quotes, so that it can be checked when the mapping is loaded.", name.Value)
			return
		}
	}
	switch name.Value {
	case "hl7", "hl7all":
		if l.c.format != formatHL7 {
			l.c.problems.add(l.n, "expression_argument", "Only an HL7 message has HL7 fields: write column(\"...\") for a file, fhir(\"...\") for FHIR.")
			return
		}
		l.path(first.Value)
	case "fhir", "fhirall":
		if l.c.format != formatFHIR {
			l.c.problems.add(l.n, "expression_argument", "Only a FHIR message has elements: write hl7(\"...\") for HL7, column(\"...\") for a file.")
			return
		}
		l.path(first.Value)
	case "column":
		if l.c.format != formatCSV {
			l.c.problems.add(l.n, "expression_argument", "Only a file has columns: write hl7(\"...\") for HL7, fhir(\"...\") for FHIR.")
			return
		}
		l.path(first.Value)
	case "present":
		l.path(first.Value)
	case "lookup":
		if l.c.tables[first.Value] == nil {
			l.c.problems.add(l.n, "table_unknown", "There is no table %q.%s", first.Value, nearest(first.Value, sorted(l.c.tables)))
		}
		l.c.used[first.Value] = true
	}
}

func (l *literals) path(text string) {
	l.e.reads[text] = l.c.reader(l.n, text, false)
	if p, err := parsePath(text); err == nil && l.c.format == formatHL7 {
		l.e.paths[text] = &p
	}
	if p, err := fhir.ParsePath(text); err == nil && l.c.format == formatFHIR {
		l.e.elements[text] = &p
	}
}

// run evaluates e; ok is false if that failed, which is a finding.
func (e *expression) run(s *scope) (out any, ok bool) {
	m := machines.Get().(*vm.VM)
	defer machines.Put(m)
	out, err := m.Run(e.program, e.functions(s))
	if err != nil {
		s.find(canonical.Error, "expression_failed", "", "The expression "+e.text+" failed on this message and gave nothing. Mend it in the mapping.")
		return nil, false
	}
	return out, true
}

func (e *expression) functions(s *scope) functions {
	read := func(path string) string {
		text, _ := e.reads[path](s)
		return strings.TrimSpace(text)
	}
	return functions{
		HL7:  read,
		FHIR: read,
		FHIRAll: func(path string) (all []string) {
			for _, v := range e.elements[path].In(s.run.fhir, *s.here) {
				if text, ok := v.Text(); ok {
					all = append(all, strings.TrimSpace(text))
				}
			}
			return all
		},
		Column: read,
		Present: func(path string) bool {
			text, state := e.reads[path](s)
			return state == hl7v2.Present && strings.TrimSpace(text) != ""
		},
		HL7All: func(path string) (all []string) {
			if p := e.paths[path]; p != nil {
				s.each(p, false, func(v hl7v2.Value) bool {
					all = append(all, strings.TrimSpace(textOf(v)))
					return true
				})
			}
			return all
		},
		Lookup: func(name, code string) string {
			text, _ := e.tables[name].lookup(code, 0)
			return text
		},
	}
}

// holds evaluates a condition; a nil one holds.
func (e *expression) holds(s *scope) (yes, ok bool) {
	if e == nil {
		return true, true
	}
	out, ok := e.run(s)
	yes, _ = out.(bool)
	return yes, ok
}

// keeps is holds for a part of a message: where the condition itself fails
// the part is kept, for a fault in a mapping must not lose a clinical fact.
func (e *expression) keeps(s *scope) bool {
	yes, ok := e.holds(s)
	return yes || !ok
}
