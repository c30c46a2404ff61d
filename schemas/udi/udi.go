package udi

import "log/slog"

// The issuers of device identifiers that Europe and the FDA accredited.
const (
	GS1    = "GS1"
	HIBCC  = "HIBCC"
	ICCBBA = "ICCBBA"
)

// UDI is what one scan, or several combined, says of a product. All texts
// are as the carrier has them; nothing is corrected.
type UDI struct {
	// Issuer is GS1, HIBCC or ICCBBA; empty if the scan is none of theirs.
	Issuer string `json:"issuer"`
	// Carrier is the symbol or form that it came in, as "gs1_datamatrix",
	// "element_string" (FNC1 characters but no symbology prefix),
	// "bracketed", "plain", "digital_link", "hibc" or "isbt_128".
	Carrier string `json:"carrier"`
	// DI is the device identifier: 14 digits of GTIN, HIBC's labeller, item
	// and unit of measure, or ICCBBA's 16 characters. A wrong check digit is
	// a finding and the DI stands.
	DI     string `json:"di"`
	Lot    string `json:"lot"`
	Serial string `json:"serial"`
	// Expiry is the last day on which the product may be used. A carrier
	// that gives a month alone means the month's last day.
	Expiry       Date `json:"expiry"`
	Manufactured Date `json:"manufactured"`
	// Quantity is the count that the carrier states, in digits without leading
	// zeros.
	Quantity string `json:"quantity"`
	// Elements are all parts in the carrier's own order.
	Elements []Element `json:"elements"`
	// Raw is the scan as it came. It may hold a patient's wristband.
	Raw string `json:"raw"`
	// Findings tell what is wrong or doubtful.
	Findings []Finding `json:"findings"`
}

// Element is one application identifier (GS1) or flag (HIBC, ICCBBA) with its
// value.
type Element struct {
	AI    string `json:"ai,omitempty"`
	Flag  string `json:"flag,omitempty"`
	Value string `json:"value"`
	// Title is the standard's short name of the data, as "BATCH/LOT".
	Title string `json:"title,omitempty"`
	// Position is the 0-based byte offset of Value in Raw.
	Position int `json:"position"`
}

// Severity grades a Finding.
type Severity string

const (
	// SeverityInfo is worth knowing and needs nobody.
	SeverityInfo Severity = "info"
	// SeverityWarning: the reading stands; somebody may look at the label.
	SeverityWarning Severity = "warning"
	// SeverityError: part of the carrier is wrong or could not be read.
	SeverityError Severity = "error"
)

// Finding is something wrong or doubtful in a carrier. Message never repeats
// the carrier's data.
type Finding struct {
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`
	// Position is the 0-based byte offset into Raw.
	Position int    `json:"position"`
	Message  string `json:"message"`
}

// LogValue keeps everything but the product out of logs: a scan may be of a
// patient's wristband (law 9).
func (u UDI) LogValue() slog.Value {
	return slog.GroupValue(slog.String("issuer", u.Issuer), slog.String("carrier", u.Carrier), slog.String("di", u.DI), slog.Int("findings", len(u.Findings)))
}

// HasErrors reports whether any finding is an error.
func (u UDI) HasErrors() bool {
	for i := range u.Findings {
		if u.Findings[i].Severity == SeverityError {
			return true
		}
	}
	return false
}

// Has reports whether there is a finding with this code.
func (u UDI) Has(code string) bool {
	for i := range u.Findings {
		if u.Findings[i].Code == code {
			return true
		}
	}
	return false
}

// GTIN is the device identifier as a GTIN; ok is false if the issuer is not
// GS1 or the check digit is wrong.
func (u UDI) GTIN() (g GTIN, ok bool) {
	if u.Issuer != GS1 {
		return GTIN{}, false
	}
	g, err := ParseGTIN(u.DI)
	return g, err == nil
}

// Value gives the first value of an application identifier or flag.
func (u UDI) Value(id string) (string, bool) {
	for i := range u.Elements {
		if u.Elements[i].AI == id || u.Elements[i].AI == "" && u.Elements[i].Flag == id {
			return u.Elements[i].Value, true
		}
	}
	return "", false
}
