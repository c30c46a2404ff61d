package mapping

import (
	"encoding/csv"
	"fmt"
	"io/fs"
	"os"
	slash "path"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

// meanings gives a table of a profile: code to what it means.
func meanings(t *testing.T, ref, table string) map[string]string {
	t.Helper()
	raw, err := fs.ReadFile(Profiles, slash.Join("profiles", ref, "tables", table+".csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, row := range rows[1:] {
		out[row[0]] = row[1]
	}
	return out
}

// TestProfiles_ACodeThatNobodyKnowsIsNeverAUse writes any codes into the
// fields that decide what a line does, and holds what comes of it against the
// profile's tables.
func TestProfiles_ACodeThatNobodyKnowsIsNeverAUse(t *testing.T) {
	t.Parallel()
	const charge = "PID|1||A^^^N^MR\rPV1|1\rFT1|1|K||20260314||%[1]s|C^x|||1|||||||||||||4411\r"
	for _, c := range []struct {
		ref, kind, body       string // sign, unit and action are put into body
		signs, units, actions string // tables; empty if the line has no such code
		known                 [3]string
	}{
		{"generic-theatre/v1", "DFT^P03", charge + "OBX|1|ST|UNIT||%[2]s||||||F\r", "transaction_types", "units", "", [3]string{"CG", "EA", ""}},
		{"generic-theatre/v2", "DFT^P11", charge + "OBX|1|ST|UNIT||%[2]s||||||F\r", "transaction_types", "units", "", [3]string{"CG", "EA", ""}},
		{"generic-theatre/v2", "ORU^R01", "PID|1||A^^^N^MR\rPV1|1\rOBR|1||4411\rOBX|1|ST|USE-ID|1|K||||||%[1]s\rOBX|2|ST|UNIT|1|%[2]s||||||%[1]s\r", "observation_status", "units", "", [3]string{"F", "PK", ""}},
		{"snapshot-theatre/v1", "ZFT^Z02", "PID|1||A^^^N^MR\rPV1|1\rZTH|4411||||||||1|0\rZCN|1|K|%[1]s|C^x^L|1|%[2]s\r", "signs", "units", "", [3]string{"W", "sc", ""}},
		{"snapshot-theatre/v1", "ZFT^Z01", "PID|1||A^^^N^MR\rPV1|1\rZTH|4411||||||||0|1\rZIM|1|K|%[1]s|C^x^L|1\r", "signs", "", "", [3]string{"I", "", ""}},
		{"action-theatre/v1", "DFT^P03", charge + "ZSU|1|K|%[3]s|||||||%[2]s\r", "transaction_types", "units", "actions", [3]string{"NCU", "", "u"}},
		{"action-theatre/v1", "ORU^R01", "PID|1||A^^^N^MR\rPV1|1\rOBR|1||4411\rOBX|1|ST|USENO|1|K||||||%[1]s\rOBX|2|ID|ACTION|1|%[3]s||||||%[1]s\r", "observation_status", "", "actions", [3]string{"C", "", "A"}},
	} {
		t.Run(c.ref+" "+c.kind, func(t *testing.T) {
			t.Parallel()
			m, err := Load(Profiles, c.ref, nil, "")
			if err != nil {
				t.Fatal(err)
			}
			tables := map[string]map[string]string{}
			for _, table := range []string{c.signs, c.units, c.actions} {
				if table != "" {
					tables[table] = meanings(t, c.ref, table)
				}
			}
			use := func(sign, unit, action string) bool {
				raw := "MSH|^~\\&|T|Z|||20260314||" + c.kind + "|1|P|2.5\r" + fmt.Sprintf(c.body+"%[4]s", sign, unit, action, "")
				tr, err := m.Translate(Input{Raw: []byte(raw), ReceivedAt: received})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range tr.Events {
					for _, l := range e.(canonical.Usage).Lines {
						if l.Effect == canonical.Use {
							return true
						}
					}
				}
				return false
			}
			if !use(c.known[0], c.known[1], c.known[2]) {
				t.Fatalf("%v is no use, so this shows nothing", c.known)
			}
			rapid.Check(t, func(t *rapid.T) {
				code := func(table string) string {
					listed := []string{""}
					for _, k := range sorted(tables[table]) {
						listed = append(listed, k, strings.ToLower(k))
					}
					return rapid.OneOf(rapid.SampledFrom(listed), rapid.StringMatching(`[A-Za-z0-9 ]{0,4}`)).Draw(t, "code of "+table)
				}
				knows := func(table, code string, meaning ...string) bool {
					return table == "" || slices.Contains(meaning, tables[table][strings.TrimSpace(code)])
				}
				sign, unit, action := code(c.signs), code(c.units), code(c.actions)
				known := knows(c.signs, sign, "use") && knows(c.actions, strings.ToUpper(action), "add", "update") &&
					(strings.TrimSpace(unit) == "" || knows(c.units, strings.ToUpper(unit), "each", "pack", "scanned"))
				if got := use(sign, unit, action); got != known {
					t.Fatalf("with sign %q, unit %q and action %q the line is a use: %v", sign, unit, action, got)
				}
			})
		})
	}
}

func TestTheatre_AChargeAndAResultTellTheSameUse(t *testing.T) {
	t.Parallel()
	for ref, files := range map[string][2]string{
		"generic-theatre/v1": {"dft_use", "oru_use"}, "generic-theatre/v2": {"dft_use", "oru_use"}, "action-theatre/v1": {"dft_charges", "oru_implants"},
	} {
		m, err := Load(Profiles, ref, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		var said, voices []string
		for _, name := range files {
			raw, err := os.ReadFile("profiles/" + ref + "/examples/" + name + ".hl7")
			if err != nil {
				t.Fatal(err)
			}
			tr, err := m.Translate(example(m, name, raw))
			if err != nil {
				t.Fatal(err)
			}
			u := tr.Events[0].(canonical.Usage)
			said = append(said, fmt.Sprint(u.Lines[0].Key, u.Case.Aliases, u.Encounter))
			voices = append(voices, u.Source)
		}
		if said[0] != said[1] || (voices[0] == voices[1]) != (ref != "action-theatre/v1") {
			t.Errorf("%s: %v by %q", ref, said, voices)
		}
	}
}

// TestTheatreV2_FindsTheLinesOfV1Again: a trust that moves to v2 finds
// the lines of v1 again.
func TestTheatreV2_FindsTheLinesOfV1Again(t *testing.T) {
	t.Parallel()
	var read [2]canonical.Usage
	for i, ref := range []string{"generic-theatre/v1", "generic-theatre/v2"} {
		m, err := Load(Profiles, ref, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		tr, err := m.Translate(Input{Raw: twelveLines(), ReceivedAt: received})
		if err != nil {
			t.Fatal(err)
		}
		read[i] = tr.Events[0].(canonical.Usage)
	}
	for i, l := range read[0].Lines {
		again := read[1].Lines[i]
		if l.Key != again.Key || l.Effect != again.Effect || l.UDI != again.UDI || !slices.Equal(l.Codes, again.Codes) || l.Quantity != again.Quantity || l.Disposition != again.Disposition {
			t.Errorf("line %d is %+v in v1 and %+v in v2", i+1, l, again)
		}
	}
	if read[1].Encounter != "V88120" || len(read[1].People) != 1 || read[1].People[0].Role != "consultant" {
		t.Errorf("got %q, %v", read[1].Encounter, read[1].People)
	}
}
