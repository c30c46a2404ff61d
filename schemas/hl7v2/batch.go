package hl7v2

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/stockwell-hub/stockwell/internal/fault"
)

// File is what a file or a stream of messages holds. Without FHS and BHS it is
// one batch without header and trailer.
type File struct {
	// Header and Trailer are FHS and FTS; the zero Segment if missing.
	Header, Trailer Segment
	Batches         []Batch
	// Findings are about the file as a whole: its counts and what stands
	// outside any message.
	Findings []Finding
}

// Batch is the messages between a BHS and its BTS.
type Batch struct {
	// Header and Trailer are BHS and BTS; the zero Segment if missing.
	Header, Trailer Segment
	Messages        []BatchMessage
	Findings        []Finding
}

// BatchMessage is the result for one message of a file: the message, or why it
// could not be read. One that is refused leaves its neighbours alone.
type BatchMessage struct {
	// Offset is where the message begins in the file, in bytes.
	Offset int
	// Raw are the sender's bytes.
	Raw     []byte
	Message *Message
	Err     error
}

// ReadFile takes a file apart. Messages may follow one another in batches
// (FHS, BHS, BTS, FTS) or plainly, with any line ends, and with the framing of
// MLLP left in. Each is read with opts. Counts of the trailers are verified;
// what is wrong is a Finding, or a refusal where opts.Strictness says so.
//
// It fails with fault.Invalid only if the file holds nothing of HL7, too many
// messages, or text in a charset of two bytes.
func ReadFile(raw []byte, opts Options) (*File, error) {
	if wideCharacters(raw) {
		return nil, fault.New(fault.Invalid, "hl7_charset_unsupported",
			"The file is written in UTF-16 or UTF-32. Ask the sender for UNICODE UTF-8 or 8859/1.")
	}
	r := fileReader{raw: raw, opts: opts, file: &File{}, delims: standard}
	scan(raw, r.piece)
	if r.pieces > maxPieces {
		return nil, fault.New(fault.Invalid, "hl7_too_many_messages",
			"The file holds more than %d messages. Ask the sender to split it.", maxPieces)
	}
	r.finish()
	if r.file.Header.m == nil && r.file.Trailer.m == nil && len(r.file.Batches) == 0 {
		return nil, fault.New(fault.Invalid, "hl7_no_msh",
			"The file holds no MSH segment, so it is not HL7 v2. Check what the sender's interface sends.").At("MSH")
	}
	if err := opts.Strictness.refusal(r.file.findings()); err != nil {
		return nil, err
	}
	return r.file, nil
}

// IsBatch reports whether raw begins with FHS or BHS, so that it is for
// ReadFile and no single message.
func IsBatch(raw []byte) bool {
	line := bytes.TrimLeft(raw, "\x0b\ufeff \t\r\n")
	name := beginning(line, 0, 0)
	return name == "FHS" || name == "BHS"
}

// Messages lists the messages of all batches.
func (f *File) Messages() []BatchMessage {
	var all []BatchMessage
	for _, b := range f.Batches {
		all = append(all, b.Messages...)
	}
	return all
}

// findings are those about the file and its batches.
func (f *File) findings() []Finding {
	all := slices.Clone(f.Findings)
	for _, b := range f.Batches {
		all = append(all, b.Findings...)
	}
	return all
}

// fileReader puts pieces of a file in their places.
type fileReader struct {
	raw    []byte
	opts   Options
	file   *File
	delims delimiters // of the last header or message
	header delimiters // of the last header
	open   bool       // a batch was begun and not ended
	pieces int        // messages and batches so far
	lost   bool       // something stands outside
}

// maxPieces bounds the messages and batches of one file.
const maxPieces = 200_000

