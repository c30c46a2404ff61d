package mapping

import (
	"slices"

	"github.com/stockwell-hub/stockwell/schemas/canonical"
	"github.com/stockwell-hub/stockwell/schemas/hl7v2"
)

// versions are the versions of HL7 v2 whose fields are told apart.
var versions = []string{"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9"}

// versionSet holds some of versions, one bit each.
type versionSet uint16

// versionOf gives the set of one version; empty if it is none.
func versionOf(name string) versionSet {
	if i := slices.Index(versions, name); i >= 0 {
		return 1 << i
	}
	return 0
}

// oddVersions gives the versions that do not have the field of p, so that a
// message asks only for one bit.
func oddVersions(p hl7v2.Path) (set versionSet) {
	for _, v := range versions {
		if _, odd := p.Check(v); odd {
			set |= versionOf(v)
		}
	}
	return set
}

// date records, once for each field, that p read a value where the version
// that the message declares has none.
func (r *run) date(p *path) {
	f, _ := p.codec.Check(r.kind[3])
	for i := range r.out.Findings {
		if r.out.Findings[i].Code == f.Code && r.out.Findings[i].Path == f.Path {
			return
		}
	}
	r.find(canonical.Info, f.Code, f.Path, f.Text+" The mapping reads it, and it was read as it stands.")
}
