package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/udi"
)

type udiCmd struct {
	Parse udiParse `cmd:"" help:"Read scans of device labels. Exit status 1 if one has an error."`
}

type udiParse struct {
	Combine bool     `help:"All are scans of one product, as where the lot stands in a symbol of its own: read them as one."`
	Scan    []string `arg:"" optional:"" name:"string" help:"What a scanner sent, or the text beneath a symbol, in quotes. None, or -: standard input, one a line."`
}

// Help says what is read and how the answer looks.
func (udiParse) Help() string {
	return `A UDI is the unique identifier on a device's label: which product it is, and its lot, serial number and dates. Three issuers are read: GS1, HIBCC and ICCBBA. Give the scan as it comes, with the scanner's prefix (]d2) or without, or type the text beneath the symbol:

  stockwell udi parse '(01)09504000059118(17)141120(10)7654321D'
  stockwell udi parse ']d2010950400005911817141120107654321D'
  stockwell udi parse '+A99912345/$$52001510X3/16D20111212/S77DE1G45-'

Put it in single quotes, or the shell changes $ and brackets. The separator FNC1, which cannot be typed, may stand as ^ or <GS>.

A wrong check digit is told and the value kept; where a text can be read in two ways, it is told and nothing is guessed. docs/identifiers.md explains every finding.

With --json one string gives one object, and several, or standard input, one object a line.

The exit status is 1 if any string has a finding of severity error, 2 for bad usage, else 0.`
}

// maxLine bounds a line of standard input, in bytes.
const maxLine = 1 << 20

// Run reads the scans and prints what they say.
func (c udiParse) Run(a *app) error {
	if len(c.Scan) == 0 && isTerminal(os.Stdin) {
		fmt.Fprintln(a.err, "Scan or type one a line; Ctrl-D ends.")
	}
	now := time.Now()
	var whole udi.UDI
	n, bad := 0, false
	err := eachLine(c.Scan, os.Stdin, func(raw string) error {
		u := udi.Parse(raw, now)
		n++
		if c.Combine {
			whole = udi.Combine(whole, u)
			return nil
		}
		bad = bad || u.HasErrors()
		return printUDI(a, u, n)
	})
	switch {
	case err != nil:
		return err
	case n == 0:
		return fault.New(fault.Invalid, "no_input", "There is nothing to read. Give a scan in quotes, or one a line on standard input.")
	case c.Combine:
		bad = whole.HasErrors()
		if err := printUDI(a, whole, 1); err != nil {
			return err
		}
	}
	if bad {
		return errNo
	}
	return nil
}

// eachLine gives the values to do, or the lines of in that are not blank if
// there are no values or where one is "-".
func eachLine(values []string, in io.Reader, do func(string) error) error {
	if len(values) == 0 {
		values = []string{"-"}
	}
	for _, v := range values {
		if v != "-" {
			if err := do(v); err != nil {
				return err
			}
			continue
		}
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, maxLine)
		for first := true; lines.Scan(); first = false {
			text := lines.Text()
			if first {
				text = strings.TrimPrefix(text, "\ufeff") // a mark of the file's, not of the value
			}
			if text == "" {
				continue
			}
			if err := do(text); err != nil {
				return err
			}
		}
		switch err := lines.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return fault.New(fault.Invalid, "line_too_long", "A line has more than %d KB. Give one value a line.", maxLine>>10).At("standard input")
		case err != nil:
			return fault.Wrap(err, fault.Invalid, "file_unreadable", "It cannot be read.").At("standard input")
		}
	}
	return nil
}

// jsonLine writes v as JSON on one line, with < and > as they are.
func (a *app) jsonLine(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// printUDI writes the nth answer.
func printUDI(a *app, u udi.UDI, n int) error {
	if a.JSON {
		return a.jsonLine(u)
	}
	if n > 1 {
		fmt.Fprintln(a.out)
	}
	fmt.Fprintln(a.out, visible(u.Raw))
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(a.out, "  %-14s %s\n", name, visible(value))
		}
	}
	row("issuer", u.Issuer)
	row("carrier", u.Carrier)
	row("device (DI)", u.DI)
	row("lot", u.Lot)
	row("serial", u.Serial)
	row("expiry", u.Expiry.String())
	row("manufactured", u.Manufactured.String())
	row("quantity", u.Quantity)
	for _, e := range u.Elements {
		id := e.Flag
		if e.AI != "" {
			id = "(" + e.AI + ")"
		}
		fmt.Fprintf(a.out, "  %-14s %s%s\n", visible(orDash(id)), visible(e.Value), prefixed("  ", visible(e.Title)))
	}
	for _, f := range u.Findings {
		fmt.Fprintf(a.out, "  %s %s at %d: %s\n", f.Severity, f.Code, f.Position, f.Message)
	}
	if len(u.Findings) == 0 {
		fmt.Fprintln(a.out, "  no findings")
	}
	return nil
}
