package hl7v2_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

func TestTables_EveryLineIsWellFormed(t *testing.T) {
	t.Parallel()
	const version = `2\.[1-9](?:\.[12])?`
	segment := regexp.MustCompile(`^[A-Z][A-Z0-9]{2}\|` + version + `\|[^|]+$`)
	field := regexp.MustCompile(`^([0-9]+)\|` + version + `\|[ORCW](?:,` + version + `:[ORCW])*\|(?:\*|[0-9]+)(?:,` + version + `:(?:\*|[0-9]+))*\|[A-Za-z]+(?:,` + version + `:[A-Za-z]+)*\|[^|]+$`)
	kind := regexp.MustCompile(`^[A-Z]{2,3}\|[^|]+\|[^:;|]+:[A-Z]{2,3}(?:;[^:;|]+:[A-Z]{2,3})*$`)
	structure := regexp.MustCompile(`^[A-Z]{3}(?:_[A-Z][0-9]{2})?\|[A-Z0-9 ]*\|MSH [A-Z0-9_ @.?*+()<>,-]+$`)
	files, err := filepath.Glob("tables/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	segments, fields := 0, 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			ok := false
			switch filepath.Base(file) {
			case "types.txt":
				ok = kind.MatchString(line)
			case "structures.txt":
				ok = strings.HasPrefix(line, "# ") || structure.MatchString(line) && strings.Count(line, "(") == strings.Count(line, ")")
			default:
				if ok = segment.MatchString(line); ok {
					n, segments = 0, segments+1
				} else if m := field.FindStringSubmatch(line); m != nil {
					n, fields = n+1, fields+1
					ok = m[1] == strconv.Itoa(n)
				}
			}
			if !ok {
				t.Errorf("%s: %s", file, line)
			}
		}
	}
	if segments < 60 || fields < 1000 {
		t.Errorf("%d segments, %d fields", segments, fields)
	}
}

func TestDictionary_NamesFieldsComponentsAndTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		segment string
		n       int
		name    string
		kind    string
	}{
		{"MSH", 9, "Message Type", "MSG"}, {"MSH", 18, "Character Set", "ID"}, {"PID", 3, "Patient Identifier List", "CX"},
		{"PID", 5, "Patient Name", "XPN"}, {"PID", 18, "Patient Account Number", "CX"}, {"PV1", 19, "Visit Number", "CX"},
		{"PV1", 44, "Admit Date/Time", "DTM"}, {"OBX", 5, "Observation Value", "varies"}, {"OBX", 11, "Observation Result Status", "ID"},
		{"FT1", 10, "Transaction Quantity", "NM"}, {"FT1", 25, "Procedure Code", "CNE"}, {"SCH", 25, "Filler Status Code", "CWE"},
		{"MRG", 1, "Prior Patient Identifier List", "CX"}, {"TXA", 12, "Unique Document Number", "EI"}, {"RQD", 5, "Requisition Quantity", "NM"},
		{"PRT", 10, "Participation Device", "EI"}, {"IIM", 3, "Inventory Lot Number", "ST"}, {"ZBE", 1, "Movement ID", "EI"},
		{"PID", 99, "", ""}, {"PID", 0, "", ""}, {"ZZZ", 1, "", ""},
	} {
		if got := hl7v2.FieldName(c.segment, c.n); got != c.name {
			t.Errorf("%s-%d: %q", c.segment, c.n, got)
		}
		if got := hl7v2.DataTypeOf(c.segment, c.n); got != c.kind {
			t.Errorf("%s-%d: %q", c.segment, c.n, got)
		}
	}
	if hl7v2.SegmentName("PID") != "Patient Identification" || hl7v2.ComponentName("CX", 4) != "Assigning Authority" || hl7v2.ComponentName("CX", 99) != "" {
		t.Error("a segment or a component has another name")
	}
}

func TestDictionary_KnowsWhatEachVersionHas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		segment  string
		n        int
		version  string
		in       bool
		kind     string
		required bool
		most     int
	}{
		{"PID", 3, "2.1", true, "CK", true, 1}, {"PID", 3, "2.3", true, "CX", true, 0}, {"PID", 32, "2.3.1", false, "IS", false, 0},
		{"PID", 32, "2.4", true, "IS", false, 0}, {"PID", 40, "2.6", false, "XTN", false, 0}, {"MSH", 7, "2.3", true, "TS", false, 1},
		{"MSH", 7, "2.4", true, "TS", true, 1}, {"FT1", 4, "2.4", true, "TS", true, 1}, {"FT1", 4, "2.5", true, "DR", true, 1},
		{"OBX", 14, "2.5.1", true, "TS", false, 1}, {"OBX", 14, "2.6", true, "DTM", false, 1}, {"ERR", 2, "2.4", false, "ERL", false, 0},
		{"ERR", 3, "2.5", true, "CWE", true, 1}, {"PRT", 16, "2.7", false, "EI", false, 1}, {"PRT", 16, "2.9", true, "EI", false, 1},
		{"DEV", 2, "2.8", false, "EI", false, 1}, {"PID", 5, "", true, "XPN", true, 0}, {"PID", 5, "banana", true, "XPN", true, 0},
	} {
		f, ok := hl7v2.LookupField(c.segment, c.n)
		if !ok || f.In(c.version) != c.in || f.DataType(c.version) != c.kind || f.Required(c.version) != c.required || f.MostRepetitions(c.version) != c.most {
			t.Errorf("%s-%d in %q: in %v, type %s, required %v, most %d", c.segment, c.n, c.version, f.In(c.version), f.DataType(c.version), f.Required(c.version), f.MostRepetitions(c.version))
		}
	}
	f, _ := hl7v2.LookupField("PID", 19)
	if f.Withdrawn("2.6") || !f.Withdrawn("2.7") {
		t.Error("PID-19 was withdrawn in 2.7")
	}
}

func TestPath_SaysThatAVersionHasNoSuchField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, version, code string }{
		{"PID-40", "2.4", "field_not_in_version"}, {"PID-41", "2.9", "field_unknown"}, {"PID-19", "2.8", "field_withdrawn"},
		{"PID-3.1", "2.4", ""}, {"PID", "2.4", ""}, {"ZIM-99", "2.4", ""}, {"FT1/PRT-16", "2.7", "field_not_in_version"},
	} {
		f, found := mustPath(t, c.path).Check(c.version)
		if found != (c.code != "") || f.Code != c.code {
			t.Errorf("%s in %s: %+v", c.path, c.version, f)
		}
	}
}
