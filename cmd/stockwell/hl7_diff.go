package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

type hl7Diff struct {
	hl7Reading
	A      string   `arg:"" help:"File of one or more messages; - for standard input."`
	B      string   `arg:"" help:"File to compare it with."`
	By     string   `enum:"order,control-id" default:"order" help:"How the messages of the two files are paired: order or control-id (MSH-10)."`
	Ignore []string `help:"Places that do not count, as MSH-7 or OBX-14; each counts for every occurrence, and for what is below it." placeholder:"PATH"`
}

// Help says what is compared.
func (hl7Diff) Help() string {
	return `What is read is compared: other delimiters, line ends, charsets or escapes that mean the same are no difference. The exit status is 1 if there is one, or if a message is in one file only; 2 if a message cannot be read.`
}

// messagePair is two messages that belong together, 0 for none, and how they
// differ.
type messagePair struct {
	A           int               `json:"a"`
	B           int               `json:"b"`
	ControlID   string            `json:"control_id,omitempty"`
	Differences []differenceShown `json:"differences"`
}

type differenceShown struct {
	Path string    `json:"path"`
	Name string    `json:"name,omitempty"`
	A    sideShown `json:"a"`
	B    sideShown `json:"b"`
}

type sideShown struct {
	Text  string `json:"text"`
	State string `json:"state"`
}

// Run compares.
func (c hl7Diff) Run(a *app) error {
	ignore, err := ignored(c.Ignore)
	if err != nil {
		return err
	}
	if c.A == "-" && c.B == "-" {
		return fault.New(fault.Invalid, "input_twice", "Standard input can be one of the two files, not both.")
	}
	left, err := c.read(c.A)
	if err != nil {
		return err
	}
	right, err := c.read(c.B)
	if err != nil {
		return err
	}
	var verdict hl7Verdict
	for _, f := range []*hl7File{left, right} {
		for i, m := range f.messages {
			if m.Err != nil {
				verdict.unread++
				fmt.Fprintf(a.err, "stockwell: %s: %v\n", f.title(i), m.Err)
			}
		}
	}
	if verdict.unread > 0 {
		return verdict.err()
	}
	found := []messagePair{}
	pairs := c.pair(left.messages, right.messages)
	for _, p := range pairs {
		p.compare(left, right, ignore)
		if p.A == 0 || p.B == 0 || len(p.Differences) > 0 {
			found = append(found, p)
		}
	}
	verdict.no = len(found) > 0
	if a.JSON {
		if err := a.printJSON(found); err != nil {
			return err
		}
		return verdict.err()
	}
	for _, p := range found {
		p.print(a.out, left, right)
	}
	if len(found) == 0 {
		fmt.Fprintf(a.out, "No difference in %s.\n", plural(len(pairs), "message"))
	}
	return verdict.err()
}

// pair puts the messages of two files together, numbered from 1.
func (c hl7Diff) pair(a, b []hl7v2.BatchMessage) []messagePair {
	var pairs []messagePair
	if c.By == "order" {
		for i := range max(len(a), len(b)) {
			p := messagePair{}
			if i < len(a) {
				p.A, p.ControlID = i+1, a[i].Message.Header().ControlID
			}
			if i < len(b) {
				p.B = i + 1
			}
			if p.A == 0 {
				p.ControlID = b[i].Message.Header().ControlID
			}
			pairs = append(pairs, p)
		}
		return pairs
	}
	waiting := map[string][]int{} // of b, by control ID, in order
	for i, m := range b {
		id := m.Message.Header().ControlID
		waiting[id] = append(waiting[id], i+1)
	}
	taken := make([]bool, len(b)+1)
	for i, m := range a {
		p := messagePair{A: i + 1, ControlID: m.Message.Header().ControlID}
		if w := waiting[p.ControlID]; len(w) > 0 {
			p.B, waiting[p.ControlID] = w[0], w[1:]
			taken[p.B] = true
		}
		pairs = append(pairs, p)
	}
	for i, m := range b {
		if !taken[i+1] {
			pairs = append(pairs, messagePair{B: i + 1, ControlID: m.Message.Header().ControlID})
		}
	}
	return pairs
}

// compare finds how the two differ.
func (p *messagePair) compare(left, right *hl7File, ignore []string) {
	p.Differences = []differenceShown{}
	if p.A == 0 || p.B == 0 {
		return
	}
	for _, d := range hl7v2.Diff(left.messages[p.A-1].Message, right.messages[p.B-1].Message) {
		if !isIgnored(d.Path, ignore) {
			p.Differences = append(p.Differences, differenceShown{d.Path, nameOf(d.Path), sideShown{d.A, d.InA.String()}, sideShown{d.B, d.InB.String()}})
		}
	}
}

func (p messagePair) print(w io.Writer, left, right *hl7File) {
	id := orDash(visible(p.ControlID))
	switch {
	case p.B == 0:
		fmt.Fprintf(w, "Message %d (control ID %s) is only in %s.\n", p.A, id, left.name)
		return
	case p.A == 0:
		fmt.Fprintf(w, "Message %d (control ID %s) is only in %s.\n", p.B, id, right.name)
		return
	}
	which := fmt.Sprintf("Message %d", p.A)
	if p.A != p.B {
		which += fmt.Sprintf(" and %d", p.B)
	}
	fmt.Fprintf(w, "%s (control ID %s): %s\n", which, id, plural(len(p.Differences), "difference"))
	for _, d := range p.Differences {
		fmt.Fprintf(w, "  %s%s\n    a  %s\n    b  %s\n", d.Path, prefixed("  ", d.Name), d.A.shown(), d.B.shown())
	}
}

func (s sideShown) shown() string {
	switch s.State {
	case hl7v2.Present.String():
		return visible(s.Text)
	case hl7v2.Null.String():
		return "null (delete)"
	}
	return "(" + s.State + ")"
}

// nameOf gives the name of the field that a path is in.
func nameOf(path string) string {
	p, err := hl7v2.ParsePath(path)
	if err != nil {
		return ""
	}
	field, _, _ := p.Place()
	if field == 0 {
		return hl7v2.SegmentName(p.Segment())
	}
	return hl7v2.FieldName(p.Segment(), field)
}

// ignored reads the paths that do not count.
func ignored(list []string) ([]string, error) {
	var paths []string
	for _, s := range list {
		p, err := hl7v2.ParsePath(s)
		if err != nil {
			return nil, err
		}
		text := p.String()
		if strings.ContainsAny(text, "[*/") {
			return nil, fault.New(fault.Invalid, "ignore_path", "A place to ignore is named without an index, a filter, a star or a group, as MSH-7 or OBX-14; it counts for every occurrence.").At("--ignore " + s)
		}
		paths = append(paths, text)
	}
	return paths, nil
}

// isIgnored reports whether a path, without its indices, is one of those or
// below one.
func isIgnored(path string, ignore []string) bool {
	var plain strings.Builder
	for rest := path; rest != ""; {
		before, after, found := strings.Cut(rest, "[")
		plain.WriteString(before)
		if rest = ""; found {
			_, rest, _ = strings.Cut(after, "]")
		}
	}
	for _, p := range ignore {
		if rest, ok := strings.CutPrefix(plain.String(), p); ok && (rest == "" || rest[0] == '.' || rest[0] == '-') {
			return true
		}
	}
	return false
}
