package mllp_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
)

// frames reads every frame of b, with an oversize one as nil.
func frames(r io.Reader, max int64) (all [][]byte, skipped int, err error) {
	in := mllp.NewFrameReader(r, max)
	for {
		frame, err := in.Next()
		switch {
		case errors.Is(err, mllp.ErrTooLarge):
			all = append(all, nil)
		case err != nil:
			return all, in.TakeSkipped(), err
		default:
			if cap(frame) > int(max) {
				return all, 0, fmt.Errorf("a frame holds %d bytes, beyond the bound", cap(frame))
			}
			all = append(all, append([]byte{}, frame...))
		}
	}
}

func TestFrameReader_ABoundIsExact(t *testing.T) {
	all, _, err := frames(bytes.NewReader([]byte(framed("12345")+framed("123456")+framed("1"))), 5)
	if !errors.Is(err, io.EOF) || len(all) != 3 || string(all[0]) != "12345" || all[1] != nil || string(all[2]) != "1" {
		t.Errorf("got %q, %v", all, err)
	}
}

func TestFrameReader_HoldsNoMoreThanItsBound(t *testing.T) {
	const max = 100_000
	for _, size := range []int{8 << 10, 8<<10 + 1, 70_000, max} {
		all, _, err := frames(bytes.NewReader([]byte(framed(strings.Repeat("x", size)))), max)
		if !errors.Is(err, io.EOF) || len(all) != 1 || len(all[0]) != size {
			t.Errorf("%d bytes: %d frames, %v", size, len(all), err)
		}
	}
	huge := io.MultiReader(strings.NewReader("\x0bMSH"), io.LimitReader(endless{}, 64<<20), strings.NewReader("\x1c\r"))
	in := mllp.NewFrameReader(huge, max)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	frame, err := in.Next()
	runtime.ReadMemStats(&after)
	if !errors.Is(err, mllp.ErrTooLarge) || len(frame) == 0 {
		t.Errorf("got %d bytes, %v", len(frame), err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 4*max {
		t.Errorf("64 MiB beyond a bound of %d took %d bytes", max, used)
	}
}

// endless gives the same byte for ever.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func FuzzFrameReader(f *testing.F) {
	for _, s := range []string{framed("MSH|^~\\&"), "\x0b\x0b\x1c\x1c\r", "\x0b0\x0b\x0b", "x" + framed("a") + "\x0bhalf", framed("") + "\r\n" + framed("123456789")} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		const max = 8
		all, skipped, err := frames(bytes.NewReader(b), max)
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatal(err)
		}
		size := skipped
		for _, frame := range all {
			if len(frame) > max || bytes.ContainsAny(frame, "\x0b\x1c") {
				t.Fatalf("frame %q", frame)
			}
			size += len(frame)
		}
		if size > len(b) {
			t.Fatal("more came out than went in")
		}
		// How the bytes arrive makes no difference.
		again, skippedAgain, _ := frames(iotest.OneByteReader(bytes.NewReader(b)), max)
		if len(again) != len(all) || skippedAgain != skipped {
			t.Fatalf("byte by byte: %d frames and %d skipped, at once: %d and %d", len(again), skippedAgain, len(all), skipped)
		}
		for i := range all {
			if !bytes.Equal(all[i], again[i]) {
				t.Fatalf("frame %d: %q and %q", i, all[i], again[i])
			}
		}
		// What is written is read again.
		payload := bytes.Map(func(r rune) rune {
			if r == 0x0b || r == 0x1c {
				return -1
			}
			return r
		}, b)
		var out bytes.Buffer
		if err := mllp.WriteFrame(&out, payload); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := frames(&out, int64(len(payload))); len(got) != 1 || !bytes.Equal(got[0], payload) {
			t.Fatalf("%q was read as %q", payload, got)
		}
	})
}
