package mllp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
)

// The characters around a message.
const (
	startBlock = 0x0B // VT
	endBlock   = 0x1C // FS
)

// ErrTooLarge is returned for a frame that exceeds the reader's bound. The
// frame was read past, and the next one may be read. Frame returns its
// beginning with the error.
var ErrTooLarge = errors.New("mllp: frame too large")

const (
	readBuffer = 8 << 10
	// keepBuffer is the largest frame buffer kept between frames.
	keepBuffer = 64 << 10
	// keepHead is how much of an oversize frame is kept to address its answer.
	keepHead = 16 << 10
)

// FrameReader takes frames off a stream. It never holds more than its bound
// and one read buffer.
type FrameReader struct {
	in      *bufio.Reader
	max     int64
	buf     []byte
	begun   bool // a VT was read
	skipped int
}

// NewFrameReader reads frames of at most max bytes from r.
func NewFrameReader(r io.Reader, max int64) *FrameReader {
	return &FrameReader{in: bufio.NewReaderSize(r, readBuffer), max: max}
}

// Next gives the next frame without its framing; it is Start, then Frame.
func (r *FrameReader) Next() ([]byte, error) {
	if err := r.Start(); err != nil {
		return nil, err
	}
	return r.Frame()
}

// Start reads until a frame begins, skipping what stands before it. It returns
// io.EOF if the stream ends first.
func (r *FrameReader) Start() error {
	if cap(r.buf) > keepBuffer {
		r.buf = nil
	}
	for !r.begun {
		if r.in.Buffered() == 0 {
			if _, err := r.in.Peek(1); err != nil {
				if errors.Is(err, io.ErrUnexpectedEOF) {
					err = io.EOF // a TLS peer that went without saying so: nothing is cut off
				}
				return err
			}
		}
		chunk, _ := r.in.Peek(r.in.Buffered())
		n := bytes.IndexByte(chunk, startBlock)
		r.begun = n >= 0
		if n < 0 {
			n = len(chunk)
		}
		r.skipped += n - trailer(chunk[:n])
		if r.begun {
			n++
		}
		_, _ = r.in.Discard(n) // n bytes are buffered
	}
	return nil
}

// trailer counts the line ends in b: they follow a frame, or are sent to keep
// a connection alive, and are no garbage.
func trailer(b []byte) int {
	return bytes.Count(b, []byte{'\r'}) + bytes.Count(b, []byte{'\n'})
}

// Frame reads the frame that Start found. The bytes are valid until the next
// call. A VT in a frame begins it anew. It returns io.ErrUnexpectedEOF if the
// stream ends within the frame.
func (r *FrameReader) Frame() ([]byte, error) {
	r.buf = r.buf[:0]
	var size int64
	for {
		if r.in.Buffered() == 0 {
			if _, err := r.in.Peek(1); err != nil {
				r.skipped += int(size)
				r.begun = false
				if errors.Is(err, io.EOF) {
					err = io.ErrUnexpectedEOF
				}
				return nil, err
			}
		}
		chunk, _ := r.in.Peek(r.in.Buffered())
		end := bytes.IndexByte(chunk, endBlock)
		part := chunk
		if end >= 0 {
			part = chunk[:end]
		}
		if vt := last(part, startBlock); vt >= 0 {
			r.skipped += int(size) + vt - bytes.Count(part[:vt], []byte{startBlock})
			r.buf, size = r.buf[:0], 0
			_, _ = r.in.Discard(vt + 1)
			continue
		}
		size += int64(len(part))
		if end < 0 {
			r.keep(part, size)
			_, _ = r.in.Discard(len(part))
			continue
		}
		_, _ = r.in.Discard(end + 1)
		r.begun = false
		if size == int64(len(part)) && size <= r.max {
			return part[:size:size], nil // it was read at once and needs no copy
		}
		r.keep(part, size)
		if size > r.max {
			return r.buf, ErrTooLarge
		}
		return r.buf, nil
	}
}

// last is bytes.LastIndexByte, fast where there is none.
func last(b []byte, c byte) int {
	at := -1
	for {
		n := bytes.IndexByte(b[at+1:], c)
		if n < 0 {
			return at
		}
		at += n + 1
	}
}

// keep appends part to the frame; of an oversize frame only the beginning.
func (r *FrameReader) keep(part []byte, size int64) {
	if size <= r.max {
		r.grow(len(part))
		r.buf = append(r.buf, part...)
		return
	}
	most := int(min(r.max, keepHead))
	if len(r.buf) > most {
		r.buf = r.buf[:most]
	}
	if room := most - len(r.buf); room > 0 {
		part = part[:min(room, len(part))]
		r.grow(len(part))
		r.buf = append(r.buf, part...)
	}
}

// grow makes room for n bytes more, never beyond the bound.
func (r *FrameReader) grow(n int) {
	if need := len(r.buf) + n; need > cap(r.buf) {
		room := min(max(2*cap(r.buf), need), int(r.max))
		r.buf = append(make([]byte, 0, room), r.buf...)
	}
}

// beginsTLS waits for the stream's first bytes, and reports whether they are
// those of a TLS handshake.
func (r *FrameReader) beginsTLS() bool {
	first, err := r.in.Peek(1)
	if err != nil || first[0] != 0x16 {
		return false
	}
	record, err := r.in.Peek(3)
	return err == nil && record[1] == 3
}

// open reports whether the stream may still bring a frame: it passes over what
// has arrived and looks for the end. The stream's deadline bounds the look.
func (r *FrameReader) open() bool {
	for range 16 {
		_, _ = r.in.Discard(r.in.Buffered()) // as many as are buffered
		if _, err := r.in.Peek(1); err != nil {
			return errors.Is(err, os.ErrDeadlineExceeded)
		}
	}
	return true
}

// TakeSkipped gives the number of bytes skipped since it was last asked.
func (r *FrameReader) TakeSkipped() int {
	n := r.skipped
	r.skipped = 0
	return n
}

// WriteFrame writes message in its framing with one write.
func WriteFrame(w io.Writer, message []byte) error {
	_, err := w.Write(AppendFrame(nil, message))
	return err
}

// AppendFrame appends message in its framing to dst.
func AppendFrame(dst, message []byte) []byte {
	if dst == nil {
		dst = make([]byte, 0, len(message)+3)
	}
	dst = append(dst, startBlock)
	dst = append(dst, message...)
	return append(dst, endBlock, '\r')
}
