package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// hl7Reading says how files of messages are read.
type hl7Reading struct {
	Charset string `help:"Read the text in this charset, whatever MSH-18 says: UNICODE UTF-8, 8859/1, 8859/15, WINDOWS-1252 or another of table 0211." placeholder:"NAME"`
}

// maxHL7File bounds what is read of one file, in bytes.
const maxHL7File = 1 << 30

// options gives the options of the codec; a charset that is not known is an
// error here, for a person has just given it.
func (r hl7Reading) options() (hl7v2.Options, error) {
	opts := hl7v2.Options{MaxBytes: maxHL7File, Charset: r.Charset}
	if r.Charset == "" {
		return opts, nil
	}
	m, err := hl7v2.Parse([]byte("MSH|^~\\&|\r"), opts)
	if err != nil || len(m.Findings()) > 0 {
		return opts, fault.New(fault.Invalid, "charset_unknown",
			"%q is no charset that is read here. Give UNICODE UTF-8, 8859/1, 8859/15, WINDOWS-1252 or another of one byte a character.", r.Charset).At("--charset")
	}
	return opts, nil
}

// hl7File is a file of messages, and what stands around them.
type hl7File struct {
	name     string
	raw      []byte
	messages []hl7v2.BatchMessage
	// findings are about the file and its batches, not about a message.
	findings []hl7v2.Finding
	envelope int       // lines of FHS, BHS, BTS and FTS
	outside  []stretch // text that belongs to no message
}

// stretch is a part of a file.
type stretch struct {
	Offset int `json:"offset"`
	Bytes  int `json:"bytes"`
}

// read reads a file of messages. The error is a *fault.Error that names the
// file; a message that cannot be read is none.
func (r hl7Reading) read(name string) (*hl7File, error) {
	opts, err := r.options()
	if err != nil {
		return nil, err
	}
	raw, err := readFile(name)
	if err != nil {
		return nil, err
	}
	f := &hl7File{name: inputName(name), raw: raw}
	whole, single := hl7v2.Parse(raw, opts) // reads an MSH that is indented, too
	file, err := hl7v2.ReadFile(raw, opts)
	switch {
	case err == nil:
		f.messages, f.findings = file.Messages(), file.Findings
		for _, b := range file.Batches {
			f.findings = append(f.findings, b.Findings...)
		}
	case single == nil:
		f.messages = []hl7v2.BatchMessage{{Raw: raw, Message: whole}}
	case fault.Of(single).Code == "hl7_no_msh":
		return nil, fault.New(fault.Invalid, "hl7_no_message", "There is no HL7 message in it: a message begins with MSH at the beginning of a line.").At(f.name)
	default:
		x := fault.Of(single)
		return nil, fault.New(fault.Invalid, x.Code, "%s", x.Text).At(f.name + prefixed(": ", x.Path))
	}
	f.lookOutside()
	if single == nil && len(f.messages) == 1 && f.envelope == 0 && len(f.outside) == 0 {
		// Alone: what stands around it is told of as the message's own.
		f.messages[0] = hl7v2.BatchMessage{Raw: raw, Message: whole}
		f.findings = nil
	}
	return f, nil
}

// lookOutside finds what stands between the messages.
func (f *hl7File) lookOutside() {
	at := 0
	for _, m := range f.messages {
		f.gap(at, m.Offset)
		at = m.Offset + len(m.Raw)
	}
	f.gap(at, len(f.raw))
}

var byteOrderMark = []byte{0xEF, 0xBB, 0xBF}

func (f *hl7File) gap(from, to int) {
	begun := -1 // what is outside and not ended
	for from < to {
		end := to
		if n := bytes.IndexAny(f.raw[from:to], "\r\n\x0b\x1c"); n >= 0 {
			end = from + n
		}
		line := bytes.Trim(f.raw[from:end], " \t")
		if from == 0 {
			line = bytes.TrimPrefix(line, byteOrderMark)
		}
		switch {
		case len(line) == 0:
		case isEnvelope(line):
			f.envelope++
			begun = -1
		case begun >= 0:
			f.outside[begun].Bytes = end - f.outside[begun].Offset
		default:
			begun = len(f.outside)
			f.outside = append(f.outside, stretch{from, end - from})
		}
		from = end + 1
	}
}

// isEnvelope reports whether a line is of the envelope of a batch.
func isEnvelope(line []byte) bool {
	if len(line) < 3 {
		return false
	}
	switch string(bytes.ToUpper(line[:3])) {
	case "FHS", "BHS", "FTS", "BTS":
		return len(line) == 3 || line[3] < 0x80 && !('0' <= line[3] && line[3] <= '9' || 'A' <= line[3]&^0x20 && line[3]&^0x20 <= 'Z')
	}
	return false
}

// title names a message of the file, as "use.hl7 message 2 of 3".
func (f *hl7File) title(i int) string {
	if len(f.messages) == 1 {
		return f.name
	}
	return fmt.Sprintf("%s message %d of %d", f.name, i+1, len(f.messages))
}

// eachHL7 reads files one after the other. Of several, one that cannot be read
// is given to lost, and the others still are read.
func (r hl7Reading) eachHL7(names []string, lost func(name string, err error), do func(*hl7File) error) error {
	for _, name := range names {
		f, err := r.read(name)
		switch {
		case err != nil && len(names) == 1:
			return err
		case err != nil:
			lost(inputName(name), err)
		default:
			if err := do(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func inputName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// readFile reads a file, or standard input for "-".
func readFile(name string) ([]byte, error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, unreadable(name, err)
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxHL7File+1))
	switch {
	case err != nil:
		return nil, unreadable(name, err)
	case len(raw) > maxHL7File:
		return nil, fault.New(fault.Invalid, "file_too_large", "It has more than %d MB. Split it.", maxHL7File>>20).At(inputName(name))
	case len(raw) == 0:
		return nil, fault.New(fault.Invalid, "file_empty", "It is empty: 0 bytes. Check how it was made.").At(inputName(name))
	}
	return raw, nil
}

func unreadable(name string, err error) error {
	switch {
	case os.IsNotExist(err):
		return fault.New(fault.NotFound, "file_missing", "There is no such file.").At(inputName(name))
	case errors.Is(err, syscall.EISDIR):
		return fault.New(fault.Invalid, "file_is_folder", "It is a folder. Name the files in it, as %s/*.hl7, or - for standard input.", name).At(inputName(name))
	case os.IsPermission(err):
		return fault.New(fault.Invalid, "file_denied", "You may not read it.").At(inputName(name))
	}
	return fault.Wrap(err, fault.Invalid, "file_unreadable", "It cannot be read.").At(inputName(name))
}
