package hl7v2_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// drawn writes a tree on one line: groups as NAME(..), segments by name.
func drawn(n *hl7v2.Node) string {
	if !n.IsGroup() {
		return n.Segment.Name()
	}
	var parts []string
	for _, c := range n.Nodes {
		parts = append(parts, drawn(c))
	}
	return n.Group + "(" + strings.Join(parts, " ") + ")"
}

// named gives a message of this type whose segments have these names; what
// follows a name after a colon is field 1.
func named(t testing.TB, kind, version, segments string) *hl7v2.Message {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "MSH|^~\\&|THEATRE|ZZ1|HUB|ZZ1|20260105093000||%s|C1|P|%s\r", kind, version)
	for _, s := range strings.Fields(segments) {
		name, field, _ := strings.Cut(s, ":")
		b.WriteString(name + "|" + field + "\r")
	}
	return mustParse(t, b.String())
}

func codes(findings []hl7v2.Finding) string {
	var list []string
	for _, f := range findings {
		if strings.HasPrefix(f.Code, "segment_") {
			list = append(list, f.Code+"@"+f.Path)
		}
	}
	return strings.Join(list, " ")
}

func TestTree_FollowsTheGrammarOfTheMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, version, segments, want, findings string }{
		{"DFT^P03", "2.5", "EVN PID PV1 OBX OBX FT1 NTE PR1 ROL PR1 FT1 OBX NTE DG1 DG1 IN1",
			"DFT_P03(MSH EVN PID PV1 COMMON_ORDER(OBSERVATION(OBX) OBSERVATION(OBX)) FINANCIAL(FT1 NTE FINANCIAL_PROCEDURE(PR1 ROL) FINANCIAL_PROCEDURE(PR1)) FINANCIAL(FT1 FINANCIAL_COMMON_ORDER(FINANCIAL_OBSERVATION(OBX NTE))) DG1 DG1 INSURANCE(IN1))", ""},
		{"DFT^P03", "2.3", "EVN PID OBX FT1 PR1 DG1", "DFT_P03(MSH EVN PID OBX FINANCIAL(FT1 FINANCIAL_PROCEDURE(PR1)) DG1)", ""},
		{"DFT^P03", "2.3", "EVN PID FT1 OBX FT1", "DFT_P03(MSH EVN PID FINANCIAL(FT1 FINANCIAL_COMMON_ORDER(FINANCIAL_OBSERVATION(OBX))) FINANCIAL(FT1))",
			"segment_not_in_version@OBX[1]"},
		{"DFT^P03", "2.5", "EVN PID FT1 DG1 FT1", "DFT_P03(MSH EVN PID FINANCIAL(FT1) DG1 FINANCIAL(FT1))", "segment_order@FT1[2]"},
		{"DFT^P03", "2.5", "EVN PID FT1 ZIM PR1 ZPR FT1 ZIM XXX", "DFT_P03(MSH EVN PID FINANCIAL(FT1 ZIM FINANCIAL_PROCEDURE(PR1 ZPR)) FINANCIAL(FT1 ZIM XXX))",
			"segment_local@ZIM[1] segment_local@ZPR[1] segment_local@ZIM[2] segment_unknown@XXX[1]"},
		{"DFT^P03", "2.5", "EVN PID PV1", "DFT_P03(MSH EVN PID PV1)", "segment_missing@FT1"},
		{"ADT^A40", "2.4", "EVN PID MRG PID PD1 MRG PV1", "ADT_A39(MSH EVN PATIENT(PID MRG) PATIENT(PID PD1 MRG PV1))", ""},
		{"ADT^A40", "2.4", "EVN PID MRG MRG", "ADT_A39(MSH EVN PATIENT(PID MRG MRG))", "segment_repeated@MRG[2]"},
		{"ADT^A40", "2.4", "EVN PID PID MRG", "ADT_A39(MSH EVN PATIENT(PID) PATIENT(PID MRG))", "segment_missing@PID[1]/MRG"},
		{"ORU^R01", "2.5", "PID PV1 ORC OBR NTE OBX NTE OBX ORC OBR OBX PID OBR OBX",
			"ORU_R01(MSH PATIENT_RESULT(PATIENT(PID VISIT(PV1)) ORDER_OBSERVATION(ORC OBR NTE OBSERVATION(OBX NTE) OBSERVATION(OBX)) ORDER_OBSERVATION(ORC OBR OBSERVATION(OBX))) PATIENT_RESULT(PATIENT(PID) ORDER_OBSERVATION(OBR OBSERVATION(OBX))))", ""},
		{"ORU^R01", "2.9", "PID OBR OBX PRT DEV PRT", "ORU_R01(MSH PATIENT_RESULT(PATIENT(PID) ORDER_OBSERVATION(OBR OBSERVATION(OBX OBSERVATION_PARTICIPATION(PRT DEV) OBSERVATION_PARTICIPATION(PRT)))))", ""},
		{"SIU^S14", "2.4", "SCH PID PV1 RGS AIS NTE AIG AIL AIP AIP RGS AIS",
			"SIU_S12(MSH SCH PATIENT(PID PV1) RESOURCES(RGS SERVICE(AIS NTE) GENERAL_RESOURCE(AIG) LOCATION_RESOURCE(AIL) PERSONNEL_RESOURCE(AIP) PERSONNEL_RESOURCE(AIP)) RESOURCES(RGS SERVICE(AIS)))", ""},
		{"SIU^S12", "2.4", "SCH PID AIS AIP AIL", "SIU_S12(MSH SCH PATIENT(PID) RESOURCES(SERVICE(AIS) PERSONNEL_RESOURCE(AIP) LOCATION_RESOURCE(AIL)))",
			"segment_order@AIL[1] segment_missing@AIS[1]/RGS"},
		{"SIU^S12", "2.4", "SCH PID NTE RGS AIS", "SIU_S12(MSH SCH PATIENT(PID NTE) RESOURCES(RGS SERVICE(AIS)))", "segment_unexpected@NTE[1]"},
		{"ORM^O01", "2.4", "PID PV1 ORC OBR NTE OBX ORC RQD RQ1", "ORM_O01(MSH PATIENT(PID PATIENT_VISIT(PV1)) ORDER(ORC ORDER_DETAIL(OBR NTE OBSERVATION(OBX))) ORDER(ORC ORDER_DETAIL(RQD RQ1)))", ""},
		{"ORM^O01", "2.4", "PID OBR OBX OBR OBX", "ORM_O01(MSH PATIENT(PID) ORDER(ORDER_DETAIL(OBR OBSERVATION(OBX))) ORDER(ORDER_DETAIL(OBR OBSERVATION(OBX))))",
			"segment_missing@OBR[1]/ORC segment_missing@OBR[2]/ORC"},
		{"OMS^O05", "2.5", "PID ORC RQD RQ1 NTE OBX RQD", "OMS_O05(MSH PATIENT(PID) ORDER(ORC RQD RQ1 NTE OBSERVATION(OBX) RQD))", "segment_repeated@RQD[2]"},
		{"ADT^A01", "2.4", "EVN PID PV1 PV1 AL1 DG1 PR1 ROL PR1 AL1", "ADT_A01(MSH EVN PID PV1 PV1 AL1 DG1 PROCEDURE(PR1 ROL) PROCEDURE(PR1) AL1)",
			"segment_repeated@PV1[2] segment_order@AL1[2]"},
		{"MFN^M16^MFN_M16", "2.6", "MFI MFE ITM STZ VND PKG PCE VND IVT ILT MFE ITM",
			"MFN_M16(MSH MFI MATERIAL_ITEM_RECORD(MFE ITM STERILIZATION(STZ) PURCHASING_VENDOR(VND PACKAGING(PKG PCE)) PURCHASING_VENDOR(VND) MATERIAL_LOCATION(IVT ILT)) MATERIAL_ITEM_RECORD(MFE ITM))", ""},
		{"ZZZ^Z01", "2.4", "PID ZAB PID", "(MSH PID ZAB PID)", ""},
		{"ACK^P03", "2.4", "MSA ERR", "ACK(MSH MSA ERR)", ""},
	} {
		m := named(t, c.kind, c.version, c.segments)
		if got := drawn(m.Tree()); got != c.want {
			t.Errorf("%s %s %s\n got %s\nwant %s", c.kind, c.version, c.segments, got, c.want)
		}
		if got := codes(hl7v2.Validate(m)); got != c.findings {
			t.Errorf("%s %s %s\n got %s\nwant %s", c.kind, c.version, c.segments, got, c.findings)
		}
	}
}

