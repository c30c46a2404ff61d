package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

type hl7Show struct {
	hl7Reading
	File []string `arg:"" help:"Files of one or more messages; - for standard input."`
	All  bool     `help:"Also what is empty, long values in full, and more than 500 repetitions of a field."`
}

// Help says how to read the tree.
func (hl7Show) Help() string {
	return `Each line begins with the path that "hl7 get" takes, then the field's name, its data type and the decoded value. Groups are those of the message's grammar. What cannot be printed is written as \n or \x1d.

What it took to read the message stands below it; "hl7 validate" tells what the standard has against it. What is shown is personal data.`
}

// shownFile is a file as show tells of it.
type shownFile struct {
	File     string          `json:"file"`
	Messages []shownMessage  `json:"messages"`
	Findings []hl7v2.Finding `json:"findings"`
	Outside  []stretch       `json:"outside"`
	Error    *hl7Error       `json:"error,omitempty"`
}

// shownMessage is one message of it.
type shownMessage struct {
	Message   int             `json:"message"`
	Offset    int             `json:"offset"`
	Bytes     int             `json:"bytes"`
	Type      string          `json:"type,omitempty"`
	Structure string          `json:"structure,omitempty"`
	Version   string          `json:"version,omitempty"`
	ControlID string          `json:"control_id,omitempty"`
	Nodes     []shownNode     `json:"nodes,omitempty"`
	Findings  []hl7v2.Finding `json:"findings"`
	Error     *hl7Error       `json:"error,omitempty"`
}

// Run prints the files.
func (c hl7Show) Run(a *app) error {
	var verdict hl7Verdict
	all := []shownFile{}
	err := c.eachHL7(c.File, func(name string, err error) {
		verdict.unread++
		all = append(all, shownFile{File: name, Messages: []shownMessage{}, Findings: []hl7v2.Finding{}, Outside: []stretch{}, Error: hl7ErrorOf(err)})
		if !a.JSON {
			fmt.Fprintln(a.err, "stockwell:", err)
		}
	}, func(f *hl7File) error {
		w := bufio.NewWriter(a.out)
		x := shownFile{File: f.name, Messages: []shownMessage{}, Findings: append([]hl7v2.Finding{}, f.findings...), Outside: append([]stretch{}, f.outside...)}
		for i, m := range f.messages {
			if m.Err != nil {
				verdict.unread++
			}
			s := c.message(i, m)
			if a.JSON {
				x.Messages = append(x.Messages, s)
				continue
			}
			printShown(w, f.title(i), s)
		}
		all = append(all, x)
		if !a.JSON {
			printAround(w, f)
		}
		return w.Flush()
	})
	if err != nil {
		return err
	}
	if a.JSON {
		if err := a.printJSON(all); err != nil {
			return err
		}
	}
	return verdict.err()
}

// message makes the tree of one message.
func (c hl7Show) message(i int, m hl7v2.BatchMessage) shownMessage {
	s := shownMessage{Message: i + 1, Offset: m.Offset, Bytes: len(m.Raw), Findings: []hl7v2.Finding{}, Error: hl7ErrorOf(m.Err)}
	if m.Err != nil {
		return s
	}
	h := m.Message.Header()
	s.Type, s.Structure, s.Version, s.ControlID = h.Type(), m.Message.Structure(), h.Version, h.ControlID
	s.Findings = append(s.Findings, m.Message.Findings()...)
	s.Nodes = newShower(m.Message, c.All).nodes(m.Message.Tree())
	return s
}

// printShown prints the tree.
func printShown(w io.Writer, title string, s shownMessage) {
	if s.Error != nil {
		fmt.Fprintf(w, "%s: cannot be read. %s%s (%s)\n\n", title, suffixed(s.Error.Path, ": "), s.Error.Text, s.Error.Code)
		return
	}
	about := []string{orDash(s.Type)}
	if s.Structure != "" {
		about[0] += " (" + s.Structure + ")"
	}
	about = append(about, "version "+orDash(s.Version), "control ID "+orDash(s.ControlID), plural(s.Bytes, "byte"))
	if s.Offset > 0 {
		about[len(about)-1] += fmt.Sprintf(" from byte %d", s.Offset)
	}
	fmt.Fprintf(w, "%s: %s\n", title, visible(strings.Join(about, ", ")))
	p := tablePrinter{w: w}
	p.measure(s.Nodes)
	p.print(s.Nodes, "")
	for _, f := range s.Findings {
		fmt.Fprintln(w, findingLine(f))
	}
	fmt.Fprintln(w)
}

// printAround prints what stands around the messages of a file.
func printAround(w io.Writer, f *hl7File) {
	if len(f.messages) == 0 {
		fmt.Fprintf(w, "%s: no message, only %s of envelope\n", f.name, plural(f.envelope, "line"))
	}
	for _, x := range f.findings {
		fmt.Fprintf(w, "%s: %s\n", f.name, strings.TrimSpace(findingLine(x)))
	}
	for _, x := range f.outside {
		text := strings.ToValidUTF8(string(f.raw[x.Offset:x.Offset+x.Bytes]), "\uFFFD")
		fmt.Fprintf(w, "%s: %s from byte %d cannot be read as HL7: %s\n", f.name, plural(x.Bytes, "byte"), x.Offset, shortened(visible(text), 60))
	}
}

// findingLine gives a finding on one line.
func findingLine(f hl7v2.Finding) string {
	return fmt.Sprintf("  %-7s  %s%s (%s)", f.Severity, suffixed(f.Path, ": "), f.Text, f.Code)
}

// tablePrinter prints rows in columns.
type tablePrinter struct {
	w                io.Writer
	path, name, kind int // widths
}

// The widest that a column gets; what is longer pushes the next one aside.
const mostName = 34

func (p *tablePrinter) measure(nodes []shownNode) {
	for _, n := range nodes {
		p.measure(n.Nodes)
		p.values(n.Fields)
	}
}

func (p *tablePrinter) values(list []shownValue) {
	for _, v := range list {
		p.path = max(p.path, len(v.Path))
		p.name = max(p.name, min(utf8.RuneCountInString(v.Name), mostName))
		p.kind = max(p.kind, len(v.Type))
		p.values(v.Parts)
	}
}

func (p *tablePrinter) print(nodes []shownNode, indent string) {
	for _, n := range nodes {
		switch {
		case n.Group != "":
			fmt.Fprintf(p.w, "%s%s\n", indent, n.Group)
			p.print(n.Nodes, indent+"  ")
		case n.Unreadable:
			fmt.Fprintf(p.w, "%sno segment, cannot be read: %s\n", indent, n.Text)
		default:
			fmt.Fprintln(p.w, strings.TrimRight(indent+n.Path+"  "+n.Name, " "))
			p.fields(n.Fields, indent+"  ")
		}
	}
}

func (p *tablePrinter) fields(list []shownValue, indent string) {
	for _, v := range list {
		text := visible(v.Text)
		switch v.State {
		case hl7v2.Null.String():
			text = "null (delete)"
		case hl7v2.Empty.String():
			text = "(empty)"
		}
		if len(v.Parts) > 0 {
			text = ""
		}
		line := fmt.Sprintf("%s%-*s  %-*s  %-*s  %s", indent, p.path, v.Path, p.name, v.Name, p.kind, v.Type, text)
		fmt.Fprintln(p.w, strings.TrimRight(line, " "))
		p.fields(v.Parts, indent)
		if v.More > 0 {
			fmt.Fprintf(p.w, "%s… %d more from %s on are not shown; --all shows them\n", indent, v.More, v.MoreAt)
		}
	}
}
