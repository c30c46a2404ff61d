package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// maxFile bounds a configuration file; those that people write are a hundred
// times shorter.
const maxFile = 256 << 10

// document is one YAML file while it is read.
type document struct {
	file     string
	lines    map[string]int  // line by path, as "connectors[0].name"
	bad      map[string]bool // paths that have a problem already
	problems Problems
}

// readDocument reads the YAML file into v, a pointer to a struct.
func readDocument(file string, v any) *document {
	d := &document{file: file, lines: map[string]int{}, bad: map[string]bool{}}
	raw, ok := d.read()
	if !ok {
		return d
	}
	d.readBytes(raw, v)
	return d
}

func (d *document) readBytes(raw []byte, v any) {
	into := reflect.ValueOf(v).Elem()
	setDefaults(into)
	body, ok := d.parse(raw)
	if !ok {
		return
	}
	if body != nil {
		d.decode(body, into, "")
	}
	if d.bad[""] {
		return
	}
	d.validate(v)
}

// usable reports whether the file could be read as far as its keys.
func (d *document) usable() bool { return !d.bad[""] }

func (d *document) read() ([]byte, bool) {
	raw, err := readFile(d.file, maxFile)
	if err != nil {
		d.bad[""] = true
		d.report(0, "unreadable_file", "%s", err)
	}
	return raw, err == nil
}

// readFile reads a file that people write. Its error is fit to be shown.
func readFile(file string, most int64) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.Invalid, "unreadable_file", "there is no such file. Create it, or correct the path.")
	case err == nil && !info.Mode().IsRegular():
		return nil, fault.New(fault.Invalid, "unreadable_file", "this is not a file. Name the file itself.")
	case err == nil && info.Size() > most:
		return nil, fault.New(fault.Invalid, "unreadable_file", "the file is longer than %s, which no configuration is. Check the path.", Size(most))
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Invalid, "unreadable_file", "the file cannot be read. Check that the hub's user may read it.")
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if !utf8.Valid(raw) || bytes.IndexByte(raw, 0) >= 0 {
		return nil, fault.New(fault.Invalid, "unreadable_file", "the file is not text in UTF-8. Save it in that encoding.")
	}
	return raw, nil
}

// parse gives the file's one YAML document; nil if it is empty.
func (d *document) parse(raw []byte) (body ast.Node, ok bool) {
	defer func() {
		// The parser is a library's, and what it reads is a person's: a
		// defect in it is shown as a file that cannot be read.
		if recover() != nil {
			d.bad[""] = true
			d.report(0, "bad_yaml", "this is not YAML that can be read. Check indentation, quotes and brackets.")
			body, ok = nil, false
		}
	}()
	file, err := parser.ParseBytes(raw, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.bad[""] = true
		line, text := 0, "check indentation, quotes and brackets"
		if bad := yaml.Error(nil); errors.As(err, &bad) && bad.GetToken() != nil {
			line, text = bad.GetToken().Position.Line, bad.GetMessage()
		}
		d.report(line, "bad_yaml", "this is not YAML: %s.", printable(text))
		return nil, false
	}
	for i, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case i > 0:
			d.report(lineOf(doc.Body), "bad_yaml", "a second document begins here. Keep one document in the file.")
		default:
			body = doc.Body
		}
	}
	return body, true
}

// report notes a problem in a line.
func (d *document) report(line int, code, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Code: code, Text: fmt.Sprintf(format, args...)})
}

// refuse notes a problem with the value at path, which is then not checked
// any further.
func (d *document) refuse(path string, node ast.Node, code, format string, args ...any) {
	d.bad[path] = true
	d.report(lineOf(node), code, format, args...)
}

// reportAt notes a problem with what stands at path.
func (d *document) reportAt(path, code, format string, args ...any) {
	d.report(d.line(path), code, format, args...)
}

// line gives the line of path, or of the nearest block around it; the first
// line for the file itself.
func (d *document) line(path string) int {
	for ; path != ""; path = parent(path) {
		if line, ok := d.lines[path]; ok {
			return line
		}
	}
	return 1
}

// within reports whether path, or a block around it, has a problem already.
func (d *document) within(path string) bool {
	for ; path != ""; path = parent(path) {
		if d.bad[path] {
			return true
		}
	}
	return false
}

// key is the last key of a path: "mllp" of "connectors[0].mllp", "aliases"
// of "places[0].aliases[1]".
func (d *document) key(path string) string {
	last := path[strings.LastIndexByte(path, '.')+1:]
	key, _, _ := strings.Cut(last, "[")
	return key
}

// subject begins a sentence on the value at path.
func (d *document) subject(path string) string {
	switch {
	case path == "":
		return "the file"
	case strings.HasSuffix(path, "]"):
		return "an entry of `" + d.key(path) + "`"
	default:
		return "`" + d.key(path) + "`"
	}
}

// under says in which block path is, unless it is the file itself.
func (d *document) under(path string) string {
	if path == "" {
		return ""
	}
	return " under `" + d.key(path) + "`"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// parent takes the last key or the last index off a path.
func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

func lineOf(node ast.Node) int {
	if tk := node.GetToken(); tk != nil && tk.Position != nil {
		return tk.Position.Line
	}
	return 0
}

// printable makes text from a file fit for one line of a message.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return text
}