// listed writes each group as the segments and set IDs it holds.
func listed(groups []hl7v2.Group) string {
	var out []string
	for _, g := range groups {
		var parts []string
		for i := range g.Len() {
			parts = append(parts, g.Segment(i).Name()+g.Segment(i).Field(1).String())
		}
		out = append(out, strings.Join(parts, " "))
	}
	return strings.Join(out, " / ")
}

func TestGroupsOf_FollowTheGrammarWhereItIsKnownAndRunUntilTheNextWhereNot(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, segments, name, want string }{
		{"DFT^P03", "EVN PID OBX:1 FT1:1 PR1:1 PR1:2 FT1:2 OBX:2 ZIM:1 DG1:1 ACC:1", "FT1", "FT11 PR11 PR12 / FT12 OBX2 ZIM1"},
		{"DFT^P03", "EVN PID OBX:1 FT1:1 PR1:1 PR1:2 FT1:2 OBX:2 DG1:1", "FINANCIAL", "FT11 PR11 PR12 / FT12 OBX2"},
		{"DFT^P03", "EVN PID OBX:1 NTE:1 OBX:2 FT1:1 OBX:3 OBX:4", "OBX", "OBX1 NTE1 / OBX2 / OBX3 / OBX4"},
		{"DFT^P03", "EVN PID FT1:1 ZIM:1 ZIN:1 ZIM:2 FT1:2 ZIM:3 DG1:1", "ZIM", "ZIM1 ZIN1 / ZIM2 / ZIM3"},
		{"DFT^P03", "EVN PID FT1:1 PR1:1 FT1:2 PR1:2 PR1:3", "PR1", "PR11 / PR12 / PR13"},
		{"DFT^P03", "EVN PID FT1:1 DG1:1 DG1:2 GT1:1", "DG1", "DG11 / DG12"},
		{"ORU^R01", "PID:1 OBR:1 OBX:1 PID:2 OBR:2 OBX:2", "PID", "PID1 OBR1 OBX1 / PID2 OBR2 OBX2"},
		{"ORU^R01", "PID:1 ORC:1 OBR:1 OBX:1 OBR:2 OBX:2", "OBR", "OBR1 OBX1 / OBR2 OBX2"},
		{"ADT^A40", "EVN PID:1 MRG:1 PID:2 MRG:2", "PID", "PID1 MRG1 / PID2 MRG2"},
		{"ADT^A01", "EVN PID PV1 ZPV:1 AL1:1 NTE:1 AL1:2 DG1:1", "AL1", "AL11 NTE1 / AL12"},
		{"ZZZ^Z01", "PID FT1:1 PR1:1 FT1:2 DG1:1", "FT1", "FT11 PR11 / FT12 DG11"},
		{"ADT^A01", "EVN PID PV1", "FT1", ""},
	} {
		if got := listed(named(t, c.kind, "2.5", c.segments).GroupsOf(c.name)); got != c.want {
			t.Errorf("%s %s, %s\n got %s\nwant %s", c.kind, c.segments, c.name, got, c.want)
		}
	}
}

