package udi

import "testing"

func TestParse_TheEnvelopeOfATwoDimensionalSymbolIsTakenOff(t *testing.T) {
	t.Parallel()
	product := hib("+A99912345/$$3281231LOT5")
	hibc := want{issuer: HIBCC, carrier: "hibc", di: "A99912345", lot: "LOT5", expiry: "2028-12-31"}
	element := "0109504000059118" + "17281231" + "10LOT5"
	gs1 := want{issuer: GS1, carrier: "element_string", di: device, lot: "LOT5", expiry: "2028-12-31", serial: "S77"}
	for raw, w := range map[string]want{
		"[)>\x1e06\x1d" + product + "\x1e\x04":           hibc,
		"[)>\x1e06\x1d" + product:                        hibc,
		"[)><RS>06<GS>" + product + "<RS><EOT>":          hibc,
		"[)>{RS}05{GS}" + element + "{GS}21S77{RS}{EOT}": {issuer: GS1, carrier: "element_string", di: device, lot: "LOT5", expiry: "2028-12-31", serial: "S77", codes: CodeStandIn},
		"[)>06" + product:                                hibc,
		"[)>\x1e05\x1d" + element + "\x1d21S77\x1e\x04":  gs1,
		"[)>\x1e06\x1d9N110375286414\x1d1TLOT5\x1e\x04":  {codes: CodeUnrecognised},
		"[)>\x1e12\x1d" + product + "\x1e\x04":           {codes: CodeUnrecognised},
		"[)>\x1e06\x1d\x1e\x04":                          {codes: CodeEmpty},
		"[)>":                                            {codes: CodeUnrecognised},
	} {
		check(t, raw, w)
	}
	hibc.carrier = "data_matrix"
	check(t, "]d1[)>\x1e06\x1d"+product+"\x1e\x04\r\n", hibc)
}

func TestParse_ACheckCharacterMayBeABlankInAnEnvelope(t *testing.T) {
	t.Parallel()
	body := "+A9991234" // found by search, so that its check character is a blank
	for i := range 260 {
		b := body + string(rune('A'+i/10)) + string(rune('0'+i%10))
		if c, _ := HIBCCheckCharacter(b); c == ' ' {
			body = b
			break
		}
	}
	check(t, "[)>\x1e06\x1d"+body+" \x1e\x04", want{issuer: HIBCC, carrier: "hibc", di: body[1:]})
}
