package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/nhs"
)

type nhsCmd struct {
	Check nhsCheck `cmd:"" help:"Check codes of the NHS, as NHS Numbers and OPCS-4. Exit status 1 if one is not valid."`
}

type nhsCheck struct {
	Kind  string   `arg:"" help:"What the values are, as nhs-number, ods or opcs4; --help lists all kinds."`
	Value []string `arg:"" optional:"" help:"The codes. None, or -: standard input, one a line."`
}

// Help lists the kinds.
func (nhsCheck) Help() string {
	var b strings.Builder
	b.WriteString("What is checked is the form of a code, and its check digit where it has one; not whether the code is in use or whose it is. The kinds:\n\n")
	for _, k := range nhs.Kinds() {
		fmt.Fprintf(&b, "  %-20s %s\n", strings.ReplaceAll(k.Name, "_", "-"), k.Form)
	}
	b.WriteString(`
A shell keeps what is typed in its history: check the numbers of real patients from standard input.

With --json one value gives one object, and several, or standard input, one object a line.

The exit status is 1 if a value is not valid, 2 for a kind that is not known or other bad usage, else 0.`)
	return b.String()
}

// Run checks the values.
func (c nhsCheck) Run(a *app) error {
	if _, ok := nhs.Check(c.Kind, ""); !ok {
		names := []string{}
		for _, k := range nhs.Kinds() {
			names = append(names, strings.ReplaceAll(k.Name, "_", "-"))
		}
		return fault.New(fault.Invalid, "kind_unknown", "The first word says what kind of code to check, and this is none that is known here. Give one of %s.", strings.Join(names, ", "))
	}
	if len(c.Value) == 0 && isTerminal(os.Stdin) {
		fmt.Fprintln(a.err, "Type one a line; Ctrl-D ends.")
	}
	n, bad := 0, false
	err := eachLine(c.Value, os.Stdin, func(value string) error {
		r, _ := nhs.Check(c.Kind, value)
		n++
		bad = bad || !r.Valid
		if a.JSON {
			return a.jsonLine(r)
		}
		verdict := "not valid"
		if r.Valid {
			verdict = "valid" + prefixed(": ", r.Canonical)
			if r.Text != "" {
				verdict += " (" + r.Text + ")"
			}
		}
		fmt.Fprintf(a.out, "%s: %s\n", visible(value), verdict)
		for _, f := range r.Findings {
			fmt.Fprintf(a.out, "  %s %s at %d: %s\n", f.Severity, f.Code, f.Position, f.Message)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case n == 0:
		return fault.New(fault.Invalid, "no_input", "There is nothing to check. Give values, or one a line on standard input.")
	case bad:
		return errNo
	}
	return nil
}
