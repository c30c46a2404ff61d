package hl7v2

import (
	"strconv"
	"time"
)

// Answer writes the file of acknowledgements for the file: an envelope where
// the file has one, with its applications the other way round and its control
// IDs referred to, and the counts. acks are the acknowledgements of
// f.Messages(), in their order; see BuildAck. One that is empty is left out.
func (f *File) Answer(acks [][]byte, at time.Time) []byte {
	var dst []byte
	if f.Header.m != nil {
		dst = answerHeader(dst, "FHS", f.Header, at)
	}
	batches := 0
	for _, b := range f.Batches {
		n := min(len(b.Messages), len(acks))
		batch := acks[:n]
		acks = acks[n:]
		if b.Header.m != nil {
			dst = answerHeader(dst, "BHS", b.Header, at)
			batches++
		}
		count := 0
		for _, ack := range batch {
			if len(ack) > 0 {
				dst = append(dst, ack...)
				count++
			}
		}
		if b.Header.m != nil {
			dst = answerTrailer(dst, "BTS", b.Header, count)
		}
	}
	if f.Header.m != nil {
		dst = answerTrailer(dst, "FTS", f.Header, batches)
	}
	return dst
}

// answerHeader writes FHS or BHS in the delimiters of the one it answers, whose
// fields it gives back byte for byte.
func answerHeader(dst []byte, name string, h Segment, at time.Time) []byte {
	dst = append(append(dst, name...), h.Field(1).Raw()...)
	dst = append(dst, h.Field(2).Raw()...)
	for n := 3; n <= 12; n++ {
		dst = append(dst, h.m.delims.field)
		switch n {
		case 3, 4:
			dst = append(dst, h.Field(n+2).Raw()...)
		case 5, 6:
			dst = append(dst, h.Field(n-2).Raw()...)
		case 7:
			dst = append(dst, timestamp(at)...)
		case 11, 12: // its own control ID, and the one it refers to
			dst = append(dst, h.Field(11).Raw()...)
		}
	}
	return append(dst, '\r')
}

func answerTrailer(dst []byte, name string, h Segment, count int) []byte {
	dst = append(append(dst, name...), h.m.delims.field)
	return append(strconv.AppendInt(dst, int64(count), 10), '\r')
}