// piece takes one message or one line of an envelope.
func (r *fileReader) piece(kind string, from, to int) {
	if kind == "MSH" || kind == "BHS" {
		if r.pieces++; r.pieces > maxPieces {
			return
		}
	}
	part := r.raw[from:to:to]
	switch kind {
	case "MSH":
		b := r.batch()
		m, err := Parse(part, r.opts)
		if err == nil {
			r.delims = m.delims
		}
		b.Messages = append(b.Messages, BatchMessage{from, part, m, err})
	case "FHS":
		if r.file.Header.m != nil {
			note(&r.file.Findings, Warning, "batch_header_repeated", "FHS", "A second FHS stands in the file; the first one counts.")
			return
		}
		r.file.Header = r.line(part)
	case "BHS":
		r.end("A BHS follows before the BTS of the batch before it.")
		r.file.Batches = append(r.file.Batches, Batch{Header: r.line(part)})
		r.open = true
	case "BTS":
		if !r.open {
			note(&r.file.Findings, Warning, "batch_trailer_unexpected", "BTS", "A BTS stands where no batch is open; it was passed over.")
			return
		}
		b := r.batch()
		b.Trailer = r.line(part)
		r.count(&b.Findings, r.trailer(), b.Trailer, len(b.Messages), "messages")
		r.open = false
	case "FTS":
		r.end("An FTS follows before the BTS of the batch before it.")
		r.file.Trailer = r.line(part)
		r.count(&r.file.Findings, "FTS", r.file.Trailer, len(r.file.Batches), "batches")
	default:
		if from == 0 && bytes.HasPrefix(part, utf8BOM) {
			note(&r.file.Findings, Info, "byte_order_mark", "", "A byte order mark stands at the beginning of the file; it was passed over.")
			part = part[len(utf8BOM):]
		}
		r.lost = r.lost || len(bytes.Trim(part, " \t\r\n\x0b\x1c")) > 0
	}
}

// batch is the batch that is open; a new one without a header if none is.
func (r *fileReader) batch() *Batch {
	if !r.open {
		r.file.Batches = append(r.file.Batches, Batch{})
		r.open = true
	}
	return &r.file.Batches[len(r.file.Batches)-1]
}

// trailer names the BTS of the last batch, as "BTS" or "BTS[2]".
func (r *fileReader) trailer() string {
	if n := len(r.file.Batches); n > 1 {
		return "BTS[" + strconv.Itoa(n) + "]"
	}
	return "BTS"
}

// end closes a batch that has no trailer.
func (r *fileReader) end(text string) {
	if r.open {
		if b := r.batch(); b.Header.m != nil {
			note(&b.Findings, Warning, "batch_trailer_missing", r.trailer(), text+" Its count could not be verified.")
		}
	}
	r.open = false
}

func (r *fileReader) finish() {
	r.end("The file ends before the BTS of its last batch: it may have been cut short.")
	if r.file.Header.m != nil && r.file.Trailer.m == nil {
		note(&r.file.Findings, Warning, "batch_trailer_missing", "FTS", "The file ends without an FTS: it may have been cut short.")
	}
	if r.lost {
		note(&r.file.Findings, Warning, "outside_messages", "", "Text stands outside the messages of the file; it was passed over.")
	}
}

// count holds the count of a trailer against what was read.
func (r *fileReader) count(findings *[]Finding, name string, trailer Segment, have int, what string) {
	path := name + "-1"
	text := trimBlanks(trailer.Field(1).Component(1).String())
	n, err := strconv.Atoi(text)
	switch {
	case text == "":
		note(findings, Info, "batch_count_missing", path, "The trailer gives no count to verify.")
	case err != nil:
		note(findings, Warning, "batch_count_mismatch", path, "The trailer's count is not a number.")
	case n != have:
		note(findings, Warning, "batch_count_mismatch", path,
			"The trailer counts "+strconv.Itoa(n)+" "+what+", but "+strconv.Itoa(have)+" were read: some may be missing. Ask the sender for the file again.")
	}
}

// line reads a segment of the envelope. A header brings its own delimiters; a
// trailer has those of the last header, or of the message before it.
func (r *fileReader) line(part []byte) Segment {
	part = bytes.TrimRight(part[indent(part):], "\r\n\x0b\x1c")
	header := bytes.EqualFold(part[:3], []byte("FHS")) || bytes.EqualFold(part[:3], []byte("BHS"))
	if header {
		p := prologue{}
		if p.readEncoding(part) == nil {
			r.delims, r.header = p.delims, p.delims
		}
	}
	delims := r.delims
	if len(part) > 3 && part[3] == r.header.field {
		delims = r.header
	}
	m := &Message{raw: part, text: string(part), delims: delims, segs: []span{{0, int32(len(part))}}, options: r.opts.withDefaults(), escapes: true}
	m.ascii = isASCII(part)
	m.utf8 = m.ascii || utf8.Valid(part)
	m.charset = charset{plain: true}
	if table, known := charsets[charsetName(r.opts.Charset)]; known && strings.TrimSpace(r.opts.Charset) != "" {
		m.charset = charset{table: table, plain: table == nil || m.ascii}
	} else if !m.utf8 {
		m.charset = charset{table: charmap.Windows1252}
	}
	return m.Segment(0)
}

// note records a finding once for each code and path.
func note(list *[]Finding, severity, code, path, text string) {
	for _, f := range *list {
		if f.Code == code && f.Path == path {
			return
		}
	}
	*list = append(*list, Finding{Code: code, Path: path, Text: text, Severity: severity})
}
