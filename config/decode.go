package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

var (
	moneyType    = reflect.TypeFor[Money]()
	durationType = reflect.TypeFor[Duration]()
	sizeType     = reflect.TypeFor[Size]()
	refType      = reflect.TypeFor[Ref]()
)

// decode fills into from node; path is where node stands, as
// "connectors[0].mllp". What cannot be used is reported and left as it was.
func (d *document) decode(node ast.Node, into reflect.Value, path string) {
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.TagNode:
		d.refuse(path, node, "bad_yaml", "anchors (&), aliases (*) and tags (!) are not read here. Write the value out.")
		return
	case *ast.NullNode:
		d.refuse(path, node, "missing_key", "`%s` has no value. Give it one, or remove the line.", d.key(path))
		return
	}
	switch {
	case into.Kind() == reflect.Pointer:
		block := reflect.New(into.Type().Elem())
		setDefaults(block.Elem())
		d.decode(node, block.Elem(), path)
		if !d.bad[path] {
			into.Set(block)
		}
	case isBlock(into.Type()):
		d.decodeBlock(node, into, path)
	case into.Kind() == reflect.Slice:
		d.decodeList(node, into, path)
	default:
		d.decodeScalar(node, into, path)
	}
}

func (d *document) decodeBlock(node ast.Node, into reflect.Value, path string) {
	block, ok := node.(*ast.MappingNode)
	if !ok {
		d.refuse(path, node, "wrong_type", "%s must be a block of keys with values, not %s.", d.subject(path), kindOf(node))
		return
	}
	setDefaults(into)
	list := settings(into.Type())
	seen := map[string]int{}
	for _, entry := range block.Values {
		name := entry.Key.GetToken().Value
		line := entry.Key.GetToken().Position.Line
		if _, plainKey := entry.Key.(*ast.StringNode); !plainKey {
			d.report(line, "bad_yaml", "a key must be a plain word, not %s.", kindOf(entry.Key))
			continue
		}
		i := slices.IndexFunc(list, func(s setting) bool { return s.key == name })
		if i < 0 {
			d.report(line, "unknown_key", "unknown key `%s`%s%s", printable(name), d.under(path), suggest(name, keys(list)))
			continue
		}
		if first, again := seen[name]; again {
			d.report(line, "duplicate_key", "`%s` is given twice; it was given in line %d already. Remove one.", name, first)
			continue
		}
		seen[name] = line
		at := join(path, name)
		d.lines[at] = line
		d.decode(entry.Value, into.Field(list[i].index), at)
	}
}

func (d *document) decodeList(node ast.Node, into reflect.Value, path string) {
	list, ok := node.(*ast.SequenceNode)
	if !ok {
		d.refuse(path, node, "wrong_type", "%s must be a list, not %s. Begin each entry with \"- \", or write [] for none.", d.subject(path), kindOf(node))
		return
	}
	items := reflect.MakeSlice(into.Type(), len(list.Values), len(list.Values))
	for i, item := range list.Values {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.lines[at] = lineOf(item)
		d.decode(item, items.Index(i), at)
	}
	into.Set(items)
}

func (d *document) decodeScalar(node ast.Node, into reflect.Value, path string) {
	text, quoted, ok := scalar(node)
	whole := into.Kind() == reflect.Int
	switch {
	case into.Type() == refType && (!ok || !Ref(text).valid()):
		d.refuse(path, node, "inline_secret", "%s must not be a secret itself. Put the secret into a file and write file:PATH, or into an environment variable and write env:NAME.", d.subject(path))
	case !ok:
		d.refuse(path, node, "wrong_type", "%s must be a single value, not %s.", d.subject(path), kindOf(node))
	case whole && quoted:
		d.refuse(path, node, "wrong_type", "%s must be a whole number without quotes, not %s.", d.subject(path), kindOf(node))
	case !whole && !quoted:
		d.refuse(path, node, "wrong_type", "%s must be text, not %s. Put it in quotes.", d.subject(path), kindOf(node))
	default:
		if err := setScalar(into, text); err != nil {
			d.refuse(path, node, "bad_value", "%s %s.", d.subject(path), err)
		}
	}
}

// setScalar sets a field that is one value from its text.
func setScalar(into reflect.Value, text string) error {
	var value any
	var err error
	switch {
	case into.Type() == durationType:
		value, err = parseDuration(text)
	case into.Type() == sizeType:
		value, err = parseSize(text)
	case into.Type() == moneyType:
		value, err = parseMoney(text)
	case into.Kind() == reflect.Int:
		if value, err = strconv.Atoi(text); err != nil {
			err = fmt.Errorf("must be a whole number, as 2")
		}
	default:
		into.SetString(text)
		return nil
	}
	if err == nil {
		into.Set(reflect.ValueOf(value))
	}
	return err
}

// scalar gives the text of a node that is one value; quoted is false where
// YAML reads a number or a truth value instead of text.
func scalar(node ast.Node) (text string, quoted, ok bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true, true
	case *ast.LiteralNode:
		return n.Value.Value, true, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, false, true
	default:
		return "", false, false
	}
}

// kindOf names a node's kind for people, without its value.
func kindOf(node ast.Node) string {
	switch node.(type) {
	case *ast.MappingNode:
		return "a block of keys"
	case *ast.SequenceNode:
		return "a list"
	case *ast.StringNode, *ast.LiteralNode:
		return "text"
	case *ast.BoolNode:
		return "true or false"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	default:
		return "something else"
	}
}
