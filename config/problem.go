package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// Problem is one thing that is wrong with a configuration. Text says what it
// is and what to do, and never shows a secret.
type Problem struct {
	// File is the path as the loader was given it, or made from what it was
	// given. Line and Column count from one; 0 is the file as a whole, or a
	// line as a whole.
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	// Code is stable: unreadable_file, bad_yaml, bad_csv, unknown_key,
	// duplicate_key, missing_key, wrong_type, bad_value, inline_secret,
	// duplicate, unknown_reference or contradiction.
	Code string `json:"code"`
	Text string `json:"text"`
}

// Place is the problem's file, line and column, as "trust.yaml:14".
func (p Problem) Place() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// Fault is the problem as an error of kind fault.Invalid.
func (p Problem) Fault() *fault.Error {
	return fault.New(fault.Invalid, p.Code, "%s", p.Text).At(p.Place())
}

// Problems are all problems of one reading, by file and line. It is the error
// of Load and LoadPolicies.
type Problems []Problem

// Error gives one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Place() + ": " + p.Text
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives each problem as a *fault.Error.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p.Fault()
	}
	return errs
}

// failure sorts the problems and gives them as an error; nil if there are none.
func (ps Problems) failure() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return ps
}
