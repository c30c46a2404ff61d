package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

type hl7Roundtrip struct {
	hl7Reading
	File []string `arg:"" help:"Files of one or more messages; - for standard input."`
}

// Help says what is compared.
func (hl7Roundtrip) Help() string {
	return `Each message is read into its segments and written again; blank lines, MLLP framing and the lines of a batch's envelope between the messages are taken as they stand. The exit status is 1 if a byte differs, or if text stands in the file that belongs to no message: it would be lost. It is 2 if a message cannot be read.`
}

// roundtripped is what became of one file.
type roundtripped struct {
	File     string         `json:"file"`
	Messages int            `json:"messages"`
	Bytes    int            `json:"bytes"`
	Envelope int            `json:"envelope_lines"`
	Same     bool           `json:"same"`
	Differs  *byteDiffers   `json:"difference,omitempty"`
	Outside  []stretch      `json:"outside"`
	Unread   []unreadOfFile `json:"unread"`
	Error    *hl7Error      `json:"error,omitempty"`
}

// byteDiffers is the first byte that differs. A side that has ended is "".
type byteDiffers struct {
	Offset        int    `json:"offset"`
	File          string `json:"file_byte"`
	Encoded       string `json:"encoded_byte"`
	FileAround    string `json:"file_around"`
	EncodedAround string `json:"encoded_around"`
}

type unreadOfFile struct {
	Message int       `json:"message"`
	Error   *hl7Error `json:"error"`
}

// Run compares the files with what is written of them.
func (c hl7Roundtrip) Run(a *app) error {
	var verdict hl7Verdict
	all := []roundtripped{}
	err := c.eachHL7(c.File, func(name string, err error) {
		verdict.unread++
		all = append(all, roundtripped{File: name, Outside: []stretch{}, Unread: []unreadOfFile{}, Error: hl7ErrorOf(err)})
		if !a.JSON {
			fmt.Fprintln(a.err, "stockwell:", err)
		}
	}, func(f *hl7File) error {
		x := roundtripped{File: f.name, Messages: len(f.messages), Bytes: len(f.raw), Envelope: f.envelope, Outside: append([]stretch{}, f.outside...), Unread: []unreadOfFile{}}
		encoded := f.encode(&x)
		x.Differs = compareBytes(f.raw, encoded)
		x.Same = x.Differs == nil && len(x.Outside) == 0 && len(x.Unread) == 0
		verdict.unread += len(x.Unread)
		verdict.no = verdict.no || !x.Same
		all = append(all, x)
		if !a.JSON {
			x.print(a.out)
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
	}
	return verdict.err()
}

// encode writes the file again from what was read. A message that could not be
// read is told of, and stands as it came.
func (f *hl7File) encode(x *roundtripped) []byte {
	out := make([]byte, 0, len(f.raw))
	at := 0
	for i, m := range f.messages {
		out = append(out, f.raw[at:m.Offset]...)
		at = m.Offset + len(m.Raw)
		err := m.Err
		if err == nil {
			again, failed := m.Message.Edit().Message()
			if failed == nil {
				out = append(out, again.Bytes()...)
				continue
			}
			err = failed
		}
		x.Unread = append(x.Unread, unreadOfFile{i + 1, hl7ErrorOf(err)})
		out = append(out, m.Raw...)
	}
	return append(out, f.raw[at:]...)
}

// around is how many bytes are shown on each side of one that differs.
const around = 8

// compareBytes finds the first byte that differs; nil if none does.
func compareBytes(file, encoded []byte) *byteDiffers {
	n := 0
	for n < len(file) && n < len(encoded) && file[n] == encoded[n] {
		n++
	}
	if n == len(file) && n == len(encoded) {
		return nil
	}
	part := func(b []byte, from, to int) string {
		return hex.EncodeToString(b[min(max(from, 0), len(b)):min(to, len(b))])
	}
	return &byteDiffers{n, part(file, n, n+1), part(encoded, n, n+1), part(file, n-around, n+around), part(encoded, n-around, n+around)}
}

func (x roundtripped) print(w io.Writer) {
	about := plural(x.Messages, "message")
	if x.Envelope > 0 {
		about += ", " + plural(x.Envelope, "line") + " of envelope"
	}
	about += ", " + plural(x.Bytes, "byte")
	if x.Same {
		fmt.Fprintf(w, "%s: %s: the same\n", x.File, about)
		return
	}
	verdict := "not the same"
	if x.Differs == nil && len(x.Outside) == 0 {
		verdict = "not all can be read"
	}
	fmt.Fprintf(w, "%s: %s: %s\n", x.File, about, verdict)
	for _, u := range x.Unread {
		fmt.Fprintf(w, "  message %d cannot be read: %s%s (%s)\n", u.Message, suffixed(u.Error.Path, ": "), u.Error.Text, u.Error.Code)
	}
	for _, o := range x.Outside {
		fmt.Fprintf(w, "  %s from byte %d belong to no message and would be lost\n", plural(o.Bytes, "byte"), o.Offset)
	}
	if d := x.Differs; d != nil {
		fmt.Fprintf(w, "  byte %d (0x%x) differs: the file has %s, written again it is %s\n", d.Offset, d.Offset, byteOrEnd(d.File), byteOrEnd(d.Encoded))
		fmt.Fprintf(w, "    file     %s\n    written  %s\n", spaced(d.FileAround), spaced(d.EncodedAround))
	}
}

func byteOrEnd(digits string) string {
	if digits == "" {
		return "its end"
	}
	return digits
}

// spaced puts a blank between the bytes.
func spaced(digits string) string {
	var b strings.Builder
	for i := 0; i+2 <= len(digits); i += 2 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(digits[i : i+2])
	}
	return b.String()
}
