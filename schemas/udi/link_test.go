package udi

import "testing"

func TestParse_TheLastKeyOfAPathIsTaken(t *testing.T) {
	t.Parallel()
	link := want{issuer: GS1, carrier: "digital_link", di: device}
	for raw, change := range map[string]func(*want){
		"https://a/00/faux/01/09504000059118":               func(w *want) {},
		"https://a/8004/9504000KIT/01/09504000059118/10/AB": func(w *want) { w.lot = "AB" },
		"https://a/01/9504000059118?10=AB":                  func(w *want) { w.lot, w.codes = "AB", CodePathOrder },
		"https://a/01/9504000059118/235/Z?10=AB":            func(w *want) { w.lot = "AB" },
		"https://a/01/9504000059118/21/Z?22=AB":             func(w *want) { w.serial, w.codes = "Z", CodePathOrder },
		"https://a/01/9504000059118?99=A&99=A":              func(w *want) { w.codes = CodeRepeated },
		"https://a/01/9504000059118/10/AB?01=9504000059118": func(w *want) { w.lot, w.codes = "AB", CodeRepeated },
		"https://a/01/09504000059118?21=AB":                 func(w *want) { w.serial, w.codes = "AB", CodePathOrder },
		"https://a/01/09504000059118/235/Z/21/Y":            func(w *want) { w.serial, w.codes = "Y", CodePathOrder+" "+CodeExcludes },
		"https://a/01/09504000059118?10=A+B":                func(w *want) { w.lot, w.codes = "A B", CodeCharacter+" "+CodePathOrder },
		"https://a/01/09504000059118/10/A+B":                func(w *want) { w.lot = "A+B" },
		"https://a/01/09504000059118/88/X/10/AB":            func(w *want) { w.lot, w.codes = "AB", CodeUnknownAI },
		"https://a/01/09504000059118?999=X":                 func(w *want) { w.codes = CodeUnknownAI },
		"https://a/01/09504000059118?17=261200&linkType=x":  func(w *want) { w.expiry = "2026-12-31" },
		"https://a/01/09504000059118/HsYhDPC5YNI8hMz":       func(w *want) { w.codes = CodeCompressed },
		"]Q1https://a/01/09504000059118":                    func(w *want) {},
	} {
		w := link
		change(&w)
		check(t, raw, w)
	}
}

func TestParse_CompressedLinksAreRead(t *testing.T) {
	t.Parallel()
	link := want{issuer: GS1, carrier: "digital_link", di: device}
	for packed, change := range map[string]func(*want){
		"ARFJpRhN3A":              func(w *want) {},
		"ARFJpRhN3CDIAD92":        func(w *want) { w.lot = "AB-7" },
		"ARFJpRhN3CEHBXtw":        func(w *want) { w.lot = "A/7" },
		"ARFJpRhN3CBNlfwCQo2V_AI": func(w *want) { w.lot, w.serial = "cafe01", "CAFE01" },
		"ARFJpRhN3CAGA4uiVHg":     func(w *want) { w.lot, w.expiry = "007", "2028-12-31" },
		"CxFJpRhN3MgAP3Y":         func(w *want) { w.lot = "AB-7" },
		// the standard's order of a usual set, and the order of GS1's own tool
		"GhFJpRhN3MhZyfLGl32iVHg": func(w *want) { w.lot, w.serial, w.expiry = "LOT5", "S77", "2028-12-31" },
		"GhFJpRhN3MhZyfKJUexpd9g": func(w *want) { w.lot, w.serial, w.expiry = "LOT5", "S77", "2028-12-31" },
		"nYpNKMJt1mSHELF2":        func(w *want) { w.di = "" },
		"nWZIcQsXaKTSjCbd":        func(w *want) { w.di = "" },
		"wIpNKMJt0CCcQ":           func(w *want) { w.di = "" },
		"QUik0owm3XBAJVZg":        func(w *want) { w.di = "" },
		// a name that is not GS1's stands between
		"ARFJpRhN3eDsrcYXBqt3sQYl9Q": func(w *want) { w.lot = "X1" },
		"ARFJpRhN3QAQYzttUe":         func(w *want) { w.made = "2026-01-31" },
	} {
		w := link
		change(&w)
		check(t, "https://id.gs1.org/"+packed, w)
		check(t, "https://dal.example/stem/"+packed+"?linkType=x#y", w)
	}
	w := link
	w.lot, w.serial = "LOT5", "S77"
	for _, head := range []string{"/01/09504000059118/", "/gtin/9504000059118/"} {
		check(t, "https://id.gs1.org"+head+"EGQs5PkhY0u-w", w)
	}
	w.expiry = "2028-12-31"
	check(t, "https://id.gs1.org/01/09504000059118/EGQs5PkhY0u-w?17=281231", w)
	u := Parse("https://id.gs1.org/ARFJpRhN3CDIAD92", today)
	for _, e := range u.Elements {
		if e.Position != 19 {
			t.Errorf("%+v does not stand where the packed part begins", e)
		}
	}
}

func TestParse_CompressedLinksThatDoNotComeOutAreRefused(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		"https://id.gs1.org/ARFJpRhN3iDIAD92", // a wrong check digit
		"https://id.gs1.org/ARFJpRhN3CDIAD9",  // cut short
		"https://id.gs1.org/ARFJpRhN3CDIAD921111",
		"https://id.gs1.org/ARGgAAAAAAAAAA",
	} {
		check(t, raw, want{carrier: "digital_link", codes: CodeCompressed})
	}
	for _, raw := range []string{"https://example.com/products/some-long-name", "https://example.com/", "https://example.com/x?y=AN2yxDhfaiaw", "https://example.com/EGQs5Pkh"} {
		check(t, raw, want{carrier: "digital_link", codes: CodeUnrecognised})
	}
}

func TestParse_EarlyReleasesLetOtherIdentifiersBeginThePath(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"410/9504000059101", "shipTo/9504000059101", "416/9504000059101"} {
		u := Parse("https://id.gs1.org/"+path, today)
		if len(u.Elements) != 1 || u.Elements[0].Value != "9504000059101" || len(u.Findings) != 1 || u.Findings[0].Severity != SeverityWarning || u.Findings[0].Code != CodePathOrder {
			t.Errorf("%s: %+v", path, u)
		}
	}
	if u := Parse("https://id.gs1.org/QQik0owm3Q", today); u.HasErrors() || len(u.Elements) != 1 || u.Elements[0].AI != "410" {
		t.Errorf("%+v", u)
	}
}
