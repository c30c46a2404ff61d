package udi

import "fmt"

// Error says why a value is not what it should be. Code is stable and
// snake_case; Text tells a person what is wrong and what to do. The text
// never repeats the value, which may identify a patient (a GSRN on a
// wristband does).
type Error struct {
	Code string
	Text string
}

// Error gives the text.
func (e *Error) Error() string { return e.Text }

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}
