package mapping

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
)

func usageOf(t *testing.T, e canonical.Event) canonical.Usage {
	t.Helper()
	u, ok := e.(canonical.Usage)
	if !ok {
		t.Fatalf("got %T", e)
	}
	return u
}

func TestJoin_ALineGetsWhatNamesItWhereverThatStands(t *testing.T) {
	t.Parallel()
	m := overlaid(t, line(`join: [{each: ZUD, where: ZUD-1, equals: FT1-2}], lot: ZUD-2`))
	u, findings := usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K1||||CG|C|||1", "FT1|2|K2||||CG|C|||1", "FT1|3|K3||||CG|C|||1", "ZUD|K3|L3", "ZUD|K1|L1", "ZUD|K9|L9", "ZUD||OWN")
	if got := u.Lines[0].Lot + " " + u.Lines[1].Lot + " " + u.Lines[2].Lot; got != "L1  OWN" || !strings.Contains(findings, "join_unmatched") {
		t.Errorf("lots are %q, findings %s: a segment without the value stays where it stands, one that names no line is told", got, findings)
	}
}

func TestJoin_AnOrdersObservationsComeWithIt(t *testing.T) {
	t.Parallel()
	m := overlaid(t, line(`join: [{each: OBR, where: OBR-3, equals: FT1-23}], lot: "OBX[3=LOT]-5"`))
	u, findings := usage(t, m, "PID|1||A^^^N^MR", "OBR|1||O1", "OBX|1|ST|LOT||L1", "OBR|2||O2", "OBX|1|ST|LOT||L2",
		"FT1|1|K1||||CG|C|||1|||||||||||||O2", "FT1|2|K2||||CG|C|||1|||||||||||||O1")
	if u.Lines[0].Lot != "L2" || u.Lines[1].Lot != "L1" || strings.Contains(findings, "join") {
		t.Errorf("got %+v with %s", u.Lines, findings)
	}
}

func TestLines_AValueReadPastTheDeclaredVersionIsToldOnce(t *testing.T) {
	t.Parallel()
	m := overlaid(t, line(`lot: FT1-34`))
	late := "FT1|1|K%||||CG|C|||1" + strings.Repeat("|", 24) + "X"
	_, findings := usage(t, m, "PID|1||A^^^N^MR", strings.Replace(late, "%", "1", 1), strings.Replace(late, "%", "2", 1))
	if strings.Count(findings, "field_not_in_version") != 1 {
		t.Errorf("findings are %s", findings)
	}
	_, findings = usage(t, m, "PID|1||A^^^N^MR", "FT1|1|K1||||CG|C|||1")
	if strings.Contains(findings, "field_not_in_version") {
		t.Errorf("findings are %s: nothing stands there", findings)
	}
}

func TestJoin_EveryMistakeIsToldWithFileAndLine(t *testing.T) {
	t.Parallel()
	trust := profile("")
	trust["mapping.yaml"] = &fstest.MapFile{Data: []byte(`trust: ZZ1
profile: small/v1
messages:
  use:
    events:
      use:
        lines:
          join:
            - {each: ZUD, were: ZUD-1, equals: FT1-2}
            - {each: "OBX[3=LOT]", where: OBX-4, equals: FT1}
            - ZUD
`)}
	_, err := Load(profile(small), "small/v1", trust, "mapping.yaml")
	if err == nil {
		t.Fatal("the mapping is taken")
	}
	for _, want := range []string{
		`mapping.yaml:9: The block "join" has no key "were". Did you mean "where"?`,
		`mapping.yaml:9: The key "where" is missing here: a join names`,
		`mapping.yaml:10: A join takes every OBX that has a value in where.`,
		`mapping.yaml:10: "FT1" names a whole segment. Add the field, as FT1-1.`,
		`mapping.yaml:11: Of "join" a block of keys is expected (each, where, equals), not a single value.`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told in\n%v", want, err)
		}
	}
}
