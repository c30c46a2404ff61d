package mapping

import (
	"errors"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// node is one value of a YAML file that remembers where it stands. Overlays
// are joined on nodes, so a complaint always names the file that is at fault.
type node struct {
	file  string
	line  int
	kind  nodeKind
	text  string   // of a scalar
	items []*node  // of a list
	keys  []string // of a map, in the file's order
	value map[string]*node
}

type nodeKind int

const (
	scalar nodeKind = iota
	list
	dict
)

func (k nodeKind) String() string {
	return [...]string{"a single value", "a list", "a block of keys"}[k]
}

// at is where n stands, as "file:line".
func (n *node) at() string { return n.file + ":" + strconv.Itoa(n.line) }

// get gives the value of a key; nil if n is no map or has none.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	return n.value[key]
}

// isSet reports whether n says anything: a key without a value does not.
func (n *node) isSet() bool { return n != nil && (n.kind != scalar || n.text != "") }

// parseYAML reads one file. Only what the mapping language needs is taken:
// maps, lists and scalars.
func parseYAML(file string, raw []byte, p *problems) *node {
	f, err := parser.ParseBytes(raw, 0)
	if err != nil {
		line, text := yamlProblem(err)
		p.addAt(file+":"+strconv.Itoa(line), "yaml_invalid", "The file is not valid YAML: %s", text)
		return nil
	}
	if len(f.Docs) != 1 || f.Docs[0].Body == nil {
		p.addAt(file+":1", "yaml_invalid", "The file must hold exactly one YAML document.")
		return nil
	}
	r := yamlReader{file: file, problems: p}
	return r.node(f.Docs[0].Body)
}

type yamlReader struct {
	file     string
	problems *problems
}

func (r yamlReader) node(n ast.Node) *node {
	line := 1
	if t := n.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	out := &node{file: r.file, line: line}
	switch n := n.(type) {
	case *ast.MappingNode:
		r.entries(out, n.Values)
	case *ast.MappingValueNode:
		r.entries(out, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		out.kind = list
		for _, v := range n.Values {
			out.items = append(out.items, r.node(v))
		}
	case *ast.StringNode:
		out.text = n.Value
	case *ast.LiteralNode:
		out.text = n.Value.Value
	case *ast.NullNode:
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		out.text = n.GetToken().Value
	default:
		r.problems.add(out, "yaml_unsupported", "Mappings use plain YAML only: no anchors, aliases, tags or merge keys. To say a thing once, write it under `parts:`.")
	}
	return out
}

func (r yamlReader) entries(out *node, values []*ast.MappingValueNode) {
	out.kind, out.value = dict, map[string]*node{}
	for i, v := range values {
		t := v.Key.GetToken()
		key := t.Value
		child := r.node(v.Value)
		// A block's own line is that of its key: that is where a person looks.
		child.line = t.Position.Line
		if i == 0 {
			out.line = t.Position.Line
		}
		if _, twice := out.value[key]; twice {
			r.problems.add(child, "key_repeated", "The key %q stands here a second time. Keep one of them.", key)
			continue
		}
		out.keys = append(out.keys, key)
		out.value[key] = child
	}
}

// yamlProblem gives line and text, with the lines around it, of an error of
// the YAML library.
func yamlProblem(err error) (line int, text string) {
	var ye yaml.Error
	if !errors.As(err, &ye) {
		return 1, err.Error()
	}
	line = 1
	if t := ye.GetToken(); t != nil && t.Position != nil {
		line = t.Position.Line
	}
	text = ye.FormatError(false, true)
	if _, after, ok := strings.Cut(text, "] "); ok && strings.HasPrefix(text, "[") {
		text = after
	}
	return line, strings.TrimRight(text, "\n")
}
