package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

type hl7Cmd struct {
	Show      hl7Show      `cmd:"" help:"Print messages as a tree, with the names of groups, segments, fields and components."`
	Get       hl7Get       `cmd:"" help:"Print the values at a path, one a line. Exit status 1 if no message has one."`
	Roundtrip hl7Roundtrip `cmd:"" help:"Read and write files again, and say whether every byte stayed. Exit status 1 if not."`
	Validate  hl7Validate  `cmd:"" help:"Hold messages against the standard. Exit status 1 if there is a warning."`
	Diff      hl7Diff      `cmd:"" help:"Compare the messages of two files by field. Exit status 1 if they differ."`
	Send      hl7Send      `cmd:"" help:"Send the messages of files over MLLP. Exit status 1 unless each is answered AA or CA."`
	Listen    hl7Listen    `cmd:"" help:"Receive messages for a test, with chosen answers, delays and faults."`
}

// hl7Verdict gathers what a command found, for its exit status.
type hl7Verdict struct {
	unread int  // messages and files that could not be read
	no     bool // the answer is no
}

// err gives exit status 2 where something could not be read, else 1 for no.
func (v hl7Verdict) err() error {
	switch {
	case v.unread == 1:
		return fault.New(fault.Invalid, "hl7_unread", "One of the messages or files could not be read; the reason stands above.")
	case v.unread > 1:
		return fault.New(fault.Invalid, "hl7_unread", "%d of the messages or files could not be read; the reasons stand above.", v.unread)
	case v.no:
		return errNo
	}
	return nil
}

// hl7Error is an error as data.
type hl7Error struct {
	Code string `json:"code"`
	Path string `json:"path,omitempty"`
	Text string `json:"text"`
}

func hl7ErrorOf(err error) *hl7Error {
	if err == nil {
		return nil
	}
	f := fault.Of(err)
	return &hl7Error{f.Code, f.Path, f.Text}
}

// visible gives text on one line, with what cannot be printed escaped: a
// message is outside input, and must not steer a terminal.
func visible(s string) string { return escaped(s, func(r rune) bool { return unicode.IsPrint(r) }) }

// escaped writes the characters that are not plain as \n or \x1d.
func escaped(s string, plain func(rune) bool) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case plain(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return b.String()
}

// shortened cuts text after so many characters, and says how many there are.
func shortened(s string, most int) string {
	if len(s) <= most {
		return s
	}
	n := 0
	for i := range s {
		if n++; n > most {
			return fmt.Sprintf("%s… (%d characters)", s[:i], n+len([]rune(s[i:]))-1)
		}
	}
	return s
}

// plural gives "1 message" or "2 messages".
func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func suffixed(s, suffix string) string {
	if s == "" {
		return ""
	}
	return s + suffix
}

// isTerminal reports whether a person watches w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