func TestGroupsOf_WithinAGroupAndWithout(t *testing.T) {
	t.Parallel()
	m := named(t, "DFT^P03", "2.5", "EVN PID OBX:1 FT1:1 PR1:1 OBX:2 FT1:2 PR1:2 DG1:1")
	lines := m.GroupsOf("FT1")
	if got := listed(lines[1].GroupsOf("PR1")); got != "PR12" {
		t.Errorf("the second line's procedures: %s", got)
	}
	rest := m.All().Without(lines)
	if got := listed([]hl7v2.Group{rest}); !strings.HasSuffix(got, "EVN PID OBX1 DG11") {
		t.Errorf("without the lines: %s", got)
	}
	if got := len(mustPath(t, "OBX-1").All(rest)); got != 1 {
		t.Errorf("%d observations of the visit", got)
	}
	if _, groups := rest.Groups("OBX"); listed(groups) != "OBX1 DG11" {
		t.Errorf("a gathered group is split to %s", listed(groups))
	}
}

func TestGroupBy_GathersWhatSharesAValueAndLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	m := mustParse(t, "MSH|^~\\&|A|||||||ORU^R01|1|P|2.5\rPID|1\rOBR|1\rOBX|1|ST|UDI|1|a\rOBX|2|ST|UDI|2|b\rNTE|1\rOBX|3|ST|LOT|1|c\rOBX|4|ST|X||d\rOBX|5|ST|X||e\r")
	var got []string
	for _, k := range hl7v2.GroupBy(m.GroupsOf("OBX"), mustPath(t, "OBX-4")) {
		got = append(got, k.Key+"="+listed([]hl7v2.Group{k.Group}))
	}
	want := []string{"1=OBX1 OBX3", "2=OBX2 NTE1", "=OBX4", "=OBX5"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestJoin_BringsSiblingsTogetherByAValue(t *testing.T) {
	t.Parallel()
	m := mustParse(t, "MSH|^~\\&|A|||||||ZZZ^Z01|1|P|2.5\rFT1|1||x\rFT1|2||y\rFT1|3\rZIM|1|y\rZIM|2|x\rZIM|3|y\rZIM|4\r")
	_, lines := m.Groups("FT1")
	lines[2] = m.GroupsOf("FT1")[2].Without(m.GroupsOf("ZIM"))
	got, err := hl7v2.Join(lines, mustPath(t, "FT1-3"), m.GroupsOf("ZIM"), mustPath(t, "ZIM-2"))
	if err != nil || listed(got) != "FT11 ZIM2 / FT12 ZIM1 ZIM3 / FT13" {
		t.Errorf("got %s, %v", listed(got), err)
	}
}

func TestStructure_IsFoundHoweverTheTypeIsSent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, segments, want string }{
		{"ADT^A08", "EVN PID", "ADT_A01"}, {"ADT^A08^ADT_A01", "EVN PID", "ADT_A01"}, {"ADT^A08^ADT_A08", "EVN PID", "ADT_A01"},
		{"ADT", "EVN:A40 PID", "ADT_A39"}, {"ADT", "EVN PID", ""}, {"ADT_A01", "EVN PID", "ADT_A01"}, {"ORU", "PID OBR", "ORU_R01"},
		{"ORU^R99", "PID OBR", "ORU_R01"}, {"ADT^A99^ADT_A05", "EVN PID", "ADT_A05"}, {"ADT^A99", "EVN PID", ""}, {"ACK", "MSA", "ACK"},
		{"ACK^R01^ACK", "MSA", "ACK"}, {"DFT", "FT1", ""}, {"", "PID", ""},
	} {
		if got := named(t, c.kind, "2.4", c.segments).Structure(); got != c.want {
			t.Errorf("%q %s: got %q, want %q", c.kind, c.segments, got, c.want)
		}
	}
}
