package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/stockwell-hub/stockwell/connectors/mllp"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

const (
	// medplumFolder is where the tests' HL7 peers on Node are, from the root
	// of the project.
	medplumFolder = "connectors/mllp/testdata/peers"
	// streamed is how many distinct messages the stream of frames has.
	streamed = 500
)

// framesPart takes frames off a stream in memory, 500 messages of 2 KB again
// and again, beside @medplum/hl7 in a process of Node that times itself. The
// latter parses each message as it unframes it, so ours is measured without
// parsing, against it with its parser taken out, and with parsing: reading one
// field, which is what ours is made for, and reading every component, which is
// what the other does whether or not anyone asks.
func framesPart(ctx context.Context, b *bench) error {
	m, err := findMedplum()
	if err != nil {
		return err
	}
	stream := frames()
	m.file = filepath.Join(b.folder, "frames.bin")
	if err := os.WriteFile(m.file, stream, 0o600); err != nil {
		return err
	}
	var ours [3][]float64
	var theirs [2][]float64
	d, before := b.last(500*time.Millisecond), usageOf(0, 0)
	for range rounds {
		for i, handle := range []func([]byte) error{ignore, readControlID, readEverything} {
			n, err := unframe(ctx, stream, d, handle)
			if err != nil {
				return err
			}
			ours[i] = append(ours[i], n)
		}
		for i, args := range [][]string{{"--frames-only"}, nil} {
			n, err := m.unframe(ctx, d, args...)
			if err != nil {
				return err
			}
			theirs[i] = append(theirs[i], n)
		}
	}
	b.say("@medplum/hl7 %s on Node %s; ours takes %.0f MB/s of frames; %s (Node counts as generator)", m.version, m.node,
		median(ours[0])*float64(len(stream))/streamed/1e6, usageOf(0, 0).since(before))
	b.add(shown("frames of 2 KB, against @medplum/hl7 without its parser", "1/s", median(ours[0]), median(theirs[0])),
		shown("frames, parsed and MSH-10 read, against @medplum/hl7", "1/s", median(ours[1]), median(theirs[1])),
		shown("frames, every component read, against @medplum/hl7", "1/s", median(ours[2]), median(theirs[1])))
	return nil
}

// frames is the stream: distinct messages in their framing.
func frames() []byte {
	feed, p := newFeed(), newPicker(1)
	var out []byte
	for n := int64(1); n <= streamed; n++ {
		out = mllp.AppendFrame(out, feed.message(n, p))
	}
	return out
}

// unframe gives how many frames a second are read and handled.
func unframe(ctx context.Context, stream []byte, d time.Duration, handle func([]byte) error) (float64, error) {
	start, n := time.Now(), int64(0)
	for time.Since(start) < d && ctx.Err() == nil {
		in := mllp.NewFrameReader(bytes.NewReader(stream), 1<<20)
		for range streamed {
			frame, err := in.Next()
			if err != nil {
				return 0, err
			}
			if err := handle(frame); err != nil {
				return 0, err
			}
		}
		if _, err := in.Next(); !errors.Is(err, io.EOF) {
			return 0, fmt.Errorf("the stream has more frames than messages: %w", err)
		}
		n += streamed
	}
	return rate(n, time.Since(start)), ctx.Err()
}

func ignore([]byte) error { return nil }

func readControlID(frame []byte) error {
	m, err := hl7v2.Parse(frame, hl7v2.Options{})
	if err == nil && m.Segment(0).Field(10).String() == "" {
		err = errors.New("a message has no control ID")
	}
	return err
}

func readEverything(frame []byte) error {
	m, err := hl7v2.Parse(frame, hl7v2.Options{})
	if err != nil {
		return err
	}
	size := 0
	for i := range m.Len() {
		s := m.Segment(i)
		for n := 1; n <= s.Fields(); n++ {
			f := s.Field(n)
			for r := 1; r <= f.Repetitions(); r++ {
				v := f.Repetition(r)
				for c := 1; c <= v.Components(); c++ {
					size += len(v.Component(c).String())
				}
			}
		}
	}
	if size == 0 {
		err = errors.New("a message is empty")
	}
	return err
}

// medplum is @medplum/hl7 where `make deps-test` puts it.
type medplum struct{ program, version, node, file string }

func findMedplum() (*medplum, error) {
	raw, err := os.ReadFile(filepath.Join(medplumFolder, "node_modules", "@medplum", "hl7", "package.json"))
	if err != nil {
		return nil, fmt.Errorf("this part needs @medplum/hl7 under %s; install it with: make deps-test", medplumFolder)
	}
	m := &medplum{}
	var said struct{ Version string }
	if err := json.Unmarshal(raw, &said); err != nil {
		return nil, err
	}
	m.version = said.Version
	if m.program, err = exec.LookPath("node"); err != nil {
		return nil, errors.New("this part needs Node.js; install it with: make deps-test")
	}
	return m, nil
}

// unframe gives how many messages a second the other one takes from the file.
// The start of Node and warming up do not count.
func (m *medplum) unframe(ctx context.Context, d time.Duration, args ...string) (float64, error) {
	cmd := exec.CommandContext(ctx, m.program, append([]string{"bench-medplum.mjs", m.file, strconv.FormatFloat(d.Seconds(), 'f', 3, 64)}, args...)...)
	cmd.Dir, cmd.SysProcAttr = medplumFolder, ownGroup()
	var wrong strings.Builder
	cmd.Stderr = &wrong
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("bench-medplum.mjs: %w: %s", err, wrong.String())
	}
	var said struct {
		Node               string
		Messages, Distinct int64
		Seconds            float64
	}
	if err := json.Unmarshal(out, &said); err != nil {
		return 0, err
	}
	if len(args) == 0 && said.Distinct != streamed || said.Messages == 0 || said.Messages%streamed != 0 {
		return 0, fmt.Errorf("@medplum/hl7 read %d messages with %d control IDs", said.Messages, said.Distinct)
	}
	m.node = said.Node
	return float64(said.Messages) / said.Seconds, nil
}
