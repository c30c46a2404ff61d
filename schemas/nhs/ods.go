package nhs

// ODSCode is a trust's or other provider's organisation code of the
// Organisation Data Service: three capitals or digits, as RH8.
type ODSCode string

// ParseODSCode reads a provider's code; small letters become capitals.
func ParseODSCode(s string) (ODSCode, error) {
	v, err := alphanumeric("ODS code of a trust", s, 3, 3)
	return ODSCode(v), err
}

// String gives the three characters.
func (c ODSCode) String() string { return string(c) }

// SiteCode is a site of a provider: five to nine capitals or digits, of which
// a trust's site begins with the trust's three, as RH802.
type SiteCode string

// The default sites of the NHS Data Dictionary, where treatment was at no
// site that has a code.
const (
	SiteNotNHS       SiteCode = "R9998" // not a hospital site
	SiteNonNHS       SiteCode = "89999" // non-NHS UK provider without a code
	SiteNotUKDefault SiteCode = "89997" // non-UK provider without a code
)

var siteDefaults = map[SiteCode]string{
	SiteNotNHS:       "Not a hospital site",
	SiteNonNHS:       "Non-NHS provider in the UK without a code",
	SiteNotUKDefault: "Provider outside the UK without a code",
}

// ParseSiteCode reads a site's code; small letters become capitals.
func ParseSiteCode(s string) (SiteCode, error) {
	v, err := alphanumeric("ODS code of a site", s, 5, 9)
	return SiteCode(v), err
}

// String gives the characters.
func (c SiteCode) String() string { return string(c) }

// IsDefault reports whether the code names no real site.
func (c SiteCode) IsDefault() bool {
	_, ok := siteDefaults[c]
	return ok
}

// Of reports whether the site's code is one of the trust's.
func (c SiteCode) Of(trust ODSCode) bool {
	return len(trust) == 3 && len(c) >= 5 && c[:3] == SiteCode(trust)
}

func alphanumeric(name, s string, lo, hi int) (string, error) {
	v := clean(s)
	if v == "" {
		return "", errorf("empty", 0, "The %s is missing.", name)
	}
	if at := outside(v, isAlphanum); at >= 0 {
		return "", errorf("character", lead(s)+at, "An %s has letters and digits only.", name)
	}
	if len(v) < lo || len(v) > hi {
		if lo == hi {
			return "", errorf("length", 0, "An %s has %d characters; this has %d.", name, lo, len(v))
		}
		return "", errorf("length", 0, "An %s has %d to %d characters; this has %d.", name, lo, hi, len(v))
	}
	return v, nil
}
