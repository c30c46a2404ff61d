package config

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Policy is one line of a trust's policies file: when and up to what level
// one item is reordered at one place. Quantities are in base units.
type Policy struct {
	// Place is the code of the place, and Item that of the item.
	Place, Item string
	// ReorderPoint: an order is suggested when what is available is below it.
	// OrderUpTo is the level that the order restores. It may equal the
	// reorder point (each use is replaced by one of its kind), never be less.
	ReorderPoint, OrderUpTo int64
	// Line is where in the file it stands.
	Line int
}

// maxLevel bounds a reorder point: a slip of the keyboard, not a stock.
const maxLevel = 10_000_000

// maxPolicies bounds policies.csv: about half a million par levels.
const maxPolicies = 16 << 20

var policyColumns = []string{"place", "item", "reorder_point", "order_up_to"}

// LoadPolicies reads the trust's policies file, in the file's order; none if
// the trust names no file. The file is CSV in UTF-8; its first line names the
// columns place, item, reorder_point and order_up_to, in any order. If
// anything is wrong it returns Problems with line and column, and no policy.
// Whether an item exists is for the catalogue to say.
func (t *Trust) LoadPolicies() ([]Policy, error) {
	if t.Policies == "" {
		return nil, nil
	}
	file := t.Path(t.Policies)
	raw, err := readFile(file, maxPolicies)
	if err != nil {
		return nil, Problems{{File: file, Code: "unreadable_file", Text: err.Error()}}
	}
	p := policyFile{file: file, places: t.Places, first: map[[2]string]int{}}
	p.read(raw)
	if err := p.problems.failure(); err != nil {
		return nil, err
	}
	return p.policies, nil
}

// policyFile is a policies file while it is read.
type policyFile struct {
	file     string
	places   []Place
	column   map[string]int
	first    map[[2]string]int // line by place and item
	policies []Policy
	problems Problems
}

func (p *policyFile) read(raw []byte) {
	r := csv.NewReader(bytes.NewReader(raw))
	r.FieldsPerRecord = -1
	for {
		record, err := r.Read()
		var bad *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			if p.column == nil && len(p.problems) == 0 {
				p.report(1, 0, "missing_key", "the file is empty. Its first line must be %s.", strings.Join(policyColumns, ","))
			}
			return
		case errors.As(err, &bad):
			p.report(bad.Line, bad.Column, "bad_csv", "this is not CSV: %s. Check the quotes.", bad.Err)
			if p.column == nil {
				return
			}
		case err != nil:
			p.report(0, 0, "unreadable_file", "the file cannot be read to its end.")
			return
		case p.column == nil:
			if !p.header(r, record) {
				return
			}
		default:
			p.line(r, record)
		}
	}
}

// header reads the names of the columns.
func (p *policyFile) header(r *csv.Reader, record []string) bool {
	before := len(p.problems)
	p.column = map[string]int{}
	for i, name := range record {
		name = strings.TrimSpace(name)
		line, column := r.FieldPos(i)
		if !slices.Contains(policyColumns, name) {
			p.report(line, column, "unknown_key", "unknown column `%s`%s", printable(name), suggest(name, policyColumns))
		} else if _, again := p.column[name]; again {
			p.report(line, column, "duplicate_key", "the column `%s` is there twice. Remove one.", name)
		}
		p.column[name] = i
	}
	for _, name := range policyColumns {
		if _, ok := p.column[name]; !ok {
			p.report(1, 0, "missing_key", "the column `%s` is missing. The first line must be %s.", name, strings.Join(policyColumns, ","))
		}
	}
	return len(p.problems) == before
}

func (p *policyFile) line(r *csv.Reader, record []string) {
	line, _ := r.FieldPos(0)
	if len(record) != len(policyColumns) {
		p.report(line, 0, "bad_csv", "the line has %d fields and must have %d. Check the commas.", len(record), len(policyColumns))
		return
	}
	before := len(p.problems)
	field := func(name string) (text string, column int) {
		_, column = r.FieldPos(p.column[name])
		return strings.TrimSpace(record[p.column[name]]), column
	}
	policy := Policy{Line: line}
	var column int
	if policy.Place, column = field("place"); !p.knows(policy.Place) {
		p.report(line, column, "unknown_reference", "the trust has no place `%s`%s", printable(policy.Place), p.instead(policy.Place))
	}
	if policy.Item, column = field("item"); policy.Item == "" || !isText(policy.Item) || utf8.RuneCountInString(policy.Item) > 64 {
		p.report(line, column, "bad_value", "`item` must be the item's code: printable, and at most 64 characters.")
	}
	policy.ReorderPoint = p.level(line, "reorder_point", field)
	policy.OrderUpTo = p.level(line, "order_up_to", field)
	if len(p.problems) > before {
		return
	}
	if _, column = field("order_up_to"); policy.OrderUpTo < policy.ReorderPoint {
		p.report(line, column, "contradiction", "`order_up_to` is %d and `reorder_point` %d: an order would not reach the reorder point. Raise `order_up_to` to %d or more.", policy.OrderUpTo, policy.ReorderPoint, policy.ReorderPoint)
	}
	key := [2]string{policy.Place, policy.Item}
	if first, again := p.first[key]; again {
		p.report(line, 0, "duplicate", "%s at %s has a policy in line %d already. Remove one.", printable(policy.Item), printable(policy.Place), first)
		return
	}
	p.first[key] = line
	p.policies = append(p.policies, policy)
}

func (p *policyFile) level(line int, name string, field func(string) (string, int)) int64 {
	text, column := field(name)
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil || n > maxLevel {
		p.report(line, column, "bad_value", "`%s` must be a whole number of base units from 0 to %d.", name, maxLevel)
	}
	return int64(n)
}

func (p *policyFile) knows(code string) bool {
	return slices.ContainsFunc(p.places, func(place Place) bool { return place.Code == code })
}

// instead says which place may be meant: the one that has the code as an
// alias, or the one whose code resembles it.
func (p *policyFile) instead(code string) string {
	for _, place := range p.places {
		if slices.ContainsFunc(place.Aliases, func(a string) bool { return strings.EqualFold(a, code) }) {
			return "; that is an alias of `" + place.Code + "`. Write its code."
		}
	}
	return suggest(code, names(p.places, func(place Place) string { return place.Code }))
}

func (p *policyFile) report(line, column int, code, format string, args ...any) {
	p.problems = append(p.problems, Problem{File: p.file, Line: line, Column: column, Code: code, Text: fmt.Sprintf(format, args...)})
}
