package main

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/lenaten/hl7"

	"github.com/stockwell-hub/stockwell/mapping"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
	"github.com/stockwell-hub/stockwell/schemas/udi"
)

// cost is what one call takes.
type cost struct{ ns, allocations float64 }

// costs measures functions in turns and gives each one's median.
func costs(ctx context.Context, d time.Duration, fns ...func() error) ([]cost, error) {
	ns, allocations := make([][]float64, len(fns)), make([][]float64, len(fns))
	for range rounds + 2 {
		for i, fn := range fns {
			c, err := costOf(ctx, d/(rounds+2), fn)
			if err != nil {
				return nil, err
			}
			ns[i], allocations[i] = append(ns[i], c.ns), append(allocations[i], c.allocations)
		}
	}
	out := make([]cost, len(fns))
	for i := range fns {
		out[i] = cost{median(ns[i]), median(allocations[i])}
	}
	return out, nil
}

func costOf(ctx context.Context, d time.Duration, fn func() error) (cost, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	n := 0
	for n == 0 || time.Since(start) < d {
		for range 100 {
			if err := fn(); err != nil {
				return cost{}, err
			}
		}
		n += 100
		if ctx.Err() != nil {
			return cost{}, ctx.Err()
		}
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return cost{float64(took.Nanoseconds()) / float64(n), float64(after.Mallocs-before.Mallocs) / float64(n)}, nil
}

// tenFields are read after parsing; each in our notation and in that of
// lenaten/hl7, which counts components from 0.
var tenFields = [][2]string{
	{"MSH-9.1", "MSH.9.0"}, {"MSH-10", "MSH.10"}, {"PID-3.1", "PID.3.0"}, {"PID-5.1", "PID.5.0"}, {"PV1-3.1", "PV1.3.0"},
	{"FT1-2", "FT1.2"}, {"FT1-4", "FT1.4"}, {"FT1-6", "FT1.6"}, {"FT1-7.1", "FT1.7.0"}, {"FT1-10", "FT1.10"},
}

// codecHL7 compares the codec with lenaten/hl7 and with what no codec can do
// without: splitting the bytes at \r and |. Then it encodes.
func codecHL7(ctx context.Context, b *bench) error {
	raw := newFeed().message(1, newPicker(1))
	paths := make([]hl7v2.Path, len(tenFields))
	for i, f := range tenFields {
		p, err := hl7v2.ParsePath(f[0])
		if err != nil {
			return err
		}
		paths[i] = p
	}
	values, theirValues := make([]string, len(tenFields)), make([]string, len(tenFields))
	ours := func() error {
		m, err := hl7v2.Parse(raw, hl7v2.Options{})
		if err != nil {
			return err
		}
		for i, p := range paths {
			values[i] = p.First(m.All()).String()
		}
		return nil
	}
	theirs := func() error {
		m := hl7.NewMessage(raw)
		if err := m.Parse(); err != nil {
			return err
		}
		for i, f := range tenFields {
			v, err := m.Find(f[1])
			if err != nil {
				return err
			}
			theirValues[i] = v
		}
		return nil
	}
	split := func() error {
		for _, line := range bytes.Split(raw, []byte{'\r'}) {
			_ = bytes.Split(line, []byte{'|'})
		}
		return nil
	}
	c, err := costs(ctx, b.last(1500*time.Millisecond), ours, theirs, split)
	if err != nil {
		return err
	}
	if !slices.Equal(values, theirValues) || slices.Contains(values, "") {
		return fmt.Errorf("ours read %q, lenaten/hl7 %q", values, theirValues)
	}
	b.add(timesFaster("parse and ten fields, against lenaten/hl7", "ns", c[0].ns, c[1].ns, 15),
		within("parse and ten fields, against a bare split", "ns", c[0].ns, c[2].ns, 2.5),
		atMost("allocations, against lenaten/hl7", "count", c[0].allocations, c[1].allocations, 8),
		shown("allocations, against a bare split", "count", c[0].allocations, c[2].allocations))
	return encodeHL7(ctx, b)
}

func codecMapping(ctx context.Context, b *bench) error {
	m, err := mapping.Load(mapping.Profiles, "generic-theatre/v2", nil, "")
	if err != nil {
		return err
	}
	in := mapping.Input{Raw: newFeed().message(1, newPicker(1)), ReceivedAt: time.Now(), Zone: time.UTC}
	c, err := costs(ctx, b.last(time.Second), func() error {
		t, err := m.Translate(in)
		if err == nil && len(t.Events) != 1 {
			err = fmt.Errorf("%d events", len(t.Events))
		}
		return err
	})
	if err != nil {
		return err
	}
	b.add(shown("translate a 12-line DFT, parsing included", "µs", c[0].ns/1000, 0), shown("allocations of it", "count", c[0].allocations, 0))
	return nil
}

func codecUDI(ctx context.Context, b *bench) error {
	const scan = "]d201095040000591181728112010LOT1234\x1d21SERIAL9876"
	now := time.Now()
	if u := udi.Parse(scan, now); u.Serial != "SERIAL9876" || len(u.Findings) > 0 {
		return fmt.Errorf("the scan was not read: %v", u.Findings)
	}
	c, err := costs(ctx, b.last(time.Second), func() error {
		udi.Parse(scan, now)
		return nil
	})
	if err != nil {
		return err
	}
	b.add(shown("parse a UDI of four elements", "ns", c[0].ns, 0), shown("allocations of it", "count", c[0].allocations, 0))
	return nil
}
