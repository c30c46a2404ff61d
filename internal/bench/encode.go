package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/lenaten/hl7"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// encodeHL7 builds a message of 2 KB through the editor, beside a bare join of
// the same texts by | and \r, and sets one field of a parsed message beside
// lenaten/hl7, which cannot build a message with a second FT1. Ours checks what
// it made by parsing it; the other does not.
func encodeHL7(ctx context.Context, b *bench) error {
	raw := newFeed().message(1, newPicker(1))
	d, err := newDraft(raw)
	if err != nil {
		return err
	}
	for name, build := range map[string]func() ([]byte, error){"editor": d.build, "join": d.join} {
		built, err := build()
		if err != nil {
			return err
		}
		if !bytes.Equal(built, raw) {
			return fmt.Errorf("the %s built another message than it should", name)
		}
	}
	parsed, err := hl7v2.Parse(raw, hl7v2.Options{})
	if err != nil {
		return err
	}
	theirs := hl7.NewMessage(bytes.Clone(raw))
	if err := theirs.Parse(); err != nil {
		return err
	}
	c, err := costs(ctx, b.last(2*time.Second),
		func() error { _, err := d.build(); return err },
		func() error { _, err := d.join(); return err },
		func() error {
			e := parsed.Edit()
			if err := e.Set("PID-5.1", "SPECIMEN"); err != nil {
				return err
			}
			_, err := e.Message()
			return err
		},
		func() error { return theirs.Set(hl7.NewLocation("PID.5.0"), "SPECIMEN") })
	if err != nil {
		return err
	}
	b.add(shown("build a 2 KB DFT, against a bare join", "µs", c[0].ns/1000, c[1].ns/1000),
		shown("allocations of building, against a bare join", "count", c[0].allocations, c[1].allocations),
		shown("set a field of a parsed DFT, against lenaten/hl7", "µs", c[2].ns/1000, c[3].ns/1000),
		shown("allocations of setting, against lenaten/hl7", "count", c[2].allocations, c[3].allocations))
	return nil
}

// draft is a message as a program has it before it is written.
type draft struct {
	header hl7v2.Header
	msh    string // the same, as it stands
	lines  []draftLine
}

// draftLine is a segment after MSH.
type draftLine struct {
	name   string
	fields []string     // as they stand
	plain  []string     // those that have no parts; the others empty
	parts  []draftValue // of the others
}

type draftValue struct{ path, text string }

// newDraft takes a message apart, for the editor and for the join.
func newDraft(raw []byte) (draft, error) {
	m, err := hl7v2.Parse(raw, hl7v2.Options{})
	if err != nil {
		return draft{}, err
	}
	lines := strings.Split(strings.TrimSuffix(string(raw), "\r"), "\r")
	d, seen := draft{header: m.Header(), msh: lines[0]}, map[string]int{}
	for _, text := range lines[1:] {
		fields := strings.Split(text, "|")
		name, fields := fields[0], fields[1:]
		seen[name]++
		line := draftLine{name: name, fields: fields, plain: make([]string, len(fields))}
		for i, field := range fields {
			if !strings.ContainsAny(field, "^~") {
				line.plain[i] = field
				continue
			}
			for r, repetition := range strings.Split(field, "~") {
				for c, part := range strings.Split(repetition, "^") {
					if part != "" {
						line.parts = append(line.parts, draftValue{fmt.Sprintf("%s[%d]-%d[%d].%d", name, seen[name], i+1, r+1, c+1), part})
					}
				}
			}
		}
		d.lines = append(d.lines, line)
	}
	return d, nil
}

// build writes the message through the editor.
func (d draft) build() ([]byte, error) {
	e, err := hl7v2.New(d.header)
	if err != nil {
		return nil, err
	}
	for _, line := range d.lines {
		if err := e.Append(line.name, line.plain...); err != nil {
			return nil, err
		}
		for _, part := range line.parts {
			if err := e.Set(part.path, part.text); err != nil {
				return nil, err
			}
		}
	}
	m, err := e.Message()
	if err != nil {
		return nil, err
	}
	return m.Bytes(), nil
}

// join writes the message as no encoder could do with less: it escapes and
// checks nothing.
func (d draft) join() ([]byte, error) {
	lines := make([]string, 0, len(d.lines)+2)
	lines = append(lines, d.msh)
	for _, line := range d.lines {
		lines = append(lines, line.name+"|"+strings.Join(line.fields, "|"))
	}
	return []byte(strings.Join(append(lines, ""), "\r")), nil
}
