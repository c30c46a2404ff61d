package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

type hl7Validate struct {
	hl7Reading
	File   []string `arg:"" help:"Files of one or more messages; - for standard input."`
	Strict bool     `help:"Also count what is for information, as a connector with strictness: strict does."`
}

// Help says what the exit status is.
func (hl7Validate) Help() string {
	return `Each message is held against the standard in the version that its MSH-12 names: what it took to read it, its structure, its fields. A finding is a warning (a person should look at it: what was read may not be what was meant) or for information (it changes nothing that is read).

The exit status is 1 if any message or file has a warning, with --strict if it has a finding that a connector with strictness: strict would stop it for; 2 if a message cannot be read; else 0.`
}

// validated is what was found in one file.
type validated struct {
	File     string             `json:"file"`
	Messages []validatedMessage `json:"messages"`
	Findings []hl7v2.Finding    `json:"findings"`
	Error    *hl7Error          `json:"error,omitempty"`
}

type validatedMessage struct {
	Message   int             `json:"message"`
	Type      string          `json:"type,omitempty"`
	ControlID string          `json:"control_id,omitempty"`
	Findings  []hl7v2.Finding `json:"findings"`
	Error     *hl7Error       `json:"error,omitempty"`
}

// Run prints the findings.
func (c hl7Validate) Run(a *app) error {
	var verdict hl7Verdict
	all := []validated{}
	messages, clean := 0, 0
	err := c.eachHL7(c.File, func(name string, err error) {
		verdict.unread++
		all = append(all, validated{File: name, Messages: []validatedMessage{}, Findings: []hl7v2.Finding{}, Error: hl7ErrorOf(err)})
		if !a.JSON {
			fmt.Fprintln(a.err, "stockwell:", err)
		}
	}, func(f *hl7File) error {
		x := validated{File: f.name, Messages: []validatedMessage{}, Findings: append([]hl7v2.Finding{}, f.findings...)}
		verdict.no = verdict.no || c.counts(x.Findings)
		for i, m := range f.messages {
			v := validatedMessage{Message: i + 1, Findings: []hl7v2.Finding{}, Error: hl7ErrorOf(m.Err)}
			messages++
			if m.Err != nil {
				verdict.unread++
			} else {
				h := m.Message.Header()
				v.Type, v.ControlID = h.Type(), h.ControlID
				v.Findings = append(v.Findings, hl7v2.Validate(m.Message)...)
				verdict.no = verdict.no || c.counts(v.Findings)
				if !c.counts(v.Findings) {
					clean++
				}
			}
			if a.JSON {
				x.Messages = append(x.Messages, v)
				continue
			}
			v.print(a.out, f.title(i))
		}
		all = append(all, x)
		if !a.JSON {
			printFindings(a.out, f.name, f.findings)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if a.JSON {
		if err := a.printJSON(all); err != nil {
			return err
		}
	} else if messages != 1 {
		fmt.Fprintf(a.out, "%s: %d as the standard has them, %d not.\n", plural(messages, "message"), clean, messages-clean)
	}
	return verdict.err()
}

// counts reports whether findings make the answer no.
func (c hl7Validate) counts(list []hl7v2.Finding) bool {
	held := hl7v2.RefuseWarnings
	if c.Strict {
		held = hl7v2.RefuseAll
	}
	return slices.ContainsFunc(list, held.Refuses)
}

func (v validatedMessage) print(w io.Writer, title string) {
	if v.Error != nil {
		fmt.Fprintf(w, "%s: cannot be read. %s%s (%s)\n", title, suffixed(v.Error.Path, ": "), v.Error.Text, v.Error.Code)
		return
	}
	title = visible(title + " " + orDash(v.Type) + " " + orDash(v.ControlID))
	if len(v.Findings) == 0 {
		fmt.Fprintf(w, "%s: no findings\n", title)
	}
	printFindings(w, title, v.Findings)
}

// printFindings prints findings under a title, warnings first.
func printFindings(w io.Writer, title string, list []hl7v2.Finding) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(w, "%s: %s\n", title, plural(len(list), "finding"))
	for _, severity := range []string{hl7v2.Warning, hl7v2.Info} {
		for _, f := range list {
			if f.Severity == severity {
				fmt.Fprintln(w, findingLine(f))
			}
		}
	}
}
