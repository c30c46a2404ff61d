// Package fault gives every error of the hub a kind, a stable code and a text
// that a storekeeper or an interface analyst can act on. The rule that fails
// chooses all three; callers add context with %w and never re-derive them.
//
// Texts never carry patient data (law 9): they reach log lines, ACKs and
// pages. Logging, transport codes and translation do not belong here.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what happens next to the work that failed.
type Kind int

const (
	// Internal is a defect of ours: the work stops and a person is told.
	Internal Kind = iota
	// Invalid input cannot be understood as it stands: it is refused at the
	// door, or stopped when it was already stored.
	Invalid
	// NotFound names a thing that does not exist.
	NotFound
	// Conflict is a well-formed request that the present state forbids.
	Conflict
	// Denied is a request that the caller may not make.
	Denied
	// Unavailable means that a system we need does not answer; the same work
	// is tried again by itself.
	Unavailable
	// Stopped work waits for a person to mend and replay it.
	Stopped
)

var kindNames = [...]string{"internal", "invalid", "not_found", "conflict", "denied", "unavailable", "stopped"}

// String gives the kind's stable snake_case name.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "internal"
	}
	return kindNames[k]
}

// Effect is what the pipeline does with work that failed.
type Effect int

const (
	// Stop moves the work aside for a person.
	Stop Effect = iota
	// Retry tries the same work again later.
	Retry
	// Reject refuses the work towards whoever sent it.
	Reject
)

// Effect says what the pipeline does with work that failed with this kind.
func (k Kind) Effect() Effect {
	switch k {
	case Unavailable:
		return Retry
	case Invalid, NotFound, Conflict, Denied:
		return Reject
	default:
		return Stop
	}
}

// Error is a failure with its own effect. Code is stable and snake_case, Text
// says what happened and what to do; Path names the field, file line or
// setting it concerns, where there is one.
type Error struct {
	Kind Kind
	Code string
	Path string
	Text string
	err  error
}

// New makes an Error; format and args give its text.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Text: fmt.Sprintf(format, args...)}
}

// Wrap makes an Error that keeps cause for errors.Is and errors.As. The
// cause's own text is not shown to people: it may hold internals.
func Wrap(cause error, kind Kind, code, format string, args ...any) *Error {
	e := New(kind, code, format, args...)
	e.err = cause
	return e
}

// At returns e with the field, file line or setting that it concerns.
func (e *Error) At(path string) *Error {
	e.Path = path
	return e
}

// Error gives "path: text", or the text alone.
func (e *Error) Error() string {
	if e.Path == "" {
		return e.Text
	}
	return e.Path + ": " + e.Text
}

// Unwrap gives the cause, if any.
func (e *Error) Unwrap() error { return e.err }

// Of finds the Error in err's chain. An error that has none is Internal with
// the code "internal".
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Code: "internal", Text: "An internal error occurred.", err: err}
}

// Is reports whether err carries an Error of this kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}
