package nhs

import "log/slog"

// NHSNumber is a patient's NHS Number: ten digits with a right check digit.
// It is personal data: it logs as "redacted".
type NHSNumber string

// ParseNHSNumber reads an NHS Number, with or without spaces or hyphens. The
// check digit is modulo 11 with weights 10 to 2; a remainder that would need
// the digit 10 makes no NHS Number.
func ParseNHSNumber(s string) (NHSNumber, error) {
	d, bad := digitsOf(s)
	switch {
	case bad >= 0:
		return "", errorf("character", bad, "An NHS Number has digits only, and perhaps spaces.")
	case d == "":
		return "", errorf("empty", 0, "The NHS Number is missing.")
	case len(d) != 10:
		return "", errorf("length", 0, "An NHS Number has 10 digits; this has %d.", len(d))
	}
	sum := 0
	for i := range 9 {
		sum += int(d[i]-'0') * (10 - i)
	}
	check := (11 - sum%11) % 11
	if check == 10 || d[9] != byte('0'+check) {
		return "", errorf("check_digit", 0, "This is not an NHS Number: its check digit is wrong. Look at the source and correct it there.")
	}
	return NHSNumber(d), nil
}

// String gives the ten digits.
func (n NHSNumber) String() string { return string(n) }

// Spaced gives the number as people read it, as "999 000 0018".
func (n NHSNumber) Spaced() string {
	if len(n) != 10 {
		return string(n)
	}
	return string(n[:3] + " " + n[3:6] + " " + n[6:])
}

// IsTest reports whether the number is of the range 999, which is given to no
// patient (law 7).
func (n NHSNumber) IsTest() bool { return len(n) == 10 && n[:3] == "999" }

// Allocated reports whether the number is in a range that is given to people:
// England, Wales and the Isle of Man (4, 6, 7), Northern Ireland (32 to 39)
// or Scotland, whose numbers begin with a date.
func (n NHSNumber) Allocated() bool {
	if len(n) != 10 {
		return false
	}
	switch n[0] {
	case '4', '6', '7':
		return true
	}
	if n >= "3200000000" && n <= "3999999999" {
		return true
	}
	return n < "3200000000" && birthday(n[:4])
}

// birthday reports whether ddmm is a day of some year.
func birthday(ddmm NHSNumber) bool {
	days := [...]NHSNumber{"31", "29", "31", "30", "31", "30", "31", "31", "30", "31", "30", "31"}
	month := int(ddmm[2]-'0')*10 + int(ddmm[3]-'0')
	return month >= 1 && month <= 12 && ddmm[:2] >= "01" && ddmm[:2] <= days[month-1]
}

// LogValue keeps the number out of logs (law 9).
func (n NHSNumber) LogValue() slog.Value { return slog.StringValue("redacted") }

// NHSNumberStatus is the NHS Number status indicator.
type NHSNumberStatus string

// The status indicators of the NHS Data Dictionary.
const (
	Verified         NHSNumberStatus = "01"
	NotTraced        NHSNumberStatus = "02"
	TraceRequired    NHSNumberStatus = "03"
	NoOrSeveralMatch NHSNumberStatus = "04"
	TraceConflict    NHSNumberStatus = "05"
	TraceInProgress  NHSNumberStatus = "06"
	TraceNotRequired NHSNumberStatus = "07"
	TracePostponed   NHSNumberStatus = "08"
)

var statusTexts = map[NHSNumberStatus]string{
	Verified: "Number present and verified", NotTraced: "Number present but not traced",
	TraceRequired: "Trace required", NoOrSeveralMatch: "Trace attempted: no match or several",
	TraceConflict: "Trace needs to be resolved: conflict", TraceInProgress: "Trace in progress",
	TraceNotRequired: "Number not present and trace not required", TracePostponed: "Trace postponed: baby under six weeks",
}

// ParseNHSNumberStatus reads 01 to 08; a single digit is padded.
func ParseNHSNumberStatus(s string) (NHSNumberStatus, error) {
	s = clean(s)
	if len(s) == 1 {
		s = "0" + s
	}
	if _, ok := statusTexts[NHSNumberStatus(s)]; !ok {
		return "", errorf("format", 0, "An NHS Number status is 01 to 08.")
	}
	return NHSNumberStatus(s), nil
}

// String gives the two digits.
func (s NHSNumberStatus) String() string { return string(s) }

// Text says what the status means.
func (s NHSNumberStatus) Text() string { return statusTexts[s] }
