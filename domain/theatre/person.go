package theatre

import (
	"regexp"
	"strings"

	"github.com/stockwell-hub/stockwell/schemas/nhs"
)

// Identified reports whether a person's code is one that a professional
// register gives out: a GMC, GDC, NMC or HCPC number, under that authority.
// Any other code (local, bank, agency, a default that stands for nobody) says
// who it was to the sender alone. It is kept as it came, and nobody is ever
// looked for by name, or taken to be the consultant.
func Identified(p Person) bool {
	code := strings.ToUpper(strings.TrimSpace(p.Code))
	switch strings.ToUpper(strings.TrimSpace(p.Authority)) {
	case "GMC":
		if c, err := nhs.ParseConsultantCode(code); err == nil {
			_, doctor := c.GMC()
			return doctor
		}
		_, err := nhs.ParseGMC(code)
		return err == nil && code != nhs.ConsultantUnknown.String()[1:] && !oneDigit(code)
	case "GDC":
		c, err := nhs.ParseGDC(strings.TrimPrefix(code, "CD"))
		return err == nil && c != "999998" && !oneDigit(c.String())
	case "NMC":
		return pin.MatchString(code)
	case "HCPC":
		return hcpc.MatchString(code)
	}
	return false
}

var (
	// pin is an NMC PIN: the year, the country, a number and a letter.
	pin = regexp.MustCompile(`^[0-9]{2}[A-Z][0-9]{4}[A-Z]$`)
	// hcpc is a HCPC number: the profession and up to six digits.
	hcpc = regexp.MustCompile(`^[A-Z]{2}[0-9]{1,6}$`)
)

// oneDigit reports whether a number is one digit over and over, which people
// type when they have none.
func oneDigit(number string) bool { return strings.Trim(number, number[:1]) == "" }
