package hl7v2_test

import (
	"testing"
	"time"

	"github.com/stockwell-hub/stockwell/internal/fault"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func TestParseTime_KeepsThePrecisionAndTheZoneThatWereGiven(t *testing.T) {
	for _, c := range []struct{ text, at, precision string }{
		{"2026", "2026-01-01T00:00:00Z", hl7v2.Year},
		{"202607", "2026-07-01T00:00:00+01:00", hl7v2.Month},
		{"20260105", "2026-01-05T00:00:00Z", hl7v2.Day},
		{"20260705", "2026-07-05T00:00:00+01:00", hl7v2.Day},
		{"2026010509", "2026-01-05T09:00:00Z", hl7v2.Hour},
		{"202607050930", "2026-07-05T09:30:00+01:00", hl7v2.Minute},
		{"20260705093015", "2026-07-05T09:30:15+01:00", hl7v2.Second},
		{"20260705093015.1234", "2026-07-05T09:30:15.1234+01:00", hl7v2.Fraction},
		{"20260705093015+0000", "2026-07-05T09:30:15Z", hl7v2.Second},
		{"20260705093015-0530", "2026-07-05T09:30:15-05:30", hl7v2.Second},
		{"20260705093015Z", "2026-07-05T09:30:15Z", hl7v2.Second},
		{" 20240229 ", "2024-02-29T00:00:00Z", hl7v2.Day},
	} {
		got, err := hl7v2.ParseTime(c.text, nil)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		want, _ := time.Parse(time.RFC3339Nano, c.at)
		if !got.At.Equal(want) || got.Precision != c.precision || got.Missing || !got.Other.IsZero() {
			t.Errorf("%s: got %+v", c.text, got)
		}
	}
}

func TestParseTime_OctoberRepeatsAnHourAndBothReadingsAreGiven(t *testing.T) {
	for text, repeated := range map[string]bool{
		"202610250059": false, "202610250100": true, "20261025013000": true, "2026102501": true,
		"20261025015959": true, "202610250200": false, "20261025": false, "202610250130+0100": false,
	} {
		got, err := hl7v2.ParseTime(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if repeated != !got.Other.IsZero() || repeated && got.Other.Sub(got.At) != time.Hour || got.Missing {
			t.Errorf("%s: got %+v", text, got)
		}
	}
}

func TestParseTime_MarchSkipsAnHourAndTheReadingIsFlagged(t *testing.T) {
	for text, missing := range map[string]bool{
		"202603290059": false, "202603290100": true, "20260329013000": true, "202603290200": false, "20260329": false,
	} {
		got, err := hl7v2.ParseTime(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.Missing != missing || !got.Other.IsZero() {
			t.Errorf("%s: got %+v", text, got)
		}
	}
}

func TestParseTime_RefusesWhatNoCalendarHas(t *testing.T) {
	for _, text := range []string{
		"202", "20261", "20261301", "20260229", "20260431", "00000000", "2026010524", "202601050960",
		"20260105093060", "20260105.5", "202601050930.5", "20260105093015.", "20260105+01", "20260105+1500",
		"20260105+0160", "2026-01-05", "today", "20260105093015.1234567890", "2026010509301", "20260105Z0", "+0100", "Z",
	} {
		if got, err := hl7v2.ParseTime(text, nil); err == nil || fault.Of(err).Code != "hl7_time" {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
}

func TestParseTime_NothingGivenIsNoTime(t *testing.T) {
	for _, text := range []string{"", "  ", `""`} {
		if got, err := hl7v2.ParseTime(text, nil); err != nil || got != (hl7v2.Time{}) {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
}
