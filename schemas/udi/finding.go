package udi

// Codes of findings. They are stable: an analyst's rules may name them.
const (
	// CodeEmpty: there is nothing to read.
	CodeEmpty = "empty"
	// CodeUnrecognised: the text is in none of the forms that are read.
	CodeUnrecognised = "unrecognised"
	// CodeCheckDigit: a modulo-10 check digit is wrong; the value is kept.
	CodeCheckDigit = "check_digit"
	// CodeCheckCharacter: HIBC's modulo-43 check character is wrong.
	CodeCheckCharacter = "check_character"
	// CodeCheckMissing: HIBC's check character is not there.
	CodeCheckMissing = "check_character_missing"
	// CodeCheckCharacters: a GMN's two check characters are wrong, or the check
	// in a donation number's flags.
	CodeCheckCharacters = "check_characters"
	// CodeDate and CodeTime: the calendar or the clock has no such value.
	CodeDate = "date"
	CodeTime = "time"
	// CodeContent: the value breaks another rule of its identifier.
	CodeContent = "content"
	// CodeCharacter: a character may not stand in this value.
	CodeCharacter = "character"
	// CodeTooShort and CodeTooLong: the value's length is wrong.
	CodeTooShort = "too_short"
	CodeTooLong  = "too_long"
	// CodeMissingSeparator: a value runs on past its greatest length, so a
	// separator was lost and where it stood cannot be known.
	CodeMissingSeparator = "missing_separator"
	// CodeAmbiguous: the text can be read in two ways.
	CodeAmbiguous = "ambiguous"
	// CodeUnmarked: nothing marks the text as GS1's, and it names no product.
	CodeUnmarked = "unmarked"
	// CodeStandIn: another character stood for the separator.
	CodeStandIn = "separator_stand_in"
	// CodeUnknownAI: GS1 has not assigned this identifier, or not when this
	// table was made.
	CodeUnknownAI = "unknown_ai"
	// CodeUnknownFlag: HIBC or ICCBBA flag that the package does not know.
	CodeUnknownFlag = "unknown_flag"
	// CodeRequires: another identifier must accompany this one; it may be in
	// the product's other symbol (see Combine).
	CodeRequires = "requires"
	// CodeExcludes: two identifiers that may not stand together.
	CodeExcludes = "excludes"
	// CodeRepeated: an identifier came twice with different values, or twice at
	// all in a Digital Link.
	CodeRepeated = "repeated"
	// CodeConflict: two symbols, or two elements, contradict each other.
	CodeConflict = "conflict"
	// CodeNotGS1Symbol: GS1 data in a symbol that is not marked as GS1's.
	CodeNotGS1Symbol = "not_gs1_symbol"
	// CodePathOrder: the parts of a Digital Link URI are out of their places.
	CodePathOrder = "path_order"
	// CodeCompressed: what looks like a compressed Digital Link URI, but does
	// not come out as one.
	CodeCompressed = "compressed_link"
	// CodeEncoding: a percent escape in a URI is broken.
	CodeEncoding = "encoding"
)

func (u *UDI) find(severity Severity, code string, position int, message string) {
	u.Findings = append(u.Findings, Finding{Severity: severity, Code: code, Position: position, Message: message})
}

func (u *UDI) fail(code string, position int, message string) {
	u.find(SeverityError, code, position, message)
}

func (u *UDI) warn(code string, position int, message string) {
	u.find(SeverityWarning, code, position, message)
}
