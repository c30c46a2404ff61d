package main

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

type hl7Get struct {
	hl7Reading
	File    string   `arg:"" help:"File of one or more messages; - for standard input."`
	Path    []string `arg:"" help:"Where the values are, as PID-3.1, PID-3[CX.5=NH].1, OBX[3]-5, FT1*-7.1 or FT1[2]/PR1*-3. See docs/hl7.md."`
	Message int      `help:"Only message N of the file, from 1." placeholder:"N"`
}

// gotValues are the values at one path in one message.
type gotValues struct {
	Message int        `json:"message"`
	Path    string     `json:"path"`
	Values  []gotValue `json:"values"`
}

type gotValue struct {
	Text  string `json:"text"`
	State string `json:"state"`
}

// Help says what a line holds.
func (hl7Get) Help() string {
	return `With one path, each value is a line. With several, each message is a line and each path a column, separated by tabs, several values of one path by ~.

Values are decoded: text in UTF-8, without escapes. A line break in a value is written \n or \r, so that it stays one line; "" is a value that says "delete". --json gives values exactly, and tells empty from "delete".

The exit status is 1 if no message has the value, 2 if the file or the path cannot be read.`
}

// Run prints the values.
func (c hl7Get) Run(a *app) error {
	var paths []hl7v2.Path
	for _, s := range c.Path {
		p, err := hl7v2.ParsePath(s)
		if err != nil {
			return err
		}
		paths = append(paths, p)
	}
	f, err := c.read(c.File)
	if err != nil {
		return err
	}
	if c.Message < 0 || c.Message > len(f.messages) {
		return fault.New(fault.Invalid, "no_such_message", "There is no message %d; the file holds %s.", c.Message, plural(len(f.messages), "message")).At("--message")
	}
	verdict := hl7Verdict{no: true}
	all := []gotValues{}
	said := map[string]bool{}
	for i, m := range f.messages {
		if c.Message > 0 && i != c.Message-1 {
			continue
		}
		if m.Err != nil {
			verdict.unread++
			fmt.Fprintf(a.err, "stockwell: %s: %v\n", f.title(i), m.Err)
			continue
		}
		var row []gotValues
		for n, p := range paths {
			if x, ok := p.Check(m.Message.Header().Version); ok && !said[x.Code+x.Path] {
				said[x.Code+x.Path] = true
				fmt.Fprintf(a.err, "stockwell: %s: %s (%s)\n", x.Path, x.Text, x.Code)
			}
			got := gotValues{i + 1, c.Path[n], []gotValue{}}
			for _, v := range p.All(m.Message.All()) {
				verdict.no = verdict.no && v.State() <= hl7v2.Empty
				got.Values = append(got.Values, gotValue{v.String(), v.State().String()})
			}
			row = append(row, got)
		}
		all = append(all, row...)
		if !a.JSON {
			a.printGot(row)
		}
	}
	if a.JSON {
		if err := a.printJSON(all); err != nil {
			return err
		}
	}
	return verdict.err()
}

// printGot prints what one message has.
func (a *app) printGot(row []gotValues) {
	columns := len(row) > 1
	shows := func(r rune) bool { return r != '\n' && r != '\r' && (r != '\t' || !columns) }
	if isTerminal(a.out) {
		shows = unicode.IsPrint
	}
	var cells []string
	for _, got := range row {
		var texts []string
		for _, v := range got.Values {
			text := escaped(v.Text, shows)
			if v.State == hl7v2.Null.String() {
				text = `""`
			}
			texts = append(texts, text)
		}
		if !columns {
			for _, t := range texts {
				fmt.Fprintln(a.out, t)
			}
			return
		}
		cells = append(cells, strings.Join(texts, "~"))
	}
	fmt.Fprintln(a.out, strings.Join(cells, "\t"))
}
