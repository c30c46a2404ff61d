package udi

import "testing"

func TestParse_TheLastKeyOfAPathIsTaken(t *testing.T) {
	t.Parallel()
	link := want{issuer: GS1, carrier: "digital_link", di: device}
	for raw, change := range map[string]func(*want){
		"https://a/00/faux/01/09504000059118":               func(w *want) {},
		"https://a/8004/9504000KIT/01/09504000059118/10/AB": func(w *want) { w.lot = "AB" },
		"https://a/01/9504000059118?10=AB":                  func(w *want) { w.lot = "AB" },
		"https://a/01/09504000059118?21=AB":                 func(w *want) { w.serial, w.codes = "AB", CodePathOrder },
		"https://a/01/09504000059118/235/Z/21/Y":            func(w *want) { w.serial, w.codes = "Y", CodePathOrder+" "+CodeExcludes },
		"https://a/01/09504000059118?10=A+B":                func(w *want) { w.lot, w.codes = "A B", CodeCharacter },
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

func TestParse_CompressedLinksAreRefusedWithTheirReason(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"https://id.gs1.org/AN2yxDhfaiaw", "https://id.gs1.org/AQnYUc1gmkax7ipGrOHDPC5YNI8hMz", "https://dal.example/AQnYUc1gmg?17=261231"} {
		check(t, raw, want{carrier: "digital_link", codes: CodeCompressed})
	}
	for _, raw := range []string{"https://example.com/products/some-long-name", "https://example.com/", "https://example.com/x?y=AN2yxDhfaiaw"} {
		check(t, raw, want{carrier: "digital_link", codes: CodeUnrecognised})
	}
}
